"""Stories: the story that the recent conversation agrees with says what comes next."""

from __future__ import annotations

from collections.abc import Sequence

from app.dialogue.decision import Decided
from app.dialogue.events import ActionExecuted, Event, FollowupActionSet, UserUttered
from app.dialogue.history import applied, recent, without_signals
from app.dialogue.policies.choice import decision_for
from app.dialogue.policy_settings import AUGMENTED_MEMOIZATION_POLICY, MEMOIZATION_POLICY
from app.dialogue.script import BotScript
from app.dialogue.states import visible_states
from app.dialogue.story_book import StoryMoment, forgetting
from app.dialogue.tracker import Tracker


def decide_story(tracker: Tracker, script: BotScript) -> Decided | None:
    """Do what a story says; turns that only rules know are invisible to stories.

    The recent conversation must be exactly as in the story: all of it, or what is left after forgetting more
    and more of its beginning. With comfort, what the story does not state may be otherwise, and no story goes
    on behind what a turn asked for that it does not see: to Rasa the customer's words of before are new then.
    """
    if not script.stories.moments or not script.settings.has_policy(*_MEMORIES):
        return None
    if script.settings.has_comfort and _was_asked_for_unseen(tracker.events):
        return None
    heard = without_signals(applied(tracker.events))
    states = visible_states(recent(heard, script.stories.max_history), script.domain)
    found = script.stories.exact(states)
    if found is not None:
        name = MEMOIZATION_POLICY if script.settings.has_policy(MEMOIZATION_POLICY) else _AUGMENTED
        return _decided(found, name, tracker, script)
    if not script.settings.has_policy(_AUGMENTED):
        return None
    for rest in forgetting(heard, script.stories.max_history):
        found = script.stories.exact(visible_states(rest, script.domain))
        if found is not None:
            return _decided(found, _AUGMENTED, tracker, script)
    found = script.stories.best(states) if script.settings.has_comfort else None
    return _decided(found, _AUGMENTED, tracker, script) if found is not None else None


_AUGMENTED = AUGMENTED_MEMOIZATION_POLICY
_MEMORIES = (MEMOIZATION_POLICY, AUGMENTED_MEMOIZATION_POLICY)


def _was_asked_for_unseen(events: Sequence[Event]) -> bool:
    """Say whether the latest action was asked for, even if by others, in a turn that stories do not see."""
    latest: str | None = None
    asked_for: str | None = None
    for event in reversed(events):
        match event:
            case UserUttered():
                return False
            case FollowupActionSet(action=action):
                asked_for = action
            case ActionExecuted(action=action) if latest is None:
                latest, asked_for = action, None
            case ActionExecuted(action=action):
                if asked_for != latest or event.hide_rule_turn:
                    return asked_for == latest
                latest, asked_for = action, None
    return False


def _decided(found: StoryMoment, policy: str, tracker: Tracker, script: BotScript) -> Decided:
    reasons = [f"story '{found.story.name}' agrees with the last {len(found.moment.states)} steps"]
    if found.story.source:
        reasons.append(found.story.source)
    return Decided(decision_for(found.moment.action, tracker, script), policy, tuple(reasons))

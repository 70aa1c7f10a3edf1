"""Stories: the story that agrees with the recent conversation says what comes next."""

from __future__ import annotations

from app.dialogue.decision import Decided
from app.dialogue.policies.choice import decision_for
from app.dialogue.policy_settings import AUGMENTED_MEMOIZATION_POLICY
from app.dialogue.script import BotScript
from app.dialogue.states import story_view
from app.dialogue.tracker import Tracker


def decide_story(tracker: Tracker, script: BotScript) -> Decided | None:
    """Do what the best fitting story says; turns that only rules know are invisible to stories."""
    if not script.stories.moments:
        return None
    best = script.stories.best(story_view(tracker.events, script.domain))
    if best is None:
        return None
    num_states = len(best.moment.states)
    reasons = [f"story '{best.story.name}' agrees with the last {num_states} steps"]
    if best.story.source:
        reasons.append(best.story.source)
    return Decided(
        decision_for(best.moment.action, tracker, script), AUGMENTED_MEMOIZATION_POLICY, tuple(reasons)
    )

"""The learned story policy: where no story agrees, a model that has learnt from all of them says what comes.

The prediction counts only if it is surer than the bot's fallback, see `app.dialogue.policy`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from app.dialogue.action_names import ACTION_LISTEN
from app.dialogue.decision import Decided
from app.dialogue.policies.choice import decision_for
from app.dialogue.policy_settings import LEARNED_POLICY
from app.dialogue.ports import StoryModel
from app.dialogue.script import BotScript
from app.dialogue.states import TurnState, story_view
from app.dialogue.story_features import learnable
from app.dialogue.tracker import Tracker


def decide_learned(tracker: Tracker, script: BotScript) -> Decided | None:
    """Do what the learned model takes for the next action."""
    if script.story_model is None or not script.settings.has_policy(LEARNED_POLICY):
        return None
    predicted = predict(_as_heard(story_view(tracker.events, script.domain), tracker), script.story_model)
    if predicted is None:
        return None
    action, confidence = predicted
    decision = decision_for(action, tracker, script)
    return Decided(decision, LEARNED_POLICY, (f"learnt from the stories ({confidence:.2f})",), confidence)


def _as_heard(states: Sequence[TurnState], tracker: Tracker) -> Sequence[TurnState]:
    """Let the customer's words count behind a turn that only rules know.

    Stories see the action before that turn, as if nothing had come between; of a form's end that is the form,
    and behind any action but listening the words are no feature: the model would answer with silence.
    """
    if not states or tracker.latest_action != ACTION_LISTEN:
        return states
    return [*states[:-1], replace(states[-1], previous_action=ACTION_LISTEN)]


def predict(states: Sequence[TurnState], model: StoryModel) -> tuple[str, float] | None:
    """Give the most likely next action and its probability; None before the bot first listened.

    Args:
        states: what stories see of the conversation (`app.dialogue.states.story_view`), the present last.
        model: what was learnt.
    """
    seen = learnable(states)
    if not seen:
        return None
    likelihoods = model.likelihoods(seen)
    action = max(likelihoods, key=lambda name: (likelihoods[name], name))
    return action, likelihoods[action]

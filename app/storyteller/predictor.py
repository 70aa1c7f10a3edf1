"""The trained networks at run time, as the ports `StoryModel` and `IntentModel`; any threads may ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch

from app.dialogue.action_names import ACTION_LISTEN
from app.dialogue.states import TurnState
from app.dialogue.story_features import ACTION_FEATURE, INTENT_FEATURE, state_features
from app.storyteller.data import MAX_STATES, encode_features
from app.storyteller.train import TrainedStories

_DOUBT = 0.9  # the share of "any action is as likely" after an intent that no story has


class StoryPredictor:
    """Predicts the next action."""

    def __init__(self, trained: TrainedStories) -> None:
        """Take a network in evaluation mode."""
        self._scorer = _Scorer(trained)

    def likelihoods(self, states: Sequence[TurnState]) -> Mapping[str, float]:
        """Give the probability of every action that some story does; see `app.dialogue.ports.StoryModel`.

        Of what no story has nothing was learnt, and the network would go on with what came before it. After
        such an intent nothing is likely; after such an action the bot has done what it was to, and listens.
        """
        likelihoods = self._scorer.logits(states).softmax(-1)
        if not self._scorer.knows(ACTION_FEATURE, states):
            return {name: float(name == ACTION_LISTEN) for name in self._scorer.named(likelihoods)}
        if not self._scorer.knows(INTENT_FEATURE, states):
            likelihoods = _DOUBT / len(likelihoods) + (1 - _DOUBT) * likelihoods
        return self._scorer.named(likelihoods)


class IntentPredictor:
    """Predicts the next intent."""

    def __init__(self, trained: TrainedStories) -> None:
        """Take a network in evaluation mode."""
        self._scorer = _Scorer(trained)
        self._thresholds = trained.thresholds

    def scores(self, states: Sequence[TurnState]) -> Mapping[str, float]:
        """Give the score of every intent that some story has; see `app.dialogue.ports.IntentModel`."""
        return self._scorer.named(self._scorer.logits(states))

    def thresholds(self, tolerance: float) -> Mapping[str, float]:
        """Give each intent's threshold, see `app.dialogue.ports.IntentModel`."""
        return {
            intent: levels[min(int(tolerance * (len(levels) - 1)), len(levels) - 1)]
            for intent, levels in self._thresholds.items()
        }


class _Scorer:
    """A network with the names of its columns."""

    def __init__(self, trained: TrainedStories) -> None:
        self._network = trained.network
        self._actions = trained.vocabulary.actions
        self._places = {name: place for place, name in enumerate(trained.vocabulary.features)}
        history, layers = trained.shape.max_history, trained.shape.num_layers
        self._num_states = min(MAX_STATES, layers * (history - 1) + 1 if history else MAX_STATES)

    def knows(self, kind: str, states: Sequence[TurnState]) -> bool:
        """Say whether some story has the intent or action (`kind`) of the last state, if it has one."""
        names = state_features(states[-1])
        return all(name in self._places for name in names if name.startswith(kind))

    def logits(self, states: Sequence[TurnState]) -> torch.Tensor:
        """Give `(num_actions,)`, the scores after the last of the states."""
        seen = [state_features(state) for state in states[-self._num_states :]]
        with torch.inference_mode():
            scores: torch.Tensor = self._network(encode_features(seen, self._places)[None])[0, -1]
        return scores

    def named(self, values: torch.Tensor) -> Mapping[str, float]:
        """Give `(num_actions,)` numbers by name."""
        return dict(zip(self._actions, values.tolist(), strict=True))

"""The trained network at run time, as the port `StoryModel`."""

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
    """Predicts the next action; any number of threads may ask."""

    def __init__(self, trained: TrainedStories) -> None:
        """Take a network in evaluation mode."""
        self._network = trained.network
        self._actions = trained.vocabulary.actions
        self._places = {name: place for place, name in enumerate(trained.vocabulary.features)}
        history, layers = trained.shape.max_history, trained.shape.num_layers
        self._num_states = min(MAX_STATES, layers * (history - 1) + 1 if history else MAX_STATES)

    def likelihoods(self, states: Sequence[TurnState]) -> Mapping[str, float]:
        """Give the probability of every action that some story does; see `app.dialogue.ports.StoryModel`.

        Of what no story has nothing was learnt, and the network would go on with what came before it. After
        such an intent nothing is likely; after such an action the bot has done what it was to, and listens.
        """
        seen = [state_features(state) for state in states[-self._num_states :]]
        with torch.inference_mode():
            logits = self._network(encode_features(seen, self._places)[None])[0, -1]  # (num_actions,)
            likelihoods = logits.softmax(-1)
        if self._is_unheard_of(ACTION_FEATURE, seen[-1]):
            return {name: float(name == ACTION_LISTEN) for name in self._actions}
        if self._is_unheard_of(INTENT_FEATURE, seen[-1]):
            likelihoods = _DOUBT / len(self._actions) + (1 - _DOUBT) * likelihoods
        return dict(zip(self._actions, likelihoods.tolist(), strict=True))

    def _is_unheard_of(self, kind: str, state: Mapping[str, float]) -> bool:
        return any(name.startswith(kind) and name not in self._places for name in state)

"""The trained network at run time, as the port `StoryModel`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch

from app.dialogue.states import TurnState
from app.dialogue.story_features import INTENT_FEATURE, state_features
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

        After an intent that no story has, nothing is likely: the network would answer what came before it.
        """
        seen = [state_features(state) for state in states[-self._num_states :]]
        with torch.inference_mode():
            logits = self._network(encode_features(seen, self._places)[None])[0, -1]  # (num_actions,)
            likelihoods = logits.softmax(-1)
        if self._is_unheard_of(seen[-1]):
            likelihoods = _DOUBT / len(self._actions) + (1 - _DOUBT) * likelihoods
        return dict(zip(self._actions, likelihoods.tolist(), strict=True))

    def _is_unheard_of(self, state: Mapping[str, float]) -> bool:
        return any(name.startswith(INTENT_FEATURE) and name not in self._places for name in state)

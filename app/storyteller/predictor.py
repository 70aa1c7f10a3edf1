"""The trained network at run time, as the port `StoryModel`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch

from app.dialogue.states import TurnState
from app.dialogue.story_features import state_features
from app.storyteller.data import MAX_STATES, encode_features
from app.storyteller.train import TrainedStories


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
        """Give the probability of every action that some story does; see `app.dialogue.ports.StoryModel`."""
        seen = [state_features(state) for state in states[-self._num_states :]]
        with torch.inference_mode():
            logits = self._network(encode_features(seen, self._places)[None])[0, -1]  # (num_actions,)
            return dict(zip(self._actions, logits.softmax(-1).tolist(), strict=True))

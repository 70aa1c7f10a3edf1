"""How a story model is trained: values that are good for all bots; only the history is the bot's own."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StorySettings:
    """Settings of one training run; all of them decide the weights."""

    max_history: int | None = None  # states that the model heeds, the present included; None: as many as fit
    hidden: int = 64  # width of the network
    num_heads: int = 4
    num_layers: int = 1  # as in the paper; more than one heeds more than max_history states
    dropout: float = 0.1
    augmentation: int = 50  # conversations made from each story, Rasa's default
    max_conversations: int = 1_500  # made from all stories together: bounds the time that training takes
    max_joined: int = 4  # stories that are glued to one conversation
    late_start: float = 0.25  # of the conversations, how many begin with a later turn than the story's first
    digression_rate: float = 0.3  # of the places between two turns, how many get an aside
    slot_noise: float = 0.3  # of the slots that no story mentions, how many are set in a conversation
    carry_over: float = 0.5  # of the slots that the next story does not mention, how many keep their value
    num_steps: int = 400  # batches
    batch_size: int = 16  # conversations
    learning_rate: float = 3e-3  # of AdamW, after warming up and before it falls to nothing
    weight_decay: float = 0.01
    label_smoothing: float = 0.05  # keeps confidences below one where the stories say too little
    seed: int = 0

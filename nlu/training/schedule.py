"""The learning rate over the steps of a run."""

from __future__ import annotations


def learning_rate_factor(step: int, *, num_steps: int, warmup_fraction: float) -> float:
    """Rise linearly from 0 to 1 during warm-up, then fall linearly to 0 after the last of `num_steps`."""
    num_warmup = max(1, round(warmup_fraction * num_steps))
    if step < num_warmup:
        return (step + 1) / num_warmup
    return max(0.0, (num_steps - step) / max(1, num_steps - num_warmup))

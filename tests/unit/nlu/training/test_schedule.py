from __future__ import annotations

import pytest

from nlu.training.schedule import learning_rate_factor


def factors(num_steps: int) -> list[float]:
    return [learning_rate_factor(step, num_steps=num_steps, warmup_fraction=0.2) for step in range(num_steps)]


def test_rate_rises_to_one_and_falls_towards_zero() -> None:
    assert factors(10) == pytest.approx([0.5, 1.0, 1.0, 0.875, 0.75, 0.625, 0.5, 0.375, 0.25, 0.125])


def test_rate_after_the_last_step_is_zero() -> None:
    assert learning_rate_factor(10, num_steps=10, warmup_fraction=0.2) == 0.0


def test_single_step_has_the_full_rate() -> None:
    assert factors(1) == [1.0]

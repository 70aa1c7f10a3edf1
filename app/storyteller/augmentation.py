"""Many conversations from few stories: stories one after the other, with asides, and slots nobody mentioned.

Gluing stories is what Rasa does too; the asides are ours. Pure but for the generator that is passed in.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from app.dialogue.domain import Domain, SlotDefinition
from app.dialogue.features import has_features
from app.dialogue.stories import IntentStep, SlotStep, Step, Story
from app.storyteller.asides import Turn, active_loop, find_asides, split_steps
from app.storyteller.settings import StorySettings

_SOME_TEXT = "something"


@dataclass(frozen=True, slots=True)
class Material:
    """What conversations are made of: stories, asides, and the slots that no story mentions."""

    stories: tuple[tuple[Step, ...], ...]
    asides: tuple[Turn, ...]
    unmentioned: tuple[str, ...]
    domain: Domain


def gather_material(stories: Sequence[Story], domain: Domain) -> Material:
    """Sort what stories say, each way once."""
    ways = [bare_steps(story) for story in stories]
    steps = tuple({repr(way): way for way in ways}.values())  # values of slots may be lists
    mentioned = {step.slot for one in steps for step in one if isinstance(step, SlotStep)}
    unmentioned = [name for name in domain.slots if name not in mentioned and has_features(domain, name)]
    return Material(steps, tuple(find_asides(steps)), tuple(unmentioned), domain)


def bare_steps(story: Story) -> tuple[Step, ...]:
    """Give a story's steps without their places and the customer's words."""
    return tuple(map(_without_place, story.steps))


def make_conversations(
    material: Material, settings: StorySettings, rng: np.random.Generator
) -> Iterator[tuple[Step, ...]]:
    """Give every story as it is, then made-up conversations, equally many that begin with each story."""
    for steps in material.stories:
        yield _with_values(steps, material.domain, rng)
    num_made = min(settings.augmentation * len(material.stories), settings.max_conversations)
    for number in range(max(num_made - len(material.stories), 0)):
        first = material.stories[number % len(material.stories)]
        steps = _beginning_late(_joined(first, material, settings, rng), settings.late_start, rng)
        steps = _with_asides(steps, material.asides, settings.digression_rate, rng)
        steps = _with_noise(steps, material, settings.slot_noise, rng)
        yield _with_values(steps, material.domain, rng)


def _without_place(step: Step) -> Step:
    bare = replace(step, source="")
    return replace(bare, text=None) if isinstance(bare, IntentStep) else bare


def _joined(
    first: tuple[Step, ...], material: Material, settings: StorySettings, rng: np.random.Generator
) -> tuple[Step, ...]:
    """Let other stories follow; a form that is still active at the end of one lets nothing follow."""
    steps = first
    for _ in range(int(rng.integers(settings.max_joined))):
        if active_loop(steps) is not None:
            break
        after = material.stories[int(rng.integers(len(material.stories)))]
        steps = (*steps, *_forgetting(steps, after, material.domain, settings.carry_over, rng), *after)
    return steps


def _beginning_late(steps: tuple[Step, ...], rate: float, rng: np.random.Generator) -> tuple[Step, ...]:
    """Leave out the first turns now and then: a question is answered whether or not a greeting came before.

    What the bot set in them stays set. Nothing begins inside a form, nor after entities, which may set slots.
    """
    turns = split_steps(steps)
    starts = [place for place in range(1, len(turns)) if _may_begin(turns, place)]
    if not starts or rng.random() >= rate:
        return steps
    start = starts[int(rng.integers(len(starts)))]
    is_set = [step for turn in turns[:start] for step in turn if isinstance(step, SlotStep)]
    return (*is_set, *(step for turn in turns[start:] for step in turn))


def _may_begin(turns: Sequence[Turn], place: int) -> bool:
    before = [step for turn in turns[:place] for step in turn]
    has_entities = any(isinstance(step, IntentStep) and step.entities for step in before)
    return isinstance(turns[place][0], IntentStep) and not has_entities and active_loop(before) is None


def _forgetting(
    before: Sequence[Step], after: Sequence[Step], domain: Domain, carry_over: float, rng: np.random.Generator
) -> list[Step]:
    """Unset what the next story sets itself, since it begins with it unset, and some of the rest."""
    set_before = dict.fromkeys(step.slot for step in before if isinstance(step, SlotStep))
    set_after = {step.slot for step in after if isinstance(step, SlotStep)}
    return [
        SlotStep(slot, domain.slots[slot].initial_value)
        for slot in set_before
        if slot in domain.slots and (slot in set_after or rng.random() >= carry_over)
    ]


def _with_asides(
    steps: tuple[Step, ...], asides: Sequence[Turn], rate: float, rng: np.random.Generator
) -> tuple[Step, ...]:
    """Put asides between turns and take some out that are there.

    None is put into a form, where it is for the form to say how it goes on.
    """
    done: list[Step] = []
    for turn in split_steps(steps):
        if turn in asides and rng.random() < rate:
            continue
        while asides and isinstance(turn[0], IntentStep) and rng.random() < rate:
            if active_loop(done) is not None:
                break
            done += asides[int(rng.integers(len(asides)))]
        done += turn
    return tuple(done)


def _with_noise(
    steps: tuple[Step, ...], material: Material, rate: float, rng: np.random.Generator
) -> tuple[Step, ...]:
    """Set slots that no story mentions, as forms and mappings do, so that nothing is concluded from them."""
    done = list(steps)
    for slot in material.unmentioned:
        if rng.random() < rate:
            done.insert(int(rng.integers(len(done) + 1)), SlotStep(slot, is_any=True))
    return tuple(done)


def _with_values(steps: Sequence[Step], domain: Domain, rng: np.random.Generator) -> tuple[Step, ...]:
    """Give a slot that is set to anything some value that it can have."""
    return tuple(
        replace(step, value=_some_value(domain.slots[step.slot], rng), is_any=False)
        if isinstance(step, SlotStep) and step.is_any and step.slot in domain.slots
        else step
        for step in steps
    )


def _some_value(slot: SlotDefinition, rng: np.random.Generator) -> Any:
    match slot.type:
        case "bool":
            return bool(rng.integers(2))
        case "categorical" if slot.values:
            return slot.values[int(rng.integers(len(slot.values)))]
        case "float":
            return float(rng.uniform(slot.min_value, slot.max_value))
        case "list":
            return [_SOME_TEXT]
        case _:
            return _SOME_TEXT

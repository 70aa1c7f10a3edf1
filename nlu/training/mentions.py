"""Other mentions in the place of an utterance's own: a role must be read from the words around a mention.

A small set has few mentions of an entity, and each of them often stands in one role only; a model then learns
the mention and not its surroundings. Replacing mentions by others of the same entity mends that: Dai and Adel
2020, "An Analysis of Simple Data Augmentation for Named Entity Recognition", section 3.1, there for every
entity, here for those that have roles or groups.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from nlu.types import EntityAnnotation, Example

_Mentions = Mapping[str, tuple[tuple[str, str], ...]]
"""Text and value of the mentions of every entity that has roles or groups."""


def swap_mentions(
    examples: Sequence[Example], *, num_variants: int, rng: np.random.Generator
) -> list[tuple[Example, ...]]:
    """Give every example its variants: itself with mentions of other examples in the place of its own.

    Args:
        examples: the training examples.
        num_variants: how many variants an example has at most; those that an example says already are no
            variants.
        rng: draws the mentions.

    Returns:
        One tuple per example, empty where it mentions no entity that has roles or groups.
    """
    mentions = _mentions_of(examples)
    known = {example.text for example in examples}
    variants: list[tuple[Example, ...]] = []
    for example in examples:
        own: dict[str, Example] = {}
        if any(len(mentions.get(one.entity, ())) > 1 for one in example.entities):
            drawn = (_swap(example, mentions, rng) for _ in range(num_variants))
            own = {one.text: one for one in drawn if one.text not in known}
        known.update(own)
        variants.append(tuple(own.values()))
    return variants


def _mentions_of(examples: Sequence[Example]) -> _Mentions:
    annotated = [(example, entity) for example in examples for entity in example.entities]
    entities = {entity.entity for _, entity in annotated if entity.role or entity.group}
    found: dict[str, dict[str, str]] = {entity: {} for entity in sorted(entities)}
    for example, entity in annotated:
        if entity.entity in entities:
            found[entity.entity][example.text[entity.start : entity.end]] = entity.value
    return {entity: tuple(sorted(values.items())) for entity, values in found.items()}


def _swap(example: Example, mentions: _Mentions, rng: np.random.Generator) -> Example:
    text, read, entities = "", 0, []
    for entity in sorted(example.entities, key=lambda one: one.start):
        text += example.text[read : entity.start]
        mention, value = example.text[entity.start : entity.end], entity.value
        if entity.entity in mentions:
            others = mentions[entity.entity]
            mention, value = others[int(rng.integers(len(others)))]
        entities.append(_moved(entity, len(text), mention, value))
        text, read = text + mention, entity.end
    return replace(example, text=text + example.text[read:], entities=tuple(entities))


def _moved(entity: EntityAnnotation, start: int, mention: str, value: str) -> EntityAnnotation:
    return replace(entity, start=start, end=start + len(mention), value=value)

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from nlu.training.mentions import swap_mentions
from nlu.types import Example
from tests.fakes_nlu import example

FLIGHT = "from [oslo](city|from) to [bergen](city|to) on [monday](day)"


def swap(*examples: Example, num_variants: int = 3) -> list[tuple[Example, ...]]:
    return swap_mentions(examples, num_variants=num_variants, rng=np.random.default_rng(1))


def mentions_of(example: Example) -> tuple[tuple[str, str, str | None], ...]:
    return tuple((example.text[one.start : one.end], one.entity, one.role) for one in example.entities)


def stands_for(example: Example, value: str) -> Example:
    (entity,) = example.entities
    return replace(example, entities=(replace(entity, value=value),))


def test_mentions_change_places_and_keep_role_and_borders() -> None:
    (variants,) = swap(example(FLIGHT, "fly"), num_variants=20)

    assert {mentions_of(one) for one in variants} == {
        (("bergen", "city", "from"), ("oslo", "city", "to"), ("monday", "day", None)),
        (("oslo", "city", "from"), ("oslo", "city", "to"), ("monday", "day", None)),
        (("bergen", "city", "from"), ("bergen", "city", "to"), ("monday", "day", None)),
    }
    assert {one.intent for one in variants} == {"fly"}


def test_mention_brings_its_value() -> None:
    there = stands_for(example("to [oslo](city|to)", "fly"), "Oslo")
    here = stands_for(example("from [bergen](city|from)", "fly"), "Bergen")
    near = stands_for(example("near [oslo](city)", "fly"), "Oslo")

    variants = swap(there, here, near, num_variants=9)

    assert [[(one.text, one.entities[0].value) for one in own] for own in variants] == [
        [("to bergen", "Bergen")],
        [("from oslo", "Oslo")],
        [("near bergen", "Bergen")],
    ]


@pytest.mark.parametrize(
    "texts",
    [
        pytest.param(["a [red](colour) hat", "a [blue](colour) hat"], id="no roles"),
        pytest.param(["to [oslo](city|to)", "from [oslo](city|from)"], id="one mention"),
        pytest.param(["hello"], id="no entity"),
    ],
)
def test_example_without_anything_to_tell_apart_has_no_variants(texts: list[str]) -> None:
    assert swap(*(example(text, "say") for text in texts)) == [()] * len(texts)


def test_variant_is_never_what_an_example_or_another_variant_says() -> None:
    examples = [example(f"to [{city}](city|to)", "fly") for city in ("oslo", "bergen", "oslo")]
    found = swap(*examples, example("from [narvik](city|from)", "fly"), num_variants=30)

    texts = [one.text for own in found for one in own]
    assert sorted(texts) == ["from bergen", "from oslo", "to narvik"]


def test_no_more_variants_than_wanted() -> None:
    assert [len(own) for own in swap(example(FLIGHT, "fly"), num_variants=0)] == [0]
    assert len(swap(example(FLIGHT, "fly"), num_variants=1)[0]) == 1

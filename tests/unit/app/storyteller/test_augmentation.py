from dataclasses import replace

import numpy as np
import pytest

from app.dialogue.stories import IntentStep, SlotStep, Step, Story
from app.storyteller.augmentation import gather_material, make_conversations
from app.storyteller.settings import StorySettings
from tests.fakes_dialogue import does, loop, said, slot, story
from tests.fakes_storyteller import DOMAIN, STORIES

PLAIN = StorySettings(augmentation=10, late_start=0.0, digression_rate=0.0, slot_noise=0.0, max_joined=1)


def _made(settings: StorySettings, stories: tuple[Story, ...] = STORIES) -> list[tuple[Step, ...]]:
    return list(
        make_conversations(gather_material(stories, DOMAIN), settings, np.random.default_rng(settings.seed))
    )


def test_every_story_comes_first_as_it_is() -> None:
    assert _made(PLAIN)[: len(STORIES)] == [one.steps for one in STORIES]


def test_without_augmentation_there_are_only_the_stories() -> None:
    assert len(_made(replace(PLAIN, augmentation=0))) == len(STORIES)


def test_the_number_of_conversations_is_bounded() -> None:
    assert len(_made(replace(PLAIN, max_conversations=12))) == 12


def test_equal_stories_count_once() -> None:
    assert len(_made(replace(PLAIN, augmentation=0), (*STORIES, *STORIES))) == len(STORIES)


def test_stories_are_glued() -> None:
    longest = max(_made(replace(PLAIN, max_joined=3)), key=len)

    assert sum(isinstance(step, IntentStep) for step in longest) > 2


def test_nothing_follows_a_story_that_ends_in_a_form() -> None:
    in_form = story("form", said("order"), does("size_form"), loop("size_form"))

    for steps in _made(replace(PLAIN, max_joined=4, augmentation=20), (in_form, STORIES[0])):
        assert loop("size_form") not in steps[:-1]


def test_what_the_next_story_sets_is_unset_before_it() -> None:
    vip = STORIES[2]

    glued = next(one for one in _made(replace(PLAIN, max_joined=4), (vip,)) if len(one) > len(vip.steps))

    assert glued[: len(vip.steps) + 1] == (*vip.steps, SlotStep("vip", None))


@pytest.mark.parametrize(("carry_over", "is_kept"), [(1.0, True), (0.0, False)])
def test_other_slots_are_carried_over_as_often_as_wanted(carry_over: float, is_kept: bool) -> None:
    settings = replace(PLAIN, max_joined=2, carry_over=carry_over, augmentation=40)

    made = [steps for steps in _made(settings) if steps[1:2] == (slot("vip", True),) and len(steps) > 3]

    buying = next(steps for steps in made if said("order") in steps)
    assert (SlotStep("vip", None) not in buying) == is_kept


def test_asides_come_between_turns() -> None:
    made = _made(replace(PLAIN, digression_rate=0.5, augmentation=80))

    assert (*STORIES[0].steps[:2], *STORIES[4].steps, *STORIES[0].steps[2:]) in made


def test_asides_never_come_into_a_form() -> None:
    in_form = story(
        "form", said("order"), does("size_form"), loop("size_form"), said("no"), does("size_form")
    )

    for steps in _made(replace(PLAIN, digression_rate=0.6), (in_form, STORIES[4])):
        if loop("size_form") in steps:
            assert said("joke") not in steps[steps.index(loop("size_form")) :]


def test_slots_that_no_story_mentions_are_set_now_and_then() -> None:
    noisy = _made(replace(PLAIN, slot_noise=1.0))[len(STORIES) :]

    slots = [{step.slot for step in steps if isinstance(step, SlotStep)} for steps in noisy]
    assert all({"size", "notes"} <= names for names in slots)


def test_a_slot_that_is_set_to_anything_gets_a_value_it_can_have() -> None:
    anything = story("any", said("order"), SlotStep("size", is_any=True), does("utter_sure"))

    step = _made(PLAIN, (anything,))[0][1]

    assert isinstance(step, SlotStep)
    assert (step.value in ("small", "large"), step.is_any) == (True, False)


def test_asides_of_stories_are_taken_out_now_and_then() -> None:
    talked = story("talks", said("joke"), does("utter_joke"), *STORIES[0].steps)

    assert STORIES[0].steps in _made(replace(PLAIN, digression_rate=0.5), (talked, STORIES[4]))


def test_conversations_begin_with_a_later_turn_as_often_as_wanted() -> None:
    greeted = story(
        "greeted", said("greet"), does("utter_greet"), slot("vip", True), said("joke"), does("utter_joke")
    )

    made = _made(replace(PLAIN, late_start=1.0), (greeted,))

    assert set(made[1:]) == {(slot("vip", True), said("joke"), does("utter_joke"))}


@pytest.mark.parametrize(
    "first",
    [(said("order"), does("size_form"), loop("size_form")), (said("order", "size"), does("utter_joke"))],
    ids=["in a form", "after entities"],
)
def test_no_conversation_begins_where_what_was_left_out_counts(first: tuple[Step, ...]) -> None:
    whole = story("whole", *first, said("joke"), does("utter_joke"))

    assert set(_made(replace(PLAIN, late_start=1.0), (whole,))) == {whole.steps}

from __future__ import annotations

import pytest

from app.dialogue.events import ActionExecuted, ActiveLoopChanged, BotUttered, Event, SlotSet, UserUttered
from app.dialogue.stories import ActionStep, BotStep, IntentStep, LoopStep, SlotStep, Step, StepEntity, Story
from app.dialogue.story_check import ExpectedTurn, find_difference, split_turns
from app.dialogue.tracker import empty_tracker, fold
from nlu.types import EntitySpan, IntentPrediction, ParsedUtterance

TEXT = "where is FH-10482"
NUMBER = EntitySpan(9, 17, "order_number", "FH-10482", "FH-10482", 0.9)
HEARD = UserUttered(TEXT, ParsedUtterance(TEXT, IntentPrediction("track_order", 0.9), entities=(NUMBER,)))
SAID = IntentStep("track_order", (StepEntity("order_number", "FH-10482"),), TEXT, "s.yml:4")
LISTEN = ActionExecuted("action_listen")
HAPPENED: list[Event] = [
    HEARD,
    SlotSet("order_number", "FH-10482"),
    ActiveLoopChanged("track_form"),
    ActionExecuted("track_form"),
    BotUttered("Your e-mail?"),
    LISTEN,
]


def difference(*steps: Step, said: IntentStep = SAID, events: list[Event] = HAPPENED) -> str | None:
    found = find_difference(ExpectedTurn(said, steps), events, fold(empty_tracker("c"), events))
    return None if found is None else f"{found.source} {found.what}: {found.expected} / {found.got}"


def test_a_turn_as_expected_has_no_difference() -> None:
    steps = [
        SlotStep("order_number", "FH-10482"),
        ActionStep("track_form"),
        LoopStep("track_form"),
        BotStep("Your e-mail?"),
    ]

    assert difference(*steps) is None


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ((ActionStep("utter_hi", "s.yml:5"),), "utter_hi / track_form"),
        ((ActionStep("track_form"), ActionStep("utter_hi", "s.yml:6")), "utter_hi / action_listen"),
        ((), "action_listen / track_form"),
        ((ActionStep("track_form"), SlotStep("order_number", "X")), "'X' / 'FH-10482'"),
        ((ActionStep("track_form"), SlotStep("email", is_any=True)), "any value / None"),
        ((ActionStep("track_form"), LoopStep(None)), "None / track_form"),
        ((ActionStep("track_form"), BotStep("Hello")), "Hello / Your e-mail?"),
    ],
    ids=["other action", "missing action", "extra action", "slot", "any slot", "loop", "words"],
)
def test_the_first_difference_is_named(steps: tuple[Step, ...], expected: str) -> None:
    found = difference(*steps)

    assert found is not None
    assert found.endswith(expected)


def test_a_doubt_about_the_turn_may_be_left_out_of_the_story() -> None:
    doubt = ActionStep("action_unlikely_intent")
    events = [HEARD, ActionExecuted("action_unlikely_intent"), *HAPPENED[1:]]

    assert difference(ActionStep("track_form"), events=events) is None
    assert difference(doubt, ActionStep("track_form"), events=events) is None
    assert difference(doubt, ActionStep("track_form")) is not None


def test_another_intent_is_a_difference() -> None:
    said = IntentStep("cancel_order", SAID.entities, TEXT, "s.yml:4")

    assert (
        difference(said=said)
        == f"s.yml:4 intent of {TEXT!r}: cancel_order / track_order (best: track_order 0.90)"
    )


@pytest.mark.parametrize(
    "entities", [(), (StepEntity("order_number", "FH-1"),), (StepEntity("email", "FH-10482"),)]
)
def test_other_entities_are_a_difference(entities: tuple[StepEntity, ...]) -> None:
    found = difference(said=IntentStep("track_order", entities, TEXT, "s.yml:4"))

    assert found is not None
    assert "entities of" in found


def test_a_story_is_cut_before_each_utterance() -> None:
    story = Story(
        "s", (ActionStep("utter_welcome"), SAID, ActionStep("a"), SAID, ActionStep("b"), ActionStep("c"))
    )

    assert [len(turn.steps) for turn in split_turns(story)] == [1, 2]


def test_the_base_of_a_retrieval_intent_is_enough() -> None:
    events: list[Event] = [
        UserUttered("when?", ParsedUtterance("when?", IntentPrediction("faq/hours", 0.9))),
        LISTEN,
    ]

    assert difference(said=IntentStep("faq", (), "when?"), events=events) is None
    assert difference(said=IntentStep("faq/returns", (), "when?", "s.yml:4"), events=events) is not None


def test_words_without_an_intent_are_taken_as_they_are_understood() -> None:
    assert difference(ActionStep("track_form"), said=IntentStep("", (), TEXT)) is None


@pytest.mark.parametrize(
    ("entities", "is_right"),
    [((), True), (SAID.entities, True), ((StepEntity("order_number", "FH-1"),), False)],
)
def test_a_payload_brings_its_own_entities_unless_the_step_lists_them(
    entities: tuple[StepEntity, ...], is_right: bool
) -> None:
    payload = '/track_order{"order_number": "FH-10482"}'
    heard = UserUttered(payload, ParsedUtterance(payload, HEARD.parsed.intent, entities=(NUMBER,)))

    found = difference(
        ActionStep("track_form"),
        said=IntentStep("track_order", entities, payload, "s.yml:4"),
        events=[heard, *HAPPENED[1:]],
    )

    assert (found is None) == is_right


@pytest.mark.parametrize(
    ("step", "holds"),
    [
        (LoopStep("track_form"), True),
        (LoopStep(None), True),
        (LoopStep("other_form"), False),
        (SlotStep("order_number", "FH-10482"), True),
        (SlotStep("order_number", None), True),
        (SlotStep("order_number", "FH-1"), False),
    ],
    ids=["began", "ended", "never", "was set", "was unset", "never set"],
)
def test_a_loop_or_slot_holds_if_it_was_so_in_the_turn_or_is_so_after_it(step: Step, holds: bool) -> None:
    events = [*HAPPENED[:-1], ActiveLoopChanged(None), SlotSet("order_number", None), LISTEN]

    assert (difference(ActionStep("track_form"), step, events=events) is None) == holds


def test_a_loop_that_was_active_before_the_turn_holds() -> None:
    before = fold(empty_tracker("c"), [ActiveLoopChanged("track_form"), *HAPPENED[:2], *HAPPENED[3:]])
    turn = ExpectedTurn(SAID, (ActionStep("track_form"), LoopStep("track_form")))

    assert find_difference(turn, [*HAPPENED[:2], *HAPPENED[3:]], before) is None

"""Stories as Rasa's memory: exactly, or after forgetting the beginning of the conversation."""

from typing import Any

import pytest

from app.dialogue.domain import SlotDefinition, SlotMapping
from app.dialogue.events import ActionExecuted, SlotSet
from app.dialogue.policy_settings import PolicySettings
from app.dialogue.stories import SlotStep
from tests.fakes_dialogue import (
    Conversation,
    does,
    given,
    gives,
    loop,
    make_bot,
    make_domain,
    rule,
    said,
    slot,
    story,
)

EXACT = frozenset({"RulePolicy", "MemoizationPolicy"})
AUGMENTED = frozenset({"RulePolicy", "AugmentedMemoizationPolicy"})

YES = story("yes", said("affirm"), does("utter_goodbye"))
LONG = story("long", said("greet"), does("utter_greet"), said("affirm"), does("utter_stopped"))


def remembering(
    *stories: Any, policies: frozenset[str] = AUGMENTED, rules: Any = (), max_history: int = 5, **parts: Any
) -> Conversation:
    settings = PolicySettings(policies=policies, max_history=max_history)
    script = make_bot(
        rules=rules, stories=stories, settings=settings, domain=parts.pop("domain", make_domain())
    )
    return given(script=script, **parts)


def policies_of(conversation: Conversation) -> list[tuple[str, str, float]]:
    return [(e.action, e.policy, e.confidence) for e in conversation.of_type(ActionExecuted)][-2:]


def test_a_story_is_followed_with_the_name_of_its_policy() -> None:
    conversation = remembering(YES, policies=EXACT).says("yes", "affirm")

    assert policies_of(conversation) == [
        ("utter_goodbye", "MemoizationPolicy", 1.0),
        ("action_listen", "MemoizationPolicy", 1.0),
    ]


def test_exact_memory_knows_a_story_only_from_the_start_of_the_conversation() -> None:
    conversation = remembering(YES, LONG, policies=EXACT).says("yes", "affirm").says("yes", "affirm")

    assert conversation.executed == ["action_default_fallback"]


def test_augmented_memory_forgets_the_beginning() -> None:
    conversation = remembering(YES, LONG).says("yes", "affirm").says("yes", "affirm")

    assert conversation.executed == ["utter_goodbye"]
    assert policies_of(conversation)[0][1] == "AugmentedMemoizationPolicy"


def test_the_longest_stretch_that_agrees_wins() -> None:
    conversation = remembering(YES, LONG).says("yes", "affirm").says("hi", "greet").says("yes", "affirm")

    assert conversation.executed == ["utter_stopped"]


@pytest.mark.parametrize(
    ("entities", "executed"),
    [([], "utter_goodbye"), ([("product", "hat")], "action_default_fallback")],
    ids=["as in the story", "another entity"],
)
def test_what_a_story_does_not_state_must_not_be(entities: Any, executed: str) -> None:
    conversation = remembering(YES).says("yes hat" if entities else "yes", "affirm", *entities)

    assert conversation.executed == [executed]


def test_a_bot_with_comfort_does_not_mind_what_a_story_does_not_state() -> None:
    conversation = given(script=make_bot(rules=(), stories=[YES])).says(
        "yes hat", "affirm", ("product", "hat")
    )

    assert conversation.executed == ["utter_goodbye"]


def test_a_slot_that_was_set_long_ago_is_forgotten_with_its_turn() -> None:
    conversation = remembering(YES, max_history=2, rules=[rule("hi", said("greet"), does("utter_greet"))])
    conversation.says("hi FH-1", "greet", ("order_number", "FH-1"))
    for _ in range(3):
        conversation.says("yes", "affirm")

    assert conversation.executed == ["utter_goodbye"]


def test_an_entity_of_a_story_sets_its_slot() -> None:
    told = story(
        "told", said("greet", "order_number"), does("utter_greet"), said("affirm"), does("utter_goodbye")
    )
    conversation = remembering(told, policies=EXACT).says("hi FH-1", "greet", ("order_number", "FH-1"))

    assert conversation.says("yes", "affirm").executed == ["utter_goodbye"]


def test_a_list_slot_is_set_by_an_entity_of_a_story() -> None:
    mapping = SlotMapping("from_entity", entity="colour")
    domain = make_domain(
        slots={**make_domain().slots, "colours": SlotDefinition("colours", "list", (mapping,))}
    )
    told = story("told", said("greet", "colour"), does("utter_greet"))

    conversation = remembering(told, policies=EXACT, domain=domain)

    assert conversation.says("hi red", "greet", ("colour", "red")).executed == ["utter_greet"]


def test_initial_values_are_part_of_every_story() -> None:
    domain = make_domain(
        slots={**make_domain().slots, "vip": SlotDefinition("vip", "bool", initial_value=True)}
    )

    assert remembering(YES, policies=EXACT, domain=domain).says("yes", "affirm").executed == ["utter_goodbye"]


def test_a_slot_that_a_story_only_names_is_set_to_anything() -> None:
    named = story(
        "named",
        said("track_order"),
        does("action_track"),
        SlotStep("order_number", is_any=True),
        does("utter_goodbye"),
    )
    actions = {"action_track": gives(SlotSet("order_number", "FH-7"))}

    conversation = remembering(named, policies=EXACT, actions=actions).says("where", "track_order")

    assert conversation.executed == ["action_track", "utter_goodbye"]


def test_what_only_rules_name_is_invisible_to_stories() -> None:
    rules = [rule("track", said("track_order"), does("action_track"), slot("order_number", "x"))]
    actions = {"action_track": gives(SlotSet("order_number", "FH-7"))}

    conversation = remembering(YES, policies=EXACT, rules=rules, actions=actions)

    assert conversation.says("where", "track_order").says("yes", "affirm").executed == ["utter_goodbye"]


def test_a_form_that_only_rules_name_is_invisible_to_stories() -> None:
    start = rule("start", said("return_item"), does("return_form"), loop("return_form"))
    conversation = remembering(YES, policies=EXACT, rules=[start]).says("return", "return_item")

    assert conversation.says("yes", "affirm").executed == ["utter_goodbye"]


def test_where_stories_disagree_none_is_followed() -> None:
    other = story("other", said("affirm"), does("utter_greet"))

    assert remembering(YES, other).says("yes", "affirm").executed == ["action_default_fallback"]


def test_without_a_memory_policy_stories_are_not_followed() -> None:
    conversation = remembering(YES, policies=frozenset({"RulePolicy"})).says("yes", "affirm")

    assert conversation.executed == ["action_default_fallback"]


def test_only_so_many_steps_count() -> None:
    assert remembering(LONG, max_history=1).says("yes", "affirm").executed == ["utter_stopped"]

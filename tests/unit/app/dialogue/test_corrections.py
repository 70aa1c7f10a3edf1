from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from app.dialogue.action_names import ACTION_LISTEN
from app.dialogue.domain import Domain, Form, IntentDefinition, ResponseVariation, SlotDefinition, SlotMapping
from app.dialogue.events import DecisionMade, SlotSet
from app.dialogue.script import BotScript
from app.dialogue.states import TurnState
from app.dialogue.steering import Steering
from tests.fakes_dialogue import (
    Conversation,
    does,
    filled_in,
    given,
    gives,
    loop,
    make_bot,
    rule,
    said,
    slot,
)

FORM = "trip_form"


def from_entity(entity: str, **options: Any) -> SlotMapping:
    return SlotMapping("from_entity", entity=entity, **options)


def in_form(name: str, entity: str) -> SlotDefinition:
    """A slot that takes its entity only while the form asks for it."""
    return SlotDefinition(name, "text", (from_entity(entity, conditions=filled_in(FORM, asked=name)),))


DOMAIN = Domain(
    intents={
        name: IntentDefinition(name)
        for name in ("book", "inform", "affirm", "deny", "greet", "question", "nlu_fallback")
    },
    entities=("city", "day", "colour"),
    slots={
        "start": in_form("start", "city"),
        "goal": in_form("goal", "city"),
        "day": in_form("day", "day"),
        "colour": SlotDefinition("colour", "text", (from_entity("colour"),)),
        "colours": SlotDefinition("colours", "list", (from_entity("colour", role="many"),)),
        "comment": SlotDefinition(
            "comment", "text", (SlotMapping("from_text", conditions=filled_in(FORM, asked="comment")),)
        ),
        "sure": SlotDefinition(
            "sure",
            "bool",
            tuple(
                SlotMapping(
                    "from_intent", value=value, intents=(intent,), conditions=filled_in(FORM, asked="sure")
                )
                for intent, value in (("affirm", True), ("deny", False))
            ),
        ),
    },
    responses={
        name: (ResponseVariation(text),)
        for name, text in {
            "utter_ask_start": "From where?",
            "utter_ask_goal": "Where to?",
            "utter_ask_day": "Which day?",
            "utter_ask_comment": "Anything else?",
            "utter_ask_sure": "{start} to {goal} on {day}, sure?",
            "utter_booked": "Booked {start} to {goal} on {day}.",
            "utter_greet": "Hello!",
        }.items()
    },
    actions=(),
    forms={FORM: Form(FORM, ("start", "goal", "day", "comment", "sure"))},
)
RULES = (
    rule("greet", said("greet"), does("utter_greet")),
    rule("book", said("book"), does(FORM), loop(FORM)),
    rule(
        "booked",
        does(FORM),
        loop(None),
        slot("requested_slot", None),
        does("utter_booked"),
        conditions=(loop(FORM),),
    ),
)


def trip(*, until: str = "end", script: BotScript | None = None, **parts: Any) -> Conversation:
    """Book a trip from Leads to York on Friday, up to the question for a slot."""
    conversation = given(script=script or make_bot(domain=DOMAIN, rules=RULES), **parts)
    conversation.says("book", "book")
    for asked, text, intent, entities in (
        ("start", "Leads", "inform", [("city", "Leads")]),
        ("goal", "York", "inform", [("city", "York")]),
        ("day", "Friday", "inform", [("day", "Friday")]),
        ("comment", "a window please", "inform", []),
        ("sure", "yes", "affirm", []),
    ):
        if asked == until:
            break
        conversation.says(text, intent, *entities)
    return conversation


def values(conversation: Conversation, *slots: str) -> tuple[Any, ...]:
    return tuple(conversation.tracker.slots.get(name) for name in slots)


# --- inside a form ----------------------------------------


@pytest.mark.parametrize(
    "text", ["sorry, I meant Leeds", "I meant Leeds", "oops, Leeds!", "not Leads, Leeds", "Leeds, not Leads"]
)
def test_slot_of_the_question_before_is_corrected(text: str) -> None:
    pieces = [("city", "Leeds")] + [("city", "Leads")] * ("Leads" in text)
    conversation = trip(until="goal").says(text, "inform", *pieces)

    assert values(conversation, "start", "goal") == ("Leeds", None)
    assert conversation.replies == ["Where to?"]


def test_answer_is_no_correction() -> None:
    conversation = trip(until="goal").says("York", "inform", ("city", "York"))

    assert values(conversation, "start", "goal") == ("Leads", "York")


@pytest.mark.parametrize("text", ["no, York", "actually York", "wait, York please"])
def test_weak_cue_before_what_was_asked_for_is_an_answer(text: str) -> None:
    conversation = trip(until="goal").says(text, "inform", ("city", "York"))

    assert values(conversation, "start", "goal") == ("Leads", "York")


def test_weak_cue_corrects_what_was_not_asked_for() -> None:
    conversation = trip(until="day").says("no, Hull", "deny", ("city", "Hull"))

    assert values(conversation, "start", "goal", "day") == ("Leads", "Hull", None)
    assert conversation.replies == ["Which day?"]


def test_denied_value_says_which_slot_is_meant() -> None:
    conversation = trip(until="day").says("not Leads, Leeds", "inform", ("city", "Leads"), ("city", "Leeds"))

    assert values(conversation, "start", "goal") == ("Leeds", "York")


@pytest.mark.parametrize(
    "text", ["not Friday, Saturday", "Saturday instead of Friday", "no not on Friday but Saturday"]
)
def test_day_is_corrected_while_free_text_is_asked_for(text: str) -> None:
    conversation = trip(until="comment").says(text, "inform", ("day", "Friday"), ("day", "Saturday"))

    assert values(conversation, "day", "comment") == ("Saturday", None)
    assert conversation.replies == ["Anything else?"]


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("no, the one in York was not for me", "inform"),  # an answer in free words
        ("I want a seat with a view of Hull", "inform"),
        ("is it not Hull?", "question"),
        ("not Hull", "deny"),  # what else is not said
    ],
)
def test_other_words_are_no_correction(text: str, intent: str) -> None:
    city = "York" if "York" in text else "Hull"
    conversation = trip(until="comment").says(text, intent, ("city", city))

    assert values(conversation, "start", "goal", "comment") == ("Leads", "York", text)


def test_no_with_a_correction_is_no_answer_to_the_question() -> None:
    conversation = trip(until="sure").says("no, Saturday", "deny", ("day", "Saturday"))

    assert values(conversation, "day", "sure") == ("Saturday", None)
    assert conversation.replies == ["Leads to York on Saturday, sure?"]


def test_plain_no_stays_an_answer() -> None:
    assert values(trip(until="sure").says("no", "deny"), "sure") == (False,)


def test_form_validates_what_was_corrected() -> None:
    validate = gives(SlotSet("day", None), SlotSet("requested_slot", "day"))
    conversation = trip(until="sure")
    conversation.actions.actions[f"validate_{FORM}"] = validate

    conversation.says("not Friday, Sunday", "inform", ("day", "Friday"), ("day", "Sunday"))

    assert values(conversation, "day", "requested_slot") == (None, "day")


def test_value_that_was_refused_is_said_again_not_corrected() -> None:
    conversation = trip(until="goal")
    conversation.actions.actions[f"validate_{FORM}"] = gives(SlotSet("goal", None))
    conversation.says("Yrok", "inform", ("city", "Yrok"))
    conversation.actions.actions.clear()

    conversation.says("sorry, I meant York", "inform", ("city", "York"))

    assert values(conversation, "start", "goal") == ("Leads", "York")


def test_agents_read_what_was_corrected_and_why() -> None:
    conversation = trip(until="goal").says("sorry, I meant Leeds", "inform", ("city", "Leeds"))

    (decision,) = [made for made in conversation.of_type(DecisionMade) if made.policy == "correction"]
    assert (decision.decision, decision.target) == ("CorrectSlot", "start")
    assert decision.reasons == ("'sorry' corrects", "a city was said, and start was 'Leads'")


# --- without a form ----------------------------------------


def test_correction_after_the_form_is_confirmed() -> None:
    conversation = trip().says("sorry, I meant Saturday", "inform", ("day", "Saturday"))

    assert values(conversation, "day") == ("Saturday",)
    assert conversation.replies == ["All right, Saturday instead of Friday."]


QUESTION = {**DOMAIN.responses, "utter_booked": (ResponseVariation("{start} to {goal} on {day}, right?"),)}
ASKING = make_bot(domain=replace(DOMAIN, responses=QUESTION), rules=RULES)


def test_question_that_named_the_old_value_is_asked_again_with_the_new_one() -> None:
    conversation = trip(script=ASKING).says("sorry, I meant Saturday", "inform", ("day", "Saturday"))

    assert conversation.replies == ["Leads to York on Saturday, right?"]


def test_what_was_learnt_does_not_answer_a_correction() -> None:
    class _Sure:
        def likelihoods(self, states: Sequence[TurnState]) -> dict[str, float]:
            return {"utter_greet" if states[-1].previous_action == ACTION_LISTEN else ACTION_LISTEN: 0.97}

    conversation = trip(script=replace(ASKING, story_model=_Sure()))

    assert conversation.says("sorry, I meant Saturday", "inform", ("day", "Saturday")).replies == [
        "Leads to York on Saturday, right?"
    ]


def test_rule_of_the_bot_answers_a_correction_itself() -> None:
    conversation = trip().says("no, Saturday", "greet", ("day", "Saturday"))

    assert values(conversation, "day") == ("Saturday",)
    assert conversation.replies == ["Hello!"]


def test_bot_has_its_own_words_for_a_correction() -> None:
    responses = {**DOMAIN.responses, "utter_corrected": (ResponseVariation("{slot}: {value}"),)}
    domain = replace(DOMAIN, responses=responses)
    conversation = trip(script=make_bot(domain=domain, rules=RULES))

    assert conversation.says("no, Hull", "deny", ("city", "Hull")).replies == ["goal: Hull"]


def test_nothing_known_is_nothing_to_correct() -> None:
    conversation = given(script=make_bot(domain=DOMAIN, rules=RULES))

    conversation.says("no, the blue one", "inform", ("colour", "blue"))

    assert values(conversation, "colour") == ("blue",)
    assert [made for made in conversation.of_type(DecisionMade) if made.policy == "correction"] == []


def test_denied_item_of_a_list_is_replaced() -> None:
    conversation = given(script=make_bot(domain=DOMAIN, rules=RULES))
    conversation.says("red and green", "inform", ("colour", "red", "many"), ("colour", "green", "many"))

    conversation.says("not red, blue", "inform", ("colour", "red", "many"), ("colour", "blue", "many"))

    assert values(conversation, "colours") == (["blue", "green"],)


def test_role_says_which_slot_is_meant() -> None:
    roles = {
        "start": SlotDefinition("start", "text", (from_entity("city", role="from"),)),
        "goal": SlotDefinition("goal", "text", (from_entity("city", role="to"),)),
    }
    conversation = given(
        script=make_bot(domain=replace(DOMAIN, slots={**DOMAIN.slots, **roles}), rules=RULES[:1])
    )
    conversation.says("Leads to York", "inform", ("city", "Leads", "from"), ("city", "York", "to"))

    conversation.says("sorry, from Leeds", "inform", ("city", "Leeds", "from"))
    conversation.says("no, Hull", "inform", ("city", "Hull"))

    assert values(conversation, "start", "goal") == ("Hull", "York")  # the last one that was set


def test_bot_may_switch_corrections_off() -> None:
    script = replace(make_bot(domain=DOMAIN, rules=RULES), steering=Steering(corrects_slots=False))
    conversation = trip(until="goal", script=script).says("sorry, I meant Leeds", "inform", ("city", "Leeds"))

    assert values(conversation, "start", "goal") == ("Leads", "Leeds")

import logging
import random
from typing import Any

import pytest

from app.dialogue.domain import Domain, ResponseCondition, ResponseVariation, SlotDefinition
from app.dialogue.errors import TemplateError
from app.dialogue.events import BotUttered, Button, Event, SlotSet, UserUttered
from app.dialogue.responses import Speaker, check_templates, unknown_variables
from app.dialogue.tracker import empty_tracker, fold
from tests.fakes_dialogue import make_domain, parsed

V = ResponseVariation


def domain_with(*variations: ResponseVariation, name: str = "utter_x") -> Domain:
    slots = {name: SlotDefinition(name, "any") for name in ("city", "size", "vip")}
    return make_domain(responses={name: variations}, slots=slots)


def speak(*variations: ResponseVariation, channel: str = "web", seed: int = 1, **slots: Any) -> BotUttered:
    tracker = fold(empty_tracker("c1"), [SlotSet(name, value) for name, value in slots.items()])
    speaker = Speaker(domain_with(*variations), random.Random(seed), strict=True)
    return speaker.say("utter_x", tracker, channel=channel)


FOR_VIPS = V("Dear guest", conditions=(ResponseCondition("vip", True),))


def test_where_no_variation_fits_a_bot_that_may_be_silent_says_nothing() -> None:
    speaker = Speaker(domain_with(FOR_VIPS), random.Random(1), may_be_silent=True)
    named = [BotUttered("", response="utter_x"), BotUttered("And this."), BotUttered("", response="utter_y")]

    assert speaker.say_any("utter_x", empty_tracker("c1")) == []
    assert speaker.render(named, empty_tracker("c1")) == [BotUttered("And this.")]


def test_a_strict_bot_is_never_silent() -> None:
    speaker = Speaker(domain_with(FOR_VIPS), random.Random(1), strict=True, may_be_silent=True)

    with pytest.raises(TemplateError, match="no variation"):
        speaker.say_any("utter_x", empty_tracker("c1"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ship to {city}.", "Ship to Rome."),
        ("{city}, {city}", "Rome, Rome"),
        ("{{city}}", "{city}"),
        ("{{{city}}}", "{Rome}"),
        ('{"a": 1} and { city }', '{"a": 1} and { city }'),
        ("Sizes: {size}", "Sizes: S, M"),
        ("", ""),
    ],
)
def test_variables_are_filled_and_doubled_braces_are_braces(text: str, expected: str) -> None:
    assert speak(V(text), city="Rome", size=["S", "M"]).text == expected


def test_everything_of_a_variation_is_filled() -> None:
    variation = V(
        "Hi",
        buttons=(("To {city}", '/go{"to": "{city}"}'),),
        image="/{city}.png",
        attachment="/{city}.pdf",
        custom={"map": {"at": ["{city}", 3, "{other}"]}},
    )

    said = speak(variation, city="Rome")

    assert said == BotUttered(
        "Hi",
        (Button("To Rome", '/go{"to": "Rome"}'),),
        "/Rome.png",
        "/Rome.pdf",
        {"map": {"at": ["Rome", 3, "{other}"]}},
        "utter_x",
    )


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ('/inform{"priority":"low"}', '/inform{"priority":"low"}'),
        ('/inform{"a":{"b":1}}', '/inform{"a":{"b":1}}'),
        ('/inform{{"city": "{city}"}}', '/inform{"city": "O\\"Hara"}'),
        ("/inform{unknown}", "/inform{unknown}"),
    ],
)
def test_braces_of_a_payload_stay_unless_they_name_a_variable(payload: str, expected: str) -> None:
    said = speak(V("Hi", buttons=(("x", payload),)), city='O"Hara')

    assert said.buttons[0].payload == expected


def test_an_unset_variable_is_an_error_that_names_it() -> None:
    with pytest.raises(TemplateError, match="'utter_x' needs city, which is not set"):
        speak(V("To {city}"))


def test_a_variation_that_can_be_filled_is_preferred() -> None:
    assert {speak(V("To {city}"), V("Where to?"), seed=seed).text for seed in range(9)} == {"Where to?"}


def test_a_missing_response_is_an_error() -> None:
    with pytest.raises(TemplateError, match="got the response 'utter_y'"):
        Speaker(domain_with(V("x")), random.Random(1)).say("utter_y", empty_tracker("c1"))


def test_variations_are_chosen_by_the_given_randomness() -> None:
    said = [speak(V("one"), V("two"), V("three"), seed=seed).text for seed in range(20)]

    assert set(said) == {"one", "two", "three"}
    assert said == [speak(V("one"), V("two"), V("three"), seed=seed).text for seed in range(20)]


VIP = (ResponseCondition("vip", "Yes"),)
ALL = (
    V("channel and condition", channel="sms", conditions=VIP),
    V("channel", channel="sms"),
    V("condition", conditions=VIP),
    V("any"),
)


@pytest.mark.parametrize(
    ("channel", "vip", "expected"),
    [
        ("sms", "yes", "channel and condition"),
        ("sms", "no", "channel"),
        ("web", "YES", "condition"),
        ("web", None, "any"),
    ],
)
def test_the_most_fitting_variation_is_said(channel: str, vip: str | None, expected: str) -> None:
    said = {speak(*ALL, channel=channel, vip=vip, seed=seed).text for seed in range(9)}

    assert said == {expected}


def test_a_condition_compares_other_values_exactly() -> None:
    variations = (V("one", conditions=(ResponseCondition("vip", 1),)), V("any"))

    assert speak(*variations, vip=1).text == "one"
    assert speak(*variations, vip="1").text == "any"


def test_a_response_only_for_other_channels_is_an_error() -> None:
    with pytest.raises(TemplateError, match="no variation for the channel 'web'"):
        speak(V("x", channel="sms"))


def test_the_channel_is_that_of_the_latest_message() -> None:
    tracker = fold(empty_tracker("c1"), [UserUttered("hi", parsed("hi", "greet"), channel="sms")])

    assert Speaker(domain_with(*ALL), random.Random(1)).say("utter_x", tracker).text == "channel"


def test_a_retrieval_response_is_found_by_its_intent() -> None:
    domain = domain_with(V("30 days"), name="utter_faq/returns")
    tracker = fold(empty_tracker("c1"), [UserUttered("?", parsed("?", "faq/returns"))])

    assert Speaker(domain, random.Random(1)).say("utter_faq", tracker).text == "30 days"


def test_render_fills_in_what_an_action_only_named() -> None:
    named = BotUttered(
        "",
        buttons=(Button("No", "/deny"),),
        image="/own.png",
        custom={"city": "Oslo", "custom": {"k": 1}},
        response="utter_x",
    )
    events: list[Event] = [SlotSet("a", 1), BotUttered("as it is"), named]
    domain = domain_with(V("To {city}", buttons=(("Yes", "/affirm"),), image="/x.png"))

    rendered = Speaker(domain, random.Random(1)).render(events, empty_tracker("c1"))

    assert rendered[:2] == events[:2]
    assert rendered[2] == BotUttered(
        "To Oslo",
        (Button("Yes", "/affirm"), Button("No", "/deny")),
        "/own.png",
        custom={"k": 1},
        response="utter_x",
    )


def test_the_text_of_an_action_goes_before_that_of_the_response_it_names() -> None:
    domain = domain_with(V("To {city}", buttons=(("Yes", "/affirm"),)))
    named = BotUttered("Own words", response="utter_x")

    (said,) = Speaker(domain, random.Random(1)).render([named], empty_tracker("c1"))

    assert said == BotUttered("Own words", (Button("Yes", "/affirm"),), response="utter_x")


def test_a_response_of_an_action_that_is_not_there_costs_only_its_message(
    caplog: pytest.LogCaptureFixture,
) -> None:
    events: list[Event] = [BotUttered("", response="utter_gone"), BotUttered("Hi"), SlotSet("a", 1)]
    domain = domain_with(V("x"))

    with caplog.at_level(logging.ERROR):
        assert Speaker(domain, random.Random(1)).render(events, empty_tracker("c1")) == events[1:]

    assert caplog.records[0].message == "response_of_action_left_out"
    with pytest.raises(TemplateError, match="utter_gone"):
        Speaker(domain, random.Random(1), strict=True).render(events, empty_tracker("c1"))


def test_say_or_uses_the_sentence_when_there_is_no_response() -> None:
    speaker = Speaker(domain_with(V("own")), random.Random(1))

    assert speaker.say_or("utter_x", "ours", empty_tracker("c1")).text == "own"
    assert speaker.say_or("utter_y", "ours", empty_tracker("c1")).text == "ours"


def test_variables_that_are_no_slots_are_known_before_anybody_speaks() -> None:
    domain = domain_with(V("{city} {name}"), V("{size}", buttons=(("{title}", "{payload}"),)))

    assert unknown_variables(domain) == {"utter_x": {"name", "title"}}
    check_templates(domain, {"utter_y"})
    with pytest.raises(TemplateError, match="'utter_x' uses name, title, which is no slot"):
        check_templates(domain, {"utter_x"})

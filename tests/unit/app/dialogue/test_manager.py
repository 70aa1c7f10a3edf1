"""The straight line of one message: order, exactly one effect, saved before sent, bounded, never silent."""

import random
import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given as given_values
from hypothesis import settings
from hypothesis import strategies as st

from app.dialogue.domain import ResponseVariation, SessionConfig, SlotDefinition, SlotMapping
from app.dialogue.errors import ConflictError, InvalidInputError
from app.dialogue.events import (
    ActionExecuted,
    ActionFailed,
    BotUttered,
    FollowupActionSet,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from app.dialogue.manager import Limits, find_turn
from app.dialogue.tracker import Tracker, fold_recorded
from app.dialogue.understanding import CustomerMessage
from tests.fakes_dialogue import (
    CONVERSATION,
    RULES,
    Conversation,
    does,
    given,
    gives,
    make_bot,
    make_domain,
    parsed,
    raises,
    rule,
    said,
)

LISTEN = ActionExecuted("action_listen")


# --- one message ----------------------------------------


def test_the_first_message_begins_a_session_and_ends_with_listening() -> None:
    conversation = given().says("hi", "greet")

    assert conversation.events[:3] == [ActionExecuted("action_session_start"), SessionStarted(), LISTEN]
    assert conversation.events[-1].action == "action_listen"  # type: ignore[union-attr]


def test_the_utterance_is_recorded_with_what_was_understood() -> None:
    conversation = given().when("hi", parsed("hi", "greet"), message_id="m1", channel="rest")

    utterance = conversation.of_type(UserUttered)[0]
    assert utterance == UserUttered("hi", parsed("hi", "greet"), "m1", "rest", "bundle-1")


def test_a_pressed_button_is_recorded_with_its_title() -> None:
    conversation = given().when("Say hello", payload="/greet")

    utterance = conversation.of_type(UserUttered)[0]
    assert (utterance.text, utterance.display_text) == ("/greet", "Say hello")
    assert conversation.replies == ["Hello!"]


def test_a_payload_that_is_no_intent_is_understood_as_words() -> None:
    conversation = given()
    conversation.interpreter.known["hi there"] = parsed("hi there", "greet")

    assert conversation.when("Say hello", payload="hi there").replies == ["Hello!"]


def test_a_payload_may_be_typed() -> None:
    assert given().when("/greet").replies == ["Hello!"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [("", "empty message"), (" \n", "empty message"), ("x" * 2001, "2001 characters; expected at most 2000")],
)
def test_a_message_of_the_wrong_size_is_refused_and_leaves_nothing(text: str, problem: str) -> None:
    conversation = given()

    with pytest.raises(InvalidInputError, match=problem):
        conversation.when(text)

    assert conversation.store.rows == {}


def test_an_empty_payload_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="empty message"):
        given().when("Button", payload="")


def test_the_events_are_saved_before_they_are_published() -> None:
    conversation = given().says("hi", "greet").says("bye", "greet")

    assert conversation.log == ["saved", "published", "saved", "published"]
    assert conversation.publisher.published == conversation.store.recorded(CONVERSATION)


def test_nothing_is_published_that_could_not_be_saved() -> None:
    conversation = given()
    conversation.store.num_conflicts = 2

    with pytest.raises(ConflictError):
        conversation.says("hi", "greet")

    assert conversation.publisher.published == []


def test_a_conflict_is_tried_again_once_on_top_of_what_is_stored() -> None:
    conversation = given()
    conversation.store.num_conflicts = 1

    conversation.says("hi", "greet")

    assert conversation.replies == ["Hello!"]
    assert conversation.log == ["saved", "published"]


# --- the same message again ----------------------------------------


def test_a_message_sent_again_gives_the_first_result_and_does_nothing() -> None:
    counted: list[str] = []

    def _track(tracker: Tracker) -> list[Any]:
        counted.append(tracker.conversation_id)
        return [BotUttered("On its way.")]

    conversation = given(actions={"action_track": _track})
    first = conversation.when("where", parsed("where", "track_order"), message_id="m1").last
    conversation.says("hi", "greet")
    again = conversation.when("where", message_id="m1").last

    assert again.duplicate
    assert not first.duplicate
    assert again.recorded == first.recorded[3:]  # without the session that the first message began
    assert counted == [CONVERSATION]


def test_a_message_that_another_process_handled_meanwhile_is_not_handled_twice() -> None:
    conversation = given().says("bye", "greet")
    conversation.interpreter.known["hi"] = parsed("hi", "greet")
    rival = given(script=conversation.script, interpreter=conversation.interpreter)
    rival.store.rows = conversation.store.rows

    def _rival_is_faster() -> None:
        conversation.store.before_append = lambda: None
        rival.when("hi", message_id="m1")

    conversation.store.before_append = _rival_is_faster
    conversation.when("hi", message_id="m1")

    assert conversation.last.duplicate
    assert conversation.last.recorded == rival.last.recorded


def test_messages_without_id_all_count() -> None:
    conversation = given().says("hi", "greet").says("hi", "greet")

    assert not conversation.last.duplicate


def test_find_turn_ends_with_listening_or_with_the_events() -> None:
    utterance = UserUttered("hi", parsed("hi", "greet"), "m1")

    assert find_turn([LISTEN, utterance, SlotSet("a", 1), LISTEN, LISTEN], "m1") == range(1, 4)
    assert find_turn([utterance], "m1") == range(1)
    assert find_turn([utterance], "m2") is None
    assert find_turn([UserUttered("hi", parsed("hi", "greet"))], None) is None


# --- many at once ----------------------------------------


def test_messages_of_one_conversation_are_handled_one_after_the_other() -> None:
    conversation = given()
    conversation.interpreter.known |= {f"m{i}": parsed(f"m{i}", "greet") for i in range(12)}
    threads = [
        threading.Thread(
            target=conversation.manager.handle_message,
            args=(CustomerMessage(CONVERSATION, f"m{i}", f"m{i}"),),
        )
        for i in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    recorded = conversation.store.recorded(CONVERSATION)
    kinds = [type(item.event) for item in recorded if isinstance(item.event, UserUttered | BotUttered)]
    assert [item.sequence for item in recorded] == list(range(1, len(recorded) + 1))
    assert kinds == [UserUttered, BotUttered] * 12


def test_a_message_waits_until_the_one_before_it_is_saved() -> None:
    second: list[threading.Thread] = []
    was_waiting: list[bool] = []

    def _send_another(tracker: Tracker) -> list[Any]:
        message = CustomerMessage(tracker.conversation_id, "hi")
        second.append(threading.Thread(target=conversation.manager.handle_message, args=(message,)))
        second[0].start()
        second[0].join(0.2)
        was_waiting.append(second[0].is_alive())
        return [BotUttered("On its way.")]

    conversation = given(actions={"action_track": _send_another})
    conversation.interpreter.known["hi"] = parsed("hi", "greet")
    conversation.says("where", "track_order")
    second[0].join(10)

    recorded = conversation.store.recorded(CONVERSATION)
    assert was_waiting == [True]
    assert [r.event.text for r in recorded if isinstance(r.event, BotUttered)] == ["On its way.", "Hello!"]


def test_conversations_do_not_wait_for_each_other() -> None:
    other_is_done = threading.Event()

    def _wait(tracker: Tracker) -> list[Any]:
        assert other_is_done.wait(10) or tracker.conversation_id != CONVERSATION
        return []

    conversation = given(actions={"action_track": _wait})
    conversation.interpreter.known |= {
        "where": parsed("where", "track_order"),
        "hi": parsed("hi", "greet"),
    }
    slow = threading.Thread(
        target=conversation.manager.handle_message, args=(CustomerMessage(CONVERSATION, "where"),)
    )
    slow.start()
    conversation.manager.handle_message(CustomerMessage("c2", "hi"))
    other_is_done.set()
    slow.join(10)

    assert len(conversation.store.rows) == 2


# --- failures ----------------------------------------


def test_an_action_that_fails_is_an_apology_and_an_event_and_the_conversation_goes_on() -> None:
    both = rule("track", said("track_order"), does("action_track"), does("utter_goodbye"))
    conversation = given(script=make_bot(rules=[both, *RULES[:1]]), actions={"action_track": raises()})

    conversation.says("where", "track_order")

    failed = conversation.of_type(ActionFailed)[0]
    assert (failed.action, failed.error, len(failed.reference)) == ("action_track", "the shop is down", 10)
    apology = "Sorry, something went wrong on our side. Please try again in a moment."
    assert conversation.replies == [apology, "Bye!"]
    assert conversation.executed == ["action_track", "utter_goodbye"]
    assert conversation.says("hi", "greet").replies == ["Hello!"]


def test_the_reference_of_a_failure_is_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    conversation = given(actions={"action_track": raises()}).says("where", "track_order")

    references = {getattr(record, "reference", None) for record in caplog.records}
    assert conversation.of_type(ActionFailed)[0].reference in references


def test_a_bot_may_apologise_in_its_own_words() -> None:
    responses = {"utter_action_failed": (ResponseVariation("Oh no."),)}
    script = make_bot(domain=make_domain(responses=responses, forms={}), rules=RULES[1:2])

    assert given(script=script, actions={"action_track": raises()}).says("?", "track_order").replies == [
        "Oh no."
    ]


def test_an_apology_that_cannot_be_said_is_made_in_our_words() -> None:
    responses = {"utter_action_failed": (ResponseVariation("Oh {order_number}."),)}
    script = make_bot(domain=make_domain(responses=responses, forms={}), rules=RULES[1:2])
    script = replace(script, strict_responses=True)

    replies = given(script=script, actions={"action_track": raises()}).says("?", "track_order").replies

    assert replies == ["Sorry, something went wrong on our side. Please try again in a moment."]


def test_an_action_that_nobody_has_is_an_apology() -> None:
    conversation = given().says("where", "track_order")

    assert "neither built in nor among the bot's actions" in conversation.of_type(ActionFailed)[0].error


def test_a_bot_that_runs_in_a_circle_is_stopped() -> None:
    circle = [
        rule("a", does("utter_greet"), does("utter_goodbye"), wait_for_user_input=False),
        rule("b", does("utter_goodbye"), does("utter_greet"), wait_for_user_input=False),
        rule("start", said("greet"), does("utter_greet"), wait_for_user_input=False),
    ]
    conversation = given(script=make_bot(rules=circle), limits=Limits(max_actions_per_turn=4))

    conversation.says("hi", "greet")

    assert len(conversation.executed) == 4
    assert "more than 4 actions in one turn" in conversation.of_type(ActionFailed)[0].error
    assert conversation.events[-1] == LISTEN


# --- slots ----------------------------------------


def with_custom_slot() -> Any:
    mapping = SlotMapping("custom", action="action_fill")
    return make_bot(
        domain=make_domain(slots={"a": SlotDefinition("a", "text", (mapping,))}, forms={}), rules=()
    )


def test_a_custom_mapping_runs_its_action() -> None:
    conversation = given(script=with_custom_slot(), actions={"action_fill": gives(SlotSet("a", "x"))})

    assert conversation.says("hi", "greet").tracker.slots == {"a": "x"}


def test_a_custom_mapping_whose_action_is_missing_sets_nothing() -> None:
    assert given(script=with_custom_slot()).says("hi", "greet").tracker.slots == {}


def test_a_custom_mapping_that_fails_is_visible_and_the_turn_goes_on() -> None:
    conversation = given(script=with_custom_slot(), actions={"action_fill": raises()}).says("hi", "greet")

    assert conversation.of_type(ActionFailed)[0].action == "action_extract_slots"
    assert conversation.executed != []


def test_a_custom_mapping_that_fails_leaves_the_other_slots_filled() -> None:
    mapping = SlotMapping("custom", action="action_fill")
    slots = make_domain().slots | {"a": SlotDefinition("a", "text", (mapping,))}
    conversation = given(script=make_bot(domain=make_domain(slots=slots)), actions={"action_fill": raises()})

    conversation.says("FH-1", "inform", ("order_number", "FH-1"))

    assert conversation.tracker.slots["order_number"] == "FH-1"


def test_a_custom_mapping_can_only_set_slots() -> None:
    gifts = gives(BotUttered("Psst"), SlotSet("a", "x"), FollowupActionSet("utter_goodbye"))
    conversation = given(script=with_custom_slot(), actions={"action_fill": gifts}).says("hi", "greet")

    assert conversation.tracker.slots == {"a": "x"}
    assert "Psst" not in conversation.replies
    assert "utter_goodbye" not in conversation.executed


def test_slots_are_checked_by_the_bots_own_action_if_it_has_one() -> None:
    shown: list[Sequence[Any]] = []

    def _check(tracker: Tracker) -> list[Any]:
        shown.append(tracker.events[-2:])
        return [SlotSet("order_number", "FH-00001")]

    conversation = given(actions={"action_validate_slot_mappings": _check})
    conversation.says("1 please", "greet", ("order_number", "1"))

    assert conversation.tracker.slots == {"order_number": "FH-00001"}
    assert shown == [(ActionExecuted("action_extract_slots"), SlotSet("order_number", "1"))]


# --- sessions ----------------------------------------


def test_starting_says_the_welcome_once() -> None:
    conversation = given(script=make_bot(welcome="utter_welcome"))

    first = conversation.manager.start(CONVERSATION, "web")
    second = conversation.manager.start(CONVERSATION, "web")

    assert [event.event for event in first.recorded] == [
        ActionExecuted("action_session_start"),
        SessionStarted(),
        BotUttered("Welcome!", response="utter_welcome"),
        LISTEN,
    ]
    assert (second.recorded, second.duplicate) == ([], True)


def test_a_bot_without_welcome_starts_in_silence() -> None:
    conversation = given()

    assert all(not isinstance(r.event, BotUttered) for r in conversation.manager.start("c9", "web").recorded)


def session(**options: Any) -> Conversation:
    domain = make_domain(session=SessionConfig(**options))
    return given(script=make_bot(domain=domain)).says("FH-1", "greet", ("order_number", "FH-1"))


def test_after_a_long_silence_a_new_session_carries_slots_over() -> None:
    conversation = session(expiration_minutes=60).wait(minutes=61).says("hi", "greet")

    assert conversation.events[1:3] == [SessionStarted(), SlotSet("order_number", "FH-1")]
    assert conversation.tracker.slots == {"order_number": "FH-1"}


def test_a_new_session_may_forget_slots() -> None:
    conversation = session(carry_over_slots=False).wait(minutes=61).says("hi", "greet")

    assert conversation.tracker.slots == {}


@pytest.mark.parametrize(("minutes", "silence"), [(60, 60), (0, 6000)])
def test_a_session_goes_on_until_it_expires(minutes: int, silence: int) -> None:
    conversation = session(expiration_minutes=minutes).wait(minutes=silence).says("hi", "greet")

    assert conversation.of_type(SessionStarted) == []


def test_what_others_do_keeps_no_session_alive() -> None:
    conversation = session(expiration_minutes=60).wait(minutes=40)
    conversation.manager.change(CONVERSATION, lambda turn: turn.record(SlotSet("reason", "told elsewhere")))

    assert conversation.wait(minutes=40).says("hi", "greet").of_type(SessionStarted) == [SessionStarted()]


def test_a_conversation_in_which_only_the_bot_spoke_does_not_expire() -> None:
    conversation = given(script=make_bot(welcome="utter_welcome"))
    conversation.manager.start(CONVERSATION, "web")

    assert conversation.wait(days=2).says("hi", "greet").of_type(SessionStarted) == []


def test_no_session_begins_while_a_person_has_the_conversation() -> None:
    conversation = session()
    conversation.manager.agent_join(CONVERSATION, agent_id="1", agent_name="Ann")

    assert conversation.wait(days=1).says("hi", "greet").of_type(SessionStarted) == []


def test_the_bots_own_session_start_takes_the_place_of_ours() -> None:
    own = gives(SessionStarted(), LISTEN, BotUttered("Hi from me"), SlotSet("order_number", "x"))
    conversation = given(actions={"action_session_start": own}, script=make_bot(welcome="utter_welcome"))

    recorded = [item.event for item in conversation.manager.start(CONVERSATION, "web").recorded]

    assert recorded == [
        ActionExecuted("action_session_start"),
        SessionStarted(),
        BotUttered("Hi from me"),
        SlotSet("order_number", "x"),
        LISTEN,
    ]


def test_a_session_start_finds_the_metadata_of_the_message_that_began_it() -> None:
    seen: list[Any] = []

    def own(tracker: Tracker) -> list[Any]:
        seen.append(tracker.slots.get("session_started_metadata"))
        return [SessionStarted(), LISTEN]

    conversation = given(actions={"action_session_start": own})
    for page in (1, 2):
        message = CustomerMessage(CONVERSATION, "hi", metadata={"page": page})
        conversation.manager.handle_message(message)

    assert seen == [{"page": 1}]


def test_metadata_of_a_new_session_are_carried_over_into_it() -> None:
    conversation = given()
    conversation.manager.handle_message(CustomerMessage(CONVERSATION, "hi", metadata={"page": 1}))

    assert conversation.tracker.slots["session_started_metadata"] == {"page": 1}


def test_a_session_start_without_a_session_gets_ours() -> None:
    conversation = given(actions={"action_session_start": gives(BotUttered("Hi from me"))})

    conversation.says("hi", "greet")

    assert conversation.replies == ["Hi from me", "Hello!"]
    assert conversation.of_type(SessionStarted) == [SessionStarted()]


def test_a_session_start_that_fails_does_not_stop_the_conversation() -> None:
    conversation = given(actions={"action_session_start": raises()}).says("hi", "greet")

    assert conversation.of_type(ActionFailed)[0].action == "action_session_start"
    assert conversation.replies == ["Hello!"]


# --- whatever is said ----------------------------------------

SAYINGS = st.lists(
    st.sampled_from(
        [
            "greet",
            "goodbye",
            "return_item",
            "inform",
            "affirm",
            "stop",
            "ask_help",
            "nlu_fallback",
            "talk_to_human",
        ]
        + ["restart", "back"]
    ),
    max_size=8,
)


@given_values(intents=SAYINGS, seed=st.integers(0, 99))
@settings(max_examples=60, deadline=None)
def test_every_turn_ends_with_listening_and_replays_to_the_same_tracker(
    intents: list[str], seed: int
) -> None:
    conversation, rng = given(), random.Random(seed)
    for intent in intents:
        entities = [("order_number", "FH-1")] if rng.random() < 0.5 else []
        conversation.says(f"FH-1 {intent}", intent, *entities)

        assert conversation.events[-1].action == "action_listen"  # type: ignore[union-attr]
        assert conversation.of_type(ActionFailed) == []
        assert conversation.replies

    recorded = conversation.store.recorded(CONVERSATION)
    half = len(recorded) // 2
    empty = conversation.store.load("nobody")
    parts = fold_recorded(fold_recorded(empty, recorded[:half]), recorded[half:])
    assert parts == fold_recorded(empty, recorded)

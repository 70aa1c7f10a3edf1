from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.dialogue.errors import InvalidInputError, NotFoundError
from app.dialogue.events import (
    ActionExecuted,
    ActionFailed,
    AgentJoined,
    BotUttered,
    Event,
    ReminderCancelled,
    ReminderScheduled,
    Restarted,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from app.dialogue.reminders import (
    MAX_REMINDERS,
    DueReminder,
    external_utterance,
    is_external,
    pending_reminders,
    read_due_at,
    read_entities,
)
from tests.fakes_dialogue import (
    CONVERSATION,
    RULES,
    START,
    Conversation,
    does,
    given,
    gives,
    make_bot,
    make_domain,
    parsed,
    rule,
    said,
)

INTENT = "EXTERNAL_water_plant"
DUE = START + timedelta(hours=1)


def reminder(name: str | None = "water", **changes: Any) -> ReminderScheduled:
    return ReminderScheduled(**({"intent": INTENT, "due_at": DUE, "name": name} | changes))


def customer_said(text: str = "hi") -> UserUttered:
    return UserUttered(text, parsed(text, "greet"))


def pending(*events: Event) -> list[int]:
    return list(pending_reminders(enumerate(events, 1)))


# --- which are still wanted ----------------------------------------


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([reminder()], [1]),
        ([reminder(), ReminderCancelled("water")], []),
        ([reminder(), ReminderCancelled("feed")], [1]),
        ([reminder(), ReminderCancelled(intent=INTENT)], []),
        ([reminder(), ReminderCancelled(intent="EXTERNAL_other")], [1]),
        ([reminder(), ReminderCancelled()], []),
        ([reminder(), reminder("feed"), ReminderCancelled("feed", INTENT)], [1]),
        ([reminder(), reminder()], [2]),
        ([reminder(None), reminder(None)], [1, 2]),
        ([reminder(), customer_said()], []),
        ([reminder(kill_on_user_message=False), customer_said()], [1]),
        ([reminder(), external_utterance("EXTERNAL_other", (), channel="web")], [1]),
        ([reminder(), Restarted()], []),
        ([reminder(), SessionStarted()], [1]),
        ([reminder(), external_utterance(INTENT, (), channel="web", message_id="reminder:1")], []),
        ([reminder(), ReminderCancelled(), reminder()], [3]),
    ],
    ids=str,
)
def test_reminder_is_pending_until_it_is_off(events: list[Event], expected: list[int]) -> None:
    assert pending(*events) == expected


def test_cancelling_by_entities_leaves_those_with_others() -> None:
    orchid, fern = read_entities({"plant": "orchid"}), read_entities({"plant": "fern"})

    left = pending(
        reminder("a", entities=orchid), reminder("b", entities=fern), ReminderCancelled(entities=fern)
    )

    assert left == [1]


# --- what comes in ----------------------------------------


def test_entities_come_as_mapping_or_list() -> None:
    (from_mapping,) = read_entities({"plant": "orchid"})
    (from_list,) = read_entities([{"entity": "plant", "value": 3, "role": "thirsty"}])

    assert (from_mapping.entity, from_mapping.value) == ("plant", "orchid")
    assert (from_list.value, from_list.text, from_list.role) == ("3", "3", "thirsty")
    assert read_entities(None) == ()


@pytest.mark.parametrize("raw", ["plant", 3, [{"entity": "plant"}], [{"value": 1}], ["plant"]], ids=str)
def test_other_entities_are_refused(raw: object) -> None:
    with pytest.raises(InvalidInputError, match="expected a mapping of names to values, or a list"):
        read_entities(raw)


def test_value_that_is_not_json_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="not JSON"):
        read_entities({"plant": float("nan")})


def test_time_with_a_zone_is_kept_and_one_without_is_local() -> None:
    local = datetime(2026, 5, 1, 12, 0)  # noqa: DTZ001  # what actions write: datetime.now() + …

    assert read_due_at("2026-05-01T12:00:00+02:00") == datetime(2026, 5, 1, 10, 0, tzinfo=UTC)
    assert read_due_at(local.isoformat()) == local.astimezone(UTC)


@pytest.mark.parametrize(
    "raw", ["tomorrow", "", None, 12, "2026-13-01T00:00:00", "0001-01-01T00:00:00+23:00"]
)
def test_broken_time_is_a_named_error(raw: object) -> None:
    with pytest.raises(InvalidInputError, match="expected ISO 8601"):
        read_due_at(raw)


# --- conversations ----------------------------------------


def garden(**actions: Any) -> Conversation:
    """A bot that schedules on `greet` and answers the external intent; the order number is its entity."""
    intents = {**make_domain().intents, INTENT: make_domain().intents["greet"]}
    rules = (
        *(item for item in RULES if item.name != "greet"),
        rule("schedule", said("greet"), does("action_schedule")),
        rule("water", said(INTENT), does("utter_greet")),
    )
    bot = make_bot(domain=make_domain(intents=intents), rules=rules)
    return given(script=bot, actions={"action_schedule": gives(reminder())} | actions)


def scheduled_at(conversation: Conversation) -> DueReminder:
    sequence = next(
        item.sequence for item in conversation.last.recorded if isinstance(item.event, ReminderScheduled)
    )
    return DueReminder(CONVERSATION, sequence)


def test_triggered_intent_is_answered_and_fills_slots() -> None:
    conversation = garden()

    conversation.last = conversation.manager.trigger_intent(
        CONVERSATION, INTENT, read_entities({"order_number": "FH-1"})
    )

    assert conversation.replies == ["Hello!"]
    assert conversation.of_type(SlotSet) == [SlotSet("order_number", "FH-1")]
    (utterance,) = conversation.of_type(UserUttered)
    assert (utterance.text, is_external(utterance)) == (f"EXTERNAL: {INTENT}", True)
    assert conversation.log == ["saved", "published"]


def test_triggered_intent_keeps_the_channel_of_the_customer() -> None:
    conversation = garden().when("hi", parsed("hi", "greet"), channel="telegram")

    conversation.last = conversation.manager.trigger_intent(CONVERSATION, INTENT)

    assert conversation.of_type(UserUttered)[0].channel == "telegram"


def test_unknown_intent_is_refused() -> None:
    conversation = garden()

    with pytest.raises(NotFoundError, match="got the intent 'EXTERNAL_x'; expected one of the domain's"):
        conversation.manager.trigger_intent(CONVERSATION, "EXTERNAL_x")
    assert conversation.tracker.events == ()


def test_triggered_intent_is_no_answer_to_the_question_of_a_form() -> None:
    conversation = garden().says("return it", "return_item").says("FH-1", "inform", ("order_number", "FH-1"))
    assert conversation.tracker.requested_slot == "reason"

    conversation.last = conversation.manager.trigger_intent(CONVERSATION, INTENT)

    assert conversation.replies == ["Hello!", "Why?"]
    assert conversation.of_type(SlotSet) == [SlotSet("requested_slot", "reason")]


def test_triggered_intent_is_heard_but_not_answered_while_an_agent_is_there() -> None:
    conversation = garden().says("hello", "goodbye")
    conversation.manager.agent_join(CONVERSATION, agent_id="a", agent_name="Ann")

    conversation.last = conversation.manager.trigger_intent(CONVERSATION, INTENT)

    assert isinstance(conversation.tracker.events[-4], AgentJoined)
    assert conversation.of_type(BotUttered) == []


def test_reminder_fires_once() -> None:
    conversation = garden().says("hi", "greet")
    due = scheduled_at(conversation)

    conversation.last = conversation.manager.fire_reminder(due)
    first = conversation.replies
    conversation.last = conversation.manager.fire_reminder(due)

    assert (first, conversation.replies, conversation.last.duplicate) == (["Hello!"], [], True)


@pytest.mark.parametrize(("kill", "expected"), [(True, []), (False, ["Hello!"])])
def test_message_of_the_customer_cancels_it_if_asked(*, kill: bool, expected: list[str]) -> None:
    schedule = gives(reminder(kill_on_user_message=kill))
    conversation = garden(action_schedule=schedule).says("hi", "greet")
    due = scheduled_at(conversation)

    conversation.says("bye", "goodbye")
    conversation.last = conversation.manager.fire_reminder(due)

    assert conversation.replies == expected


def test_reminder_after_the_end_of_the_session_begins_a_new_one() -> None:
    conversation = garden().says("hi", "greet")
    due = scheduled_at(conversation)

    conversation.wait(hours=3)
    conversation.last = conversation.manager.fire_reminder(due)

    assert conversation.of_type(SessionStarted) == [SessionStarted()]
    assert conversation.replies == ["Hello!"]


def test_sequence_that_is_no_reminder_fires_nothing() -> None:
    conversation = garden().says("hi", "greet")

    conversation.last = conversation.manager.fire_reminder(DueReminder(CONVERSATION, 1))

    assert conversation.events == []


def test_action_that_schedules_in_a_circle_fails_and_the_conversation_goes_on() -> None:
    many = gives(*(reminder(None) for _ in range(MAX_REMINDERS + 1)))
    conversation = garden(action_schedule=many).says("hi", "greet")

    (failure,) = conversation.of_type(ActionFailed)
    assert f"got {MAX_REMINDERS + 1} waiting reminders in one conversation" in failure.error
    last = conversation.events[-1]
    assert isinstance(last, ActionExecuted)
    assert last.action == "action_listen"
    assert conversation.of_type(ReminderScheduled) == []
    assert conversation.says("return it", "return_item").replies == ["Which order?"]


def test_named_reminders_may_be_scheduled_again_and_again() -> None:
    conversation = garden(action_schedule=gives(*(reminder() for _ in range(MAX_REMINDERS + 1))))

    assert conversation.says("hi", "greet").of_type(ActionFailed) == []

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from app.dialogue.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActiveLoopChanged,
    AgentJoined,
    AllSlotsReset,
    AnswerRated,
    Event,
    FollowupActionSet,
    HandoffClosed,
    HandoffRequested,
    LoopInterrupted,
    RecordedEvent,
    Restarted,
    SessionStarted,
    SlotSet,
    UserUtteranceReverted,
    UserUttered,
)
from app.dialogue.tracker import empty_tracker, fold, fold_recorded
from tests.fakes_dialogue import parsed

EMPTY = empty_tracker("c1")
NAMES = st.sampled_from(["a", "b", "return_form", "action_listen"])


def uttered(text: str) -> UserUttered:
    return UserUttered(text, parsed(text, "greet"))


EVENTS: st.SearchStrategy[Event] = st.one_of(
    st.builds(uttered, st.sampled_from(["hi", "bye"])),
    st.builds(SlotSet, NAMES, st.integers(0, 3)),
    st.builds(ActionExecuted, NAMES),
    st.builds(ActiveLoopChanged, st.none() | NAMES),
    st.builds(LoopInterrupted, st.booleans()),
    st.builds(ActionExecutionRejected, NAMES),
    st.builds(FollowupActionSet, st.none() | NAMES),
    st.builds(HandoffRequested, st.just("why")),
    st.sampled_from(
        [
            SessionStarted(),
            AllSlotsReset(),
            Restarted(),
            UserUtteranceReverted(),
            HandoffClosed(),
            AgentJoined("1", "Ann"),
            AnswerRated(1, is_helpful=True),
        ]
    ),
)


@given(before=st.lists(EVENTS, max_size=12), after=st.lists(EVENTS, max_size=12))
@settings(max_examples=300, deadline=None)
def test_fold_is_the_same_however_the_events_are_split(before: list[Event], after: list[Event]) -> None:
    whole = fold(EMPTY, before + after)

    assert fold(fold(EMPTY, before), after) == whole


@given(events=st.lists(EVENTS, max_size=12))
def test_fold_keeps_every_event_in_order(events: list[Event]) -> None:
    assert fold(EMPTY, events).events == tuple(events)


def test_fold_recorded_takes_version_and_times_from_the_records() -> None:
    at = datetime(2025, 5, 1, tzinfo=UTC)

    tracker = fold_recorded(EMPTY, [RecordedEvent(1, at, SlotSet("a", 1))])

    assert (tracker.version, tracker.last_event_at, tracker.event_times) == (1, at, (at,))


def test_fold_recorded_of_nothing_changes_nothing() -> None:
    assert fold_recorded(EMPTY, []) is EMPTY


def test_taking_a_message_back_undoes_what_it_set() -> None:
    events = [ActionExecuted("action_listen"), uttered("hi"), SlotSet("a", 1), ActionExecuted("utter_x")]
    more = [ActionExecuted("action_listen"), uttered("bye"), SlotSet("a", 2), ActiveLoopChanged("f")]

    tracker = fold(EMPTY, [*events, *more, UserUtteranceReverted()])

    assert tracker.slots == {"a": 1}
    assert tracker.active_loop is None
    assert tracker.latest_message == uttered("hi")
    assert tracker.latest_action == "utter_x"
    assert tracker.followup_action is None


def test_a_followup_after_taking_back_goes_before_listening() -> None:
    tracker = fold(EMPTY, [uttered("hi"), UserUtteranceReverted(), FollowupActionSet("action_x")])

    assert tracker.followup_action == "action_x"


def test_taking_back_does_not_send_an_agent_away() -> None:
    tracker = fold(EMPTY, [uttered("hi"), AgentJoined("1", "Ann"), UserUtteranceReverted()])

    assert tracker.mode == "agent"


def test_a_restart_forgets_everything_and_asks_for_a_session() -> None:
    tracker = fold(EMPTY, [uttered("hi"), SlotSet("a", 1), ActiveLoopChanged("f"), Restarted()])

    assert (tracker.slots, tracker.active_loop, tracker.latest_message) == ({}, None, None)
    assert tracker.followup_action == "action_session_start"


def test_a_session_start_forgets_slots_that_are_not_carried_over() -> None:
    tracker = fold(EMPTY, [SlotSet("a", 1), SlotSet("b", 2), SessionStarted(), SlotSet("b", 2)])

    assert tracker.slots == {"b": 2}


def test_a_rejection_counts_only_for_the_active_form_and_until_it_runs_again() -> None:
    active = fold(EMPTY, [ActiveLoopChanged("f"), ActionExecutionRejected("other")])
    rejected = fold(active, [ActionExecutionRejected("f")])
    again = fold(rejected, [ActionExecuted("f")])

    assert [t.is_loop_rejected for t in (active, rejected, again)] == [False, True, False]


def test_any_action_ends_an_interruption() -> None:
    interrupted = fold(EMPTY, [ActiveLoopChanged("f"), LoopInterrupted(is_interrupted=True)])

    assert interrupted.is_loop_interrupted
    assert not fold(interrupted, [ActionExecuted("f")]).is_loop_interrupted


def test_requested_slot_is_none_for_nonsense() -> None:
    assert fold(EMPTY, [SlotSet("requested_slot", 7)]).requested_slot is None

"""Whether an answer helped: recorded beside the dialogue, which goes on as if nothing had been said."""

from collections.abc import Sequence
from typing import Any

import pytest

from app.dialogue.errors import ConflictError, InvalidInputError, NotFoundError
from app.dialogue.events import AnswerRated, BotUttered, RecordedEvent, SessionStarted
from app.dialogue.manager import TurnResult
from app.dialogue.rasa_json import tracker_to_rasa
from app.dialogue.tracker import Tracker
from tests.fakes_dialogue import CONVERSATION, RETURNS_ANSWER, Conversation, FakeAnswerer, given


@pytest.fixture
def asked() -> Conversation:
    return given(answerer=FakeAnswerer(RETURNS_ANSWER)).says("can I return it?", "ask_help")


def answer_of(conversation: Conversation) -> int:
    """Give the sequence of the last FAQ answer."""
    recorded = conversation.store.recorded(CONVERSATION)
    answers = [item for item in recorded if isinstance(item.event, BotUttered) and item.event.faq]
    return answers[-1].sequence


def rate(conversation: Conversation, answer: int, *, is_helpful: bool = True) -> TurnResult:
    return conversation.manager.rate_answer(CONVERSATION, answer, is_helpful=is_helpful)


def test_rating_is_saved_and_then_published(asked: Conversation) -> None:
    asked.log.clear()

    result = rate(asked, answer_of(asked))

    assert [item.event for item in result.recorded] == [AnswerRated(answer_of(asked), is_helpful=True)]
    assert not result.duplicate
    assert asked.log == ["saved", "published"]
    assert asked.publisher.published[-1:] == result.recorded == asked.store.recorded(CONVERSATION)[-1:]


def test_same_rating_again_gives_the_first_and_records_nothing(asked: Conversation) -> None:
    first = rate(asked, answer_of(asked))
    rate(asked, answer_of(asked), is_helpful=False)
    changed = rate(asked, answer_of(asked))
    version = asked.tracker.version

    again = rate(asked, answer_of(asked))

    assert again == TurnResult(changed.recorded, duplicate=True)
    assert changed.recorded != first.recorded  # what was said in between counts
    assert asked.tracker.version == version


def test_answers_are_rated_one_by_one(asked: Conversation) -> None:
    first = answer_of(asked)
    asked.says("and this one?", "ask_help")
    second = answer_of(asked)

    rate(asked, first, is_helpful=False)
    result = rate(asked, second, is_helpful=False)

    assert first != second
    assert [item.event for item in result.recorded] == [AnswerRated(second, is_helpful=False)]


@pytest.mark.parametrize("answer", [0, -1, 10_000])
def test_place_without_an_event_is_not_found(asked: Conversation, answer: int) -> None:
    with pytest.raises(NotFoundError, match=f"got a rating of {answer}; this conversation has nothing"):
        rate(asked, answer)


@pytest.mark.parametrize("offset", [-1, 1])
def test_what_is_no_answer_cannot_be_rated(asked: Conversation, offset: int) -> None:
    with pytest.raises(InvalidInputError, match="which is no FAQ answer"):
        rate(asked, answer_of(asked) + offset)


def test_other_words_of_the_bot_cannot_be_rated() -> None:
    conversation = given().says("hi", "greet")
    said = [item for item in conversation.last.recorded if isinstance(item.event, BotUttered)]

    with pytest.raises(InvalidInputError, match="which is no FAQ answer"):
        rate(conversation, said[0].sequence)


def test_unknown_conversation_is_not_found() -> None:
    with pytest.raises(NotFoundError, match="has nothing there"):
        rate(given(), 1)


def test_conflict_is_tried_again_once(asked: Conversation) -> None:
    asked.store.num_conflicts = 1
    assert rate(asked, answer_of(asked)).recorded

    asked.store.num_conflicts = 2
    with pytest.raises(ConflictError):
        rate(asked, answer_of(asked), is_helpful=False)


# --- the dialogue does not notice ----------------------------------------


def without_ratings(tracker: Tracker) -> dict[str, Any]:
    state = {name: getattr(tracker, name) for name in Tracker.__slots__}
    del state["version"], state["event_times"]
    return state | {"events": [event for event in tracker.events if not isinstance(event, AnswerRated)]}


def test_rating_changes_nothing_in_the_tracker_but_the_log(asked: Conversation) -> None:
    before = asked.tracker

    rate(asked.wait(minutes=5), answer_of(asked))

    assert without_ratings(asked.tracker) == without_ratings(before)


def test_rating_is_invisible_to_rasa(asked: Conversation) -> None:
    before = tracker_to_rasa(asked.tracker, asked.script.domain)

    rate(asked.wait(minutes=5), answer_of(asked))

    assert tracker_to_rasa(asked.tracker, asked.script.domain) == before


def test_rating_keeps_no_session_alive(asked: Conversation) -> None:
    rate(asked.wait(minutes=50), answer_of(asked))

    later = asked.wait(minutes=50).says("hi", "greet")

    assert later.of_type(SessionStarted) == [SessionStarted()]


def decisions_with(conversation: Conversation, *, rated: bool) -> Sequence[RecordedEvent]:
    """Go through a form, a fallback and a reminder of the first answer; rate it between all turns."""
    answer = answer_of(conversation)
    script: list[tuple[str, str]] = [
        ("return it", "return_item"),
        ("what?", "nlu_fallback"),
        ("42", "inform"),
        ("too small", "inform"),
        ("yes", "affirm"),
        ("hi", "greet"),
    ]
    for number, (text, intent) in enumerate(script):
        if rated:
            rate(conversation, answer, is_helpful=number % 2 == 0)
        conversation.says(text, intent)
    recorded = conversation.store.recorded(CONVERSATION)
    return [item for item in recorded if not isinstance(item.event, AnswerRated)]


def test_policies_decide_the_same_with_ratings_in_between(asked: Conversation) -> None:
    other = given(answerer=FakeAnswerer(RETURNS_ANSWER)).says("can I return it?", "ask_help")

    plain, rated = decisions_with(asked, rated=False), decisions_with(other, rated=True)

    assert len(plain) > 30
    assert [item.event for item in rated] == [item.event for item in plain]


def test_message_sent_again_after_a_rating_gets_its_first_answer(asked: Conversation) -> None:
    first = asked.when("hi", message_id="m7").last
    rate(asked, answer_of(asked))

    again = asked.when("hi", message_id="m7").last

    assert again == TurnResult(first.recorded, duplicate=True)

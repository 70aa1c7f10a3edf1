"""What customers say about FAQ answers: which answer may be rated, and what was said last. Pure."""

from __future__ import annotations

from app.dialogue.errors import InvalidInputError, NotFoundError
from app.dialogue.events import AnswerRated, BotUttered
from app.dialogue.tracker import Tracker


def check_rated_answer(tracker: Tracker, answer_sequence: int) -> None:
    """Check that there is an FAQ answer at this place of the conversation.

    Raises:
        NotFoundError: nothing happened at `answer_sequence` yet.
        InvalidInputError: what happened there is no FAQ answer.
    """
    if not 1 <= answer_sequence <= len(tracker.events):
        raise NotFoundError(f"got a rating of {answer_sequence}; this conversation has nothing there")
    rated = tracker.events[answer_sequence - 1]
    if not isinstance(rated, BotUttered) or rated.faq is None:
        raise InvalidInputError(
            f"got a rating of {answer_sequence}, which is no FAQ answer; rate an utterance that has `faq`"
        )


def find_last_rating(tracker: Tracker, answer_sequence: int) -> tuple[int, AnswerRated] | None:
    """Give the sequence of the rating that counts for an answer, and the rating; None without one."""
    for index in range(len(tracker.events) - 1, -1, -1):
        event = tracker.events[index]
        if isinstance(event, AnswerRated) and event.answer_sequence == answer_sequence:
            return index + 1, event
    return None

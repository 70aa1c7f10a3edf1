"""What English-speaking customers say to correct themselves and to steer: the only words that we know.

A bot adds phrases of its own, in its own language, or switches ours off, in ``spandesk.yml``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

Wish = Literal["cancel", "start_over", "say_again"]

STEERING_PHRASES: Mapping[Wish, tuple[str, ...]] = {
    "cancel": (
        *("cancel", "cancel it", "cancel that", "cancel this", "i want to cancel", "abort", "quit"),
        *("stop", "stop it", "stop that", "stop this", "i want to stop", "let's stop here"),
        *("never mind", "nevermind", "forget it", "forget about it", "i changed my mind"),
    ),
    "start_over": (
        *("start over", "start again", "start from scratch", "start from the beginning", "begin again"),
        *("restart", "reset", "let's start over", "let's start again", "can we start over"),
        *("can we start again", "i want to start over", "i want to start again"),
    ),
    "say_again": (
        *("what did you say", "what did you ask", "what was that", "what was the question", "pardon"),
        *("say that again", "say it again", "can you say that again", "come again", "once more"),
        *("repeat", "repeat that", "repeat it", "repeat the question", "can you repeat that"),
        *("could you repeat that", "can you repeat the question", "could you repeat the question"),
    ),
}
"""Whole utterances, as `normalised` gives them."""

INTENT_WORDS: Mapping[Wish, frozenset[str]] = {
    "cancel": frozenset({"cancel", "stop", "abort", "quit", "exit", "nevermind", "mind", "forget"}),
    "start_over": frozenset({"restart", "start", "over", "reset", "begin"}),
    "say_again": frozenset({"repeat", "again", "pardon"}),
}
"""Words in the name of an intent by which a bot answers the wish itself."""

STRONG_CUES = frozenset(
    {"sorry", "meant", "mean", "instead", "rather", "correction", "wrong", "mistake", "oops", "change"}
    | {"make", "should", "not", "isn't", "isnt", "wasn't", "wasnt", "update", "correct"}
)
"""Words that say that something earlier was wrong."""

WEAK_CUES = frozenset({"no", "nope", "nah", "actually", "wait", "hold", "but"})
"""Words that say so too, but are also how an ordinary answer begins."""

NEGATIONS = (("not",), ("isn't",), ("isnt",), ("wasn't",), ("wasnt",), ("instead", "of"), ("rather", "than"))
"""Words after which the old value stands."""

ARTICLES = frozenset({"the", "a", "an", "on", "in", "at", "for", "to", "from", "with", "it", "my", "is"})
"""Words that may stand between a negation and the value."""

FILLERS = ARTICLES | {
    *("i", "i'm", "i'd", "i'll", "im", "its", "it's", "that", "that's", "thats", "this", "was", "be", "by"),
    *("one", "ones", "them", "of", "than", "and", "or", "so", "then", "please", "would", "like", "want"),
    *("wanted", "need", "said", "say", "typed", "wrote", "have", "had", "take", "let's", "lets", "it'll"),
    *("on", "up", "um", "uh", "oh", "ah", "hm", "my", "me", "we", "you", "can", "could", "just", "now"),
}
"""Words that say nothing: a correction consists of cues, values and these."""

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")


def words(text: str) -> list[str]:
    """Give the words of a text in lower case."""
    return _WORD.findall(text.casefold().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'"))


def normalised(text: str) -> str:
    """Give an utterance in lower case, without punctuation and without a please at its ends."""
    found = words(text)
    while found and found[0] == "please":
        found = found[1:]
    while found and found[-1] == "please":
        found = found[:-1]
    return " ".join(found)

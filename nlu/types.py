"""Values that understanding gives and takes; no torch, so that the dialogue core may import them.

Offsets are Unicode code points of the customer's own text, half-open ``[start, end)``.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

FALLBACK_INTENT = "nlu_fallback"


@dataclass(frozen=True, slots=True)
class EntityAnnotation:
    """A labelled span of a training example; `value` differs from the text for synonyms."""

    start: int
    end: int
    entity: str
    value: str
    role: str | None = None
    group: str | None = None


@dataclass(frozen=True, slots=True)
class Example:
    """One annotated utterance; `source` is ``file:line`` for error messages.

    Several intents at once are joined: ``a+b``. `is_correction`: an agent corrected it, so training must
    learn from it and not only validate. `context` is what was asked before (words of the requested slot,
    or the bot's last question); "" when nothing was.
    """

    text: str
    intent: str
    entities: tuple[EntityAnnotation, ...] = ()
    source: str = ""
    is_correction: bool = False
    context: str = ""


@dataclass(frozen=True, slots=True)
class RetrievalPair:
    """A question and a text that a search for it should find, written as the index embeds it.

    `answer_id` names what answers the question: texts of one answer are never wrong for its questions.
    """

    question: str
    text: str
    answer_id: str


@dataclass(frozen=True, slots=True)
class EntitySpan:
    """An entity found in an utterance.

    `text` is the exact piece of the utterance, `value` its canonical form (synonym), equal to `text`
    when there is none; `confidence` is the calibrated probability of the span with its label.
    """

    start: int
    end: int
    entity: str
    text: str
    value: str
    confidence: float
    role: str | None = None
    group: str | None = None
    extractor: str = "SpanHead"


@dataclass(frozen=True, slots=True)
class IntentPrediction:
    """An intent with its calibrated confidence in [0, 1]."""

    name: str
    confidence: float


@dataclass(frozen=True, slots=True)
class ParsedUtterance:
    """Everything one encoder pass says about an utterance.

    `intent` is `FALLBACK_INTENT` when the utterance is below a threshold or out of scope; `ranking` then
    still lists the real intents, most confident first. `out_of_scope_score` grows with the distance from
    all training examples. `embedding` is the unit-length float32 query embedding, shape ``(hidden,)``, or
    None when no encoder ran (button payloads, a failed interpreter); it is not part of
    equality. `encoder_id` names the (adapted) encoder that made it: only an index of the same encoder
    can use it.
    """

    text: str
    intent: IntentPrediction
    ranking: tuple[IntentPrediction, ...] = ()
    entities: tuple[EntitySpan, ...] = ()
    out_of_scope_score: float = 0.0
    embedding: NDArray[np.float32] | None = field(default=None, compare=False, repr=False)
    encoder_id: str = field(default="", compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class AnswerSpan:
    """A piece ``[start, end)`` of a passage."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ReaderExample:
    """A question about a passage with its answers; none means that the passage does not answer.

    `source` names the example in error messages, `group` the document it comes from, `collection` the file:
    a validation split draws whole documents from every collection.
    """

    question: str
    passage: str
    answers: tuple[AnswerSpan, ...] = ()
    source: str = ""
    group: str = ""
    collection: str = ""

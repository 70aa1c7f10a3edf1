"""What this process understands with right now: one bundle and the FAQ index that its encoder made.

Implements the ports `Interpreter` and `Answerer`. `swap` replaces both in one step between two batches, so
that no message meets a model of one bundle and an index of another; an embedding that straddles a swap
carries its `encoder_id`, and the answerer embeds the text anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.dialogue.errors import UnderstandingError
from app.serving.batching import Batcher
from nlu.interpreter import BundleInterpreter
from nlu.types import ParsedUtterance
from retrieval.answerer import FaqAnswerer
from retrieval.types import FaqOutcome


@dataclass(frozen=True, slots=True)
class ServedModel:
    """A loaded bundle with the answerer over its index; `faq_hash` names the FAQ content in it."""

    interpreter: BundleInterpreter
    answerer: FaqAnswerer
    faq_hash: str


class Understanding:
    """Parses and answers with the model in service."""

    def __init__(self, served: ServedModel) -> None:
        self._served = served
        self._batcher = Batcher(self._parse_batch, name="interpreter", failure=UnderstandingError)

    @property
    def served(self) -> ServedModel:
        """Give the model in service; hold on to it for consistent use within one step."""
        return self._served

    @property
    def bundle_id(self) -> str:
        """Name the bundle in service."""
        return self._served.interpreter.bundle_id

    def swap(self, served: ServedModel) -> None:
        """Put a loaded and warmed-up model in service; batches already running finish with the old one."""
        self._served = served

    def parse(self, text: str) -> ParsedUtterance:
        """Parse one utterance; see `app.dialogue.ports.Interpreter.parse`."""
        return self._batcher.submit(text)

    def answer(self, parsed: ParsedUtterance, *, said_before: Sequence[str] = ()) -> FaqOutcome:
        """Answer from the FAQ store; see `app.dialogue.ports.Answerer.answer`."""
        return self._served.answerer.answer(parsed, said_before=said_before)

    def answer_entry(self, entry_id: str) -> FaqOutcome:
        """Answer with one entry; see `app.dialogue.ports.Answerer.answer_entry`."""
        return self._served.answerer.answer_entry(entry_id)

    def close(self) -> None:
        """Stop the batching thread."""
        self._batcher.close()

    def _parse_batch(self, texts: Sequence[str]) -> list[ParsedUtterance]:
        return self._served.interpreter.parse(texts)

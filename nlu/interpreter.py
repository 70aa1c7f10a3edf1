"""Understands texts with a bundle: one padded batch, one encoder pass, plain values out.

Thread-safe; holds no state beyond the loaded weights.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from nlu.batching import EncodedText, collate, group_by_length
from nlu.bundle import Bundle
from nlu.calibration import Thresholds, apply_thresholds, softmax, span_confidence
from nlu.model import JointOutput, word_spans
from nlu.spans import AlignmentError, TokenSpan, align_span
from nlu.types import FALLBACK_INTENT, EntitySpan, IntentPrediction, ParsedUtterance

_MAX_PADDED_TOKENS = 4096
_MOSTLY_ENTITIES = 0.5  # of an utterance's characters


class BundleInterpreter:
    """Parses utterances with one bundle."""

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle

    @property
    def bundle_id(self) -> str:
        """Name the bundle."""
        return self._bundle.bundle_id

    @property
    def encoder_id(self) -> str:
        """Name the adapted encoder; only embeddings of the same one can be compared."""
        return self._bundle.encoder_id

    @property
    def intents(self) -> tuple[str, ...]:
        """List the intents that the bundle knows."""
        return self._bundle.contents.label_map.intents

    def warm_up(self) -> None:
        """Run every kernel once, so that the first customer does not wait for it."""
        self.parse(["Where is my order?", "hello"])
        self.parse(["hello"])

    def parse(self, texts: Sequence[str]) -> list[ParsedUtterance]:
        """Parse `texts` in their order; one encoder pass, unless a long text would pad many short ones."""
        encoded = self._bundle.text_encoder.encode(texts)
        parsed: dict[int, ParsedUtterance] = {}
        for group in group_by_length([len(text) for text in encoded], max_cells=_MAX_PADDED_TOKENS):
            parses = self._parse_group([encoded[position] for position in group])
            parsed.update(zip(group, parses, strict=True))
        return [parsed[position] for position in range(len(texts))]

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed `texts`: ``(texts, hidden)`` float32 rows of unit length."""
        encoded = self._bundle.text_encoder.encode(texts)
        rows = np.zeros((len(texts), self._bundle.model.encoder.hidden), dtype=np.float32)
        for group in group_by_length([len(text) for text in encoded], max_cells=_MAX_PADDED_TOKENS):
            batch = collate([encoded[position] for position in group])
            with torch.inference_mode():
                rows[group] = self._bundle.model.embed(batch).numpy()
        return rows

    def find_misalignment(self, text: str, spans: Iterable[tuple[int, int]]) -> str | None:
        """Say which of the character `spans` could not be trained on, or None when all fit the tokens."""
        encoded = self._bundle.text_encoder.encode([text])[0]
        for start, end in spans:
            try:
                align_span(encoded.offsets, start, end)
            except AlignmentError as error:
                return str(error)
        return None

    def _parse_group(self, encoded: Sequence[EncodedText]) -> list[ParsedUtterance]:
        with torch.inference_mode():
            output: JointOutput = self._bundle.model(collate(encoded))
        calibration = self._bundle.contents.calibration
        confidences = softmax(output.intent_logits.numpy(), calibration.intent_temperature)
        embeddings, gains = output.embedding.numpy(), output.span_gains.numpy()
        scores = self._bundle.out_of_scope.score(embeddings)
        return [
            self._understood(text, confidences[row], gains[row], embeddings[row], float(scores[row]))
            for row, text in enumerate(encoded)
        ]

    def _understood(
        self,
        encoded: EncodedText,
        confidences: NDArray[np.float64],
        gains: NDArray[np.float32],
        embedding: NDArray[np.float32],
        out_of_scope_score: float,
    ) -> ParsedUtterance:
        ranking = tuple(
            IntentPrediction(self.intents[number], float(confidences[number]))
            for number in np.argsort(-confidences, kind="stable").tolist()
        )
        parsed = ParsedUtterance(
            text=encoded.text,
            intent=ranking[0],
            ranking=ranking,
            entities=tuple(self._entity(encoded, span, gains) for span in word_spans(gains, encoded)),
            out_of_scope_score=out_of_scope_score,
            embedding=embedding,
            encoder_id=self.encoder_id,
        )
        if not encoded.has_words:  # nothing was said, whatever the model makes of it
            return replace(parsed, intent=IntentPrediction(FALLBACK_INTENT, 1.0), ranking=())
        return apply_thresholds(parsed, self._thresholds_for(parsed))

    def _thresholds_for(self, parsed: ParsedUtterance) -> Thresholds:
        """Judge no scope by distance where little but entities is said: a new number is far from all."""
        thresholds = self._bundle.contents.calibration.thresholds
        said = sum(span.end - span.start for span in parsed.entities)
        if said > _MOSTLY_ENTITIES * len(parsed.text.strip()):
            return replace(thresholds, max_out_of_scope_score=Thresholds().max_out_of_scope_score)
        return thresholds

    def _entity(self, encoded: EncodedText, span: TokenSpan, gains: NDArray[np.float32]) -> EntitySpan:
        start, end = encoded.offsets[span.start][0], encoded.offsets[span.end - 1][1]
        label = self._bundle.contents.label_map.span_labels[span.label]
        text = encoded.text[start:end]
        temperature = self._bundle.contents.calibration.span_temperature
        return EntitySpan(
            start=start,
            end=end,
            entity=label.entity,
            text=text,
            value=self._bundle.contents.synonyms.get(text.lower(), text),
            confidence=span_confidence(gains[:, span.start, span.end - 1], span.label, temperature),
            role=label.role or None,
            group=label.group or None,
        )

"""Understands texts with a bundle: one padded batch, one encoder pass, plain values out.

Of a text longer than the encoder reads, the first window says intent, out-of-scope score and embedding;
entities come from all windows, with the offsets of the whole text, see `nlu.windows`. Thread-safe; holds no
state beyond the loaded weights.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray

from nlu.batching import EncodedText, collate, group_by_length
from nlu.bundle import Bundle
from nlu.calibration import Thresholds, apply_thresholds, softmax, span_confidence
from nlu.candidates import Candidates, intent_candidates
from nlu.encoder import embed_encoded
from nlu.model import JointOutput, word_spans
from nlu.regex_entities import RegexEntities
from nlu.spans import AlignmentError, TokenSpan, align_span
from nlu.types import FALLBACK_INTENT, EntitySpan, IntentPrediction, ParsedUtterance
from nlu.windows import WindowEntities, join_windows

_MAX_PADDED_TOKENS = 4096
_MOSTLY_ENTITIES = 0.5  # of an utterance's characters


@dataclass(frozen=True, slots=True, eq=False)
class _Understood:
    """What the model says about one window."""

    candidates: Candidates
    entities: tuple[EntitySpan, ...]
    embedding: NDArray[np.float32]
    out_of_scope_score: float


class BundleInterpreter:
    """Parses utterances with one bundle."""

    def __init__(self, bundle: Bundle, regex_entities: RegexEntities | None = None) -> None:
        self._bundle = bundle
        self._regex_entities = regex_entities

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
        """List the intents that the bundle was trained on, combinations included."""
        return self._bundle.contents.label_map.intent_labels

    def warm_up(self) -> None:
        """Run every kernel once, so that the first customer does not wait for it."""
        self.parse(["Where is my order?", "hello"])
        self.parse(["hello"])

    def parse(self, texts: Sequence[str], contexts: Sequence[str] | None = None) -> list[ParsedUtterance]:
        """Parse `texts` in their order; one encoder pass, unless a long text would pad many short ones.

        Args:
            texts: what the customers said.
            contexts: what each of them was asked before, "" for nothing; None for nothing at all.
        """
        encoded = self._bundle.text_encoder.encode_windows(texts, contexts)
        windows = [window for text in encoded for window in text]
        understood = iter(self._understand(windows))
        return [self._joined(text, [next(understood) for _ in text]) for text in encoded]

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed `texts`: ``(texts, hidden)`` float32 rows of unit length."""
        return embed_encoded(self._bundle.model.encoder, self._bundle.text_encoder.encode(texts))

    def find_misalignment(self, text: str, spans: Iterable[tuple[int, int]]) -> str | None:
        """Say which of the character `spans` could not be trained on, or None when all could.

        Each must fit the tokens, lie in the first window, and overlap no other.
        """
        in_order = sorted(spans)
        for (start, end), (next_start, next_end) in pairwise(in_order):
            if next_start < end:
                return f"got spans that overlap, [{start}, {end}) and [{next_start}, {next_end})"
        encoded = self._bundle.text_encoder.encode([text])[0]
        for start, end in in_order:
            try:
                align_span(encoded.offsets, start, end)
            except AlignmentError as error:
                return str(error)
        return None

    def _understand(self, windows: Sequence[EncodedText]) -> list[_Understood]:
        understood: dict[int, _Understood] = {}
        for group in group_by_length([len(window) for window in windows], max_cells=_MAX_PADDED_TOKENS):
            results = self._understand_group([windows[position] for position in group])
            understood.update(zip(group, results, strict=True))
        return [understood[position] for position in range(len(windows))]

    def _understand_group(self, windows: Sequence[EncodedText]) -> list[_Understood]:
        with torch.inference_mode():
            output: JointOutput = self._bundle.model(collate(windows))
        candidates = intent_candidates(output.intent_logits.numpy(), self._bundle.contents.label_map)
        embeddings, gains = output.embedding.numpy(), output.span_gains.numpy()
        scores = self._bundle.out_of_scope.score(embeddings, output.intent_logits.numpy())
        return [
            _Understood(
                candidates[row],
                tuple(self._entity(window, span, gains[row]) for span in word_spans(gains[row], window)),
                embeddings[row],
                float(scores[row]),
            )
            for row, window in enumerate(windows)
        ]

    def _joined(self, windows: Sequence[EncodedText], understood: Sequence[_Understood]) -> ParsedUtterance:
        first = understood[0]
        ranking = self._ranking(first.candidates)
        found = [
            WindowEntities(*window.borders, one.entities)
            for window, one in zip(windows, understood, strict=True)
        ]
        parsed = ParsedUtterance(
            text=windows[0].text,
            intent=ranking[0],
            ranking=ranking,
            entities=self._entities(windows[0].text, join_windows(found)),
            out_of_scope_score=first.out_of_scope_score,
            embedding=first.embedding,
            encoder_id=self.encoder_id,
        )
        if not windows[0].has_words:  # nothing was said, whatever the model makes of it
            return replace(parsed, intent=IntentPrediction(FALLBACK_INTENT, 1.0), ranking=())
        return apply_thresholds(parsed, self._thresholds_for(parsed))

    def _entities(self, text: str, found: tuple[EntitySpan, ...]) -> tuple[EntitySpan, ...]:
        if self._regex_entities is None:
            return found
        return self._regex_entities.added(text, found, self._bundle.contents.synonyms)

    def _ranking(self, candidates: Candidates) -> tuple[IntentPrediction, ...]:
        temperature = self._bundle.contents.calibration.intent_temperature
        confidences = softmax(candidates.logits, temperature)
        return tuple(
            IntentPrediction(candidates.names[number], float(confidences[number]))
            for number in np.argsort(-confidences, kind="stable").tolist()
        )

    def _thresholds_for(self, parsed: ParsedUtterance) -> Thresholds:
        """Judge no scope by distance where little but entities is said: a new number is far from all."""
        thresholds = self._bundle.contents.calibration.thresholds
        said = sum(span.end - span.start for span in parsed.entities)
        if said > _MOSTLY_ENTITIES * len(parsed.text.strip()):
            return replace(thresholds, max_out_of_scope_score=None)
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

"""The closed sets of intents and span labels that a model knows, with their stable numbering."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from nlu.types import EntityAnnotation, Example


class LabelError(Exception):
    """A label that the label map does not hold, or a label map that cannot be."""


@dataclass(frozen=True, slots=True, order=True)
class SpanLabel:
    """What a span can be: an entity with its role and group."""

    entity: str
    role: str = ""
    group: str = ""

    @classmethod
    def of(cls, annotation: EntityAnnotation) -> SpanLabel:
        """Give the label of an annotation."""
        return cls(annotation.entity, annotation.role or "", annotation.group or "")

    def __str__(self) -> str:
        return "|".join((self.entity, self.role, self.group)).rstrip("|")


@dataclass(frozen=True)
class LabelMap:
    """Numbers for intents and span labels; both are sorted, so that equal data gives equal numbers."""

    intents: tuple[str, ...]
    span_labels: tuple[SpanLabel, ...]

    def __post_init__(self) -> None:
        if not self.intents:
            raise LabelError("got a label map without intents; expected at least one; add examples to train")

    @classmethod
    def from_examples(cls, examples: Iterable[Example]) -> LabelMap:
        """Collect the labels that occur in `examples`."""
        intents: set[str] = set()
        span_labels: set[SpanLabel] = set()
        for example in examples:
            intents.add(example.intent)
            span_labels.update(map(SpanLabel.of, example.entities))
        return cls(tuple(sorted(intents)), tuple(sorted(span_labels)))

    @cached_property
    def _intent_ids(self) -> dict[str, int]:
        return {name: number for number, name in enumerate(self.intents)}

    @cached_property
    def _span_label_ids(self) -> dict[SpanLabel, int]:
        return {label: number for number, label in enumerate(self.span_labels)}

    def intent_id(self, intent: str) -> int:
        """Give the number of an intent.

        Raises:
            LabelError: the intent is unknown.
        """
        number = self._intent_ids.get(intent)
        if number is None:
            raise LabelError(
                f"got the intent '{intent}', expected one of {len(self.intents)} trained ones; retrain"
            )
        return number

    def span_label_id(self, label: SpanLabel) -> int:
        """Give the number of a span label.

        Raises:
            LabelError: the label is unknown.
        """
        number = self._span_label_ids.get(label)
        if number is None:
            known = ", ".join(map(str, self.span_labels)) or "none"
            raise LabelError(f"got the span label '{label}', expected one of: {known}; retrain")
        return number

    def to_json(self) -> dict[str, object]:
        """Give the label map as JSON values."""
        spans = [[label.entity, label.role, label.group] for label in self.span_labels]
        return {"intents": list(self.intents), "span_labels": spans}

    @classmethod
    def from_json(cls, document: dict[str, list[object]]) -> LabelMap:
        """Read what `to_json` gave.

        Raises:
            LabelError: the document has another form.
        """
        try:
            intents = tuple(str(name) for name in document["intents"])
            spans = tuple(SpanLabel(*map(str, parts)) for parts in document["span_labels"])  # type: ignore[call-overload]
        except (KeyError, TypeError) as error:
            raise LabelError(f"got a label file that cannot be read ({error}); retrain") from error
        return cls(intents, spans)

"""The closed sets of intents and span labels that a model knows, with their stable numbering.

A label ``a+b`` means that the intents a and b are meant together; the model scores the single intents, its
atoms. The order of atoms in a label does not count.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from nlu.types import EntityAnnotation, Example

INTENT_JOINER = "+"


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
    """Numbers for intents and span labels; all are sorted, so that equal data gives equal numbers.

    `intent_labels` are the labels as trained, combinations included; `intents` are the atoms they consist of.
    """

    intent_labels: tuple[str, ...]
    span_labels: tuple[SpanLabel, ...]

    def __post_init__(self) -> None:
        if not self.intent_labels:
            raise LabelError("got a label map without intents; expected at least one; add examples to train")

    @classmethod
    def from_examples(cls, examples: Iterable[Example]) -> LabelMap:
        """Collect the labels that occur in `examples`; of ``a+b`` and ``b+a`` the first by name is kept.

        Raises:
            LabelError: there are no examples, or an intent is half a combination.
        """
        intents: set[str] = set()
        span_labels: set[SpanLabel] = set()
        for example in examples:
            intents.add(example.intent)
            span_labels.update(map(SpanLabel.of, example.entities))
        by_atoms: dict[frozenset[str], str] = {}
        for intent in sorted(intents):
            by_atoms.setdefault(frozenset(split_intent(intent)), intent)
        return cls(tuple(sorted(by_atoms.values())), tuple(sorted(span_labels)))

    @cached_property
    def intents(self) -> tuple[str, ...]:
        """List the atoms in the order of their numbers."""
        return tuple(sorted({atom for label in self.intent_labels for atom in split_intent(label)}))

    @property
    def is_multi_label(self) -> bool:
        """Say whether an utterance can have several intents."""
        return any(INTENT_JOINER in label for label in self.intent_labels)

    @cached_property
    def _intent_ids(self) -> dict[str, int]:
        return {name: number for number, name in enumerate(self.intents)}

    @cached_property
    def _span_label_ids(self) -> dict[SpanLabel, int]:
        return {label: number for number, label in enumerate(self.span_labels)}

    def intent_id(self, intent: str) -> int:
        """Give the number of a single intent.

        Raises:
            LabelError: the intent is unknown.
        """
        number = self._intent_ids.get(intent)
        if number is None:
            raise LabelError(
                f"got the intent '{intent}', expected one of {len(self.intents)} trained ones; retrain"
            )
        return number

    def intent_ids(self, label: str) -> tuple[int, ...]:
        """Give the numbers of the atoms of a label, in the order in which it names them.

        Raises:
            LabelError: an atom is unknown, or the label is half a combination.
        """
        return tuple(map(self.intent_id, split_intent(label)))

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
        intents, labels = list(self.intents), list(self.intent_labels)
        return {"intents": intents, "intent_labels": labels, "span_labels": spans}

    @classmethod
    def from_json(cls, document: dict[str, list[object]]) -> LabelMap:
        """Read what `to_json` gave.

        Raises:
            LabelError: the document has another form, or its intents are not those of its labels.
        """
        try:
            intents, labels = (tuple(map(str, document[key])) for key in ("intents", "intent_labels"))
            spans = tuple(SpanLabel(*map(str, parts)) for parts in document["span_labels"])  # type: ignore[call-overload]
        except (KeyError, TypeError) as error:
            raise LabelError(f"got a label file that cannot be read ({error}); retrain") from error
        label_map = cls(labels, spans)
        if label_map.intents != intents:
            expected = f"the {len(label_map.intents)} of its intent_labels"
            raise LabelError(f"got a label file with {len(intents)} intents, expected {expected}; retrain")
        return label_map


def split_intent(label: str) -> tuple[str, ...]:
    """Give the atoms of an intent label: ``a+b`` means a and b.

    Raises:
        LabelError: a part is empty or stands there twice.
    """
    atoms = tuple(label.split(INTENT_JOINER))
    if len(atoms) > 1 and (not all(map(str.strip, atoms)) or len(set(atoms)) < len(atoms)):
        raise LabelError(f"got the intent '{label}', expected different names joined by '+'; rename it")
    return atoms

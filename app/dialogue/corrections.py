"""Corrections: "no, the blue one", "sorry, I meant Leeds", "not Friday, Saturday". Pure, by fixed rules.

An utterance corrects if it is made of nothing but cue words, fillers, names of the slot, and values, with at
least one cue (`app.dialogue.cues`). The value goes to the slot of its entity that was set last, or whose old
value the customer denied.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.dialogue.cues import ARTICLES, FILLERS, NEGATIONS, STRONG_CUES, WEAK_CUES, words
from app.dialogue.domain import Domain, SlotDefinition
from app.dialogue.events import DecisionMade, Event, SlotSet
from app.dialogue.history import rewound
from app.dialogue.payload import is_payload, payload_value
from app.dialogue.tracker import Tracker
from nlu.types import EntitySpan, ParsedUtterance

CORRECTION = "CorrectSlot"  # the decision that agents read

_CUES = STRONG_CUES | WEAK_CUES


@dataclass(frozen=True, slots=True)
class Correction:
    """A slot that gets another value, because of the word `cue`."""

    slot: str
    value: Any
    before: Any
    entity: str
    cue: str

    @property
    def decision(self) -> DecisionMade:
        """Say to agents what was corrected and why."""
        reasons = (f"'{self.cue}' corrects", f"a {self.entity} was said, and {self.slot} was {self.before!r}")
        return DecisionMade(CORRECTION, self.slot, "correction", reasons)


def find_corrections(parsed: ParsedUtterance, tracker: Tracker, domain: Domain) -> list[Correction]:
    """Give what the utterance corrects, one per slot; `tracker` has heard it and set nothing yet."""
    cue = _cue(parsed, domain)
    if cue is None:
        return []
    denied = {id(span) for span in parsed.entities if _is_denied(span, parsed)}
    said = [span for span in parsed.entities if id(span) not in denied]
    old = [span for span in parsed.entities if id(span) in denied]
    found: dict[str, Correction] = {}
    for span in said:
        correction = _correction(
            span, [item for item in old if item.entity == span.entity], cue, tracker, domain
        )
        if correction is not None:
            found[correction.slot] = correction
    return list(found.values())


def with_corrections(
    filled: Sequence[SlotSet], corrections: Sequence[Correction], tracker: Tracker, domain: Domain
) -> list[Event]:
    """Put corrections in the place of what the same words would have filled otherwise.

    The slot that a form asks for keeps waiting for its answer, unless another value came with the correction.
    """
    if not corrections:
        return [*filled]
    requested = tracker.requested_slot
    kept = [
        event
        for event in filled
        if not any(_is_about(correction, event, domain) for correction in corrections)
        and not (event.slot == requested and _is_filled_by_words(domain.slots[event.slot]))
    ]
    corrected: list[Event] = []
    for correction in corrections:
        corrected += [correction.decision, SlotSet(correction.slot, correction.value)]
    return [*kept, *corrected]


def corrected_slots(turn: Sequence[Event]) -> list[str]:
    """Name the slots that were corrected in these events of a turn."""
    return [
        event.target for event in turn if isinstance(event, DecisionMade) and event.decision == CORRECTION
    ]


def _cue(parsed: ParsedUtterance, domain: Domain) -> str | None:
    """Give the cue by which an utterance corrects, a strong one if there is one."""
    if not parsed.entities or is_payload(parsed) or parsed.text.rstrip().endswith("?"):
        return None
    rest = _words_around(parsed)
    names = {word for span in parsed.entities for word in words(span.entity.replace("_", " "))}
    names |= {
        word
        for slot in domain.slots.values()
        if _has_mapping(slot, {span.entity for span in parsed.entities})
        for word in words(slot.name.replace("_", " "))
    }
    if not set(rest) <= _CUES | FILLERS | names:
        return None
    cues = [word for word in rest if word in STRONG_CUES] or [word for word in rest if word in WEAK_CUES]
    return cues[0] if cues else None


def _words_around(parsed: ParsedUtterance) -> list[str]:
    """Give the words that belong to no entity."""
    text = list(parsed.text)
    for span in parsed.entities:
        text[span.start : span.end] = " " * (span.end - span.start)
    return words("".join(text))


def _is_denied(span: EntitySpan, parsed: ParsedUtterance) -> bool:
    """Say whether the words before a value deny it: "not Friday", "instead of the red one"."""
    start = max((other.end for other in parsed.entities if other.end <= span.start), default=0)
    before = words(parsed.text[start : span.start])
    while before and before[-1] in ARTICLES:
        before.pop()
    return any(tuple(before[-len(negation) :]) == negation for negation in NEGATIONS)


def _correction(
    span: EntitySpan, denied: Sequence[EntitySpan], cue: str, tracker: Tracker, domain: Domain
) -> Correction | None:
    slot = _slot_meant(span, denied, cue, tracker, domain)
    before = domain.slot_value(tracker.slots, slot.name) if slot is not None else None
    if slot is None or before is None:
        return None
    value = payload_value(span)
    if slot.type == "list":
        value = _replaced(before, [payload_value(item) for item in denied], value)
    if value is None or _key(value) == _key(before):
        return None
    return Correction(slot.name, value, before, span.entity, cue)


def _slot_meant(
    span: EntitySpan, denied: Sequence[EntitySpan], cue: str, tracker: Tracker, domain: Domain
) -> SlotDefinition | None:
    """Give the slot that a value is for: the one with the denied value, else the one that was set last."""
    candidates = _set_slots(span, tracker, domain)
    old = {_key(payload_value(item)) for item in denied}
    with_old = [slot for slot in candidates if old & _keys(domain.slot_value(tracker.slots, slot.name))]
    if with_old:
        return with_old[-1]
    if not candidates or (cue in WEAK_CUES and _is_asked_for(span, tracker, domain)):
        return None
    return candidates[-1]


def _set_slots(span: EntitySpan, tracker: Tracker, domain: Domain) -> list[SlotDefinition]:
    """Give the slots that such a value may have set, the latest last; the same role goes before no role."""
    order: dict[str, int] = {}
    for place, event in enumerate(rewound(tracker.events)):
        if isinstance(event, SlotSet) and event.value is not None:
            order[event.slot] = place
    fitting = [slot for slot in domain.slots.values() if slot.name in order and _takes(slot, span)]
    exact = [slot for slot in fitting if _takes_exactly(slot, span)]
    return sorted(exact or fitting if span.role or span.group else fitting, key=lambda slot: order[slot.name])


def _takes(slot: SlotDefinition, span: EntitySpan) -> bool:
    return any(
        mapping.kind == "from_entity"
        and mapping.entity == span.entity
        and span.role in {None, mapping.role}
        and span.group in {None, mapping.group}
        for mapping in slot.mappings
    )


def _takes_exactly(slot: SlotDefinition, span: EntitySpan) -> bool:
    wanted = (span.entity, span.role, span.group)
    return any(
        mapping.kind == "from_entity" and (mapping.entity, mapping.role, mapping.group) == wanted
        for mapping in slot.mappings
    )


def _is_asked_for(span: EntitySpan, tracker: Tracker, domain: Domain) -> bool:
    """Say whether the form asks for such a value just now, and has none yet."""
    slot = domain.slots.get(tracker.requested_slot or "")
    return slot is not None and _takes(slot, span) and domain.slot_value(tracker.slots, slot.name) is None


def _is_about(correction: Correction, event: SlotSet, domain: Domain) -> bool:
    """Say whether a slot was filled with the words of a correction."""
    if event.slot == correction.slot:
        return True
    of_correction = _keys(correction.value) | _keys(correction.before)
    return _has_mapping(domain.slots[event.slot], {correction.entity}) and bool(
        _keys(event.value) & of_correction
    )


def _has_mapping(slot: SlotDefinition, entities: set[str]) -> bool:
    return any(mapping.kind == "from_entity" and mapping.entity in entities for mapping in slot.mappings)


def _is_filled_by_words(slot: SlotDefinition) -> bool:
    return any(mapping.kind in {"from_text", "from_intent"} for mapping in slot.mappings)


def _replaced(before: Any, denied: Sequence[Any], value: Any) -> list[Any] | None:
    """Give a list with the new value in the place of the denied one; None without one."""
    old = {_key(item) for item in denied}
    if not isinstance(before, list) or not old & _keys(before):
        return None
    return [value if _key(item) in old else item for item in before]


def _keys(value: Any) -> set[str]:
    return {_key(item) for item in value} if isinstance(value, list) else {_key(value)}


def _key(value: Any) -> str:
    return str(value).casefold().strip()

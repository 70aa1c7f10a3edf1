"""``or`` and checkpoints taken apart: every story and rule becomes straight lists of steps. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from app.bot.story_reader import Alternatives, Checkpoint, Piece, RuleDraft, StoryDraft
from app.dialogue.domain import Domain
from app.dialogue.features import ANY_VALUE
from app.dialogue.stories import IntentStep, Rule, SlotStep, Step, StepEntity, Story, TextStep
from app.dialogue.story_slots import slots_of_entities
from nlu.data.problems import Problems
from nlu.data.yaml_source import SourceError
from nlu.types import EntitySpan, IntentPrediction, ParsedUtterance

MAX_ROUNDS = 3  # so often a stretch between checkpoints may come in one story
MAX_CIRCLING = 500  # steps around circles of one bot, shared by the stories that lead there
_LEAST_CIRCLING = 10  # for each of them
MAX_EXPANDED = 10_000  # straight lists from one bot; more is a mistake, and would take all memory


def expand_rules(drafts: Sequence[RuleDraft]) -> list[Rule]:
    """Make one rule for each way through the ``or`` steps of each draft.

    Raises:
        SourceError: there are more than `MAX_EXPANDED`.
    """
    rules: list[Rule] = []
    for draft in drafts:
        for steps in _ways(draft.pieces):
            _check_number(len(rules), draft.source)
            rules.append(
                Rule(
                    name=draft.name,
                    steps=steps,
                    conditions=draft.conditions,
                    conversation_start=draft.conversation_start,
                    wait_for_user_input=draft.wait_for_user_input,
                    source=draft.source,
                )
            )
    return rules


def expand_stories(drafts: Sequence[StoryDraft], domain: Domain, problems: Problems) -> list[Story]:
    """Join stories at their checkpoints and make one story for each way through all ``or`` steps.

    As in Rasa, a story that begins at a checkpoint at which no story ends is left out, and so is one that
    ends at a checkpoint where the slots let it go on nowhere; a circle of checkpoints is gone round at most
    `MAX_ROUNDS` times, and so often only while there are not too many ways.

    Args:
        drafts: the stories as written.
        domain: the bot's domain, which says what slots are at a checkpoint.
        problems: gets what is doubtful about the checkpoints.

    Raises:
        SourceError: too many stories.
    """
    segments = [segment for draft in drafts for segment in _segments(draft) if segment.pieces]
    following = _following(segments)
    _note_open_ends(segments, following, problems)
    circular = _circular(segments, following)
    _note_circles(segments, following, circular, problems)
    first = [segment for segment in segments if not segment.starts]
    stories: list[Story] = []
    for segment in first:
        walk = _Walk(following, circular, domain, max(MAX_CIRCLING // len(first), _LEAST_CIRCLING))
        for steps, names in walk.paths(segment):
            _check_number(len(stories), segment.source)
            stories.append(Story(" > ".join(names), steps, segment.source))
        if not walk.rounds_left:
            text = f"the story '{segment.name}' comes to a circle of checkpoints with too many ways round"
            problems.warn(segment.source, f"{text}; the shortest count")
    return stories


@dataclass(slots=True, eq=False)
class _Segment:
    """A stretch of one story between checkpoints; several checkpoints in a row are alternatives."""

    name: str
    source: str
    starts: tuple[Checkpoint, ...] = ()
    pieces: list[Piece] = field(default_factory=list)
    ends: tuple[Checkpoint, ...] = ()


_Following = Mapping[str, list[tuple[Checkpoint, _Segment]]]


def _segments(draft: StoryDraft) -> list[_Segment]:
    segments = [_Segment(draft.name, draft.source)]
    for piece in draft.pieces:
        current = segments[-1]
        if isinstance(piece, Alternatives):
            if current.ends:
                current = _Segment(draft.name, draft.source, starts=current.ends)
                segments.append(current)
            current.pieces.append(piece)
        elif current.pieces:
            current.ends += (piece,)
        else:
            current.starts += (piece,)
    return segments


def _following(segments: Sequence[_Segment]) -> _Following:
    following: dict[str, list[tuple[Checkpoint, _Segment]]] = {}
    for segment in segments:
        for checkpoint in segment.starts:
            following.setdefault(checkpoint.name, []).append((checkpoint, segment))
    return following


def _note_open_ends(segments: Sequence[_Segment], following: _Following, problems: Problems) -> None:
    ended = {checkpoint.name for segment in segments for checkpoint in segment.ends}
    for segment in segments:
        for start in segment.starts:
            if start.name not in ended:
                text = f"no story ends at the checkpoint '{start.name}'; what follows is left out"
                problems.doubt(start.source, text)
        for end in segment.ends:
            if end.name not in following:
                text = f"no story begins at the checkpoint '{end.name}'; the story ends there"
                problems.warn(end.source, text)


def _circular(segments: Sequence[_Segment], following: _Following) -> frozenset[int]:
    """Find the segments from which checkpoints lead back to themselves."""
    return frozenset(id(segment) for segment in segments if segment.starts and _returns(segment, following))


def _returns(segment: _Segment, following: _Following) -> bool:
    seen: set[int] = set()
    waiting = [segment]
    while waiting:
        for _, after in _continuations(waiting.pop(), following):
            if after is segment:
                return True
            if id(after) not in seen:
                seen.add(id(after))
                waiting.append(after)
    return False


def _continuations(segment: _Segment, following: _Following) -> list[tuple[Checkpoint, _Segment]]:
    return [pair for end in segment.ends for pair in following.get(end.name, [])]


def _note_circles(
    segments: Sequence[_Segment], following: _Following, circular: frozenset[int], problems: Problems
) -> None:
    """Note each checkpoint of a circle."""
    for segment in segments:
        for end in segment.ends if id(segment) in circular else ():
            if any(id(after) in circular for _, after in following.get(end.name, [])):
                text = f"the checkpoint '{end.name}' leads back to itself; the circle is gone round at most"
                problems.doubt(end.source, f"{text} {MAX_ROUNDS} times")


_Path = tuple[tuple[_Segment, ...], tuple[Step, ...]]


class _Walk:
    """The ways through segments, the shortest first; of those around circles only so many."""

    def __init__(self, following: _Following, circular: frozenset[int], domain: Domain, rounds: int) -> None:
        self.rounds_left = rounds
        self._following = following
        self._circular = circular
        self._domain = domain

    def paths(self, first: _Segment) -> Iterator[tuple[tuple[Step, ...], tuple[str, ...]]]:
        """Give steps and names of all stories that begin with `first`."""
        waiting: deque[_Path] = deque(((first,), way) for way in _ways(first.pieces))
        while waiting:
            path, steps = waiting.popleft()
            ends = path[-1].ends
            if not ends or any(end.name not in self._following for end in ends):
                yield steps, tuple(dict.fromkeys(segment.name for segment in path))
            for start, after in _continuations(path[-1], self._following):
                if _holds(start.conditions, steps, self._domain) and self._may_follow(after, path):
                    waiting.extend(((*path, after), steps + way) for way in _ways(after.pieces))

    def _may_follow(self, after: _Segment, path: tuple[_Segment, ...]) -> bool:
        if id(after) not in self._circular:
            return True
        if path.count(after) >= MAX_ROUNDS or not self.rounds_left:
            return False
        self.rounds_left -= 1
        return True


def _holds(conditions: Sequence[SlotStep], steps: Sequence[Step], domain: Domain) -> bool:
    """Say whether the slots have the values that a checkpoint asks for."""
    slots = _slots_after(steps, domain) if conditions else {}
    for condition in conditions:
        value = slots.get(condition.slot)
        if value != condition.value and not (value is ANY_VALUE and condition.value is not None):
            return False
    return True


def _slots_after(steps: Sequence[Step], domain: Domain) -> dict[str, Any]:
    slots = domain.initial_slots()
    for step in steps:
        match step:
            case SlotStep(slot=slot, value=value, is_any=is_any):
                slots[slot] = ANY_VALUE if is_any else value
            case IntentStep(entities=entities) | TextStep(entities=entities):
                slots |= {event.slot: event.value for event in slots_of_entities(_heard(entities), domain)}
    return slots


def _heard(entities: Sequence[StepEntity]) -> ParsedUtterance:
    spans = [EntitySpan(0, 0, e.entity, e.value or "", e.value or "", 1.0, e.role, e.group) for e in entities]
    return ParsedUtterance("", IntentPrediction("", 1.0), entities=tuple(spans))


def _ways(pieces: Sequence[Piece]) -> Iterator[tuple[Step, ...]]:
    choices = [piece.ways for piece in pieces if isinstance(piece, Alternatives)]
    for ways in product(*choices):
        yield tuple(step for way in ways for step in way)


def _check_number(number: int, source: str) -> None:
    if number >= MAX_EXPANDED:
        raise _error(source, f"'or' and checkpoints make more than {MAX_EXPANDED} straight stories or rules")


def _error(source: str, problem: str) -> SourceError:
    file, _, line = source.rpartition(":")
    return SourceError(file, int(line), problem)

"""``or`` and checkpoints taken apart: every story and rule becomes straight lists of steps. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

from app.bot.story_reader import Alternatives, Checkpoint, Piece, RuleDraft, StoryDraft
from app.dialogue.stories import Rule, SlotStep, Step, Story
from nlu.data.problems import Problems
from nlu.data.yaml_source import SourceError

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


def expand_stories(drafts: Sequence[StoryDraft], problems: Problems) -> list[Story]:
    """Join stories at their checkpoints and make one story for each way through all ``or`` steps.

    A story that begins at a checkpoint at which no story ends is left out, as in Rasa; a circle of
    checkpoints is gone through once.

    Raises:
        SourceError: too many stories.
    """
    segments = [segment for draft in drafts for segment in _segments(draft)]
    following = _following(segments)
    _note_open_ends(segments, following, problems)
    _note_circles(segments, following, problems)
    stories: list[Story] = []
    for segment in segments:
        if not segment.starts:
            for steps, names in _paths(segment, following):
                _check_number(len(stories), segment.source)
                stories.append(Story(" > ".join(names), steps, segment.source))
    return stories


@dataclass(slots=True)
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


def _note_circles(segments: Sequence[_Segment], following: _Following, problems: Problems) -> None:
    """Note checkpoints that lead back to themselves; depth first, each segment once."""
    finished: set[int] = set()

    def visit(segment: _Segment, path: tuple[int, ...]) -> None:
        if id(segment) in finished:
            return
        for end in segment.ends:
            for _, after in following.get(end.name, []):
                if id(after) in (*path, id(segment)):
                    text = (
                        f"the checkpoint '{end.name}' leads back to itself; the circle is gone through once"
                    )
                    problems.doubt(end.source, text)
                else:
                    visit(after, (*path, id(segment)))
        finished.add(id(segment))

    for segment in segments:
        visit(segment, ())


def _paths(
    segment: _Segment, following: _Following, before: tuple[Step, ...] = (), path: tuple[int, ...] = ()
) -> Iterator[tuple[tuple[Step, ...], tuple[str, ...]]]:
    """Give steps and names of all stories that go on from `before` through `segment`, which comes once."""
    path += (id(segment),)
    for way in _ways(segment.pieces):
        steps = before + way
        goes_on = False
        for end in segment.ends:
            for start, after in following.get(end.name, []):
                if id(after) not in path and _holds(start.conditions, steps):
                    goes_on = True
                    for whole, names in _paths(after, following, steps, path):
                        yield whole, tuple(dict.fromkeys((segment.name, *names)))
        if not goes_on:
            yield steps, (segment.name,)


def _holds(conditions: Sequence[SlotStep], steps: Sequence[Step]) -> bool:
    """Say whether the slots have the values that a checkpoint asks for, as far as the steps tell."""
    latest = {step.slot: step for step in steps if isinstance(step, SlotStep)}
    return all(_agrees(condition, latest.get(condition.slot)) for condition in conditions)


def _agrees(condition: SlotStep, latest: SlotStep | None) -> bool:
    if latest is None:
        return False
    return condition.is_any or latest.is_any or latest.value == condition.value


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

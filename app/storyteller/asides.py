"""Turns of stories that change nothing: asked anywhere, answered always alike, and then it goes on as before.

Pure. Which turns are so is read off the stories, never guessed: an aside always has the same answer, and
either is a story of its own or stands in a story between two turns that follow each other without it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from app.dialogue.stories import ActionStep, IntentStep, LoopStep, Step

Turn = tuple[Step, ...]  # what the customer says and all that the bot does about it


def split_steps(steps: Sequence[Step]) -> list[Turn]:
    """Cut steps before each customer utterance; what the bot does before the first one is a turn as well."""
    turns: list[list[Step]] = []
    for step in steps:
        if isinstance(step, IntentStep) or not turns:
            turns.append([])
        turns[-1].append(step)
    return [tuple(turn) for turn in turns]


def active_loop(steps: Iterable[Step]) -> str | None:
    """Name the form that is active after these steps."""
    return next((step.name for step in reversed(tuple(steps)) if isinstance(step, LoopStep)), None)


def find_asides(stories: Iterable[Sequence[Step]]) -> list[Turn]:
    """Give the turns of stories that may be put between any two turns of a conversation."""
    cut = [_outside_of_forms(split_steps(steps)) for steps in stories]
    candidates = _answered_alike(cut)
    asides = {_key(turns[0]) for turns in cut if len(turns) == 1} & set(candidates)
    while found := _between_neighbours(cut, candidates, asides):
        asides |= found
    return [candidates[key] for key in sorted(asides) if not _asks(key, cut, candidates, asides - {key})]


_Key = tuple[str, ...]  # intent, entities and actions of a turn


def _key(turn: Turn) -> _Key:
    return tuple(part for step in turn for part in _words(step))


def _words(step: Step) -> list[str]:
    match step:
        case IntentStep(intent=intent, entities=entities):
            return [f"intent {intent}", *sorted(f"entity {one.entity}" for one in entities)]
        case ActionStep(action=action):
            return [f"action {action}"]
        case _:
            return ["other"]


def _outside_of_forms(turns: Sequence[Turn]) -> list[Turn]:
    """Leave out the turns within a form: how they end is for the form to say."""
    before = [active_loop(step for turn in turns[:place] for step in turn) for place in range(len(turns))]
    return [turn for turn, loop in zip(turns, before, strict=True) if loop is None]


def _answered_alike(cut: Iterable[Sequence[Turn]]) -> dict[_Key, Turn]:
    """Give the turns, by key, whose intent is always followed by the same actions and by nothing else."""
    by_intent: dict[str, dict[_Key, Turn]] = {}
    for turns in cut:
        for turn in turns:
            if isinstance(turn[0], IntentStep):
                by_intent.setdefault(turn[0].intent, {}).setdefault(_key(turn), turn)
    only = [next(iter(ways.items())) for ways in by_intent.values() if len(ways) == 1]
    return {key: turn for key, turn in only if len(turn) > 1 and _is_plain(turn)}


def _is_plain(turn: Turn) -> bool:
    return all(isinstance(step, ActionStep) for step in turn[1:])


def _between_neighbours(
    cut: Iterable[Sequence[Turn]], candidates: Collection[_Key], asides: Collection[_Key]
) -> set[_Key]:
    """Give further candidates that stand between a question and its answer that elsewhere follow each other.

    An answer is a turn that is no candidate: how the bot goes on depends on what came before.
    """
    keys = [[(), *(key for key in map(_key, turns) if key not in asides)] for turns in cut]
    pairs = {(_asked(one), other) for turns in keys for one, other in zip(turns, turns[1:], strict=False)}
    return {
        middle
        for turns in keys
        for before, middle, after in zip(turns, turns[1:], turns[2:], strict=False)
        if middle in candidates and after not in candidates and (_asked(before), after) in pairs
    }


def _asks(
    key: _Key, cut: Iterable[Sequence[Turn]], candidates: Collection[_Key], others: Collection[_Key]
) -> bool:
    """Say whether something that is no candidate mostly comes right after this turn, and so answers it."""
    follows: Counter[str] = Counter()
    follows_it: Counter[str] = Counter()
    for turns in cut:
        keys = [one for one in map(_key, turns) if one not in others]
        for before, after in zip(keys, keys[1:], strict=False):
            if after not in candidates:
                follows[after[0]] += 1
                follows_it[after[0]] += before == key
    return any(2 * follows_it[intent] > number for intent, number in follows.items())


def _asked(turn: _Key) -> _Key:
    """Give the last thing that the bot did in a turn, to which the next turn answers."""
    return turn[-1:]

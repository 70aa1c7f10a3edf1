"""What a turn costs without understanding, storage and network, as a conversation grows.

    python -m benchmarks.turns [--bot bots/retail] [--intents greet track_order …]

One customer says the same few things, as payloads, over and over in one session; folding, slots, policies,
responses and forms are the bot's own, its custom actions set nothing. Prints, per length of the conversation,
the milliseconds of the processor that a turn takes and how much longer it takes than at the beginning.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from app.bootstrap import script_of
from app.bot.loader import load_bot
from app.dialogue.custom_actions import CustomActions
from app.dialogue.decision import Relay, Stay
from app.dialogue.events import ActionExecuted, Event, UserUttered
from app.dialogue.executor import Executor
from app.dialogue.payload import parse_payload
from app.dialogue.policy import decide
from app.dialogue.responses import Speaker
from app.dialogue.script import BotScript
from app.dialogue.tracker import Tracker, empty_tracker
from app.dialogue.turn import Turn
from nlu.types import ParsedUtterance
from retrieval.types import FaqOutcome, NoAnswer

_NOW = datetime(2025, 5, 1, tzinfo=UTC)
_LENGTHS = (100, 300, 1_000, 3_000)  # events
_REPEATS = 30


@dataclass(frozen=True, slots=True)
class NoActions:
    """Custom actions that do nothing."""

    names: frozenset[str]

    def knows(self, action: str) -> bool:
        """Say whether the bot has such an action."""
        return action in self.names

    def run(self, action: str, tracker: Tracker) -> list[Event]:
        """Do nothing."""
        del action, tracker
        return []


class NoFaq:
    """A help centre without entries."""

    def answer(self, parsed: ParsedUtterance, *, said_before: Sequence[str] = ()) -> FaqOutcome:
        """Find nothing."""
        del parsed, said_before
        return NoAnswer("there is none")

    def answer_entry(self, entry_id: str) -> FaqOutcome:
        """Find nothing."""
        del entry_id
        return NoAnswer("there is none")


def main() -> int:
    """Print a row per length."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--bot", type=Path, default=Path("bots/retail"))
    parser.add_argument("--intents", nargs="+", default=["greet", "track_order", "thank", "affirm"])
    arguments = parser.parse_args()
    bot = load_bot(arguments.bot)
    script = script_of(bot)
    executor = _executor(script, frozenset(bot.domain.actions) - frozenset(bot.domain.responses))
    first_ms: float | None = None
    print("| events | turn, p50 | turn, p95 | times the first row |\n|---|---|---|---|")
    for length in _LENGTHS:
        tracker = _conversation(length, arguments.intents, script, executor)
        times = [_time(arguments.intents, tracker, script, executor) for _ in range(_REPEATS)]
        turns_ms = [ms for turn in times for ms in turn]
        p50, p95 = statistics.median(turns_ms), statistics.quantiles(turns_ms, n=20)[-1]
        first_ms = p50 if first_ms is None else first_ms
        print(f"| {length:,} | {p50:.2f} ms | {p95:.2f} ms | {p50 / first_ms:.1f} |")
    return 0


def _executor(script: BotScript, actions: frozenset[str]) -> Executor:
    rng = random.Random(7)
    speaker = Speaker(script.domain, rng)
    return Executor(script, CustomActions(NoActions(actions), speaker), NoFaq(), speaker, rng)


def _conversation(num_events: int, intents: Sequence[str], script: BotScript, executor: Executor) -> Tracker:
    tracker = empty_tracker("benchmark")
    turn = Turn(tracker, _NOW)
    turn.record(ActionExecuted("action_listen"))
    while len(turn.tracker.events) < num_events:
        for intent in intents:
            turn = Turn(turn.tracker, _NOW)
            _take(turn, intent, script, executor)
    return turn.tracker


def _time(intents: Sequence[str], tracker: Tracker, script: BotScript, executor: Executor) -> list[float]:
    """Give the milliseconds of one turn for each intent, all on the same conversation."""
    times: list[float] = []
    for intent in intents:
        turn = Turn(tracker, _NOW)
        start = time.process_time()
        _take(turn, intent, script, executor)
        times.append((time.process_time() - start) * 1_000)
    return times


def _take(turn: Turn, intent: str, script: BotScript, executor: Executor) -> None:
    parsed = parse_payload(f"/{intent}", script.domain)
    if parsed is None:
        raise SystemExit(f"got the intent '{intent}'; expected one of the bot's")
    turn.record(UserUttered(parsed.text, parsed))
    turn.record_all(executor.extract_slots(turn.tracker))
    while not turn.is_over:
        decided = decide(turn.tracker, script)
        if isinstance(decided.decision, Stay | Relay):
            turn.record(ActionExecuted("action_listen", decided.policy))
        elif not executor.execute(decided, turn):
            turn.record(ActionExecuted("action_listen"))


if __name__ == "__main__":
    raise SystemExit(main())

"""What the dialogue policies may decide: one value, always one of these, logged with its reasons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Reply:
    """Say the response of this name."""

    response: str


@dataclass(frozen=True, slots=True)
class AskSlot:
    """Run the active (or newly activated) form: validate what came, ask for the next slot or finish."""

    form: str


@dataclass(frozen=True, slots=True)
class AnswerFaq:
    """Look the question up; when the store has nothing, do `otherwise`."""

    otherwise: Decision
    entry_id: str | None = None  # set when the customer pressed a suggestion


@dataclass(frozen=True, slots=True)
class RunAction:
    """Run a custom or built-in action."""

    action: str


@dataclass(frozen=True, slots=True)
class Fallback:
    """Not understood: the named step of the two-stage fallback."""

    step: str  # "ask_affirmation" | "ask_rephrase" | "give_up"


@dataclass(frozen=True, slots=True)
class Handoff:
    """Ask for a human agent."""

    reason: str


@dataclass(frozen=True, slots=True)
class Relay:
    """An agent has the conversation: the bot is silent."""


@dataclass(frozen=True, slots=True)
class Stay:
    """Nothing more to do this turn: listen."""


Decision = Reply | AskSlot | AnswerFaq | RunAction | Fallback | Handoff | Relay | Stay


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision with the policy that made it and its reasons, for the log and the agent's console.

    `hide_rule_turn`: no story knows this turn, so stories do not see it. `interrupts_loop`: the active form
    is told that something else came between, so that it asks again without reading the utterance. `metadata`:
    what the policy lets the action know, as part of its event.
    """

    decision: Decision
    policy: str
    reasons: tuple[str, ...]
    confidence: float = 1.0
    hide_rule_turn: bool = False
    interrupts_loop: bool = False
    metadata: Mapping[str, Any] = field(default_factory=dict)

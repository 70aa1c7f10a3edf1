"""Rules and stories as values: what happened, and what the bot does next. `app.bot` reads them from files.

Checkpoints and ``or`` are already expanded: every `Story` and `Rule` is one straight list of steps.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

NO_INTENT = ""


@dataclass(frozen=True, slots=True)
class StepEntity:
    """An entity that the customer's utterance of a step carries; None means any value.

    `span` is its place ``[start, end)`` in the words, where the words mark it.
    """

    entity: str
    value: str | None = None
    role: str | None = None
    group: str | None = None
    span: tuple[int, int] | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class IntentStep:
    """The customer says something with this intent; `text` is given in test stories only.

    A test story may give the words alone: `intent` is then `NO_INTENT`.
    """

    intent: str
    entities: tuple[StepEntity, ...] = ()
    text: str | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class TextStep:
    """The customer says exactly this, whatever it means (end-to-end stories)."""

    text: str
    entities: tuple[StepEntity, ...] = ()
    source: str = ""


@dataclass(frozen=True, slots=True)
class ActionStep:
    """The bot runs this action, response or form."""

    action: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class SlotStep:
    """A slot was set; `is_any` when the story names only the slot, not its value."""

    slot: str
    value: Any = None
    is_any: bool = False
    source: str = ""


@dataclass(frozen=True, slots=True)
class LoopStep:
    """This form is active from here on; None: no longer."""

    name: str | None
    source: str = ""


@dataclass(frozen=True, slots=True)
class BotStep:
    """The bot says exactly this text; in training stories it is the action that says it."""

    text: str
    source: str = ""


Step = IntentStep | TextStep | ActionStep | SlotStep | LoopStep | BotStep
ELLIPSIS = ActionStep("...")  # the beginning of a rule that applies anywhere in a conversation


@dataclass(frozen=True, slots=True)
class Rule:
    """A short piece of conversation that always goes this way when the conditions hold."""

    name: str
    steps: tuple[Step, ...]
    conditions: tuple[SlotStep | LoopStep, ...] = ()
    conversation_start: bool = False
    wait_for_user_input: bool = True
    source: str = ""


@dataclass(frozen=True, slots=True)
class Story:
    """An example conversation from its start."""

    name: str
    steps: tuple[Step, ...]
    source: str = ""

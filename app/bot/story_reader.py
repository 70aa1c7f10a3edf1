"""Stories and rules as written: steps with their places, ``or`` and checkpoints still in them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from app.dialogue.stories import (
    NO_INTENT,
    ActionStep,
    BotStep,
    IntentStep,
    LoopStep,
    SlotStep,
    Step,
    StepEntity,
    TextStep,
)
from nlu.data.entity_markup import MarkupError, parse_markup
from nlu.data.problems import Problems
from nlu.data.yaml_source import YamlNode

_STORY_KEYS = frozenset({"story", "steps", "metadata"})
_RULE_KEYS = frozenset(
    {"rule", "steps", "condition", "conversation_start", "wait_for_user_input", "metadata"}
)
_ENTITY_FIELDS = frozenset({"role", "group", "value"})


@dataclass(frozen=True, slots=True)
class Alternatives:
    """One place of a story that may go several ways; most have only one."""

    ways: tuple[tuple[Step, ...], ...]
    source: str


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A place where stories end and others go on, if the slots have these values."""

    name: str
    conditions: tuple[SlotStep, ...]
    source: str


Piece = Alternatives | Checkpoint


@dataclass(frozen=True, slots=True)
class StoryDraft:
    """A story as written."""

    name: str
    pieces: tuple[Piece, ...]
    source: str


@dataclass(frozen=True, slots=True)
class RuleDraft:
    """A rule as written."""

    name: str
    pieces: tuple[Piece, ...]
    conditions: tuple[SlotStep | LoopStep, ...]
    conversation_start: bool
    wait_for_user_input: bool
    source: str


def read_story_drafts(document: YamlNode, problems: Problems) -> list[StoryDraft]:
    """Read the ``stories`` of a training file, also end-to-end; one with a mistake is left out."""
    return _read_stories(document, _STORY_STEPS, problems)


def read_test_drafts(document: YamlNode, problems: Problems) -> list[StoryDraft]:
    """Read the ``stories`` of a test file: as stories, but the words of both sides may stand for a step."""
    return _read_stories(document, _TEST_STEPS, problems)


def read_rule_drafts(document: YamlNode, problems: Problems) -> list[RuleDraft]:
    """Read the ``rules`` of a training file; one with a mistake is left out."""
    drafts: list[RuleDraft] = []
    with problems.noted():
        for item in _items(document, "rules"):
            with problems.noted():
                drafts += _read_rule(item, problems)
    return drafts


StepReader = Callable[[YamlNode, Problems], Piece | None]  # None: left out, with a doubt


def _items(document: YamlNode, section: str) -> list[YamlNode]:
    node = document.get(section)
    return node.sequence(section) if node is not None and node.value is not None else []


def _read_stories(
    document: YamlNode, readers: Mapping[str, StepReader], problems: Problems
) -> list[StoryDraft]:
    drafts: list[StoryDraft] = []
    with problems.noted():
        for item in _items(document, "stories"):
            with problems.noted():
                steps = _steps_of(item, "story", _STORY_KEYS, problems)
                if steps:
                    name = item.optional_text("story", "an item of stories") or ""
                    drafts.append(StoryDraft(name, _read_steps(steps, readers, problems), item.source))
    return drafts


def _steps_of(item: YamlNode, kind: str, keys: frozenset[str], problems: Problems) -> list[YamlNode]:
    """Give the steps of a story or rule; none for one without a name or steps, which Rasa leaves out too."""
    name = item.mapping(f"a {kind}").get(kind)
    if name is None:
        text = f"a {kind}: expected the key '{kind}' with its name, got {item.describe()}; left out"
        problems.doubt(item.source, text)
        return []
    what = f"the {kind} '{name.value or ''}'"
    problems.doubt_other_keys(item, keys, what)
    if name.value in {None, ""}:
        problems.doubt(item.source, f"a {kind} without a name")
    steps = item.get("steps")
    written = steps.sequence(f"steps of {what}") if steps is not None and steps.value is not None else []
    written = [step for step in written if step.value != "..."]  # how rules began and ended in Rasa 2
    if not written:
        problems.doubt(item.source, f"{what} has no steps; left out")
    return written


def _read_steps(
    steps: Sequence[YamlNode], readers: Mapping[str, StepReader], problems: Problems
) -> tuple[Piece, ...]:
    pieces: list[Piece] = []
    for step in steps:
        with problems.noted():
            piece = _read_step(step, readers, problems)
            pieces += [piece] if piece is not None else []
    return tuple(pieces)


def _read_rule(item: YamlNode, problems: Problems) -> list[RuleDraft]:
    steps = _steps_of(item, "rule", _RULE_KEYS, problems)
    if not steps:
        return []
    name = item.optional_text("rule", "an item of rules") or ""
    what = f"the rule '{name}'"
    draft = RuleDraft(
        name,
        _read_steps(steps, _RULE_STEPS, problems),
        _read_conditions(item.get("condition"), what, problems),
        _flag(item, "conversation_start", what, default=False),
        _flag(item, "wait_for_user_input", what, default=True),
        item.source,
    )
    return [draft]


def _flag(node: YamlNode, key: str, what: str, *, default: bool) -> bool:
    written = node.get(key)
    return written.boolean(f"{key} of {what}") if written is not None else default


def _read_conditions(node: YamlNode | None, what: str, problems: Problems) -> tuple[SlotStep | LoopStep, ...]:
    conditions: list[SlotStep | LoopStep] = []
    for item in node.sequence(f"condition of {what}") if node is not None and node.value is not None else ():
        piece = _read_step(item, {"slot_was_set": _read_slots, "active_loop": _read_loop}, problems)
        steps = piece.ways[0] if isinstance(piece, Alternatives) else ()
        conditions += [step for step in steps if isinstance(step, SlotStep | LoopStep)]
    return tuple(conditions)


def _read_step(node: YamlNode, readers: Mapping[str, StepReader], problems: Problems) -> Piece | None:
    keys = node.mapping("a step")
    kind = next((kind for kind in readers if kind in keys), None)
    if kind is None:
        if "bot" in keys:
            raise node.error("the bot's words belong into stories; expected a step with an 'action'")
        raise node.error(f"a step: expected one of {', '.join(readers)}; got {node.describe()}")
    return readers[kind](node, problems)


def _read_intent(node: YamlNode, problems: Problems) -> Alternatives:
    """Read an utterance by its intent; of words that stand beside it, the markup says the entities."""
    node.forbid_other_keys(frozenset({"intent", "user", "entities", "metadata"}), "a step with an intent")
    intent = (node.optional_text("intent", "a step") or "").strip()
    if not intent:
        problems.doubt(node.source, "a step: expected the name of an intent after 'intent:', got nothing")
    if intent.startswith("/"):
        problems.doubt(node.source, f"a step: the intent '{intent}' needs no '/'; read without it")
        intent = intent[1:]
    text, entities = _words_of(node, problems)
    return _certain(IntentStep(intent, entities, text, node.source), node)


def _read_user(node: YamlNode, problems: Problems) -> Alternatives:
    """Read words without an intent, as end-to-end stories give them."""
    node.forbid_other_keys(frozenset({"user", "metadata"}), "a step with words but no intent")
    text, entities = _words_of(node, problems)
    return _certain(IntentStep(NO_INTENT, entities, text, node.source), node)


def _read_text(node: YamlNode, problems: Problems) -> Alternatives:
    """Read what the customer says in an end-to-end story, which need not name an intent."""
    node.forbid_other_keys(frozenset({"user", "entities", "metadata"}), "a step with the customer's words")
    text, entities = _words_of(node, problems)
    return _certain(TextStep(text or "", entities, node.source), node)


def _words_of(node: YamlNode, problems: Problems) -> tuple[str | None, tuple[StepEntity, ...]]:
    """Give the words and their entities; a list of entities counts only for a step without words."""
    written = node.get("user")
    if written is None or written.value is None:
        return None, tuple(_read_entity(item) for item in _items(node, "entities"))
    text, marked = _read_words(written, written.text("user").strip(), problems)
    return text, tuple(marked)


def _read_words(node: YamlNode, words: str, problems: Problems) -> tuple[str, list[StepEntity]]:
    """Take the markup off the customer's words; a payload such as ``/inform{…}`` stays as it is."""
    if words.startswith("/"):
        return words, []
    try:
        marked = parse_markup(words)
    except MarkupError as error:
        raise node.error(str(error)) from error
    for doubt in marked.doubts:
        problems.doubt(node.source, doubt)
    if not marked.text:
        raise node.error("the customer's words are empty; expected text after 'user:'")
    return marked.text, [
        StepEntity(e.entity, e.value, e.role, e.group, (e.start, e.end)) for e in marked.entities
    ]


def _read_entity(node: YamlNode) -> StepEntity:
    """Read ``- city``, ``- city: Rome`` or ``{city: Rome, role: to, group: "1"}``."""
    if not isinstance(node.value, dict):
        return StepEntity(node.text("an entity of a step"))
    names = [key for key in node.value if key not in _ENTITY_FIELDS] or [
        k for k in node.value if k == "value"
    ]
    if len(names) != 1:
        raise node.error(f"an entity of a step: expected one entity name, got {node.describe()}")
    what = f"the entity '{names[0]}'"
    value = node.optional_text(names[0], what) or node.optional_text("value", what)
    role, group = node.optional_text("role", what), node.optional_text("group", what)
    return StepEntity(names[0], value, role, group)


def _read_action(node: YamlNode, problems: Problems) -> Alternatives | None:
    node.forbid_other_keys(frozenset({"action", "metadata"}), "a step with an action")
    action = node.optional_text("action", "a step")
    if not action:
        problems.doubt(node.source, "a step: expected the name of an action after 'action:'; left out")
        return None
    return _certain(ActionStep(action, node.source), node)


def _read_slots(node: YamlNode, _: Problems) -> Alternatives:
    node.forbid_other_keys(frozenset({"slot_was_set"}), "a step with slots")
    return Alternatives((_slot_steps(node.require("slot_was_set", "a step")),), node.source)


def _slot_steps(node: YamlNode) -> tuple[SlotStep, ...]:
    """Read ``- slot: value`` and ``- slot`` (any value) of a list, or one mapping of slots."""
    items = [node] if isinstance(node.value, dict) else node.sequence("slot_was_set")
    steps: list[SlotStep] = []
    for item in items:
        if isinstance(item.value, dict):
            steps += [SlotStep(slot, value.plain(), source=item.source) for slot, value in item.value.items()]
        else:
            steps.append(SlotStep(item.text("a slot"), is_any=True, source=item.source))
    if not steps:
        raise node.error("slot_was_set: expected at least one slot")
    return tuple(steps)


def _read_loop(node: YamlNode, _: Problems) -> Alternatives:
    node.forbid_other_keys(frozenset({"active_loop"}), "a step with active_loop")
    return _certain(LoopStep(node.optional_text("active_loop", "a step"), node.source), node)


def _read_bot(node: YamlNode, _: Problems) -> Alternatives:
    node.forbid_other_keys(frozenset({"bot"}), "a step with the bot's words")
    return _certain(BotStep(node.require("bot", "a step").text("bot").strip(), node.source), node)


def _read_checkpoint(node: YamlNode, problems: Problems) -> Checkpoint | None:
    """Read a checkpoint; like Rasa without one that asks for a slot but not for a value."""
    node.forbid_other_keys(frozenset({"checkpoint", "slot_was_set"}), "a checkpoint")
    slots = node.get("slot_was_set")
    name = node.require("checkpoint", "a step").text("checkpoint")
    conditions = _slot_steps(slots) if slots is not None and slots.value is not None else ()
    valueless = [condition.slot for condition in conditions if condition.is_any]
    if valueless:
        text = f"the checkpoint '{name}': expected a value of the slot '{valueless[0]}'; left out"
        problems.doubt(node.source, text)
        return None
    return Checkpoint(name, conditions, node.source)


def _read_or(node: YamlNode, readers: Mapping[str, StepReader], problems: Problems) -> Alternatives | None:
    """Read alternatives; each slot of a list is one of its own."""
    node.forbid_other_keys(frozenset({"or"}), "a step with or")
    ways: list[tuple[Step, ...]] = []
    for item in node.require("or", "a step").sequence("or"):
        piece = _read_step(item, readers, problems)
        steps = [step for way in piece.ways for step in way] if isinstance(piece, Alternatives) else []
        ways += [(step,) for step in steps]
    if not ways:
        problems.doubt(node.source, "or: expected at least one intent or slot_was_set; left out")
        return None
    return Alternatives(tuple(ways), node.source)


def _certain(step: Step, node: YamlNode) -> Alternatives:
    return Alternatives(((step,),), node.source)


def _steps(**others: StepReader) -> dict[str, StepReader]:
    """Give the readers of a story's steps by key; `others` may stand in an ``or`` too."""
    in_or: dict[str, StepReader] = {"intent": _read_intent, "slot_was_set": _read_slots, **others}
    return {
        "checkpoint": _read_checkpoint,
        "intent": _read_intent,
        "action": _read_action,
        "slot_was_set": _read_slots,
        "active_loop": _read_loop,
        "or": lambda node, problems: _read_or(node, in_or, problems),
        **others,
    }


_STORY_STEPS = _steps(user=_read_text) | {"bot": _read_bot}
_TEST_STEPS = _steps(user=_read_user) | {"bot": _read_bot}
_RULE_STEPS = {key: reader for key, reader in _steps(user=_read_text).items() if key != "checkpoint"}

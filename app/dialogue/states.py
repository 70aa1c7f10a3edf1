"""What the policies see before each action: of a conversation, and as patterns of rules and stories. Pure.

A conversation is the sequence of these states, one before every action. Rules and stories are turned into
events first and then into states by the same code, so that both sides mean the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from app.dialogue.action_names import ACTION_LISTEN
from app.dialogue.domain import Domain
from app.dialogue.events import (
    ActionExecuted,
    ActiveLoopChanged,
    AllSlotsReset,
    Event,
    FollowupActionSet,
    SlotSet,
    UserUttered,
)
from app.dialogue.features import ANY_SET, ANY_VALUE, NOT_SET, Features, has_features, slot_features
from app.dialogue.history import applied, without_signals
from app.dialogue.stories import (
    ELLIPSIS,
    NO_INTENT,
    ActionStep,
    BotStep,
    IntentStep,
    LoopStep,
    Rule,
    SlotStep,
    Step,
    Story,
    TextStep,
)
from app.dialogue.story_slots import slots_of_entities
from nlu.types import EntitySpan, IntentPrediction, ParsedUtterance

NO_LOOP = ""  # in a pattern: no form may be active; a conversation without one looks the same


@dataclass(frozen=True, slots=True)
class TurnState:
    """What is known before one action; in a pattern, None and missing slots mean "does not matter".

    `previous_action` is None only at the very start of a conversation.
    """

    previous_action: str | None = None
    intent: str | None = None
    entities: frozenset[str] = frozenset()
    active_loop: str | None = None
    slots: Mapping[str, Features] = field(default_factory=dict)

    @property
    def num_features(self) -> int:
        """Count what is stated, to tell how specific a pattern is."""
        stated = (self.previous_action, self.intent, self.active_loop)
        return sum(item is not None for item in stated) + len(self.entities) + len(self.slots)


@dataclass(frozen=True, slots=True)
class Moment:
    """A place in a rule or story: after these states the bot does `action`."""

    states: tuple[TurnState, ...]
    action: str

    @property
    def num_features(self) -> int:
        """Count what all states state."""
        return sum(state.num_features for state in self.states)


def conversation_states(events: Sequence[Event], domain: Domain) -> list[TurnState]:
    """Give the states before every action that was executed, and last the present one."""
    return all_states(applied(events), domain)


def all_states(applied_events: Iterable[Event], domain: Domain) -> list[TurnState]:
    """Give the states of events that count (`app.dialogue.history.applied`); see `conversation_states`."""
    states: list[TurnState] = []
    state = start_of_conversation(domain)
    for event in applied_events:
        if isinstance(event, ActionExecuted):
            states.append(state)
        state = advance(state, event, domain)
    return [*states, state]


def story_view(events: Sequence[Event], domain: Domain) -> list[TurnState]:
    """Give the states of a conversation without the turns that only rules know.

    What follows a hidden turn sees the last action before it, as if nothing had come between; within a turn,
    the customer's words are those that the stories saw last.
    """
    return visible_states(without_signals(applied(events)), domain)


def visible_states(applied_events: Iterable[Event], domain: Domain) -> list[TurnState]:
    """Give what stories see of events that count (`app.dialogue.history.applied`); see `story_view`.

    An action that was asked for, and what follows the active form, neither hide nor show a turn.
    """
    states: list[TurnState] = []
    state = start_of_conversation(domain)
    visible_action: str | None = None
    is_hidden, was_asked_for = False, True
    for event in [*applied_events, None]:
        if event is None or isinstance(event, ActionExecuted):
            if not is_hidden:
                visible_action = state.previous_action
            if not (was_asked_for or _is_after_form(state)):
                is_hidden = event is not None and event.hide_rule_turn
            if not is_hidden:
                states.append(_as_seen(state, visible_action, states))
        was_asked_for = _asks_for_action(event, before=was_asked_for)
        if event is not None:
            state = advance(state, event, domain)
    return states


def _asks_for_action(event: Event | None, *, before: bool) -> bool:
    if isinstance(event, FollowupActionSet):
        return event.action is not None
    return before and not isinstance(event, ActionExecuted | UserUttered)


def rule_moments(rule: Rule, domain: Domain) -> list[Moment]:
    """Give every place of a rule at which it says what comes next."""
    return _moments(rule_events(rule), domain, TurnState())


def rule_events(rule: Rule) -> list[Event]:
    """Give the events of a conversation that goes as a rule says; what came before it is an ellipsis."""
    start: list[Event] = [] if rule.conversation_start else [ActionExecuted(ELLIPSIS.action)]
    events = start + _step_events([*rule.conditions, *rule.steps])
    if rule.wait_for_user_input:
        events.append(ActionExecuted(ACTION_LISTEN))
    return events


def story_moments(story: Story, domain: Domain) -> list[Moment]:
    """Give every place of a story at which it says what comes next; no form is active unless it says so."""
    return _moments(applied(story_events(story.steps, domain)), domain, TurnState(active_loop=NO_LOOP))


def story_events(steps: Sequence[Step], domain: Domain) -> list[Event]:
    """Give the events of a conversation that goes as these steps say, and then waits for the customer."""
    events = _step_events(steps)
    if events and not isinstance(events[-1], UserUttered):
        events.append(ActionExecuted(ACTION_LISTEN))
    return [after for event in events for after in (event, *_entity_slots(event, domain))]


def state_fits(pattern: TurnState, state: TurnState, *, all_entities: bool) -> bool:
    """Say whether a state is as the pattern wants it; the very start of a conversation always looks alike.

    Args:
        pattern: a state of a rule or story.
        state: a state of a conversation.
        all_entities: whether entities that the pattern does not name are in the way, if it names any.
    """
    if pattern.previous_action is None or state.previous_action is None:
        return pattern.previous_action == state.previous_action
    return (
        pattern.previous_action == state.previous_action
        and pattern.intent in {None, state.intent}
        and _entities_fit(pattern.entities, state.entities, all_entities=all_entities)
        and (pattern.active_loop is None or pattern.active_loop == (state.active_loop or NO_LOOP))
        and all(_features_fit(wanted, state.slots.get(slot)) for slot, wanted in pattern.slots.items())
    )


def states_fit(
    pattern: Sequence[TurnState], states: Sequence[TurnState], *, all_entities: bool = True
) -> bool:
    """Say whether a conversation ends as the pattern wants it."""
    if len(pattern) > len(states):
        return False
    recent = zip(reversed(pattern), reversed(states), strict=False)
    return all(state_fits(wanted, state, all_entities=all_entities) for wanted, state in recent)


def intent_base(intent: str) -> str:
    """Give the name that rules and stories use: ``faq`` for the retrieval intent ``faq/returns``."""
    return intent.split("/", 1)[0]


def start_of_conversation(domain: Domain) -> TurnState:
    """Give the state before anything happened: slots have their initial values."""
    slots = {
        name: slot_features(definition, definition.initial_value)
        for name, definition in domain.slots.items()
        if has_features(domain, name)
    }
    return TurnState(active_loop=NO_LOOP, slots=slots)


def advance(state: TurnState, event: Event, domain: Domain) -> TurnState:
    """Give the state after an event."""
    match event:
        case UserUttered(parsed=parsed):
            intent = intent_base(parsed.intent.name)
            entities = _entity_labels(parsed, intent, domain)
            return TurnState(state.previous_action, intent, entities, state.active_loop, state.slots)
        case ActionExecuted(action=action):
            return TurnState(action, state.intent, state.entities, state.active_loop, state.slots)
        case ActiveLoopChanged(name=name):
            return replace(state, active_loop=name or NO_LOOP)
        case SlotSet(slot=slot, value=value) if has_features(domain, slot):
            return replace(state, slots={**state.slots, slot: slot_features(domain.slots[slot], value)})
        case AllSlotsReset():
            return replace(state, slots=start_of_conversation(domain).slots)
        case _:
            return state


def _entity_slots(event: Event, domain: Domain) -> list[SlotSet]:
    """Give the slots that an utterance of a story sets by its entities, whatever the form."""
    if not isinstance(event, UserUttered):
        return []
    return slots_of_entities(event.parsed, domain)


def _as_seen(state: TurnState, visible_action: str | None, before: Sequence[TurnState]) -> TurnState:
    last = before[-1] if before else TurnState()
    words = state if state.previous_action == ACTION_LISTEN else last
    action = state.previous_action if visible_action is None else visible_action
    return TurnState(action, words.intent, words.entities, state.active_loop, state.slots)


def _is_after_form(state: TurnState) -> bool:
    """Say whether the active form has just run: listening after it neither hides nor shows a turn."""
    return bool(state.active_loop) and state.previous_action == state.active_loop


def _entities_fit(wanted: frozenset[str], found: frozenset[str], *, all_entities: bool) -> bool:
    if not wanted:
        return True
    return wanted == found if all_entities else wanted <= found


def _features_fit(wanted: Features, found: Features | None) -> bool:
    found = found or NOT_SET
    return bool(found) if wanted == ANY_SET else wanted == found


def _entity_labels(parsed: ParsedUtterance, intent: str, domain: Domain) -> frozenset[str]:
    """Name the entities that matter for the intent; one with a role or group is named twice, as in Rasa."""
    definition = domain.intents.get(intent)
    used = (
        domain.entities
        if definition is None or definition.used_entities is None
        else definition.used_entities
    )
    ignored = definition.ignored_entities if definition is not None else ()
    labels: set[str] = set()
    for span in parsed.entities:
        if span.entity in domain.entities and span.entity in used and span.entity not in ignored:
            labels.add(span.entity)
            labels |= {f"{span.entity}#{part}" for part in (span.role, span.group) if part}
    return frozenset(labels)


def _moments(events: Iterable[Event], domain: Domain, start: TurnState) -> list[Moment]:
    states: list[TurnState] = []
    moments: list[Moment] = []
    state = start
    for event in events:
        if isinstance(event, ActionExecuted) and event.action == ELLIPSIS.action:
            states.clear()
        elif isinstance(event, ActionExecuted) and state.previous_action != ELLIPSIS.action:
            states.append(state)
            if state.previous_action is not None:
                moments.append(Moment(tuple(states), event.action))
        state = advance(state, event, domain)
    return moments


def _step_events(steps: Sequence[Step]) -> list[Event]:
    events: list[Event] = []
    for step in steps:
        match step:
            case IntentStep():
                events += [*_implied_listen(events), _utterance(step)]
            case TextStep():
                events += [*_implied_listen(events), _utterance(IntentStep(NO_INTENT, step.entities))]
            case ActionStep(action=action) if action != ELLIPSIS.action:
                events.append(ActionExecuted(action))
            case SlotStep(slot=slot, value=value, is_any=is_any):
                events.append(SlotSet(slot, ANY_VALUE if is_any else value))
            case LoopStep(name=name):
                events.append(ActiveLoopChanged(name))
            case BotStep() | ActionStep():
                pass
    return events


def _implied_listen(events: Sequence[Event]) -> list[Event]:
    actions = [event.action for event in events if isinstance(event, ActionExecuted)]
    return [] if actions and actions[-1] == ACTION_LISTEN else [ActionExecuted(ACTION_LISTEN)]


def _utterance(step: IntentStep) -> UserUttered:
    entities = tuple(
        EntitySpan(0, 0, e.entity, e.value or "", e.value or "", 1.0, e.role, e.group) for e in step.entities
    )
    text = step.text or ""
    return UserUttered(text, ParsedUtterance(text, IntentPrediction(step.intent, 1.0), entities=entities))

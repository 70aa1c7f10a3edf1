"""Stories made ready for matching: every place at which a story says what comes next. Pure, built once."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from app.dialogue.action_names import ACTION_LISTEN
from app.dialogue.domain import Domain
from app.dialogue.events import ActionExecuted, Event
from app.dialogue.features import ANY_SET
from app.dialogue.states import (
    NO_LOOP,
    Moment,
    TurnState,
    start_of_conversation,
    states_fit,
    story_moments,
)
from app.dialogue.stories import LoopStep, Rule, SlotStep, Step, Story


@dataclass(frozen=True, slots=True)
class StoryMoment:
    """A place of a story, cut to the history that counts."""

    story: Story
    moment: Moment


@dataclass(frozen=True, slots=True)
class StoryBook:
    """All places of all stories.

    `index` finds a place by what exactly went before it; where stories disagree about what comes next, there
    is none. Slots and loops that only rules name are `hidden`: stories do not see them.
    """

    moments: tuple[StoryMoment, ...]
    index: Mapping[Hashable, StoryMoment] = field(default_factory=dict)
    max_history: int | None = None
    hidden: frozenset[str] = frozenset()

    def exact(self, states: Sequence[TurnState]) -> StoryMoment | None:
        """Give the place that the recent conversation, as far as it counts, led to."""
        return self.index.get(_key(_recent(states, self.max_history), self.hidden))

    def best(self, states: Sequence[TurnState]) -> StoryMoment | None:
        """Give the place of which the conversation holds all that its story states, not exactly that.

        Of several, the one that agrees with the longest stretch, then the most specific.
        """
        fitting = [
            item for item in self.moments if states_fit(item.moment.states, states, all_entities=False)
        ]
        return max(fitting, key=_rank, default=None)


def make_story_book(
    stories: Iterable[Story], domain: Domain, *, max_history: int | None, rules: Iterable[Rule] = ()
) -> StoryBook:
    """Make a bot's stories ready.

    Args:
        stories: the bot's stories.
        domain: the bot's domain.
        max_history: so many states count; None: all of the story so far.
        rules: the bot's rules; what only they name, stories do not see.
    """
    stories = list(stories)
    places = [(story, moment) for story in stories for moment in story_moments(story, domain)]
    of_rules = _named(step for rule in rules for step in (*rule.conditions, *rule.steps))
    hidden = of_rules - _seen((moment for _, moment in places), domain)
    return StoryBook(
        moments=tuple(StoryMoment(s, Moment(_stated(m, max_history), m.action)) for s, m in places),
        index=_index(places, domain, max_history, hidden),
        max_history=max_history,
        hidden=hidden,
    )


def seen_as(states: Sequence[TurnState], domain: Domain) -> Hashable:
    """Give what tells the states of a story from others: two with the same are one conversation."""
    return _key([_as_lived(state, domain) for state in states], frozenset())


def forgetting(applied: Sequence[Event], max_history: int | None) -> Iterator[Sequence[Event]]:
    """Give what is left of a conversation when more and more of its beginning is forgotten, as in Rasa.

    With each step another action goes, and with all that lies before it the slots and loops that it set.
    """
    actions = [place for place, event in enumerate(applied) if isinstance(event, ActionExecuted)]
    for place in actions[_first_kept(applied, actions, max_history) :]:
        yield applied[place:]


def _first_kept(applied: Sequence[Event], actions: Sequence[int], max_history: int | None) -> int:
    """Give which of the actions comes first: where the bot last listened before the history that counts."""
    if max_history is None:
        return 0
    for number in range(len(actions) - max_history - 1, -1, -1):
        event = applied[actions[number]]
        if isinstance(event, ActionExecuted) and event.action == ACTION_LISTEN:
            return number
    return 0


def _index(
    places: Iterable[tuple[Story, Moment]], domain: Domain, max_history: int | None, hidden: frozenset[str]
) -> dict[Hashable, StoryMoment]:
    index: dict[Hashable, StoryMoment] = {}
    disputed: set[Hashable] = set()
    for story, moment in places:
        states = tuple(_as_lived(state, domain) for state in _recent(moment.states, max_history))
        key = _key(states, hidden)
        known = index.setdefault(key, StoryMoment(story, Moment(states, moment.action)))
        if known.moment.action != moment.action:
            disputed.add(key)
    return {key: item for key, item in index.items() if key not in disputed}


def _key(states: Sequence[TurnState], hidden: frozenset[str]) -> Hashable:
    return tuple(
        (
            state.previous_action,
            state.intent,
            state.entities,
            NO_LOOP if state.active_loop in hidden else state.active_loop or NO_LOOP,
            frozenset((slot, f) for slot, f in state.slots.items() if f and slot not in hidden),
        )
        for state in states
    )


def _as_lived(state: TurnState, domain: Domain) -> TurnState:
    """Give the state of a story as a conversation has it: with the initial values of all other slots.

    A slot that the story sets to anything is just set, where all values look alike.
    """
    stated = {
        slot: (1.0,) if features == ANY_SET and domain.slots[slot].type in {"text", "list"} else features
        for slot, features in state.slots.items()
    }
    return replace(state, slots={**start_of_conversation(domain).slots, **stated})


def _named(steps: Iterable[Step]) -> frozenset[str]:
    """Name the slots and loops of these steps."""
    steps = list(steps)
    slots = {step.slot for step in steps if isinstance(step, SlotStep)}
    return frozenset(slots | {step.name for step in steps if isinstance(step, LoopStep) and step.name})


def _seen(moments: Iterable[Moment], domain: Domain) -> frozenset[str]:
    """Name the slots that have a value somewhere in a story, be it their initial one, and its loops."""
    states = [state for moment in moments for state in moment.states]
    slots = {slot for state in states for slot, f in _as_lived(state, domain).slots.items() if f}
    return frozenset(slots | {state.active_loop for state in states if state.active_loop})


def _recent(states: Sequence[TurnState], max_history: int | None) -> Sequence[TurnState]:
    return states[-max_history:] if max_history else states


def _stated(moment: Moment, max_history: int | None) -> tuple[TurnState, ...]:
    """Leave out the beginning of a conversation: what went before the story does not matter."""
    states = moment.states if moment.states[0].previous_action is not None else moment.states[1:]
    return tuple(_recent(states, max_history))


def _rank(item: StoryMoment) -> tuple[int, int]:
    return len(item.moment.states), item.moment.num_features

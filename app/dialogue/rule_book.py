"""Rules made ready for matching: every place at which a rule says what comes next. Pure, built once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from app.dialogue.action_names import ACTION_LISTEN
from app.dialogue.domain import Domain
from app.dialogue.history import applied
from app.dialogue.rule_keys import key_length
from app.dialogue.rule_sources import Said, Source, hear
from app.dialogue.states import (
    NO_LOOP,
    Moment,
    TurnState,
    rule_events,
    rule_moments,
    states_fit,
    story_events,
    story_moments,
)
from app.dialogue.stories import Rule, Story


@dataclass(frozen=True, slots=True)
class RuleMoment:
    """A place of a rule; `is_rule_only` when no story goes through it. The longest key goes first."""

    rule: Rule
    moment: Moment
    key_length: int
    is_rule_only: bool = False

    @property
    def ends_turn_anywhere(self) -> bool:
        """Say whether it ends the turn without a word about forms: inside one, the form asks again."""
        return self.moment.action == ACTION_LISTEN and self.moment.states[-1].active_loop in {None, NO_LOOP}


@dataclass(frozen=True, slots=True)
class RuleBook:
    """All places of all rules, and what rules and stories say about coming back to a form.

    `interruptions`: the form is named right after the customer spoke, so it must not read the utterance.
    `departures`: inside the form something else follows an action, so the form must not come by itself.
    `told`: what stories go through as well. `known`: what rules go through. Where `hides_turns` is off,
    stories see everything.
    """

    moments: tuple[RuleMoment, ...]
    interruptions: tuple[tuple[TurnState, ...], ...]
    departures: tuple[tuple[TurnState, ...], ...]
    told: frozenset[Source] = frozenset()
    known: frozenset[Source] = frozenset()
    hides_turns: bool = True

    @property
    def num_states(self) -> int:
        """Count the states that the longest rule looks at, and at least those that bring back a form."""
        return max((2, *(len(item.moment.states) for item in self.moments)))

    def best(self, states: Sequence[TurnState]) -> RuleMoment | None:
        """Give the most specific place that fits the conversation; the first one of equals."""
        fitting = [item for item in self.moments if states_fit(item.moment.states, states)]
        return max(fitting, key=lambda item: item.key_length, default=None)

    def interrupts_loop(self, states: Sequence[TurnState]) -> bool:
        """Say whether a form that comes now must ask again without reading the utterance."""
        return any(states_fit(pattern, states) for pattern in self.interruptions)

    def forbids_loop(self, states: Sequence[TurnState]) -> bool:
        """Say whether the form must not come back by itself here."""
        return any(states_fit(pattern, states) for pattern in self.departures)

    def hides_intent(self, intent: str) -> bool:
        """Say whether no story has this intent, which every bot knows, answered as always."""
        return self.hides_turns and Source(intent=intent) not in self.told

    def hides_loop(self, loop: str, *, after_loop: bool) -> bool:
        """Say whether no story has this loop run by itself, or (`after_loop`) the bot listen after it."""
        source = Source(loop=loop, after_loop=after_loop)
        return self.hides_turns and source in self.known and source not in self.told


def make_rule_book(
    rules: Iterable[Rule], stories: Iterable[Story], domain: Domain, *, hides_turns: bool = True
) -> RuleBook:
    """Make a bot's rules ready; with `hides_turns`, turns that no story knows are hidden from stories."""
    rules, stories = list(rules), list(stories)
    moments = [
        RuleMoment(rule, moment, key_length(moment.states))
        for rule in rules
        for moment in rule_moments(rule, domain)
    ]
    of_stories = [moment for story in stories for moment in story_moments(story, domain)]
    in_loops = [m for m in [*(item.moment for item in moments), *of_stories] if m.states[-1].active_loop]
    book = RuleBook(
        moments=tuple(moments),
        interruptions=tuple(_around(m) for m in in_loops if _is_interruption(m)),
        departures=tuple(_around(m) for m in in_loops if _is_departure(m)),
        hides_turns=hides_turns,
    )
    return _with_sources(book, rules, stories, domain) if hides_turns else book


def _with_sources(
    book: RuleBook, rules: Iterable[Rule], stories: Iterable[Story], domain: Domain
) -> RuleBook:
    """Note what rules and stories go through, and which places of rules no story does."""
    numbers = {id(item): number for number, item in enumerate(book.moments)}

    def _ask(states: Sequence[TurnState]) -> Said | None:
        best = book.best(states)
        if best is None:
            return None
        loop, source = states[-1].active_loop, Source(rule=numbers[id(best)])
        if loop and best.ends_turn_anywhere:
            return None if book.forbids_loop(states) else Said(loop, source)
        return Said(best.moment.action, source)

    told = frozenset(
        heard.source
        for story in stories
        for heard in hear(applied(story_events(story.steps, domain)), _ask, domain)
        if heard.is_so
    )
    known = {heard.source for rule in rules for heard in hear(applied(rule_events(rule)), _ask, domain)}
    of_forms = {Source(loop=form, after_loop=after) for form in domain.forms for after in (False, True)}
    moments = (
        replace(item, is_rule_only=Source(rule=number) not in told)
        for number, item in enumerate(book.moments)
    )
    return replace(book, moments=tuple(moments), told=told, known=frozenset(known | of_forms))


def _is_interruption(moment: Moment) -> bool:
    state = moment.states[-1]
    return state.previous_action == ACTION_LISTEN and moment.action == state.active_loop


def _is_departure(moment: Moment) -> bool:
    state = moment.states[-1]
    return state.previous_action != ACTION_LISTEN and moment.action != state.active_loop


def _around(moment: Moment) -> tuple[TurnState, ...]:
    """Keep the last state and the action before it; what was said earlier does not matter."""
    if len(moment.states) == 1 or moment.states[-2].previous_action is None:
        return moment.states[-1:]
    return (TurnState(previous_action=moment.states[-2].previous_action), moment.states[-1])

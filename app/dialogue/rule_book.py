"""Rules made ready for matching: every place at which a rule says what comes next. Pure, built once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.dialogue.action_names import ACTION_LISTEN
from app.dialogue.domain import Domain
from app.dialogue.states import (
    Moment,
    TurnState,
    rule_moments,
    state_fits,
    states_fit,
    story_moments,
)
from app.dialogue.stories import Rule, Story


@dataclass(frozen=True, slots=True)
class RuleMoment:
    """A place of a rule; `is_rule_only` when no story goes through it."""

    rule: Rule
    moment: Moment
    is_rule_only: bool


@dataclass(frozen=True, slots=True)
class RuleBook:
    """All places of all rules, and what rules and stories say about coming back to a form.

    `interruptions`: the form is named right after the customer spoke, so it must not read the utterance.
    `departures`: inside the form something else follows an action, so the form must not come by itself.
    """

    moments: tuple[RuleMoment, ...]
    interruptions: tuple[tuple[TurnState, ...], ...]
    departures: tuple[tuple[TurnState, ...], ...]

    @property
    def num_states(self) -> int:
        """Count the states that the longest rule looks at."""
        return max((len(item.moment.states) for item in self.moments), default=1)

    def best(self, states: Sequence[TurnState]) -> RuleMoment | None:
        """Give the most specific place that fits the conversation; the first one of equals."""
        fitting = [item for item in self.moments if states_fit(item.moment.states, states)]
        return max(fitting, key=lambda item: item.moment.num_features, default=None)

    def interrupts_loop(self, states: Sequence[TurnState]) -> bool:
        """Say whether a form that comes now must ask again without reading the utterance."""
        return any(states_fit(pattern, states) for pattern in self.interruptions)

    def forbids_loop(self, states: Sequence[TurnState]) -> bool:
        """Say whether the form must not come back by itself here."""
        return any(states_fit(pattern, states) for pattern in self.departures)


def make_rule_book(rules: Iterable[Rule], stories: Iterable[Story], domain: Domain) -> RuleBook:
    """Make a bot's rules ready."""
    of_rules = [(rule, moment) for rule in rules for moment in rule_moments(rule, domain)]
    of_stories = [moment for story in stories for moment in story_moments(story, domain)]
    in_loops = [m for m in [*(m for _, m in of_rules), *of_stories] if m.states[-1].active_loop]
    return RuleBook(
        moments=tuple(
            RuleMoment(
                rule, moment, is_rule_only=not any(_goes_through(story, moment) for story in of_stories)
            )
            for rule, moment in of_rules
        ),
        interruptions=tuple(_around(m) for m in in_loops if _is_interruption(m)),
        departures=tuple(_around(m) for m in in_loops if _is_departure(m)),
    )


def _goes_through(story: Moment, rule: Moment) -> bool:
    if story.action != rule.action or len(rule.states) > len(story.states):
        return False
    recent = zip(reversed(rule.states), reversed(story.states), strict=False)
    return all(state_fits(wanted, state, all_entities=True) for wanted, state in recent)


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

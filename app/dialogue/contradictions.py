"""Finds what rules and stories say against each other, as a compiler finds mistakes. Pure; nothing is raised.

A rule always applies where it fits: a story that goes on otherwise can never be told to its end, and of two
rules that fit equally well one is never followed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from app.dialogue.action_names import ACTION_LISTEN
from app.dialogue.domain import Domain
from app.dialogue.features import has_features
from app.dialogue.rule_book import RuleBook, make_rule_book
from app.dialogue.states import (
    NO_LOOP,
    Moment,
    TurnState,
    rule_moments,
    start_of_conversation,
    story_moments,
)
from app.dialogue.stories import ELLIPSIS, ActionStep, IntentStep, LoopStep, Rule, SlotStep, Step, Story

Kind = Literal[
    "story against rule",
    "rule against rule",
    "story against story",
    "incomplete rule",
    "rule of several turns",
]


@dataclass(frozen=True, slots=True)
class Contradiction:
    """What is wrong between rules and stories; `source` is the ``file:line`` at which to look first."""

    kind: Kind
    source: str
    message: str

    def __str__(self) -> str:
        """Give one line, as a compiler does."""
        return f"{self.source}: {self.message}" if self.source else self.message


def find_contradictions(
    rules: Sequence[Rule], stories: Sequence[Story], domain: Domain, *, restrict_rules: bool = True
) -> list[Contradiction]:
    """Find every contradiction, in the order of rules and stories.

    Args:
        rules: the bot's rules.
        stories: the bot's stories.
        domain: the bot's domain.
        restrict_rules: whether a rule may have one message of the customer only, as by default in Rasa.
    """
    book = make_rule_book(rules, (), domain)
    found = [*_long_rules(rules)] if restrict_rules else []
    found += _incomplete_rules(rules, domain)
    for rule in rules:
        found += _against_rules(rule, rule_moments(rule, domain), book, domain)
    for story in stories:
        found += _against_rules(story, story_moments(story, domain), book, domain)
    return list(dict.fromkeys(found))


def _long_rules(rules: Iterable[Rule]) -> Iterator[Contradiction]:
    for rule in rules:
        spoken = [step for step in rule.steps if isinstance(step, IntentStep)]
        if len(spoken) > 1:
            message = (
                f"the rule '{rule.name}' has {len(spoken)} messages of the customer; expected at most one;"
                f" write a story, or set 'restrict_rules: false' for the RulePolicy"
            )
            yield Contradiction("rule of several turns", spoken[1].source or rule.source, message)


def _against_rules(
    part: Rule | Story, moments: Iterable[Moment], book: RuleBook, domain: Domain
) -> Iterator[Contradiction]:
    initial = start_of_conversation(domain)
    for moment in moments:
        if _is_happy_path(moment):
            continue
        states = [_lived(state, initial) for state in moment.states]
        best = book.best(states)
        if best is None or best.moment.action == moment.action or best.rule == part:
            continue
        if _is_end_of_general_rule(best.moment, moment):
            continue
        what = "rule" if isinstance(part, Rule) else "story"
        message = (
            f"the {what} '{part.name}' goes on with '{moment.action}', but the rule '{best.rule.name}'"
            f"{_place(best.rule.source)} goes on with '{best.moment.action}' there; change one of them, or"
            f" add a condition to the rule"
        )
        kind: Kind = "rule against rule" if isinstance(part, Rule) else "story against rule"
        yield Contradiction(kind, _source_of(part, moment.action), message)


def _is_happy_path(moment: Moment) -> bool:
    """Say whether the active form decides here whatever the rules say."""
    state = moment.states[-1]
    if not state.active_loop:
        return False
    return state.previous_action == state.active_loop or moment.action == state.active_loop


def _is_end_of_general_rule(rule: Moment, moment: Moment) -> bool:
    """Say whether the rule only ends its turn, where inside a form the form or a story goes on."""
    is_general = rule.states[-1].active_loop in {None, NO_LOOP}
    return bool(moment.states[-1].active_loop) and rule.action == ACTION_LISTEN and is_general


def _lived(state: TurnState, initial: TurnState) -> TurnState:
    return replace(state, slots={**initial.slots, **state.slots})


def _place(source: str) -> str:
    return f" ({source})" if source else ""


def _source_of(part: Rule | Story, action: str) -> str:
    steps = (step for step in part.steps if isinstance(step, ActionStep) and step.action == action)
    step = next(steps, None)
    return step.source if step is not None and step.source else part.source


# --- rules that leave out what other rules say of the same action ----------------------------------------


@dataclass(frozen=True, slots=True)
class _Execution:
    """An action of a rule: the slots and the loop that the rule states after it, and knows then."""

    rule: Rule
    step: ActionStep
    stated: frozenset[str]
    known: frozenset[str]
    is_open: bool  # the rule ends with it and does not wait: what follows is another rule's affair


def _incomplete_rules(rules: Iterable[Rule], domain: Domain) -> Iterator[Contradiction]:
    executions = [execution for rule in rules for execution in _executions(rule, domain)]
    stated = _stated_by_any(executions)
    for execution in executions:
        missing = stated[execution.step.action] - execution.known
        if not missing or execution.is_open:
            continue
        names = ", ".join(sorted(missing))
        message = (
            f"the rule '{execution.rule.name}' does not say of '{execution.step.action}' what other rules say"
            f" of it: {names}; add it after the action, or"
            f" 'wait_for_user_input: false' if the rule ends there"
        )
        yield Contradiction("incomplete rule", execution.step.source or execution.rule.source, message)


def _stated_by_any(executions: Iterable[_Execution]) -> Mapping[str, frozenset[str]]:
    stated: dict[str, frozenset[str]] = {}
    for execution in executions:
        action = execution.step.action
        stated[action] = stated.get(action, frozenset()) | execution.stated
    return stated


def _executions(rule: Rule, domain: Domain) -> Iterator[_Execution]:
    known = _names(rule.conditions, domain)
    for place, step in enumerate(rule.steps):
        known |= _names((step,), domain)
        if not isinstance(step, ActionStep) or step in {ELLIPSIS, ActionStep(ACTION_LISTEN, step.source)}:
            continue
        after = _names(_following(rule.steps[place + 1 :]), domain)
        rest = [other for other in rule.steps[place + 1 :] if isinstance(other, ActionStep | IntentStep)]
        is_open = not rest and not rule.wait_for_user_input
        yield _Execution(rule, step, after, known | after, is_open)


def _following(steps: Sequence[Step]) -> Iterator[Step]:
    for step in steps:
        if isinstance(step, ActionStep | IntentStep):
            return
        yield step


def _names(steps: Iterable[Step], domain: Domain) -> frozenset[str]:
    """Name the slots that rules can see, and the active form as such."""
    steps = list(steps)
    names = {step.slot for step in steps if isinstance(step, SlotStep) and has_features(domain, step.slot)}
    return frozenset(names | {"active_loop" for step in steps if isinstance(step, LoopStep)})

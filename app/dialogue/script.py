"""Everything the dialogue needs of a bot, ready for use. `app.bootstrap` makes it from a `Bot`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from app.dialogue.domain import Domain
from app.dialogue.forms import asked_by
from app.dialogue.policy_settings import PolicySettings
from app.dialogue.ports import IntentModel, StoryModel
from app.dialogue.responses import check_templates
from app.dialogue.rule_book import RuleBook, make_rule_book
from app.dialogue.steering import Steering
from app.dialogue.stories import ActionStep, IntentStep, Rule, Step, Story
from app.dialogue.story_book import StoryBook, make_story_book


@dataclass(frozen=True, slots=True)
class BotScript:
    """A bot's domain, rules and stories; the titled intents may be offered; `welcome` is a response.

    `strict_responses`: what cannot be filled is never said, see `app.dialogue.responses`.
    `story_model`, `intent_model`: what was learnt from the stories, about the bot and about its customers.
    """

    domain: Domain
    rules: RuleBook
    stories: StoryBook
    intent_titles: Mapping[str, str] = field(default_factory=dict)
    welcome: str | None = None
    steering: Steering = field(default_factory=Steering)
    own_intents: frozenset[str] = frozenset()  # those of its rules and stories
    strict_responses: bool = False
    story_model: StoryModel | None = None
    intent_model: IntentModel | None = None
    settings: PolicySettings = PolicySettings()


def make_script(
    domain: Domain,
    rules: Sequence[Rule],
    stories: Sequence[Story],
    *,
    intent_titles: Mapping[str, str] | None = None,
    welcome: str | None = None,
    settings: PolicySettings | None = None,
) -> BotScript:
    """Make a bot ready to talk."""
    settings = settings or PolicySettings()
    return BotScript(
        domain,
        make_rule_book(rules, stories, domain, hides_turns=settings.hides_rule_turns),
        make_story_book(
            stories,
            domain,
            max_history=settings.max_history,
            rules=rules if settings.hides_rule_turns else (),
        ),
        dict(intent_titles or {}),
        welcome,
        own_intents=_intents([*(rule.steps for rule in rules), *(story.steps for story in stories)]),
        settings=settings,
    )


def made_strict(script: BotScript, rules: Sequence[Rule], stories: Sequence[Story]) -> BotScript:
    """Let a bot with these rules and stories say nothing that cannot be filled.

    Raises:
        TemplateError: a response that the bot says by itself has a variable that is no slot.
    """
    check_templates(script.domain, _spoken(script.domain, rules, stories, script.welcome))
    return replace(script, strict_responses=True)


def _spoken(
    domain: Domain, rules: Sequence[Rule], stories: Sequence[Story], welcome: str | None
) -> frozenset[str]:
    steps = [step for rule in rules for step in rule.steps]
    steps += [step for story in stories for step in story.steps]
    names = {step.action for step in steps if isinstance(step, ActionStep)} | {welcome or ""}
    for form in domain.forms.values():
        names.update(name for slot in form.required_slots for name in asked_by(form.name, slot))
    return frozenset(names)


def _intents(scripts: Iterable[Iterable[Step]]) -> frozenset[str]:
    return frozenset(step.intent for steps in scripts for step in steps if isinstance(step, IntentStep))

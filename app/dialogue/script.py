"""Everything the dialogue needs of a bot, ready for use. `app.bootstrap` makes it from a `Bot`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app.dialogue.domain import Domain
from app.dialogue.forms import asked_by
from app.dialogue.policy_settings import PolicySettings
from app.dialogue.responses import check_templates
from app.dialogue.rule_book import RuleBook, make_rule_book
from app.dialogue.stories import ActionStep, Rule, Story
from app.dialogue.story_book import StoryBook, make_story_book


@dataclass(frozen=True, slots=True)
class BotScript:
    """A bot's domain, rules and stories; the titled intents may be offered; `welcome` is a response."""

    domain: Domain
    rules: RuleBook
    stories: StoryBook
    intent_titles: Mapping[str, str] = field(default_factory=dict)
    welcome: str | None = None
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
    """Make a bot ready to talk.

    Raises:
        TemplateError: a response that the bot says by itself has a variable that is no slot.
    """
    settings = settings or PolicySettings()
    check_templates(domain, _spoken(domain, rules, stories, welcome))
    return BotScript(
        domain,
        make_rule_book(rules, stories, domain),
        make_story_book(stories, domain, max_history=settings.max_history, rules=rules),
        dict(intent_titles or {}),
        welcome,
        settings,
    )


def _spoken(
    domain: Domain, rules: Sequence[Rule], stories: Sequence[Story], welcome: str | None
) -> frozenset[str]:
    steps = [step for rule in rules for step in rule.steps]
    steps += [step for story in stories for step in story.steps]
    names = {step.action for step in steps if isinstance(step, ActionStep)} | {welcome or ""}
    for form in domain.forms.values():
        names.update(name for slot in form.required_slots for name in asked_by(form.name, slot))
    return frozenset(names)

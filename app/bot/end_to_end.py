"""End-to-end stories become ordinary ones. Pure.

The customer's words become the intent of the example that has them, the bot's words the response that says
them, or else a response of that name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TypeVar

from app.dialogue.domain import Domain, ResponseVariation
from app.dialogue.stories import ActionStep, BotStep, IntentStep, Rule, Step, Story, TextStep
from nlu.data.problems import Problems
from nlu.types import Example

_Script = TypeVar("_Script", Story, Rule)


def has_words(stories: Iterable[Story | Rule]) -> bool:
    """Say whether a story or rule has words instead of an intent or action."""
    return any(isinstance(step, TextStep | BotStep) for story in stories for step in story.steps)


def with_spoken_texts(domain: Domain, stories: Iterable[Story]) -> Domain:
    """Add a response, named like its text, for everything that only stories say."""
    known = _responses_by_text(domain)
    said = [step.text for story in stories for step in story.steps if isinstance(step, BotStep)]
    own = {text: (ResponseVariation(text),) for text in said if text not in known}
    return replace(domain, responses={**domain.responses, **own})


def resolved(
    stories: Iterable[_Script], domain: Domain, examples: Iterable[Example], problems: Problems
) -> list[_Script]:
    """Replace words by what they mean; words of the customer that no example has stay, with a warning."""
    intents = {_words(example.text): example for example in reversed(list(examples))}
    responses = _responses_by_text(domain)
    return [
        replace(story, steps=tuple(_resolved(step, intents, responses, problems) for step in story.steps))
        for story in stories
    ]


def _resolved(
    step: Step, intents: Mapping[str, Example], responses: Mapping[str, str], problems: Problems
) -> Step:
    match step:
        case BotStep(text=text):
            return ActionStep(responses[text], step.source)
        case TextStep(text=text):
            example = intents.get(_words(text))
            if example is not None:
                intent = example.intent.partition("/")[0]
                return IntentStep(intent, step.entities, source=step.source)
            problems.warn(step.source, f"no example has the words '{text}'; add them to one of an intent")
    return step


def _responses_by_text(domain: Domain) -> dict[str, str]:
    """Give the first response that always says a text."""
    found: dict[str, str] = {}
    for name, variations in domain.responses.items():
        for variation in variations:
            if variation.text and not variation.conditions and variation.channel is None:
                found.setdefault(variation.text.strip(), name)
    return found


def _words(text: str) -> str:
    return " ".join(text.casefold().split())

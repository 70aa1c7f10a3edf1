"""A bot folder in Rasa's format -> one `Bot`, or every mistake with its file and line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from app.bot.bot import Bot, BotConfig, Channels
from app.bot.checks import check_domain, check_presentation, check_signals, check_stories
from app.bot.config_reader import read_config
from app.bot.credentials_reader import read_credentials
from app.bot.documents import BotDocuments, digest_of, read_documents
from app.bot.domain_reader import DOMAIN_SECTIONS, DomainReading, read_domain
from app.bot.end_to_end import has_words, resolved, with_spoken_texts
from app.bot.endpoints_reader import read_endpoints
from app.bot.expansion import expand_rules, expand_stories
from app.bot.presentation_reader import Presentation, read_presentation
from app.bot.steering_reader import read_steering
from app.bot.step_meaning import settled_rules, settled_stories
from app.bot.story_reader import read_rule_drafts, read_story_drafts
from app.dialogue.domain import Domain
from app.dialogue.stories import Rule, Story
from nlu.data.problems import Problems
from nlu.data.rasa_nlu import gather_nlu
from nlu.data.yaml_source import YamlNode

_DOMAIN_KEYS = DOMAIN_SECTIONS | {"version"}
_DATA_KEYS = _DOMAIN_KEYS | {"nlu", "rules", "stories"}
_NO_ENVIRONMENT: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class BotReading:
    """A bot with the places of the parts of its domain; with problems that stop, it is not whole."""

    bot: Bot
    domain: DomainReading


def load_bot(path: Path, *, environment: Mapping[str, str] = _NO_ENVIRONMENT) -> Bot:
    """Read and check the bot of a folder; all or nothing.

    Args:
        path: the folder.
        environment: values of ``${VARIABLE}`` in the files of settings.

    Raises:
        SourceError: the first mistake: file, line, and what was expected. Places are relative to `path`.
    """
    problems = Problems()
    reading = read_bot(path, problems, environment=environment)
    problems.raise_first()
    return replace(reading.bot, warnings=problems.warnings)


def read_bot(
    path: Path, problems: Problems, *, environment: Mapping[str, str] = _NO_ENVIRONMENT
) -> BotReading:
    """Read as much of a folder as can be read, and note everything that is wrong."""
    documents = read_documents(path, problems)
    _check_sections(documents, problems)
    reading = read_domain(documents.domain, problems, data=documents.data)
    check_domain(reading, problems)
    rules, stories = _read_stories(documents, reading.domain, problems)
    if has_words([*stories, *rules]):
        reading = replace(reading, domain=with_spoken_texts(reading.domain, stories))
        examples = gather_nlu(documents.nlu_paths, Problems(), root=path).examples
        stories = resolved(stories, reading.domain, examples, problems)
        rules = resolved(rules, reading.domain, examples, problems)
    check_stories(stories, rules, reading.domain, problems)
    check_signals(stories, problems)
    presentation = Presentation()
    with problems.noted():
        presentation = read_presentation(documents.spandesk)
    check_presentation(presentation, reading.domain, problems)
    bot = Bot(
        name=presentation.name or path.resolve().name,
        path=path,
        domain=reading.domain,
        rules=tuple(rules),
        stories=tuple(stories),
        config=_read_settings(documents, environment, problems),
        intent_titles=_titles(presentation, reading.domain),
        welcome=presentation.welcome,
        steering=read_steering(documents.spandesk, documents.nlu_paths),
        digest=digest_of(path),
        nlu_paths=documents.nlu_paths,
        faq_path=_faq_path(path, presentation, problems),
        actions_path=documents.actions_path,
        entity_roles=reading.entity_roles,
        has_live_tests=presentation.has_live_tests,
        strict_responses=presentation.strict_responses,
        has_comfort=presentation.has_comfort,
    )
    return BotReading(bot, reading)


def _read_stories(
    documents: BotDocuments, domain: Domain, problems: Problems
) -> tuple[list[Rule], list[Story]]:
    rules: list[Rule] = []
    stories: list[Story] = []
    rule_drafts = [draft for data in documents.data for draft in read_rule_drafts(data, problems)]
    story_drafts = [draft for data in documents.data for draft in read_story_drafts(data, problems)]
    with problems.noted():
        rules = settled_rules(expand_rules(rule_drafts), domain, problems)
    with problems.noted():
        stories = settled_stories(expand_stories(story_drafts, domain, problems), domain, problems)
    return rules, stories


def _check_sections(documents: BotDocuments, problems: Problems) -> None:
    for allowed, what, nodes in (
        (_DOMAIN_KEYS, "the domain", documents.domain),
        (_DATA_KEYS, "a training data file", documents.data),
    ):
        _doubt_other_sections(nodes, allowed, what, problems)


def _doubt_other_sections(
    nodes: Iterable[YamlNode], allowed: frozenset[str], what: str, problems: Problems
) -> None:
    for node in nodes:
        problems.doubt_other_keys(node, allowed, what)


def _read_settings(documents: BotDocuments, environment: Mapping[str, str], problems: Problems) -> BotConfig:
    config, channels, endpoint = BotConfig(), Channels(), None
    with problems.noted():
        config = read_config(documents.config, problems, environment=environment)
    with problems.noted():
        channels = read_credentials(documents.credentials, environment, problems)
    with problems.noted():
        endpoint = read_endpoints(documents.endpoints, environment, problems)
    return replace(config, action_endpoint=endpoint, channels=channels)


def _titles(presentation: Presentation, domain: Domain) -> Mapping[str, str]:
    """Take the titles that were given; a plain Rasa bot gets them from its intents' names."""
    if presentation.intent_titles is not None:
        return presentation.intent_titles
    return {name: name.replace("_", " ").capitalize() for name in domain.intents}


def _faq_path(root: Path, presentation: Presentation, problems: Problems) -> Path | None:
    if presentation.faq_folder is None:
        return None
    folder = root / presentation.faq_folder
    if not folder.is_dir():
        text = f"faq: the bot has no folder '{presentation.faq_folder}'"
        problems.refuse(presentation.places["faq"], text)
    return folder

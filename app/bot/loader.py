"""A bot folder in Rasa's format -> one `Bot`, or the first mistake with its file and line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from app.bot.bot import Bot, BotConfig
from app.bot.checks import check_domain, check_presentation, check_stories
from app.bot.config_reader import (
    Presentation,
    read_config,
    read_credentials,
    read_endpoints,
    read_presentation,
)
from app.bot.documents import BotDocuments, digest_of, read_documents
from app.bot.domain_reader import DOMAIN_SECTIONS, read_domain
from app.bot.expansion import expand_rules, expand_stories
from app.bot.story_reader import read_rule_drafts, read_story_drafts
from app.dialogue.domain import Domain
from nlu.data.yaml_source import SourceError, YamlNode

_DOMAIN_KEYS = DOMAIN_SECTIONS | {"version"}
_DATA_KEYS = _DOMAIN_KEYS | {"nlu", "rules", "stories"}
_NO_ENVIRONMENT: Mapping[str, str] = MappingProxyType({})


def load_bot(path: Path, *, environment: Mapping[str, str] = _NO_ENVIRONMENT) -> Bot:
    """Read and check the bot of a folder; all or nothing.

    Args:
        path: the folder.
        environment: values of ``${VARIABLE}`` in ``endpoints.yml``.

    Raises:
        SourceError: the first mistake: file, line, and what was expected. Places are relative to `path`.
    """
    warnings: list[str] = []
    documents = read_documents(path)
    _check_sections(documents)
    reading = read_domain((*documents.domain, *documents.data), warnings)
    check_domain(reading, warnings)
    rules = expand_rules([draft for data in documents.data for draft in read_rule_drafts(data)])
    stories = expand_stories([draft for data in documents.data for draft in read_story_drafts(data)])
    warnings += check_stories(stories, rules, reading.domain)
    presentation = read_presentation(documents.spandesk)
    check_presentation(presentation, reading.domain)
    config = _read_settings(documents, environment, warnings)
    return Bot(
        name=presentation.name or path.resolve().name,
        path=path,
        domain=reading.domain,
        rules=tuple(rules),
        stories=tuple(stories),
        config=config,
        intent_titles=_titles(presentation, reading.domain),
        welcome=presentation.welcome,
        digest=digest_of(path),
        nlu_paths=documents.nlu_paths,
        faq_path=_faq_path(path, presentation),
        actions_path=documents.actions_path,
        entity_roles=reading.entity_roles,
        warnings=tuple(warnings),
        has_comfort=presentation.has_comfort,
    )


def _check_sections(documents: BotDocuments) -> None:
    for allowed, what, nodes in (
        (_DOMAIN_KEYS, "the domain", documents.domain),
        (_DATA_KEYS, "a training data file", documents.data),
    ):
        _forbid_other_sections(nodes, allowed, what)


def _forbid_other_sections(nodes: Iterable[YamlNode], allowed: frozenset[str], what: str) -> None:
    for node in nodes:
        if node.value is not None:
            node.forbid_other_keys(allowed, what)


def _read_settings(documents: BotDocuments, environment: Mapping[str, str], warnings: list[str]) -> BotConfig:
    config = read_config(documents.config, warnings)
    read_credentials(documents.credentials, warnings)
    return replace(config, action_url=read_endpoints(documents.endpoints, environment, warnings))


def _titles(presentation: Presentation, domain: Domain) -> Mapping[str, str]:
    """Take the titles that were given; a plain Rasa bot gets them from its intents' names."""
    if presentation.intent_titles is not None:
        return presentation.intent_titles
    return {name: name.replace("_", " ").capitalize() for name in domain.intents}


def _faq_path(root: Path, presentation: Presentation) -> Path | None:
    if presentation.faq_folder is None:
        return None
    folder = root / presentation.faq_folder
    if not folder.is_dir():
        file, _, line = presentation.places["faq"].rpartition(":")
        raise SourceError(file, int(line), f"faq: the bot has no folder '{presentation.faq_folder}'")
    return folder

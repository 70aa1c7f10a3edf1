"""Which patterns of a bot are entities by themselves: those that Rasa's ``RegexEntityExtractor`` finds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.bot.bot import Bot
from nlu.regex_entities import EXTRACTOR, RegexEntities


def regex_entities_of(
    bot: Bot, regexes: Mapping[str, Sequence[str]], lookups: Mapping[str, Sequence[str]]
) -> RegexEntities | None:
    """Give the patterns that are named like entities of the domain, if the bot's pipeline asks for them.

    Raises:
        PatternError: a regular expression is wrong.
    """
    options = next((part.options for part in bot.config.pipeline if part.name == EXTRACTOR), None)
    if options is None:
        return None
    return RegexEntities.compile(
        bot.domain.entities,
        regexes if options.get("use_regexes", True) else {},
        lookups if options.get("use_lookup_tables", True) else {},
    )

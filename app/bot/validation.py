"""Everything that is wrong or doubtful in a bot folder, all files at once. Nothing is trained or served."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from app.bot.bot import Bot
from app.bot.checks import Names
from app.bot.loader import BotReading, read_bot
from app.bot.test_stories import gather_test_stories
from app.bot.usage import note_unused
from app.dialogue.contradictions import find_contradictions
from app.dialogue.stories import Rule, Story
from app.dialogue.story_conflicts import find_story_conflicts
from app.dialogue.templates import rasa_variables
from nlu.data.problems import Problem, Problems
from nlu.data.rasa_nlu import NluData, gather_nlu


def validate_bot(path: Path, *, environment: Mapping[str, str]) -> tuple[Problem, ...]:
    """Read all files of a bot folder and give what is wrong, by file and line."""
    problems = Problems()
    reading = read_bot(path, problems, environment=environment)
    bot = reading.bot
    data = gather_nlu(bot.nlu_paths, problems, root=path)
    tests = gather_test_stories(bot, problems)
    _check_names_of_stories(bot.stories, "story", problems)
    _check_names_of_stories(bot.rules, "rule", problems)
    _check_nlu(data, reading, problems)
    _check_variables(reading, problems)
    _check_contradictions(bot, problems)
    note_unused(reading, data, tests, problems)
    return tuple(sorted(problems.found, key=lambda problem: (problem.file, problem.line)))


def _check_names_of_stories(stories: Sequence[Story | Rule], kind: str, problems: Problems) -> None:
    """Warn of two stories of one name; the ways through one story and its checkpoints share theirs."""
    first: dict[str, str] = {}
    for story in stories:
        known = first.setdefault(story.name, story.source)
        if known != story.source:
            problems.warn(story.source, f"the {kind} '{story.name}' has the name of the one in {known}")


def _check_contradictions(bot: Bot, problems: Problems) -> None:
    if bot.config.check_for_contradictions:
        found = find_contradictions(
            bot.rules, bot.stories, bot.domain, restrict_rules=bot.config.restrict_rules
        )
        for contradiction in found:
            problems.doubt(contradiction.source, contradiction.message)
    for conflict in find_story_conflicts(bot.stories, bot.domain):
        problems.warn(conflict.source, conflict.message)


def _check_nlu(data: NluData, reading: BotReading, problems: Problems) -> None:
    """Check that the domain knows the intents and entities of the examples."""
    names = Names(reading.bot.domain, problems)
    for intent, source in _first_places((e.intent, e.source) for e in data.examples):
        for atom in intent.split("+"):
            names.intent(atom, source, "an example")
    entities = ((entity.entity, e.source) for e in data.examples for entity in e.entities)
    for entity, source in _first_places(entities):
        names.entity(entity, source, "an example")


def _first_places(items: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    first: dict[str, str] = {}
    for name, source in items:
        first.setdefault(name, source)
    return list(first.items())


def _check_variables(reading: BotReading, problems: Problems) -> None:
    """Warn of variables that are no slots; an action may give them, and else the text stays as it is."""
    slots = reading.bot.domain.slots
    places = reading.domain.places
    written = {n: v for n, v in reading.bot.domain.responses.items() if ("response", n) in places}
    for name, variations in written.items():
        for number, variation in enumerate(variations):
            unknown = [v for v in dict.fromkeys(rasa_variables(variation.text)) if v not in slots]
            if unknown:
                place = places.get(("response", name, number), places["response", name])
                text = f"the response '{name}': {', '.join(unknown)}: no slot; an action must give it"
                problems.warn(place, text)

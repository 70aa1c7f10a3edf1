"""Test conversations of a bot in Rasa's test-story format."""

from __future__ import annotations

from app.bot.bot import Bot
from app.bot.checks import check_stories
from app.bot.documents import read_test_documents
from app.bot.expansion import expand_stories
from app.bot.story_reader import read_test_drafts
from app.dialogue.stories import Story
from nlu.data.problems import Problems


def read_test_stories(bot: Bot) -> list[Story]:
    """Read the test stories of a bot folder: `tests/` and ``test_…`` files of `data/`.

    The customer's words come without their markup; the marked entities are what the bot should find.

    Raises:
        SourceError: a mistake.
    """
    problems = Problems()
    stories = gather_test_stories(bot, problems)
    problems.raise_first()
    return stories


def gather_test_stories(bot: Bot, problems: Problems) -> list[Story]:
    """Read as many test stories as can be read, and note everything that is wrong."""
    documents = read_test_documents(bot.path, problems)
    drafts = [draft for node in documents for draft in read_test_drafts(node, problems)]
    stories: list[Story] = []
    with problems.noted():
        stories = expand_stories(drafts, problems)
    check_stories(stories, (), bot.domain, problems)
    return stories

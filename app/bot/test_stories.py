"""Test conversations of a bot in Rasa's test-story format."""

from __future__ import annotations

from app.bot.bot import Bot
from app.bot.checks import check_stories
from app.bot.documents import read_test_documents
from app.bot.expansion import expand_stories
from app.bot.story_reader import read_test_drafts
from app.dialogue.stories import Story


def read_test_stories(bot: Bot) -> list[Story]:
    """Read the test stories of a bot folder: `tests/` and ``test_…`` files of `data/`.

    The customer's words come without their markup; the marked entities are what the bot should find.

    Raises:
        SourceError: a mistake, or a name that the domain does not have.
    """
    drafts = [draft for node in read_test_documents(bot.path) for draft in read_test_drafts(node)]
    stories = expand_stories(drafts)
    check_stories(stories, (), bot.domain)
    return stories

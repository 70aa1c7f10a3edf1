"""Test conversations of a bot in Rasa's test-story format."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from app.bot.bot import Bot
from app.bot.checks import check_stories
from app.bot.documents import read_test_documents
from app.bot.expansion import expand_stories
from app.bot.story_reader import read_test_drafts
from app.dialogue.domain import Domain
from app.dialogue.errors import NotFoundError
from app.dialogue.stories import Story
from nlu.data.problems import Problems
from nlu.data.rasa_nlu import is_readable
from nlu.data.yaml_source import YamlNode, load_yaml, yaml_files


def read_test_stories(bot: Bot, path: Path | None = None, *, problems: Problems | None = None) -> list[Story]:
    """Read the test stories of a bot: `tests/` and ``test_…`` files anywhere, or a file or folder `path`.

    The customer's words come without their markup; the marked entities are what the bot should find.

    Args:
        bot: the bot.
        path: where to look instead.
        problems: gets the mistakes with which a story is judged all the same, such as unknown names.

    Raises:
        SourceError: a mistake with which a story cannot be judged.
        NotFoundError: `path` does not exist.
    """
    problems = problems if problems is not None else Problems()
    documents = (
        read_test_documents(bot.path, problems) if path is None else _documents_of(path, bot.path, problems)
    )
    return _usable(documents, bot.domain, problems)


def make_test_stories(documents: Sequence[YamlNode], domain: Domain) -> list[Story]:
    """Make straight stories of test files: ``or`` and checkpoints taken apart.

    Raises:
        SourceError: a mistake with which a story cannot be judged.
    """
    return _usable(documents, domain, Problems())


def gather_test_stories(bot: Bot, problems: Problems) -> list[Story]:
    """Read as many test stories as can be read, and note everything that is wrong."""
    return _gather(read_test_documents(bot.path, problems), bot.domain, problems)


def _usable(documents: Sequence[YamlNode], domain: Domain, problems: Problems) -> list[Story]:
    stories = _gather(documents, domain, problems)
    problems.raise_first()
    return stories


def _gather(documents: Sequence[YamlNode], domain: Domain, problems: Problems) -> list[Story]:
    drafts = [draft for node in documents for draft in read_test_drafts(node, problems)]
    stories: list[Story] = []
    with problems.noted():
        stories = expand_stories(drafts, domain, problems)
    check_stories(stories, (), domain, problems)
    return stories


def _documents_of(path: Path, root: Path, problems: Problems) -> list[YamlNode]:
    if not path.exists():
        raise NotFoundError(
            f"got the path {path}, which does not exist; expected a file or folder of test stories"
        )
    documents: list[YamlNode] = []
    for file in yaml_files(path):
        document = load_yaml(file, root=root if file.is_relative_to(root) else None)
        if document.value is not None:
            document.mapping("the file")
            if is_readable(document, problems) and document.get("stories"):
                documents.append(document)
    return documents

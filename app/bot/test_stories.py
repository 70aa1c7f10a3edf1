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
from nlu.data.problems import Problems, Severity
from nlu.data.rasa_nlu import check_version
from nlu.data.yaml_source import YamlNode, load_yaml, yaml_files


def read_test_stories(bot: Bot, path: Path | None = None) -> list[Story]:
    """Read the test stories of a bot: `tests/` and ``test_…`` files of `data/`, or a file or folder `path`.

    The customer's words come without their markup; the marked entities are what the bot should find.

    Raises:
        SourceError: a mistake, or a name that the domain does not have.
        NotFoundError: `path` does not exist.
    """
    problems = Problems()
    documents = read_test_documents(bot.path, problems) if path is None else _documents_of(path, bot.path)
    stories = _gather(documents, bot.domain, problems)
    problems.raise_first(Severity.ERROR)
    return stories


def make_test_stories(documents: Sequence[YamlNode], domain: Domain) -> list[Story]:
    """Make straight stories of test files: ``or`` and checkpoints taken apart, every name checked.

    Raises:
        SourceError: a mistake, or a name that the domain does not have.
    """
    problems = Problems()
    stories = _gather(documents, domain, problems)
    problems.raise_first(Severity.ERROR)
    return stories


def gather_test_stories(bot: Bot, problems: Problems) -> list[Story]:
    """Read as many test stories as can be read, and note everything that is wrong."""
    return _gather(read_test_documents(bot.path, problems), bot.domain, problems)


def _gather(documents: Sequence[YamlNode], domain: Domain, problems: Problems) -> list[Story]:
    drafts = [draft for node in documents for draft in read_test_drafts(node, problems)]
    stories: list[Story] = []
    with problems.noted():
        stories = expand_stories(drafts, problems)
    check_stories(stories, (), domain, problems)
    return stories


def _documents_of(path: Path, root: Path) -> list[YamlNode]:
    if not path.exists():
        raise NotFoundError(
            f"got the path {path}, which does not exist; expected a file or folder of test stories"
        )
    return [document for file in yaml_files(path) if (document := _load(file, root)).get("stories")]


def _load(path: Path, root: Path) -> YamlNode:
    document = load_yaml(path, root=root if path.is_relative_to(root) else None)
    if document.value is not None:
        document.mapping("the file")
        check_version(document)
    return document

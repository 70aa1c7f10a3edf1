"""The files of a bot folder, found and parsed once; what they mean is read elsewhere."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from nlu.data.problems import Problems
from nlu.data.rasa_nlu import is_readable
from nlu.data.yaml_source import SourceError, YamlNode, load_yaml, yaml_files

UNLABELLED_NAME = "unlabelled.txt"
TRAINING_NAME = "training.toml"  # only named here: app.bot.training reads it, and loads torch for that
TEST_PREFIX = "test_"  # of the files with test stories, wherever they lie
_OTHERS_FOLDERS = frozenset({"node_modules", "site-packages", "models", "results"})
_TOP_LEVEL_KEY = re.compile(r"^([^\s#:-][^:\n]*):", re.MULTILINE)
_OLD_FORMATS = {
    ".md": re.compile(r"^##\s*(intent|synonym|regex|lookup)\s*:|^##.*\n+\s*\* *\w", re.MULTILINE),
    ".json": re.compile(r'"rasa_nlu_data"\s*:'),
}
_OLD_FORMAT = (
    "training data in Markdown or JSON is not supported; expected YAML: use 'rasa data convert nlu'"
    " and 'rasa data convert core' of Rasa 2"
)
_DOMAIN_NAMES = ("domain.yml", "domain.yaml", "domain")
_NLU_KEYS = {"nlu", "version"}


@dataclass(frozen=True, slots=True)
class BotDocuments:
    """The YAML documents of a bot folder by their role; an absent file is None."""

    domain: tuple[YamlNode, ...]
    data: tuple[YamlNode, ...]
    nlu_paths: tuple[Path, ...]
    config: YamlNode | None
    endpoints: YamlNode | None
    credentials: YamlNode | None
    spandesk: YamlNode | None
    actions_path: Path | None


def read_documents(root: Path, problems: Problems) -> BotDocuments:
    """Find and parse the files of the bot folder `root`; those that are not YAML are left out.

    Files that hold nothing but NLU examples are only named: training reads them, serving does not need them.
    """
    _note_old_formats(root, problems)
    data: list[Path] = []
    nlu_paths: list[Path] = []
    for path in _all_files(root / "data"):
        keys = _top_level_keys(path)
        if "nlu" in keys:
            nlu_paths.append(path)
        if not keys or not keys <= _NLU_KEYS:
            data.append(path)
        if path.name.startswith(TEST_PREFIX) and "stories" in keys:
            text = (
                "its stories are learnt as well as tested, as in Rasa; tests that should test lie in tests/"
            )
            problems.warn(f"{path.relative_to(root)}:1", text)
    domain: list[Path] = []
    with problems.noted():
        domain += yaml_files(_domain_path(root))
    return BotDocuments(
        domain=_load_all(domain, root, problems),
        data=_load_all(data, root, problems),
        nlu_paths=tuple(nlu_paths),
        config=_load_if_there(root, "config", problems),
        endpoints=_load_if_there(root, "endpoints", problems),
        credentials=_load_if_there(root, "credentials", problems),
        spandesk=_load_if_there(root, "spandesk", problems),
        actions_path=_actions_path(root),
    )


def read_test_documents(root: Path, problems: Problems) -> tuple[YamlNode, ...]:
    """Parse the files with test stories: those of `tests`, and ``test_…`` files anywhere in the folder."""
    candidates = [*_all_files(root / "tests")]
    candidates += [path for path in _test_files(root) if path not in candidates]
    tests = [path for path in candidates if "stories" in _top_level_keys(path)]
    return _load_all(tests, root, problems)


def digest_of(root: Path) -> str:
    """Hash names and contents of the files that decide how the bot behaves or what it learns."""
    total = hashlib.sha256()
    for path in sorted(_behaviour_files(root)):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        total.update(f"{path.relative_to(root).as_posix()}\0{content}\n".encode())
    return total.hexdigest()


def _behaviour_files(root: Path) -> Iterator[Path]:
    yield from root.glob("*.y*ml")
    yield from root.glob(TRAINING_NAME)
    yield from root.glob(UNLABELLED_NAME)
    for folder in ("domain", "data"):
        yield from _all_files(root / folder)
    actions = _actions_path(root)
    if actions is not None:
        yield from actions.rglob("*.py") if actions.is_dir() else [actions]


def _domain_path(root: Path) -> Path:
    for name in _DOMAIN_NAMES:
        if (root / name).exists():
            return root / name
    raise SourceError(f"{root}/domain.yml", 1, "there is no such file; a bot needs domain.yml or domain/")


def _actions_path(root: Path) -> Path | None:
    return next((path for path in (root / "actions", root / "actions.py") if path.exists()), None)


def _all_files(folder: Path) -> list[Path]:
    return list(yaml_files(folder)) if folder.exists() else []


def _test_files(root: Path) -> list[Path]:
    """Find ``test_…`` files, but not those of installed packages, models and reports."""
    return [
        path
        for path in _all_files(root)
        if path.name.startswith(TEST_PREFIX) and not _OTHERS_FOLDERS & set(path.relative_to(root).parts)
    ]


def _note_old_formats(root: Path, problems: Problems) -> None:
    """Name training data in the formats of Rasa 1 and 2, which no YAML reader sees."""
    folder = root / "data"
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        pattern = _OLD_FORMATS.get(path.suffix.lower())
        if pattern is not None and path.is_file():
            text = path.read_bytes().decode("utf-8", errors="replace")
            if pattern.search(text):
                problems.doubt(f"{path.relative_to(root)}:1", _OLD_FORMAT)


def _top_level_keys(path: Path) -> set[str]:
    """Find the keys that begin in column 1, without parsing; `_load` reports what is wrong with a file."""
    text = path.read_bytes().decode("utf-8", errors="replace")
    return {key.strip().strip("\"'") for key in _TOP_LEVEL_KEY.findall(text)}


def _load_all(paths: Iterable[Path], root: Path, problems: Problems) -> tuple[YamlNode, ...]:
    """Parse files, without those that hold nothing."""
    documents: list[YamlNode] = []
    for path in paths:
        with problems.noted():
            document = load_yaml(path, root=root)
            if document.value is not None:
                document.mapping("the file")
                if is_readable(document, problems):
                    documents.append(document)
    return tuple(documents)


def _load_if_there(root: Path, stem: str, problems: Problems) -> YamlNode | None:
    for name in (f"{stem}.yml", f"{stem}.yaml"):
        if (root / name).exists():
            with problems.noted():
                document = load_yaml(root / name, root=root)
                return document if document.value is not None else None
    return None

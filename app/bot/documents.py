"""The files of a bot folder, found and parsed once; what they mean is read elsewhere."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nlu.data.rasa_nlu import check_version
from nlu.data.yaml_source import SourceError, YamlNode, load_yaml, yaml_files

UNLABELLED_NAME = "unlabelled.txt"
TRAINING_NAME = "training.toml"  # only named here: app.bot.training reads it, and loads torch for that
TEST_PREFIX = "test_"  # Rasa never trains on files that are named so
_TOP_LEVEL_KEY = re.compile(r"^([^\s#:-][^:\n]*):", re.MULTILINE)
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


def read_documents(root: Path) -> BotDocuments:
    """Find and parse the files of the bot folder `root`.

    Files that hold nothing but NLU examples are only named: training reads them, serving does not need them.

    Raises:
        SourceError: there is no domain, or a file is not YAML.
    """
    data: list[YamlNode] = []
    nlu_paths: list[Path] = []
    for path in _training_files(root / "data"):
        keys = _top_level_keys(path)
        if "nlu" in keys:
            nlu_paths.append(path)
        if not keys or not keys <= _NLU_KEYS:
            data.append(_load(path, root))
    return BotDocuments(
        domain=tuple(_load(path, root) for path in yaml_files(_domain_path(root))),
        data=tuple(document for document in data if document.value is not None),
        nlu_paths=tuple(nlu_paths),
        config=_load_if_there(root, "config"),
        endpoints=_load_if_there(root, "endpoints"),
        credentials=_load_if_there(root, "credentials"),
        spandesk=_load_if_there(root, "spandesk"),
        actions_path=_actions_path(root),
    )


def read_test_documents(root: Path) -> list[YamlNode]:
    """Parse the files with test stories: those of `tests`, and `test_…` files of `data`."""
    candidates = [*_all_files(root / "tests")]
    candidates += [path for path in _all_files(root / "data") if path.name.startswith(TEST_PREFIX)]
    return [_load(path, root) for path in candidates if "stories" in _top_level_keys(path)]


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


def _training_files(folder: Path) -> list[Path]:
    return [path for path in _all_files(folder) if not path.name.startswith(TEST_PREFIX)]


def _top_level_keys(path: Path) -> set[str]:
    """Find the keys that begin in column 1, without parsing; `_load` reports what is wrong with a file."""
    text = path.read_bytes().decode("utf-8", errors="replace")
    return {key.strip().strip("\"'") for key in _TOP_LEVEL_KEY.findall(text)}


def _load(path: Path, root: Path) -> YamlNode:
    document = load_yaml(path, root=root)
    if document.value is not None:
        document.mapping("the file")
        check_version(document)
    return document


def _load_if_there(root: Path, stem: str) -> YamlNode | None:
    for name in (f"{stem}.yml", f"{stem}.yaml"):
        if (root / name).exists():
            document = load_yaml(root / name, root=root)
            return document if document.value is not None else None
    return None

"""Questions about passages, from files: SQuAD's JSON, or YAML that people write.

A YAML file has `version` and a list `passages`: each a `document` (a name; documents `shop: delivery` and
`shop: returns` belong together), a `passage`, and `questions` with an `answer`, which is a piece of the
passage that occurs there once, or null when the passage does not answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from nlu.data.squad import ReadingDataError, read_squad
from nlu.data.yaml_source import YamlNode, load_yaml
from nlu.types import AnswerSpan, ReaderExample

_FILE_KEYS = frozenset({"version", "passages"})
_PASSAGE_KEYS = frozenset({"document", "passage", "questions"})
_QUESTION_KEYS = frozenset({"question", "answer"})
_SUFFIXES = {".json", ".yml", ".yaml"}


def read_reading_files(paths: Iterable[Path]) -> list[ReaderExample]:
    """Read files, and of folders every file whose name ends in ``.json``, ``.yml`` or ``.yaml``.

    Raises:
        ReadingDataError: a path is no such file, or a JSON file has a mistake.
        SourceError: a YAML file has a mistake; it is named with its line.
    """
    examples: list[ReaderExample] = []
    for path in paths:
        files = sorted(path.iterdir()) if path.is_dir() else [path]
        chosen = [file for file in files if file.is_file() and file.suffix.lower() in _SUFFIXES]
        if not chosen:
            raise ReadingDataError(
                f"got {path}, expected a file of SQuAD's format (.json) or of passages (.yml), or a folder "
                "of them; give another path"
            )
        for file in chosen:
            examples += read_squad(file) if file.suffix.lower() == ".json" else read_passages(file)
    return examples


def read_passages(path: Path) -> list[ReaderExample]:
    """Read a YAML file.

    Raises:
        SourceError: a field is missing, empty or unknown, or an answer does not occur exactly once.
    """
    document = load_yaml(path)
    document.forbid_other_keys(_FILE_KEYS, "a file of passages")
    passages = document.require("passages", "a file of passages").sequence("passages")
    return [example for node in passages for example in _examples(node)]


def _examples(node: YamlNode) -> Iterator[ReaderExample]:
    node.forbid_other_keys(_PASSAGE_KEYS, "a passage")
    group = _filled(node, "document", "a passage").partition(":")[0]
    passage = _filled(node, "passage", "a passage")
    for asked in node.require("questions", "a passage").sequence("questions"):
        asked.forbid_other_keys(_QUESTION_KEYS, "a question")
        yield ReaderExample(
            question=_filled(asked, "question", "a question").strip(),
            passage=passage,
            answers=_answers(asked, passage),
            source=asked.source,
            group=f"{node.file}: {group}",
            collection=str(node.file),
        )


def _answers(asked: YamlNode, passage: str) -> tuple[AnswerSpan, ...]:
    node = asked.require("answer", "a question")
    if node.value is None:
        return ()
    answer = _filled(asked, "answer", "a question")
    count = passage.count(answer)
    if count != 1:
        raise node.error(
            f"got the answer '{answer}', which occurs {count} times in its passage, expected once; "
            "copy it from the passage, and more of it if it is not unique"
        )
    start = passage.index(answer)
    return (AnswerSpan(start, start + len(answer)),)


def _filled(node: YamlNode, key: str, what: str) -> str:
    text = node.require(key, what).text(f"{key} of {what}")
    if not text.strip():
        raise node.error(f"{key} of {what}: expected text, got nothing")
    return text

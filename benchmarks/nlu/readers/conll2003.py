"""CoNLL-2003 English named entities, with the corrected test set CoNLL++ beside the original one.

Neighbouring sentences of a document are joined into windows, since a name is often explained a sentence
before; counting stays per entity and per original token. Tjong Kim Sang and De Meulder 2003, "Introduction to
the CoNLL-2003 Shared Task"; Wang et al. 2019, "CrossWeigh".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.files import read_lines
from benchmarks.nlu.data import NO_INTENT, BenchmarkData, Draw, Part, Window
from benchmarks.nlu.tags import join_tokens, tagged_annotations
from nlu.types import EntityAnnotation, Example

WINDOW_WORDS = 60
SINGLE_SENTENCES = 1
"""A window size under which every sentence stays alone."""

_DOCUMENT_START = "-DOCSTART-"
_FILES = {"train": "eng.train", "validation": "eng.testa", "test": "eng.testb", "conllpp": "conllpp_test.txt"}


@dataclass(frozen=True, slots=True)
class _Sentence:
    tokens: tuple[str, ...]
    tags: tuple[str, ...]


def read_conll2003(folder: Path, draw: Draw, *, max_words: int = WINDOW_WORDS) -> BenchmarkData:  # noqa: ARG001
    """Read CoNLL-2003 in windows of whole sentences with at most `max_words` words.

    A longer sentence is a window of its own. The splits are published, so nothing is drawn.
    """
    read = partial(read_part, folder / "conll2003", max_words=max_words)
    return BenchmarkData(
        name="conll2003",
        train=read("train").examples,
        validation=read("validation"),
        read_test=lambda: (read("test"), read("conllpp")),
        notes=(f"sentences of a document are joined into windows of at most {max_words} words",),
    )


def read_conll2003_sentences(folder: Path, draw: Draw) -> BenchmarkData:
    """Read CoNLL-2003 sentence by sentence, to see what the neighbourhood is worth."""
    return read_conll2003(folder, draw, max_words=SINGLE_SENTENCES)


def read_part(folder: Path, name: str, *, max_words: int) -> Part:
    """Read one file as windows."""
    path = folder / _FILES[name]
    examples: list[Example] = []
    windows: list[Window] = []
    for document in _documents(read_lines(path)):
        for sentences in _group(document, max_words):
            window, example = _join(sentences, source=f"{path.name}:{len(windows) + 1}")
            windows.append(window)
            examples.append(example)
    return Part(name, tuple(examples), tuple(windows))


def _documents(lines: Iterable[str]) -> Iterator[list[_Sentence]]:
    document: list[_Sentence] = []
    rows: list[list[str]] = []
    for line in [*lines, ""]:
        columns = line.split()
        if columns and columns[0] != _DOCUMENT_START:
            rows.append(columns)
            continue
        if rows:
            document.append(_Sentence(tuple(row[0] for row in rows), tuple(row[-1] for row in rows)))
            rows = []
        if columns and document:
            yield document
            document = []
    if document:
        yield document


def _group(document: Sequence[_Sentence], max_words: int) -> Iterator[list[_Sentence]]:
    """Fill windows from the left with whole sentences."""
    group: list[_Sentence] = []
    for sentence in document:
        if group and sum(len(one.tokens) for one in [*group, sentence]) > max_words:
            yield group
            group = []
        group.append(sentence)
    if group:
        yield group


def _join(sentences: Sequence[_Sentence], *, source: str) -> tuple[Window, Example]:
    texts: list[str] = []
    borders: list[tuple[tuple[int, int], ...]] = []
    entities: list[EntityAnnotation] = []
    start = 0
    for sentence in sentences:
        text, own = join_tokens(sentence.tokens, start=start)
        texts.append(text)
        borders.append(own)
        start += len(text) + 1
    joined = " ".join(texts)
    for sentence, own in zip(sentences, borders, strict=True):
        entities += tagged_annotations(joined, own, sentence.tags)
    return Window(joined, tuple(borders)), Example(joined, NO_INTENT, tuple(entities), source)

"""What a bundle was made from, as hashes: the training data and the code that determines the weights.

Comments and docstrings of the code do not count, so that explaining a line does not make a bundle stale.
"""

from __future__ import annotations

import ast
import hashlib
import io
import json
import tokenize
from collections.abc import Iterable
from dataclasses import astuple
from importlib.util import find_spec
from pathlib import Path

from nlu.data.rasa_nlu import NluData
from nlu.types import ReaderExample

WEIGHT_MODULES = (
    "nlu.batching",
    "nlu.bert",
    "nlu.calibration",
    "nlu.candidates",
    "nlu.encoder",
    "nlu.evaluation.calibration",
    "nlu.evaluation.metrics",
    "nlu.finetuning.adapter",
    "nlu.finetuning.bitfit",
    "nlu.finetuning.features",
    "nlu.finetuning.frozen",
    "nlu.finetuning.full",
    "nlu.finetuning.lora",
    "nlu.finetuning.methods",
    "nlu.finetuning.parameters",
    "nlu.finetuning.prompt",
    "nlu.heads",
    "nlu.labels",
    "nlu.model",
    "nlu.out_of_scope",
    "nlu.patterns",
    "nlu.spans",
    "nlu.text",
    "nlu.training.cache",
    "nlu.training.calibrate",
    "nlu.training.compute",
    "nlu.training.config",
    "nlu.training.contrastive",
    "nlu.training.cross_fit",
    "nlu.training.dataset",
    "nlu.training.descent",
    "nlu.training.epochs",
    "nlu.training.fit",
    "nlu.training.forward",
    "nlu.training.hard_negatives",
    "nlu.training.head_start",
    "nlu.training.loop",
    "nlu.training.losses",
    "nlu.training.mentions",
    "nlu.training.pairs",
    "nlu.training.pipeline",
    "nlu.training.prepare",
    "nlu.training.pseudo_labels",
    "nlu.training.retrieval_loss",
    "nlu.training.schedule",
    "nlu.training.steps",
    "nlu.training.validation",
    "nlu.windows",
)
"""The modules whose change makes other weights or another calibration out of the same data."""

READER_MODULES = (
    "nlu.batching",
    "nlu.bert",
    "nlu.encoder",
    "nlu.finetuning.features",
    "nlu.finetuning.lora",
    "nlu.finetuning.methods",
    "nlu.heads",
    "nlu.reader.decode",
    "nlu.reader.model",
    "nlu.reader.pairs",
    "nlu.spans",
    "nlu.text",
    "nlu.training.quick_pass",
    "nlu.training.reader",
    "nlu.training.reader_data",
    "nlu.training.unanswerable",
    "nlu.windows",
)
"""The same for a reader."""


def hash_data(data: NluData) -> str:
    """Hash examples, synonyms, lookups, regexes, unlabelled texts and retrieval pairs.

    The order of files and places do not count.
    """
    examples = sorted(
        (example.text, example.intent, sorted(map(_annotation_values, example.entities)), example.context)
        for example in data.examples
    )
    document: dict[str, object] = {
        "examples": examples,
        "synonyms": dict(data.synonyms),
        "lookups": {name: sorted(values) for name, values in data.lookups.items()},
        "regexes": {name: sorted(values) for name, values in data.regexes.items()},
    }
    if data.unlabelled:
        document["unlabelled"] = sorted(data.unlabelled)
    if data.retrieval_pairs:
        document["retrieval_pairs"] = sorted(map(astuple, data.retrieval_pairs))
    return _hash_json(document)


def hash_reading(examples: Iterable[ReaderExample]) -> str:
    """Hash what a reader learns from; order and places do not count."""
    return _hash_json(
        sorted(
            [one.question, one.passage, sorted([span.start, span.end] for span in one.answers)]
            for one in examples
        )
    )


def hash_code(modules: Iterable[str] = WEIGHT_MODULES) -> str:
    """Hash the sources of `modules` without comments and docstrings."""
    return _hash_json([[name, _bare_source(_source_path(name))] for name in modules])


def _annotation_values(annotation: object) -> list[object]:
    return [value if value is not None else "" for value in astuple(annotation)]  # type: ignore[call-overload]


def _hash_json(document: object) -> str:
    canonical = json.dumps(document, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()


def _source_path(module: str) -> Path:
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"got no source of {module}, expected an installed module; reinstall")
    return Path(spec.origin)


def _bare_source(path: Path) -> list[str]:
    """Give the lines of a module without comments, docstrings and blank ends."""
    source = path.read_text(encoding="utf-8")
    lines = source.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            first, last = node.lineno, node.end_lineno or node.lineno
            lines[first - 1 : last] = [""] * (last - first + 1)
    return [line.rstrip() for line in lines if line.strip()]

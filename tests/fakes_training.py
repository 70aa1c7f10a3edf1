"""A trainer and a parser without a model, for tests of the retraining loop.

The "bundle" is a real directory with a sealed manifest, whose only content is what each text means; the
parser knows exactly the texts that it was trained on.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nlu.data.rasa_nlu import NluData
from nlu.manifest import BUNDLE, Manifest, hash_files, write_manifest
from nlu.provenance import hash_data
from nlu.training.progress import Progress, Report
from nlu.types import (
    FALLBACK_INTENT,
    EntityAnnotation,
    EntitySpan,
    Example,
    IntentPrediction,
    ParsedUtterance,
)


def bot_data(*pairs: tuple[str, str]) -> NluData:
    """Training data of (text, intent) pairs without entities."""
    examples = tuple(
        Example(text, intent, source=f"nlu.yml:{n}") for n, (text, intent) in enumerate(pairs, 1)
    )
    return NluData(examples=examples, synonyms={}, lookups={}, regexes={})


@dataclass(frozen=True)
class FakeTrained:
    bundle_id: str
    path: Path


def write_bundle(path: Path, meanings: Mapping[str, str], *, data_hash: str = "") -> FakeTrained:
    """Write a bundle that knows these texts."""
    path.mkdir(parents=True)
    (path / "meanings.json").write_text(json.dumps(dict(meanings), sort_keys=True))
    (path / "metrics.json").write_text("{}")
    manifest = Manifest(
        format_version=BUNDLE.version,
        encoder="fake",
        encoder_sha256="0" * 64,
        tokenizer_sha256="0" * 64,
        encoder_id=hashlib.sha256(data_hash.encode()).hexdigest()[:16],
        data_hash=data_hash,
        code_hash="",
        seed=0,
        files=hash_files(path),
    )
    write_manifest(path, manifest)
    return FakeTrained(manifest.bundle_id, path)


@dataclass
class FakeTrainer:
    """Learns texts by heart; `forget` lists texts that it does not learn, `fail` is raised half-way."""

    forget: Sequence[str] = ()
    fail: Exception | None = None
    on_progress: Callable[[], None] = lambda: None
    seen: list[tuple[NluData, Sequence[Example]]] = field(default_factory=list)

    def train(
        self, data: NluData, held_out: Sequence[Example], out_path: Path, report: Report
    ) -> FakeTrained:
        self.seen.append((data, held_out))
        for fraction in (0.0, 0.5, 1.0):
            self.on_progress()
            report(Progress("train", fraction, 1.0, f"epoch {fraction}"))
        if self.fail is not None:
            raise self.fail
        # what generalises in real life: here the held-out examples are simply known too
        known = {e.text: e.intent for e in (*held_out, *data.examples) if e.text not in self.forget}
        return write_bundle(out_path, known, data_hash=hash_data(data))


@dataclass(frozen=True)
class FakeParser:
    """Knows what its bundle knows; everything else is a fallback."""

    meanings: Mapping[str, str]
    entities: Mapping[str, tuple[EntityAnnotation, ...]] = field(default_factory=dict)

    def parse(self, texts: Sequence[str]) -> list[ParsedUtterance]:
        return [parse_as(text, self.meanings.get(text, FALLBACK_INTENT)) for text in texts]

    def find_misalignment(self, text: str, spans: Sequence[tuple[int, int]]) -> str | None:
        bad = [span for span in spans if text[span[0] : span[1]] == "half"]
        return f"the span {bad[0]} cuts a word" if bad else None


def load_fake_parser(path: Path) -> FakeParser:
    return FakeParser(json.loads((path / "meanings.json").read_text()))


def parse_as(text: str, intent: str, *spans: tuple[int, int, str]) -> ParsedUtterance:
    """What a model says that found this intent and these spans."""
    found = tuple(
        EntitySpan(start, end, entity, text[start:end], text[start:end], 0.9) for start, end, entity in spans
    )
    prediction = IntentPrediction(intent, 0.9)
    return ParsedUtterance(text, prediction, ranking=(prediction,), entities=found)

"""Out-of-scope scores side by side on CLINC150, in the space of trained bundles.

`SPANDESK_DATA=DIR python -m benchmarks.out_of_scope BUNDLE...` with bundles that `python -m benchmarks.nlu
--set clinc150` made; the rows are mean and spread over the bundles. Choose by validation; `--test` measures
the test part.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import mean, stdev
from typing import get_args

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.nlu.data import Draw
from benchmarks.nlu.readers.intents import read_clinc150
from nlu.batching import collate, group_by_length
from nlu.bundle import Bundle, load_bundle
from nlu.evaluation.confidence import auroc
from nlu.out_of_scope import ScopeScoreName, fit_scope_score
from nlu.types import FALLBACK_INTENT, Example

_FALSE_ALARM_RATES = (0.01, 0.02, 0.05)
_MAX_CELLS = 8192
_HEADER = "| score | AUROC | " + " | ".join(f"recall at {rate:.0%}" for rate in _FALSE_ALARM_RATES) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bundles", type=Path, nargs="+")
    parser.add_argument("--test", action="store_true", help="measure the test part, not validation")
    parser.add_argument("--neighbours", type=int, default=10)
    args = parser.parse_args()
    rows: dict[ScopeScoreName, list[list[float]]] = {name: [] for name in get_args(ScopeScoreName)}
    for path in args.bundles:
        for name, figures in compare_scores(load_bundle(path), args.neighbours, is_test=args.test):
            rows[name].append(figures)
    print(f"{_HEADER}\n|{'---|' * (len(_FALSE_ALARM_RATES) + 2)}")
    for name, runs in rows.items():
        print(f"| {name} | {' | '.join(map(_cell, zip(*runs, strict=True)))} |")


def compare_scores(
    bundle: Bundle, num_neighbours: int, *, is_test: bool
) -> Iterator[tuple[ScopeScoreName, list[float]]]:
    """Give every score's AUROC and its recall at the false-alarm rates.

    The threshold of a rate is the quantile of the measured part's own in-scope scores: this compares scores,
    not thresholds.
    """
    data = read_clinc150(Path(os.environ["SPANDESK_DATA"]), Draw(seed=1))
    part = data.read_test()[0] if is_test else data.validation
    train = [example for example in data.train if example.intent != FALLBACK_INTENT]
    embeddings, _ = _run(bundle, train)
    labels = bundle.contents.label_map
    intents = np.eye(len(labels.intents), dtype=np.float32)[[labels.intent_id(one.intent) for one in train]]
    measured, logits = _run(bundle, part.examples)
    is_outside = np.asarray([example.intent == FALLBACK_INTENT for example in part.examples])
    for name in get_args(ScopeScoreName):
        score = fit_scope_score(name, embeddings, intents, num_neighbours=num_neighbours)
        values = score.score(measured, logits)
        inside, outside = values[~is_outside], values[is_outside]
        recalls = [float((outside > np.quantile(inside, 1.0 - rate)).mean()) for rate in _FALSE_ALARM_RATES]
        yield name, [auroc(inside.tolist(), outside.tolist()) or 0.0, *recalls]


def _run(bundle: Bundle, examples: Sequence[Example]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Give ``(examples, hidden)`` embeddings and ``(examples, intents)`` logits."""
    encoded = bundle.text_encoder.encode([example.text for example in examples])
    embeddings = np.zeros((len(encoded), bundle.model.encoder.hidden), dtype=np.float32)
    logits = np.zeros((len(encoded), len(bundle.contents.label_map.intents)), dtype=np.float32)
    for group in group_by_length([len(text) for text in encoded], max_cells=_MAX_CELLS):
        with torch.inference_mode():
            output = bundle.model(collate([encoded[place] for place in group]))
        embeddings[group], logits[group] = output.embedding.numpy(), output.intent_logits.numpy()
    return embeddings, logits


def _cell(values: Sequence[float]) -> str:
    spread = f" ± {stdev(values):.3f}" if len(values) > 1 else ""
    return f"{mean(values):.3f}{spread}"


if __name__ == "__main__":
    main()

"""Intents alone: BANKING77 and CLINC150, full and with ten examples per intent, and HINT3's Curekart.

Casanueva et al. 2020, "Efficient Intent Detection with Dual Sentence Encoders"; Larson et al. 2019, "An
Evaluation Dataset for Intent Classification and Out-of-Scope Prediction"; Arora et al. 2020, "HINT3".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.files import read_csv, read_json
from benchmarks.nlu.data import BenchmarkData, Draw, Part, carve, positions_by_intent
from nlu.types import FALLBACK_INTENT, Example

_SHOTS = 10
_SHOTS_TO_CHOOSE_BY = 2  # of the ten, while recipes are compared
_RESTS_SUFFIX = "-unlabelled"
_CLINC_FILE = "data_full.json"
_OUT_OF_SCOPE = ("oos", "NO_NODES_DETECTED")


def read_banking77(folder: Path, draw: Draw) -> BenchmarkData:
    """Read all of BANKING77, which has no validation split of its own."""
    train, validation = carve(_banking(folder, "train"), draw)
    return BenchmarkData(
        name="banking77",
        train=train,
        validation=Part("validation", validation),
        read_test=lambda: (Part("test", _banking(folder, "test")),),
        notes=(f"{len(validation)} training examples validate",),
    )


def read_banking77_10shot(folder: Path, draw: Draw, *, shows_rest: bool = False) -> BenchmarkData:
    """Draw ten examples per intent of BANKING77; `shows_rest` gives the other texts without labels."""
    return _few_shots(
        "banking77-10shot",
        _banking(folder, "train"),
        lambda: (Part("test", _banking(folder, "test")),),
        draw,
        shows_rest=shows_rest,
    )


def read_clinc150(folder: Path, draw: Draw) -> BenchmarkData:  # noqa: ARG001 - the splits are published
    """Read `data_full` of CLINC150 with its out-of-scope utterances."""
    return BenchmarkData(
        name="clinc150",
        train=_clinc(folder, "train", "oos_train"),
        validation=Part("validation", _clinc(folder, "val", "oos_val")),
        read_test=lambda: (Part("test", _clinc(folder, "test", "oos_test")),),
    )


def read_clinc150_10shot(folder: Path, draw: Draw, *, shows_rest: bool = False) -> BenchmarkData:
    """Draw ten training examples per intent of CLINC150, in scope only; `shows_rest` as for BANKING77."""
    return _few_shots(
        "clinc150-10shot",
        _clinc(folder, "train"),
        lambda: (Part("test", _clinc(folder, "test")),),
        draw,
        shows_rest=shows_rest,
    )


def read_curekart(folder: Path, draw: Draw) -> BenchmarkData:
    """Read Curekart: more than half of the test questions are about things that the bot does not know."""
    train, validation = carve(_curekart(folder, "train"), draw)
    return BenchmarkData(
        name="hint3-curekart",
        train=train,
        validation=Part("validation", validation),
        read_test=lambda: (Part("test", _curekart(folder, "test")),),
        notes=(f"{len(validation)} training examples validate",),
    )


def draw_few(examples: Sequence[Example], draw: Draw) -> tuple[tuple[Example, ...], tuple[Example, ...]]:
    """Draw ten examples of each intent: few-shot means that no others are looked at.

    Returns:
        All ten to train on and none to validate on; while recipes are compared, eight and two.
    """
    rng, num_train = draw.rng, _SHOTS - (_SHOTS_TO_CHOOSE_BY if draw.is_choosing else 0)
    train: list[Example] = []
    validation: list[Example] = []
    for positions in positions_by_intent(examples).values():
        drawn = [examples[position] for position in rng.permutation(positions)[:_SHOTS]]
        train += drawn[:num_train]
        validation += drawn[num_train:]
    return tuple(train), tuple(validation)


def _few_shots(
    name: str,
    everything: Sequence[Example],
    read_test: Callable[[], tuple[Part, ...]],
    draw: Draw,
    *,
    shows_rest: bool,
) -> BenchmarkData:
    train, validation = draw_few(everything, draw)
    unlabelled = _rest(everything, train, validation) if shows_rest else ()
    return BenchmarkData(
        name=name + _RESTS_SUFFIX * shows_rest,
        train=train,
        validation=Part("validation", validation),
        read_test=read_test,
        notes=(
            f"{len(train)} drawn examples train, {len(validation)} validate",
            f"{len(unlabelled)} texts are there without their labels",
        ),
        unlabelled=unlabelled,
    )


def _rest(everything: Sequence[Example], *drawn: Sequence[Example]) -> tuple[str, ...]:
    taken = {example.source for part in drawn for example in part}
    return tuple(example.text for example in everything if example.source not in taken)


def _banking(folder: Path, split: str) -> tuple[Example, ...]:
    path = folder / "banking77" / f"{split}.csv"
    return _examples(path, [(row["text"], row["category"]) for row in _rows(path, "text", "category")])


def _curekart(folder: Path, split: str) -> tuple[Example, ...]:
    path = folder / "hint3_curekart" / split / f"curekart_{split}.csv"
    return _examples(path, [(row["sentence"], row["label"]) for row in _rows(path, "sentence", "label")])


def _clinc(folder: Path, *keys: str) -> tuple[Example, ...]:
    path = folder / "clinc150" / _CLINC_FILE
    document = read_json(path)
    return tuple(example for key in keys for example in _examples(path, document[key], key))


def _rows(path: Path, *columns: str) -> list[dict[str, str]]:
    return read_csv(path, columns=columns)


def _examples(path: Path, pairs: Sequence[Sequence[str]], key: str = "row") -> tuple[Example, ...]:
    return tuple(
        Example(
            text,
            FALLBACK_INTENT if intent in _OUT_OF_SCOPE else intent,
            source=f"{path.name}:{key} {number}",
        )
        for number, (text, intent) in enumerate(pairs, start=1)
    )

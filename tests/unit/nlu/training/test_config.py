from __future__ import annotations

from pathlib import Path

import pytest

from nlu.training.config import ConfigError, TrainConfig, load_train_config


def written(folder: Path, text: str) -> Path:
    path = folder / "run.toml"
    path.write_text(text)
    return path


def test_what_a_file_leaves_out_keeps_its_default(tmp_path: Path) -> None:
    config = load_train_config(written(tmp_path, "seed = 7\n[finetuning.lora]\nrank = 4\n"))

    assert (config.seed, config.finetuning.lora.rank) == (7, 4)
    assert config.optimiser == TrainConfig().optimiser


def test_switch_is_read(tmp_path: Path) -> None:
    assert not load_train_config(written(tmp_path, "[finetuning]\ncasing = false\n")).finetuning.casing


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("sead = 1", "unknown key 'sead', expected one of cache_limit_mib, calibration"),
        ("[finetuning.lora]\nrang = 1", "lora: got the unknown key 'rang'"),
        ("seed = 1.5", "seed: got 1.5, expected a whole number"),
        ("seed = true", "seed: got True, expected a whole number"),
        ("validation_fraction = 'some'", "expected a number"),
        ("finetuning = 3", "finetuning: got 3, expected a table"),
        ("primary_metric = 'luck'", "got 'luck', expected one of frame_accuracy"),
        ("device = 'abacus'", "device: got 'abacus', expected one of auto, cpu, cuda"),
        ("precision = 'float8'", "precision: got 'float8', expected one of auto, float32, bfloat16"),
        ("class_weighting = 'fair'", "class_weighting: got 'fair', expected one of none, balanced"),
        ("[optimiser]\nname = 'adam'", "optimiser: name: got 'adam', expected one of adamw, sgd"),
        ("[finetuning]\ncasing = 1", "casing: got 1, expected true or false"),
        ("seed =", "no TOML file"),
    ],
    ids=[
        "key",
        "nested key",
        "float",
        "boolean",
        "text",
        "table",
        "choice",
        "device",
        "precision",
        "weighting",
        "optimiser",
        "switch",
        "syntax",
    ],  # fmt: skip
)
def test_mistake_is_an_error_with_the_file(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(ConfigError, match=f"run.toml.*{problem}"):
        load_train_config(written(tmp_path, text))


def test_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.toml"):
        load_train_config(tmp_path / "none.toml")


def test_configuration_of_the_starter_bot_can_be_read() -> None:
    assert load_train_config(Path("bots/retail/training.toml")).seed == 1


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[optimiser]\nbatch_size = 0", "batch_size: got 0, expected a number at least 1"),
        ("[losses]\nlabel_smoothing = 1.0", "label_smoothing: got 1.0, expected a number in"),
        ("validation_fraction = -0.1", "validation_fraction: got -0.1, expected a number in"),
        ("[retrieval]\nweight = -1", "weight: got -1.0, expected a number of at least 0"),
        ("[retrieval]\nbatch_size = 0", "batch_size: got 0, expected a number at least 1"),
        ("[retrieval]\ntemperature = 0", "temperature: got 0.0, expected a number above 0"),
        (
            "[retrieval]\nnum_hard_negatives = -1",
            "num_hard_negatives: got -1, expected a number of at least 0",
        ),
        ("[retrieval]\nmax_negative_cosine = 2", "max_negative_cosine: got 2.0, expected a number in"),
        ("[retrieval]\nmax_text_tokens = 7", "max_text_tokens: got 7, expected a number at least 8"),
    ],
    ids=[
        "batch",
        "smoothing",
        "fraction",
        "retrieval weight",
        "retrieval batch",
        "temperature",
        "hard negatives",
        "negative cosine",
        "text tokens",
    ],
)
def test_impossible_number_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        load_train_config(written(tmp_path, text))

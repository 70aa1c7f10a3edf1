from __future__ import annotations

from pathlib import Path

import pytest

from nlu.training.config import ConfigError, TrainConfig, load_train_config


def written(folder: Path, text: str) -> Path:
    path = folder / "run.toml"
    path.write_text(text)
    return path


def test_what_a_file_leaves_out_keeps_its_default(tmp_path: Path) -> None:
    config = load_train_config(written(tmp_path, "seed = 7\n[lora]\nrank = 4\n"))

    assert (config.seed, config.lora.rank) == (7, 4)
    assert config.optimiser == TrainConfig().optimiser


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("sead = 1", "unknown key 'sead', expected one of calibration, heads"),
        ("[lora]\nrang = 1", "lora: got the unknown key 'rang'"),
        ("seed = 1.5", "seed: got 1.5, expected a whole number"),
        ("seed = true", "seed: got True, expected a whole number"),
        ("validation_fraction = 'some'", "expected a number"),
        ("lora = 3", "lora: got 3, expected a table"),
        ("primary_metric = 'luck'", "got 'luck', expected one of frame_accuracy"),
        ("seed =", "no TOML file"),
    ],
    ids=["key", "nested key", "float", "boolean", "text", "table", "choice", "syntax"],
)
def test_mistake_is_an_error_with_the_file(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(ConfigError, match=f"run.toml.*{problem}"):
        load_train_config(written(tmp_path, text))


def test_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.toml"):
        load_train_config(tmp_path / "none.toml")


def test_shipped_configuration_can_be_read() -> None:
    assert load_train_config(Path("configs/starter.toml")).seed == 1

"""The settings of a training run, read from a TOML file; a key that nobody reads is an error."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from nlu.finetuning.lora import LoraSettings

Metric = Literal["frame_accuracy", "intent_accuracy", "span_f1", "intent_and_span"]
Settings = TypeVar("Settings")


class ConfigError(Exception):
    """A training configuration with an unknown key or a value of the wrong kind."""


@dataclass(frozen=True, slots=True)
class OptimiserSettings:
    """AdamW with linear warm-up and linear decay to zero."""

    adapter_lr: float = 1e-3  # of the low-rank factors
    head_lr: float = 4e-3  # of both heads; they start near their goal, but the span head is new
    weight_decay: float = 0.01
    warmup_fraction: float = 0.1  # of all steps
    max_grad_norm: float = 1.0
    batch_size: int = 32  # examples per step
    max_epochs: int = 10
    patience: int = 4  # epochs without a better primary metric before stopping


@dataclass(frozen=True, slots=True)
class HeadSettings:
    """Size and regularisation of the heads."""

    span_size: int = 96  # width of a span border's representation
    dropout: float = 0.2
    start_penalty: float = 0.05  # L2 of the logistic regression that the intent head starts from


@dataclass(frozen=True, slots=True)
class LossSettings:
    """Weights of the losses beside the intent loss, which has weight 1."""

    span: float = 1.0
    distillation: float = 2.0  # keeps the query embedding near the frozen encoder's, for retrieval
    contrastive: float = 0.5  # separates intents; more than this pulls the query embedding along


@dataclass(frozen=True, slots=True)
class CalibrationSettings:
    """How thresholds are chosen on the validation split."""

    unsure_rate: float = 0.02  # share of rightly understood utterances that the confidence may refuse
    out_of_scope_rate: float = 0.05  # share of in-scope utterances that the distance may refuse
    min_margin: float = 0.05  # between the two best intents
    num_neighbours: int = 3  # training examples that the out-of-scope score looks at


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """Everything that, with the data and the code, determines a bundle."""

    seed: int = 1
    validation_fraction: float = 0.12  # of each intent's examples
    primary_metric: Metric = "intent_and_span"
    lora: LoraSettings = LoraSettings()
    optimiser: OptimiserSettings = OptimiserSettings()
    heads: HeadSettings = HeadSettings()
    losses: LossSettings = LossSettings()
    calibration: CalibrationSettings = CalibrationSettings()

    def to_json(self) -> dict[str, object]:
        """Give the settings as JSON values."""
        return asdict(self)


def load_train_config(path: Path) -> TrainConfig:
    """Read a TOML file; what it leaves out keeps its default.

    Raises:
        ConfigError: it cannot be read, or holds an unknown key or a value of the wrong kind.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"got {path} that is no TOML file: {error}") from error
    return _build(TrainConfig, document, str(path))


def _build(kind: type[Settings], document: Mapping[str, Any], place: str) -> Settings:
    known = {field.name for field in fields(kind)}  # type: ignore[arg-type]
    unknown = sorted(set(document) - known)
    if unknown:
        raise ConfigError(
            f"{place}: got the unknown key '{unknown[0]}', expected one of {', '.join(sorted(known))}"
        )
    hints = get_type_hints(kind)
    return kind(**{key: _value(hints[key], value, f"{place}: {key}") for key, value in document.items()})


def _value(kind: Any, value: Any, place: str) -> Any:
    if is_dataclass(kind) and isinstance(kind, type):
        if not isinstance(value, dict):
            raise ConfigError(f"{place}: got {value!r}, expected a table")
        return _build(kind, value, place)
    if get_origin(kind) is Literal:
        if value not in get_args(kind):
            raise ConfigError(f"{place}: got {value!r}, expected one of {', '.join(get_args(kind))}")
        return value
    if isinstance(value, bool) or not isinstance(value, int if kind is int else int | float):
        raise ConfigError(
            f"{place}: got {value!r}, expected {'a whole number' if kind is int else 'a number'}"
        )
    return kind(value)

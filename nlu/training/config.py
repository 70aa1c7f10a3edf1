"""The settings of a training run, read from a TOML file; a key that nobody reads is an error."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, is_dataclass
from pathlib import Path
from types import UnionType
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from nlu.finetuning.methods import FinetuningSettings
from nlu.out_of_scope import ScopeScoreName

Metric = Literal["frame_accuracy", "intent_accuracy", "span_f1", "intent_and_span"]
Device = Literal["auto", "cpu", "cuda"]
Precision = Literal["auto", "float32", "bfloat16"]
OptimiserName = Literal["adamw", "sgd"]
ClassWeighting = Literal["none", "balanced"]
Settings = TypeVar("Settings")


_ACCEPTED: dict[type, type | UnionType] = {int: int, float: int | float, bool: bool}
_EXPECTED = {int: "a whole number", float: "a number", bool: "true or false"}


class ConfigError(Exception):
    """A training configuration with an unknown key or a value of the wrong kind."""


@dataclass(frozen=True, slots=True)
class _Range:
    """Numbers that a setting can have."""

    expected: str
    holds: Callable[[float], bool]


_AT_LEAST_ONE = _Range("at least 1", lambda value: value >= 1)
_AT_LEAST_EIGHT = _Range("at least 8", lambda value: value >= 8)
_AT_LEAST_ZERO = _Range("of at least 0", lambda value: value >= 0)
_ABOVE_ZERO = _Range("above 0", lambda value: value > 0)
_FOLDS = _Range("of 0 or at least 2", lambda value: value == 0 or value >= 2)
_SHARE = _Range("in [0, 1)", lambda value: 0.0 <= value < 1.0)
_PROPER_SHARE = _Range("in (0, 1)", lambda value: 0.0 < value < 1.0)
_WEIGHT = _Range("in (0, 1]", lambda value: 0.0 < value <= 1.0)
_COSINE = _Range("in [-1, 1]", lambda value: -1.0 <= value <= 1.0)


def _expect(numbers: _Range, **settings: float) -> None:
    for name, value in settings.items():
        if not numbers.holds(value):
            raise ConfigError(f"{name}: got {value}, expected a number {numbers.expected}")


def expect_share(**settings: float) -> None:
    """Refuse settings that are no share of a whole, in [0, 1).

    Raises:
        ConfigError: the first that is not is named.
    """
    _expect(_SHARE, **settings)


@dataclass(frozen=True, slots=True)
class OptimiserSettings:
    """AdamW or SGD with linear warm-up and linear decay to zero."""

    name: OptimiserName = "adamw"
    adapter_lr: float = 1e-3  # of what the fine-tuning method trains in the encoder
    head_lr: float = 4e-3  # of both heads; they start near their goal, but the span head is new
    weight_decay: float = 0.01  # of matrices; biases and norms are never pulled towards 0
    momentum: float = 0.9  # of SGD; AdamW does not read it
    warmup_fraction: float = 0.1  # of all steps
    max_grad_norm: float = 1.0
    batch_size: int = 32  # examples per step
    max_epochs: int = 10
    patience: int = 4  # epochs without a better primary metric before stopping

    def __post_init__(self) -> None:
        _expect(_AT_LEAST_ONE, batch_size=self.batch_size, max_epochs=self.max_epochs, patience=self.patience)


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
    label_smoothing: float = 0.0  # share of an intent's target that is spread over all, in [0, 1)

    def __post_init__(self) -> None:
        _expect(_SHARE, label_smoothing=self.label_smoothing)


@dataclass(frozen=True, slots=True)
class PseudoLabelSettings:
    """How annotations are spread to utterances without them, if there are any."""

    num_neighbours: int = 10  # that an utterance is connected to, if they are similar enough
    min_similarity: float = 0.4  # cosine of texts that are connected, in [-1, 1]
    spread: float = 0.8  # share of its intent that an utterance takes from its neighbours, in (0, 1)
    labeller_epochs: int = 8  # of the model that is trained on what is annotated and judges the rest
    weight: float = 1.0  # of an utterance whose intent is certain, beside 1 for an annotated one; in (0, 1]

    def __post_init__(self) -> None:
        _expect(_AT_LEAST_ONE, num_neighbours=self.num_neighbours, labeller_epochs=self.labeller_epochs)
        _expect(_COSINE, min_similarity=self.min_similarity)
        _expect(_PROPER_SHARE, spread=self.spread)
        _expect(_WEIGHT, weight=self.weight)


@dataclass(frozen=True, slots=True)
class RetrievalSettings:
    """How the query embedding learns from questions and the texts that answer them, if there are any."""

    weight: float = 0.0  # of the retrieval loss beside the others; at 0 a bundle learns nothing from pairs
    batch_size: int = 64  # pairs per step; the questions of one text share a batch
    temperature: float = 0.05  # cosines are divided by it; lower looks at the nearest wrong texts alone
    num_hard_negatives: int = 3  # texts of other answers, the nearest to its question, that join a text
    max_negative_cosine: float = 0.9  # a text as near as this to a question or its text is no hard negative
    max_text_tokens: int = 64  # of a text in training; an index puts the entry's question first

    def __post_init__(self) -> None:
        _expect(_AT_LEAST_ZERO, weight=self.weight, num_hard_negatives=self.num_hard_negatives)
        _expect(_AT_LEAST_ONE, batch_size=self.batch_size)
        _expect(_AT_LEAST_EIGHT, max_text_tokens=self.max_text_tokens)
        _expect(_ABOVE_ZERO, temperature=self.temperature)
        _expect(_COSINE, max_negative_cosine=self.max_negative_cosine)


@dataclass(frozen=True, slots=True)
class CalibrationSettings:
    """How thresholds are chosen, on the validation split or, with folds, on all training examples."""

    unsure_rate: float = 0.02  # share of rightly understood utterances that the confidence may refuse
    out_of_scope_rate: float = 0.05  # share of in-scope utterances that the distance may refuse
    min_margin: float = 0.05  # between the two best intents
    scope_score: ScopeScoreName = "neighbours"  # see nlu.out_of_scope
    num_neighbours: int = 3  # training examples that the score "neighbours" looks at
    num_folds: int = 0  # above 1: judge every training example by a model trained on the other folds

    def __post_init__(self) -> None:
        _expect(_FOLDS, num_folds=self.num_folds)
        _expect(_SHARE, unsure_rate=self.unsure_rate, out_of_scope_rate=self.out_of_scope_rate)


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """Everything that, with the data and the code, determines a bundle."""

    seed: int = 1
    validation_fraction: float = 0.12  # of each intent's examples
    num_variants: int = 3  # of an example with roles or groups: the same words with other mentions
    primary_metric: Metric = "intent_and_span"  # of the validation split; stops the run, higher is better
    class_weighting: ClassWeighting = "none"  # "balanced": rare intents weigh more, by 1 / sqrt(frequency)
    device: Device = "auto"  # a GPU if there is one
    precision: Precision = "auto"  # of the encoder in training; bfloat16 where the processor multiplies it
    encoder_dropout: float = (
        0.0  # of the encoder's own layers; on a CPU drawing the masks costs a third of a step
    )
    token_dropout: float = 0.0  # share of tokens blanked below the first trained layer in every step
    cache_limit_mib: int = 2048  # of the frozen layers' states; above, they are computed in every step
    finetuning: FinetuningSettings = FinetuningSettings()
    optimiser: OptimiserSettings = OptimiserSettings()
    heads: HeadSettings = HeadSettings()
    losses: LossSettings = LossSettings()
    pseudo_labels: PseudoLabelSettings = PseudoLabelSettings()
    retrieval: RetrievalSettings = RetrievalSettings()
    calibration: CalibrationSettings = CalibrationSettings()

    def __post_init__(self) -> None:
        """Refuse numbers that no run can have, as the groups of settings do.

        Raises:
            ConfigError: a number is out of its range.
        """
        _expect(_AT_LEAST_ZERO, num_variants=self.num_variants)
        _expect(_SHARE, validation_fraction=self.validation_fraction)
        _expect(_SHARE, encoder_dropout=self.encoder_dropout, token_dropout=self.token_dropout)

    def to_json(self) -> dict[str, object]:
        """Give the settings as JSON values."""
        return asdict(self)


def load_train_config(path: Path) -> TrainConfig:
    """Read the file of a training run, see `load_settings`."""
    return load_settings(TrainConfig, path)


def load_settings(kind: type[Settings], path: Path) -> Settings:
    """Read a TOML file; what it leaves out keeps its default.

    Raises:
        ConfigError: it cannot be read, or holds an unknown key or a value of the wrong kind.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"got {path} that is no TOML file: {error}") from error
    return build_settings(kind, document, str(path))


def read_train_config(document: Mapping[str, Any], place: str) -> TrainConfig:
    """Read what `TrainConfig.to_json` gave, perhaps of an older version; `place` is named in errors.

    Raises:
        ConfigError: an unknown key or a value of the wrong kind.
    """
    return build_settings(TrainConfig, document, place)


def build_settings(kind: type[Settings], document: Mapping[str, Any], place: str) -> Settings:
    """Make a group of settings of what a file says; what it leaves out keeps its default.

    Raises:
        ConfigError: an unknown key or a value of the wrong kind; `place` is named.
    """
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
        return build_settings(kind, value, place)
    if get_origin(kind) is Literal:
        if value not in get_args(kind):
            raise ConfigError(f"{place}: got {value!r}, expected one of {', '.join(get_args(kind))}")
        return value
    if isinstance(value, bool) is not (kind is bool) or not isinstance(value, _ACCEPTED[kind]):
        raise ConfigError(f"{place}: got {value!r}, expected {_EXPECTED[kind]}")
    return kind(value)

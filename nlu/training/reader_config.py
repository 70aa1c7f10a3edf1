"""The settings of a reader's training, read from a TOML file; a key that nobody reads is an error."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from nlu.finetuning.lora import LoraSettings
from nlu.finetuning.methods import FinetuningSettings
from nlu.reader.model import ReaderSizes
from nlu.training.config import (
    Device,
    OptimiserSettings,
    Precision,
    expect_share,
)

_FINETUNING = FinetuningSettings(
    method="lora", casing=True, lora=LoraSettings(rank=64, alpha=128, num_layers=12)
)
_OPTIMISER = OptimiserSettings(
    adapter_lr=1e-3, head_lr=2e-3, batch_size=16, max_epochs=4, patience=4, warmup_fraction=0.1
)


@dataclass(frozen=True, slots=True)
class ReaderConfig:
    """Everything that, with the data and the code, determines a reader."""

    seed: int = 1
    validation_fraction: float = 0.08  # of the documents, whole
    max_tokens: int = 384  # of a question with its window; longer passages have several windows
    wrong_passage_share: float = (
        0.15  # of answerable questions that are also asked of a passage without answer
    )
    swapped_name_share: float = 0.1  # of answerable questions that are also asked with another name in them
    opposite_share: float = (
        0.0  # of those that can be turned round, asked for the opposite; no gain is proved
    )
    num_short_epochs: int = 2  # first epochs, on pieces of the passages around the answers: half the time
    short_passage_tokens: int = 96  # of such a piece
    device: Device = "auto"  # a GPU if there is one
    precision: Precision = "auto"  # of the encoder in training; bfloat16 where the processor multiplies it
    encoder_dropout: float = 0.0  # of the encoder's own layers; costs a third of a step on a CPU
    sizes: ReaderSizes = ReaderSizes()
    finetuning: FinetuningSettings = _FINETUNING
    optimiser: OptimiserSettings = _OPTIMISER

    def __post_init__(self) -> None:
        """Refuse numbers that no run can have.

        Raises:
            ConfigError: a number is out of its range.
        """
        expect_share(
            validation_fraction=self.validation_fraction,
            wrong_passage_share=self.wrong_passage_share,
            swapped_name_share=self.swapped_name_share,
            opposite_share=self.opposite_share,
            encoder_dropout=self.encoder_dropout,
        )

    def to_json(self) -> dict[str, object]:
        """Give the settings as JSON values."""
        return asdict(self)

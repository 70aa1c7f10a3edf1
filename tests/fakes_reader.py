"""A small reading task that a tiny encoder can learn: which colour has the thing that is asked for?"""

from __future__ import annotations

from pathlib import Path

from nlu.checkpoint import EncoderCheckpoint
from nlu.finetuning.lora import LoraSettings
from nlu.finetuning.methods import FinetuningSettings
from nlu.reader.model import ReaderSizes
from nlu.training.config import OptimiserSettings
from nlu.training.progress import Progress
from nlu.training.reader import Begin, TrainedReader, train_reader
from nlu.training.reader_config import ReaderConfig
from nlu.types import AnswerSpan, ReaderExample

COLOURS, THINGS = ("red", "blue", "navy", "green"), ("shirt", "coat", "hat")


def small_reading() -> list[ReaderExample]:
    """Passages of two things with their colours; the third thing is not in them."""
    examples = []
    for one in COLOURS:
        for other in COLOURS:
            if one != other:
                passage = f"the shirt is {one} the coat is {other}"
                group = f"{one} {other}"
                examples += [
                    ask("is my shirt", passage, one, group),
                    ask("is my coat", passage, other, group),
                    ReaderExample("is my hat", passage, (), "hat", group),
                ]
    return examples


def tiny_reader_config(*, max_epochs: int = 2, seed: int = 3, num_short_epochs: int = 0) -> ReaderConfig:
    """Give settings that suit the tiny encoder."""
    return ReaderConfig(
        seed=seed,
        validation_fraction=0.2,
        max_tokens=32,
        wrong_passage_share=0.0,
        swapped_name_share=0.0,
        opposite_share=0.0,
        num_short_epochs=num_short_epochs,
        short_passage_tokens=5,
        device="cpu",
        precision="float32",
        sizes=ReaderSizes(span_size=16, dropout=0.0),
        finetuning=FinetuningSettings(casing=True, lora=LoraSettings(rank=8, alpha=16, num_layers=2)),
        optimiser=OptimiserSettings(
            adapter_lr=1e-2, head_lr=2e-2, weight_decay=0.0, batch_size=8, max_epochs=max_epochs, patience=50
        ),
    )


def train_small(
    checkpoint: EncoderCheckpoint,
    out_path: Path,
    config: ReaderConfig | None = None,
    *,
    examples: list[ReaderExample] | None = None,
    reports: list[Progress] | None = None,
    begin: Begin = "anew",
) -> TrainedReader:
    """Train on the small task."""
    return train_reader(
        small_reading() if examples is None else examples,
        config or tiny_reader_config(),
        encoder=checkpoint,
        out_path=out_path,
        progress=(reports if reports is not None else []).append,
        begin=begin,
    )


def ask(question: str, passage: str, answer: str, group: str = "g") -> ReaderExample:
    """Ask about a passage in which `answer` occurs; the question is its own source."""
    start = passage.index(answer)
    return ReaderExample(question, passage, (AnswerSpan(start, start + len(answer)),), question, group)

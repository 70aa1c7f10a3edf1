"""Every fine-tuning method in a tiny form, a few steps of training, and a bundle of what came out."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import numpy as np
import torch

from nlu.batching import Batch, collate
from nlu.bundle import Bundle, BundleContents, assemble_bundle
from nlu.calibration import Calibration, Thresholds
from nlu.checkpoint import EncoderCheckpoint
from nlu.encoder import SpanEncoder
from nlu.finetuning.adapter import AdapterSettings
from nlu.finetuning.bitfit import BitfitSettings
from nlu.finetuning.full import FullSettings
from nlu.finetuning.lora import LoraSettings
from nlu.finetuning.methods import FinetuningSettings, MethodName, make_method
from nlu.finetuning.prompt import PromptSettings
from nlu.labels import LabelMap
from nlu.model import HeadSizes, JointModel
from nlu.types import EntityAnnotation, Example
from tests.fakes_nlu import text_encoder_of, tiny_encoder

METHODS: tuple[MethodName, ...] = get_args(MethodName)

TINY = FinetuningSettings(
    lora=LoraSettings(rank=2, alpha=4, dropout=0.0, num_layers=1),
    full=FullSettings(num_layers=1),
    bitfit=BitfitSettings(num_layers=1),
    adapter=AdapterSettings(size=4, num_layers=1),
    prompt=PromptSettings(num_tokens=3, num_layers=1),
)


def tiny_settings(method: MethodName, *, casing: bool = True, spelling: bool = False) -> FinetuningSettings:
    """Give settings of `method` for an encoder of two layers, of which the upper one is trained."""
    return replace(TINY, method=method, casing=casing, spelling=spelling)


def batch_of(checkpoint: EncoderCheckpoint) -> Batch:
    """Give two texts of different length, written in different ways."""
    return collate(text_encoder_of(checkpoint).encode(["hello", "Send BACK the red coat 5"]))


def train_steps(encoder: SpanEncoder, batch: Batch, *, num_steps: int = 4) -> None:
    """Pull the states of a prepared encoder towards random ones."""
    states = encoder(batch)
    goal = torch.randn(states.shape, generator=torch.Generator().manual_seed(8))
    trained = [parameter for parameter in encoder.parameters() if parameter.requires_grad]
    optimiser = torch.optim.AdamW(trained, lr=0.05)
    for _ in range(num_steps):
        optimiser.zero_grad()
        ((encoder(batch) - goal)[batch.attention_mask]).square().mean().backward()
        optimiser.step()


def trained_contents(checkpoint: EncoderCheckpoint, settings: FinetuningSettings) -> BundleContents:
    """Fine-tune a few steps (nothing when frozen) and give that with random heads."""
    label_map = LabelMap.from_examples(
        [
            Example("hello", "greet"),
            Example("red", "colour", (EntityAnnotation(0, 3, "colour", "red"),)),
        ]
    )
    method, encoder = make_method(settings), tiny_encoder(checkpoint)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        method.prepare(encoder)
        if settings.method != "frozen":
            train_steps(encoder, batch_of(checkpoint))
        sizes = HeadSizes(num_intents=2, num_span_labels=1, num_patterns=0, span_size=4)
        model = JointModel(encoder, sizes)
    heads = {name: tensor for name, tensor in model.state_dict().items() if not name.startswith("encoder.")}
    return BundleContents(
        label_map=label_map,
        finetuning=settings,
        sizes=sizes,
        calibration=Calibration(1.0, 1.0, Thresholds()),
        synonyms={},
        regexes={},
        lookups={},
        adapter=method.extract(encoder),
        heads=heads,
        scope_score="neighbours",
        references={"embeddings": np.zeros((1, encoder.hidden), dtype=np.float32)},
        num_neighbours=1,
        training={},
        metrics={},
    )


def tiny_bundle(checkpoint: EncoderCheckpoint, settings: FinetuningSettings) -> Bundle:
    """Make a bundle in memory, fine-tuned by a few steps."""
    return assemble_bundle(trained_contents(checkpoint, settings), checkpoint, bundle_id="")

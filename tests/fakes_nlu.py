"""A tiny encoder checkpoint and a small training set, made in the test; nothing is downloaded."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import BertConfig, BertModel

from nlu.batching import TextEncoder, load_tokenizer
from nlu.checkpoint import EncoderCheckpoint, resolve_encoder
from nlu.data.rasa_nlu import NluData
from nlu.encoder import SpanEncoder, load_encoder
from nlu.finetuning.lora import LoraSettings
from nlu.finetuning.methods import FinetuningSettings
from nlu.patterns import PatternSet
from nlu.training.config import (
    CalibrationSettings,
    HeadSettings,
    LossSettings,
    OptimiserSettings,
    TrainConfig,
)
from nlu.types import EntityAnnotation, Example

SPECIAL_TOKENS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
NO_PATTERNS = PatternSet((), ())
MAX_TOKENS = 48


def make_checkpoint(folder: Path, words: Sequence[str], *, is_cased: bool = False) -> EncoderCheckpoint:
    """Write a random encoder of two layers, 16 wide, that knows `words` and all their letters."""
    letters = sorted(
        {letter for word in words for letter in word} | set("abcdefghijklmnopqrstuvwxyz0123456789#-")
    )
    vocabulary = [*SPECIAL_TOKENS, *letters, *(f"##{letter}" for letter in letters), *words]
    folder.mkdir(parents=True, exist_ok=True)
    ids = {token: number for number, token in enumerate(dict.fromkeys(vocabulary))}
    make_tokenizer(ids, is_cased=is_cased).save(str(folder / "tokenizer.json"))
    config = BertConfig(
        vocab_size=len(ids),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=MAX_TOKENS,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(7)
        body = BertModel(config, add_pooling_layer=False)
        for parameter in body.parameters():
            if parameter.dim() > 1:
                torch.nn.init.normal_(parameter, std=0.3)
    body.save_pretrained(folder)
    return resolve_encoder(str(folder))


def make_tokenizer(ids: dict[str, int], *, is_cased: bool = False) -> Tokenizer:
    """Make a WordPiece tokenizer as BERT has it."""
    tokenizer = Tokenizer(models.WordPiece(ids, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=not is_cased)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", ids["[SEP]"]), ("[CLS]", ids["[CLS]"]))
    return tokenizer


WORDS = (
    "hello", "hi", "good", "morning", "where", "is", "my", "order", "track", "parcel", "the", "i", "want",
    "to", "return", "send", "back", "red", "blue", "navy", "green", "shirt", "coat", "hat", "please", "a",
    "swap", "for", "from",
)  # fmt: skip


def text_encoder_of(checkpoint: EncoderCheckpoint, patterns: PatternSet = NO_PATTERNS) -> TextEncoder:
    """Make the text encoder of a tiny checkpoint."""
    return TextEncoder(load_tokenizer(checkpoint), patterns, max_tokens=MAX_TOKENS)


def tiny_encoder(checkpoint: EncoderCheckpoint) -> SpanEncoder:
    """Load a fresh encoder."""
    return load_encoder(checkpoint)


def example(marked: str, intent: str, *, source: str = "nlu.yml:1") -> Example:
    """Make an example from ``words [span](label) words``; a label may be ``entity`` or ``entity|role``."""
    text, spans, rest = "", [], marked
    while "[" in rest:
        before, _, rest = rest.partition("[")
        span, _, rest = rest.partition("](")
        label, _, rest = rest.partition(")")
        entity, _, role = label.partition("|")
        start = len(text) + len(before)
        text += before + span
        spans.append(EntityAnnotation(start, start + len(span), entity, span, role or None))
    return Example(text + rest, intent, tuple(spans), source)


def small_data() -> NluData:
    """Give a data set of three intents and two entities that a tiny model can learn."""
    colours, things = ("red", "blue", "navy", "green"), ("shirt", "coat", "hat")
    greetings = [
        example(text, "greet") for text in ("hello", "hi", "good morning", "hi hello", "hello hi good")
    ]
    tracking = [
        example(f"{verb} my {noun}{ending}", "track")
        for verb in ("track", "where is")
        for noun in ("order", "parcel")
        for ending in ("", " please")
    ]
    returns = [
        example(f"i want to return the [{colour}](colour) [{thing}](product)", "return")
        for colour in colours
        for thing in things
    ]
    swaps = [
        example(f"swap [{old}](colour|old) for [{new}](colour|new)", "return")
        for old in colours
        for new in colours
        if old != new
    ]
    examples = (*greetings, *tracking, *returns, *swaps)
    return NluData(examples, {"navy": "dark blue"}, {"product": things}, {"order_number": (r"fh-?\d{5}",)})


def tiny_config(*, max_epochs: int = 12, seed: int = 3) -> TrainConfig:
    """Give settings that suit the tiny encoder."""
    return TrainConfig(
        seed=seed,
        validation_fraction=0.2,
        primary_metric="intent_and_span",
        device="cpu",
        precision="float32",
        finetuning=FinetuningSettings(lora=LoraSettings(rank=4, alpha=8, dropout=0.0, num_layers=1)),
        optimiser=OptimiserSettings(
            adapter_lr=1e-2, head_lr=2e-2, weight_decay=0.0, batch_size=8, max_epochs=max_epochs, patience=30
        ),
        heads=HeadSettings(span_size=16, dropout=0.0),
        losses=LossSettings(span=1.0, distillation=0.1, contrastive=0.1),
        calibration=CalibrationSettings(),
    )


def flip_byte(path: Path, position: int = -1) -> None:
    """Change one byte of a file."""
    content = bytearray(path.read_bytes())
    content[position] ^= 0x01
    path.write_bytes(bytes(content))


def reseal(folder: Path) -> None:
    """Make the manifest believe the files as they are now."""
    import hashlib

    from nlu.manifest import hash_files

    document = json.loads((folder / "manifest.json").read_bytes())
    document.pop("sha256")
    document["files"] = hash_files(folder)
    sealed = json.dumps(document, sort_keys=True, indent=1).encode()
    document["sha256"] = hashlib.sha256(sealed).hexdigest()
    (folder / "manifest.json").write_bytes(json.dumps(document, sort_keys=True, indent=1).encode() + b"\n")

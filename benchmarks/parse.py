"""Parsing as the server does it against the encoder alone, in turn, in one process."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import torch

from app.dialogue.errors import UnderstandingError
from app.serving.batching import Batcher
from nlu.batching import collate
from nlu.bundle import load_bundle
from nlu.interpreter import BundleInterpreter

BUNDLE = Path("bots/retail/bundle")


def parse_and_forward_ms(texts: Sequence[str], rounds: int) -> tuple[list[float], list[float]]:
    """Time both ways of going through the encoder, alternating text by text.

    Returns:
        Milliseconds of whole parses (tokens, encoder, heads, decoding, calibration, batcher) and of
        bare forward passes over the ready token ids, `rounds` of each text.
    """
    bundle = load_bundle(BUNDLE)
    interpreter = BundleInterpreter(bundle)
    interpreter.warm_up()
    batcher = Batcher(interpreter.parse, name="interpreter", failure=UnderstandingError)
    batches = [collate(bundle.text_encoder.encode([text])) for text in texts]
    parse_ms: list[float] = []
    forward_ms: list[float] = []
    for _ in range(rounds):
        for text, batch in zip(texts, batches, strict=True):
            started = time.perf_counter()
            with torch.inference_mode():
                bundle.model.encoder(batch)
            between = time.perf_counter()
            batcher.submit(text)
            forward_ms.append((between - started) * 1000)
            parse_ms.append((time.perf_counter() - between) * 1000)
    batcher.close()
    return parse_ms, forward_ms

from __future__ import annotations

import torch

from nlu.checkpoint import EncoderCheckpoint
from nlu.labels import LabelMap
from nlu.training.cache import cache_bytes, cache_states
from nlu.training.compute import EXACT_CPU
from nlu.training.dataset import encode_examples, make_batches
from nlu.training.forward import run_cached, run_trained_part
from nlu.training.loop import train_loop
from nlu.training.steps import trained_parameters
from tests.fakes_nlu import small_data, text_encoder_of, tiny_config, tiny_encoder
from tests.fakes_training_loop import RecordingWatcher, make_model, make_splits

EXAMPLES = small_data().examples


def test_bytes_are_those_of_the_states(checkpoint: EncoderCheckpoint) -> None:
    encoded = encode_examples(EXAMPLES, LabelMap.from_examples(EXAMPLES), text_encoder_of(checkpoint))

    cached = cache_states(encoded, tiny_encoder(checkpoint), first_trained_layer=1)

    stored = sum(one.states.nbytes for one in cached if one.states is not None)
    assert cache_bytes(encoded, 16) == stored > 0


def test_watch_hears_of_all_examples(checkpoint: EncoderCheckpoint) -> None:
    encoded = encode_examples(EXAMPLES, LabelMap.from_examples(EXAMPLES), text_encoder_of(checkpoint))
    heard: list[tuple[int, int]] = []

    cache_states(
        encoded,
        tiny_encoder(checkpoint),
        first_trained_layer=1,
        watch=lambda done, total: heard.append((done, total)),
    )

    assert heard[-1] == (len(EXAMPLES), len(EXAMPLES))


def test_states_that_are_not_kept_are_computed_equally(checkpoint: EncoderCheckpoint) -> None:
    results = []
    for keep_states in (True, False):
        with torch.random.fork_rng(devices=[]):
            config = tiny_config(max_epochs=3)
            splits = make_splits(checkpoint, config, EXAMPLES, EXAMPLES[::5], keep_states=keep_states)
            model = make_model(checkpoint, config, splits.label_map)
            epochs = train_loop(model, splits, config, watcher=RecordingWatcher())
        results.append(([epoch.train_loss for epoch in epochs], trained_parameters(model)))

    (kept_losses, kept), (computed_losses, computed) = results
    torch.testing.assert_close(torch.tensor(kept_losses), torch.tensor(computed_losses), atol=1e-3, rtol=1e-3)
    torch.testing.assert_close(kept, computed, atol=5e-3, rtol=5e-2)


def test_padding_does_not_change_outputs(checkpoint: EncoderCheckpoint) -> None:
    with torch.random.fork_rng(devices=[]):
        config = tiny_config()
        splits = make_splits(checkpoint, config, [EXAMPLES[0], EXAMPLES[-1]])
        model = make_model(checkpoint, config, splits.label_map).eval()
    alone = next(make_batches(splits.train[:1], batch_size=1, rng=None))

    (_, together), *_ = run_cached(model, splits.train, 1, EXACT_CPU)
    with torch.no_grad():
        single = run_trained_part(model, alone, 1, EXACT_CPU)

    length = alone.batch.ids.shape[1]
    assert length < together.span_gains.shape[2]
    torch.testing.assert_close(together.intent_logits[:1], single.intent_logits, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(
        together.span_gains[:1, :, :length, :length].triu(), single.span_gains.triu(), atol=1e-4, rtol=1e-4
    )

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from nlu.checkpoint import EncoderCheckpoint
from nlu.training.compute import EXACT_CPU
from nlu.training.config import ConfigError
from nlu.training.dataset import make_batches
from nlu.training.forward import drop_tokens, embed_cached, run_trained_part
from tests.fakes_nlu import small_data, tiny_config
from tests.fakes_training_loop import make_model, make_splits


def test_dropped_tokens_are_blank_and_the_others_as_they_were() -> None:
    states = torch.ones(20, 50, 3)

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        dropped = drop_tokens(states, 0.2)

    assert set(dropped.sum(dim=-1).flatten().tolist()) == {0.0, 3.0}  # a whole token or nothing
    assert 1.0 - dropped.mean().item() == pytest.approx(0.2, abs=0.05)
    assert states.all()  # the cache is not written to


@pytest.mark.parametrize("keep_states", [True, False], ids=["cached", "computed"])
def test_tokens_are_dropped_below_the_trained_layers(
    checkpoint: EncoderCheckpoint, keep_states: bool
) -> None:
    config = tiny_config()
    splits = make_splits(checkpoint, config, small_data().examples[::4], keep_states=keep_states)
    batch = next(make_batches(splits.train, batch_size=4, rng=None))
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        model, first = make_model(checkpoint, config, splits.label_map).eval(), splits.first_trained_layer

        exact, again = (run_trained_part(model, batch, first, EXACT_CPU) for _ in range(2))
        dropped = run_trained_part(model, batch, first, EXACT_CPU, token_dropout=0.4)
        all_gone = run_trained_part(model, batch, first, EXACT_CPU, token_dropout=1.0)

    assert torch.equal(exact.embedding, again.embedding)
    assert not torch.allclose(dropped.embedding, exact.embedding, atol=1e-3)
    assert torch.allclose(all_gone.embedding[0], all_gone.embedding[1], atol=1e-5)  # nothing tells them apart


def test_outputs_come_in_the_order_of_the_examples(checkpoint: EncoderCheckpoint) -> None:
    config = tiny_config()
    splits = make_splits(checkpoint, config, small_data().examples)
    lengths = [len(one.example.encoded) for one in splits.train]
    assert lengths != sorted(lengths)
    with torch.random.fork_rng(devices=[]):
        model, first = make_model(checkpoint, config, splits.label_map), splits.first_trained_layer

        embeddings, logits = embed_cached(model, splits.train, first, EXACT_CPU)
        alone = [embed_cached(model, [one], first, EXACT_CPU) for one in splits.train]

    torch.testing.assert_close(embeddings, torch.cat([embedding for embedding, _ in alone]))
    torch.testing.assert_close(logits, torch.cat([logit for _, logit in alone]))


@pytest.mark.parametrize("rate", [-0.1, 1.0])
def test_impossible_share_of_tokens_is_refused(rate: float) -> None:
    with pytest.raises(ConfigError, match=rf"token_dropout: got {rate}, expected a number in \[0, 1\)"):
        replace(tiny_config(), token_dropout=rate)

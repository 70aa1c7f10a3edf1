from __future__ import annotations

import pytest
import torch

from nlu.batching import Batch, collate
from nlu.checkpoint import CheckpointError, EncoderCheckpoint
from nlu.encoder import SpanEncoder
from nlu.finetuning.method import FinetuningError, FinetuningMethod
from nlu.finetuning.methods import make_method
from nlu.text import Casing
from tests.fakes_finetuning import batch_of, tiny_settings, train_steps
from tests.fakes_nlu import text_encoder_of, tiny_encoder

LORA = make_method(tiny_settings("lora"))
SPELLING = make_method(tiny_settings("lora", casing=False, spelling=True))
BOTH = make_method(tiny_settings("lora", spelling=True))
SPELLING_NAMES = {f"spelling.{name}" for name in ("signs", "filters", "bias", "output")}


def states_of(encoder: SpanEncoder, batch: Batch) -> torch.Tensor:
    with torch.no_grad():
        states: torch.Tensor = encoder(batch)
    return states


def with_visible_casing(checkpoint: EncoderCheckpoint) -> SpanEncoder:
    encoder = tiny_encoder(checkpoint)
    encoder.add_casing(1)
    assert encoder.casing is not None
    torch.nn.init.normal_(encoder.casing.weight, generator=torch.Generator().manual_seed(4))
    return encoder


def test_casing_of_one_word_is_seen_by_the_others(checkpoint: EncoderCheckpoint) -> None:
    encoder = with_visible_casing(checkpoint)
    lower, upper = (collate(text_encoder_of(checkpoint).encode([f"{hi} red"])) for hi in ("hi", "HI"))
    assert torch.equal(lower.ids, upper.ids)  # to the vocabulary they are the same
    assert torch.equal(states_of(tiny_encoder(checkpoint), lower), states_of(tiny_encoder(checkpoint), upper))

    red = [states_of(encoder, batch)[0, 2] for batch in (lower, upper)]

    assert not torch.allclose(*red, atol=1e-3)


def test_casing_enters_at_its_layer(checkpoint: EncoderCheckpoint) -> None:
    encoder, batch = with_visible_casing(checkpoint), batch_of(checkpoint)
    assert encoder.casing is not None

    with torch.no_grad():
        lower = encoder.run_lower(batch, 1)
        by_hand = tiny_encoder(checkpoint).run_upper(lower + encoder.casing(batch.casing), batch, 1)

    assert torch.equal(lower, tiny_encoder(checkpoint).run_lower(batch, 1))
    assert torch.equal(states_of(encoder, batch), by_hand)


def test_casing_starts_at_zero_and_is_trained(checkpoint: EncoderCheckpoint) -> None:
    encoder = tiny_encoder(checkpoint)

    LORA.prepare(encoder)

    weight = LORA.extract(encoder)["casing.weight"]
    assert weight.shape == (len(Casing), 16)
    assert not weight.any()
    assert encoder.feature_layer == 1
    assert encoder.casing is not None
    assert encoder.casing.weight.requires_grad


@pytest.mark.parametrize("method", ["lora", "frozen"])
def test_switched_off_there_is_none(checkpoint: EncoderCheckpoint, method: str) -> None:
    encoder = tiny_encoder(checkpoint)
    settings = tiny_settings("frozen") if method == "frozen" else tiny_settings("lora", casing=False)

    make_method(settings).prepare(encoder)

    assert encoder.casing is None
    assert "casing.weight" not in make_method(settings).extract(encoder)


def test_adapter_without_casing_is_refused(checkpoint: EncoderCheckpoint) -> None:
    encoder = tiny_encoder(checkpoint)
    LORA.prepare(encoder)
    adapter = LORA.extract(encoder)
    adapter.pop("casing.weight")

    with pytest.raises(CheckpointError, match=r"does not fit the encoder at \['casing\.weight'\]"):
        LORA.merge(tiny_encoder(checkpoint), adapter)


def test_extracting_before_preparing_is_refused(checkpoint: EncoderCheckpoint) -> None:
    with pytest.raises(FinetuningError, match="without casing vectors"):
        LORA.extract(tiny_encoder(checkpoint))


def prepared(checkpoint: EncoderCheckpoint, method: FinetuningMethod, seed: int = 5) -> SpanEncoder:
    encoder = tiny_encoder(checkpoint)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        method.prepare(encoder)
    return encoder


def test_spelling_tells_words_apart_that_are_one_to_the_vocabulary(checkpoint: EncoderCheckpoint) -> None:
    encoder = prepared(checkpoint, SPELLING)
    assert encoder.spelling is not None
    torch.nn.init.normal_(encoder.spelling.output, std=0.02, generator=torch.Generator().manual_seed(4))
    one, other = (collate(text_encoder_of(checkpoint).encode([f"{hat} red"])) for hat in ("hAt", "haT"))
    assert torch.equal(one.ids, other.ids)
    assert torch.equal(one.casing, other.casing)

    red = [states_of(encoder, batch)[0, 2] for batch in (one, other)]

    assert not torch.allclose(*red, atol=1e-3)


def test_spelling_is_drawn_and_starts_as_exactly_no_change(checkpoint: EncoderCheckpoint) -> None:
    encoder, batch = prepared(checkpoint, SPELLING), batch_of(checkpoint)

    weights = SPELLING.extract(encoder)

    assert torch.equal(states_of(encoder, batch), states_of(tiny_encoder(checkpoint), batch))
    assert set(weights) >= SPELLING_NAMES
    assert weights["spelling.signs"].all()
    assert weights["spelling.filters"].all()
    assert not weights["spelling.output"].any()
    assert encoder.feature_layer == 1


def test_spelling_is_drawn_from_the_generator(checkpoint: EncoderCheckpoint) -> None:
    first, again, other = (
        SPELLING.extract(prepared(checkpoint, SPELLING, seed))["spelling.signs"] for seed in (1, 1, 2)
    )

    assert torch.equal(first, again)
    assert not torch.equal(first, other)


@pytest.mark.parametrize(
    ("method", "names"),
    [(LORA, {"casing.weight"}), (SPELLING, SPELLING_NAMES), (BOTH, SPELLING_NAMES | {"casing.weight"})],
    ids=["casing", "spelling", "both"],
)
def test_features_are_trained_whole(
    checkpoint: EncoderCheckpoint, method: FinetuningMethod, names: set[str]
) -> None:
    encoder = prepared(checkpoint, method)
    before = method.extract(encoder)

    train_steps(encoder, batch_of(checkpoint))

    after = method.extract(encoder)
    own = {name for name in after if name.startswith(("casing.", "spelling."))}
    assert own == names
    assert all(not torch.equal(after[name], before[name]) for name in names)


def test_features_do_not_get_in_each_others_way(checkpoint: EncoderCheckpoint) -> None:
    encoder, batch = prepared(checkpoint, BOTH), batch_of(checkpoint)
    train_steps(encoder, batch)
    adapter = BOTH.extract(encoder)
    without = {name: one for name, one in adapter.items() if not name.startswith("spelling.")}
    both, casing_only = tiny_encoder(checkpoint), tiny_encoder(checkpoint)

    BOTH.merge(both, adapter)
    LORA.merge(casing_only, without)

    torch.testing.assert_close(states_of(both, batch), states_of(encoder, batch), atol=1e-5, rtol=1e-5)
    assert not torch.allclose(states_of(casing_only, batch), states_of(both, batch), atol=1e-3)


@pytest.mark.parametrize("name", sorted(SPELLING_NAMES))
def test_adapter_without_a_weight_of_the_spelling_is_refused(
    checkpoint: EncoderCheckpoint, name: str
) -> None:
    adapter = SPELLING.extract(prepared(checkpoint, SPELLING))
    adapter.pop(name)

    with pytest.raises(CheckpointError, match=rf"does not fit the encoder at \['{name}'\]"):
        SPELLING.merge(tiny_encoder(checkpoint), adapter)


@pytest.mark.parametrize(("wanted", "trained"), [(LORA, BOTH), (SPELLING, BOTH), (BOTH, LORA)])
def test_adapter_with_other_features_is_refused(
    checkpoint: EncoderCheckpoint, wanted: FinetuningMethod, trained: FinetuningMethod
) -> None:
    adapter = trained.extract(prepared(checkpoint, trained))

    with pytest.raises(CheckpointError, match="does not fit the encoder at"):
        wanted.merge(tiny_encoder(checkpoint), adapter)


def test_spelling_of_other_sizes_is_refused(checkpoint: EncoderCheckpoint) -> None:
    adapter = SPELLING.extract(prepared(checkpoint, SPELLING))
    adapter["spelling.output"] = adapter["spelling.output"][:, 1:]

    with pytest.raises(CheckpointError, match=r"spelling\.output of shape \(16, 95\) .*expected \(16, 96\)"):
        SPELLING.merge(tiny_encoder(checkpoint), adapter)


def test_extracting_spelling_before_preparing_is_refused(checkpoint: EncoderCheckpoint) -> None:
    encoder = prepared(checkpoint, LORA)

    with pytest.raises(FinetuningError, match="without spelling vectors"):
        BOTH.extract(encoder)


def test_dropout_of_the_spelling_follows_the_encoder(checkpoint: EncoderCheckpoint) -> None:
    """A merged encoder serves; it is in evaluation mode and must not draw."""
    encoder = prepared(checkpoint, SPELLING)

    assert encoder.spelling is not None
    assert not encoder.spelling.training


def test_frozen_has_no_features(checkpoint: EncoderCheckpoint) -> None:
    encoder = prepared(checkpoint, make_method(tiny_settings("frozen", casing=True, spelling=True)))

    assert (encoder.casing, encoder.spelling) == (None, None)

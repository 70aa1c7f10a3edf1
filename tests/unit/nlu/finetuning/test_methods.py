"""What every fine-tuning method promises, whatever it trains; for BERT and for another family."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from transformers import RobertaConfig, RobertaModel

from nlu.batching import Batch
from nlu.checkpoint import CheckpointError, EncoderCheckpoint, resolve_encoder
from nlu.encoder import SpanEncoder
from nlu.finetuning.method import FinetuningError
from nlu.finetuning.methods import FinetuningSettings, MethodName, make_method
from tests.fakes_finetuning import METHODS, batch_of, tiny_settings, train_steps
from tests.fakes_nlu import WORDS, make_checkpoint, tiny_encoder

TRAINING: tuple[MethodName, ...] = tuple(method for method in METHODS if method != "frozen")
NEUTRAL_AT_FIRST: tuple[MethodName, ...] = tuple(method for method in METHODS if method != "prompt")
FAMILIES = ("bert", "roberta")


@pytest.fixture(scope="module", params=FAMILIES)
def base(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> EncoderCheckpoint:
    folder = tmp_path_factory.mktemp(request.param)
    checkpoint = make_checkpoint(folder, WORDS)
    return checkpoint if request.param == "bert" else with_roberta(folder)


def with_roberta(folder: Path) -> EncoderCheckpoint:
    """Replace the weights by those of a family that transformers computes."""
    config = RobertaConfig(
        vocab_size=200,
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=50,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(9)
        body = RobertaModel(config, add_pooling_layer=False)
        for parameter in body.parameters():
            if parameter.dim() > 1:
                torch.nn.init.normal_(parameter, std=0.3)
    body.save_pretrained(folder)
    return resolve_encoder(str(folder))


@pytest.fixture
def batch(base: EncoderCheckpoint) -> Batch:
    return batch_of(base)


def prepared_encoder(base: EncoderCheckpoint, settings: FinetuningSettings) -> SpanEncoder:
    encoder = tiny_encoder(base)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        make_method(settings).prepare(encoder)
    return encoder


def states_of(encoder: SpanEncoder, batch: Batch) -> torch.Tensor:
    with torch.no_grad():
        states: torch.Tensor = encoder(batch)
    return states


@pytest.mark.parametrize("spelling", [False, True], ids=["plain", "spelling"])
@pytest.mark.parametrize("method", NEUTRAL_AT_FIRST)
def test_prepared_encoder_equals_the_base_exactly(
    base: EncoderCheckpoint, batch: Batch, method: MethodName, spelling: bool
) -> None:
    prepared = prepared_encoder(base, tiny_settings(method, spelling=spelling))

    assert torch.equal(states_of(prepared, batch), states_of(tiny_encoder(base), batch))


@pytest.mark.parametrize("spelling", [False, True], ids=["plain", "spelling"])
@pytest.mark.parametrize("method", TRAINING)
def test_gradients_reach_the_adapter_and_nothing_else(
    base: EncoderCheckpoint, batch: Batch, method: MethodName, spelling: bool
) -> None:
    settings = tiny_settings(method, spelling=spelling)
    encoder = prepared_encoder(base, settings)
    train_steps(encoder, batch, num_steps=1)  # LoRA's and the bottleneck's first half is idle before a step

    encoder.zero_grad()
    encoder(batch).square().sum().backward()

    reached = {name for name, parameter in encoder.named_parameters() if parameter.grad is not None}
    assert reached == set(make_method(settings).extract(encoder))
    assert "casing.weight" in reached
    assert ("spelling.filters" in reached) == spelling


@pytest.mark.parametrize("spelling", [False, True], ids=["plain", "spelling"])
@pytest.mark.parametrize("method", TRAINING)
def test_only_the_adapter_changes_in_training(
    base: EncoderCheckpoint, batch: Batch, method: MethodName, spelling: bool
) -> None:
    settings = tiny_settings(method, spelling=spelling)
    encoder = prepared_encoder(base, settings)
    before = {name: parameter.detach().clone() for name, parameter in encoder.named_parameters()}

    train_steps(encoder, batch)

    changed = {
        name for name, parameter in encoder.named_parameters() if not torch.equal(parameter, before[name])
    }
    assert changed
    assert changed <= set(make_method(settings).extract(encoder))


@pytest.mark.parametrize(
    ("casing", "spelling"),
    [(True, False), (False, False), (False, True), (True, True)],
    ids=["casing", "plain", "spelling", "both"],
)
@pytest.mark.parametrize("method", METHODS)
def test_merged_fresh_encoder_equals_the_trained_one(
    base: EncoderCheckpoint, batch: Batch, method: MethodName, casing: bool, spelling: bool
) -> None:
    settings = tiny_settings(method, casing=casing, spelling=spelling)
    trained, served = prepared_encoder(base, settings), tiny_encoder(base)
    if method != "frozen":
        train_steps(trained, batch)

    make_method(settings).merge(served, make_method(settings).extract(trained))

    torch.testing.assert_close(states_of(served, batch), states_of(trained, batch), atol=1e-5, rtol=1e-5)
    is_base = torch.allclose(states_of(served, batch), states_of(tiny_encoder(base), batch), atol=1e-2)
    assert is_base == (method == "frozen")


@pytest.mark.parametrize("spelling", [False, True], ids=["plain", "spelling"])
@pytest.mark.parametrize("method", METHODS)
def test_restored_adapter_gives_the_trained_states_exactly(
    base: EncoderCheckpoint, batch: Batch, method: MethodName, spelling: bool
) -> None:
    settings = tiny_settings(method, spelling=spelling)
    trained, restored = prepared_encoder(base, settings), prepared_encoder(base, settings)
    if method != "frozen":
        train_steps(trained, batch)

    make_method(settings).restore(restored, make_method(settings).extract(trained))

    assert torch.equal(states_of(restored, batch), states_of(trained, batch))


@pytest.mark.parametrize("spelling", [False, True], ids=["plain", "spelling"])
@pytest.mark.parametrize("method", TRAINING)
def test_taking_the_training_back_gives_the_start_exactly(
    base: EncoderCheckpoint, batch: Batch, method: MethodName, spelling: bool
) -> None:
    settings = tiny_settings(method, spelling=spelling)
    encoder = prepared_encoder(base, settings)
    start, start_states = make_method(settings).extract(encoder), states_of(encoder, batch)
    train_steps(encoder, batch)
    assert not torch.equal(states_of(encoder, batch), start_states)

    make_method(settings).restore(encoder, start)

    assert torch.equal(states_of(encoder, batch), start_states)


@pytest.mark.parametrize("spelling", [False, True], ids=["plain", "spelling"])
@pytest.mark.parametrize("num_lower", [0, 1, 2])
@pytest.mark.parametrize("method", METHODS)
def test_two_parts_equal_one_run_after_training(
    base: EncoderCheckpoint, batch: Batch, method: MethodName, spelling: bool, num_lower: int
) -> None:
    encoder = prepared_encoder(base, tiny_settings(method, spelling=spelling))
    if method != "frozen":
        train_steps(encoder, batch)

    with torch.no_grad():
        parts = encoder.run_upper(encoder.run_lower(batch, num_lower), batch, num_lower)

    assert torch.equal(parts, states_of(encoder, batch))


@pytest.mark.parametrize("method", METHODS)
def test_layers_below_the_first_trained_one_never_change(
    base: EncoderCheckpoint, batch: Batch, method: MethodName
) -> None:
    settings = tiny_settings(method)
    encoder = prepared_encoder(base, settings)
    first = make_method(settings).first_trained_layer(encoder)
    if method != "frozen":
        train_steps(encoder, batch)

    with torch.no_grad():
        lower = encoder.run_lower(batch, first)
        expected = tiny_encoder(base).run_lower(batch, first)

    assert first == (2 if method == "frozen" else 1)
    assert torch.equal(lower, expected)


@pytest.mark.parametrize("spelling", [False, True], ids=["plain", "spelling"])
@pytest.mark.parametrize("method", METHODS)
def test_padding_does_not_change_adapted_states(
    base: EncoderCheckpoint, batch: Batch, method: MethodName, spelling: bool
) -> None:
    encoder = prepared_encoder(base, tiny_settings(method, spelling=spelling))
    if method != "frozen":
        train_steps(encoder, batch)
    alone = replace(
        batch, **{name: getattr(batch, name)[:1, :3] for name in type(batch).__dataclass_fields__}
    )
    assert batch.attention_mask[0].sum() == 3

    padded = states_of(encoder, batch)[:1, :3]

    torch.testing.assert_close(padded, states_of(encoder, alone), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("spelling", [False, True], ids=["plain", "spelling"])
@pytest.mark.parametrize("method", METHODS)
def test_merging_draws_no_random_numbers(base: EncoderCheckpoint, method: MethodName, spelling: bool) -> None:
    settings = tiny_settings(method, spelling=spelling)
    adapter = make_method(settings).extract(prepared_encoder(base, settings))
    served, before = tiny_encoder(base), torch.get_rng_state()

    make_method(settings).merge(served, adapter)

    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("method", METHODS)
def test_adapter_with_another_name_is_refused(base: EncoderCheckpoint, method: MethodName) -> None:
    settings = tiny_settings(method)
    adapter = make_method(settings).extract(prepared_encoder(base, settings))

    with pytest.raises(CheckpointError, match=r"does not fit the encoder at \['layers\.9\.x'\]"):
        make_method(settings).merge(tiny_encoder(base), adapter | {"layers.9.x": torch.zeros(1)})


@pytest.mark.parametrize("method", TRAINING)
def test_adapter_of_other_widths_is_refused(base: EncoderCheckpoint, method: MethodName) -> None:
    settings = tiny_settings(method)
    adapter = make_method(settings).extract(prepared_encoder(base, settings))
    wide = {name: torch.zeros(tensor.shape[0] + 1, 2) for name, tensor in adapter.items()}

    with pytest.raises(CheckpointError, match=r"in the adapter, expected \(.*; train the adapter again"):
        make_method(settings).merge(tiny_encoder(base), wide)


def test_settings_survive_json() -> None:
    settings = tiny_settings("adapter", casing=False, spelling=True)

    assert FinetuningSettings.from_json(json.loads(json.dumps(settings.to_json()))) == settings


@pytest.mark.parametrize(
    "change",
    [{"method": "magic"}, {"lora": {"depth": 3}}, {"lora": None}],
    ids=["method", "key", "no table"],
)
def test_settings_of_another_form_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(CheckpointError, match="settings of fine-tuning that cannot be read"):
        FinetuningSettings.from_json(FinetuningSettings().to_json() | change)


def test_unknown_method_is_refused_with_those_there_are() -> None:
    settings = FinetuningSettings(method="magic")  # type: ignore[arg-type]

    with pytest.raises(FinetuningError, match="method 'magic', expected one of lora, full, bitfit"):
        make_method(settings)

"""Bundles of every fine-tuning method: what was trained is what is served; what does not fit is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from nlu.bundle import Bundle, Origin, assemble_bundle, load_bundle, save_bundle
from nlu.checkpoint import CheckpointError, EncoderCheckpoint
from nlu.finetuning.lora import LoraSettings
from nlu.finetuning.methods import MethodName
from nlu.labels import LabelMap
from tests.fakes_finetuning import METHODS, batch_of, tiny_bundle, tiny_settings, trained_contents
from tests.fakes_nlu import reseal

ORIGIN = Origin(data_hash="d" * 64, code_hash="c" * 64, seed=1)


def embeddings_of(bundle: Bundle, checkpoint: EncoderCheckpoint) -> torch.Tensor:
    with torch.no_grad():
        embeddings: torch.Tensor = bundle.model.embed(batch_of(checkpoint))
    return embeddings


def saved(bundle: Bundle, checkpoint: EncoderCheckpoint, tmp_path: Path) -> Path:
    save_bundle(bundle, checkpoint, ORIGIN, tmp_path / "bundle")
    return tmp_path / "bundle"


@pytest.mark.parametrize("spelling", [False, True], ids=["plain", "spelling"])
@pytest.mark.parametrize("method", METHODS)
def test_loaded_bundle_computes_the_same_bits(
    checkpoint: EncoderCheckpoint, tmp_path: Path, method: MethodName, spelling: bool
) -> None:
    bundle = tiny_bundle(checkpoint, tiny_settings(method, spelling=spelling))

    loaded = load_bundle(saved(bundle, checkpoint, tmp_path), encoder=checkpoint)

    assert loaded.contents.finetuning == bundle.contents.finetuning
    assert loaded.encoder_id == bundle.encoder_id
    with torch.no_grad():
        got, expected = loaded.model(batch_of(checkpoint)), bundle.model(batch_of(checkpoint))
    assert torch.equal(got.intent_logits, expected.intent_logits)
    assert torch.equal(got.span_gains, expected.span_gains)
    assert torch.equal(got.embedding, expected.embedding)


@pytest.mark.parametrize("method", METHODS)
def test_saving_twice_gives_the_same_bundle(
    checkpoint: EncoderCheckpoint, tmp_path: Path, method: MethodName
) -> None:
    first, second = (tiny_bundle(checkpoint, tiny_settings(method)) for _ in range(2))

    manifests = [
        save_bundle(bundle, checkpoint, ORIGIN, tmp_path / name)
        for name, bundle in {"first": first, "second": second}.items()
    ]

    assert manifests[0] == manifests[1]


@pytest.mark.parametrize("method", METHODS)
def test_bundle_stores_the_adapter_and_not_the_base(
    checkpoint: EncoderCheckpoint, tmp_path: Path, method: MethodName
) -> None:
    folder = saved(tiny_bundle(checkpoint, tiny_settings(method)), checkpoint, tmp_path)

    names = set(load_file(folder / "adapter.safetensors"))

    assert ("casing.weight" in names) == (method != "frozen")
    assert all(name.startswith("layers.1.") for name in names - {"casing.weight"})


@pytest.mark.parametrize("method", METHODS)
def test_served_model_is_frozen(checkpoint: EncoderCheckpoint, method: MethodName) -> None:
    model = tiny_bundle(checkpoint, tiny_settings(method)).model

    assert not model.training
    assert not any(parameter.requires_grad for parameter in model.parameters())


def test_encoder_id_tells_the_strength_of_an_equal_adapter(checkpoint: EncoderCheckpoint) -> None:
    contents = trained_contents(checkpoint, tiny_settings("lora"))
    stronger = replace(contents.finetuning, lora=LoraSettings(rank=2, alpha=8, dropout=0.0, num_layers=1))

    one, other = (
        assemble_bundle(replace(contents, finetuning=settings), checkpoint, bundle_id="")
        for settings in (contents.finetuning, stronger)
    )

    assert not torch.allclose(embeddings_of(one, checkpoint), embeddings_of(other, checkpoint), atol=1e-4)
    assert one.encoder_id != other.encoder_id


def test_bundle_stores_the_spelling_and_refuses_to_do_without(
    checkpoint: EncoderCheckpoint, tmp_path: Path
) -> None:
    folder = saved(tiny_bundle(checkpoint, tiny_settings("lora", spelling=True)), checkpoint, tmp_path)
    adapter = load_file(folder / "adapter.safetensors")
    assert adapter["spelling.output"].any()
    adapter.pop("spelling.output")
    save_file(adapter, folder / "adapter.safetensors")
    reseal(folder)

    with pytest.raises(CheckpointError, match=r"does not fit the encoder at \['spelling\.output'\]"):
        load_bundle(folder, encoder=checkpoint)


def test_adapter_of_another_method_is_refused(checkpoint: EncoderCheckpoint) -> None:
    contents = trained_contents(checkpoint, tiny_settings("adapter"))

    with pytest.raises(CheckpointError, match="adapter that does not fit the encoder"):
        assemble_bundle(replace(contents, finetuning=tiny_settings("bitfit")), checkpoint, bundle_id="")


def test_label_unknown_at_load_time_is_refused(checkpoint: EncoderCheckpoint, tmp_path: Path) -> None:
    bundle = tiny_bundle(checkpoint, tiny_settings("lora"))
    fewer = LabelMap(bundle.contents.label_map.intents[:1], bundle.contents.label_map.span_labels)
    folder = saved(bundle, checkpoint, tmp_path)
    (folder / "labels.json").write_text(json.dumps(fewer.to_json()))
    reseal(folder)

    with pytest.raises(
        CheckpointError, match=r"with 1 intents, expected the 2 that .*; train the bundle again"
    ):
        load_bundle(folder, encoder=checkpoint)


def test_span_label_unknown_at_load_time_is_refused(checkpoint: EncoderCheckpoint) -> None:
    contents = trained_contents(checkpoint, tiny_settings("lora"))
    fewer = replace(contents.label_map, span_labels=())

    with pytest.raises(CheckpointError, match=r"with 0 span labels, expected the 1 that .*; train"):
        assemble_bundle(replace(contents, label_map=fewer), checkpoint, bundle_id="")


def test_heads_for_fewer_labels_than_the_configuration_says_are_refused(
    checkpoint: EncoderCheckpoint,
) -> None:
    contents = trained_contents(checkpoint, tiny_settings("lora"))
    name = "intent_head.linear.weight"
    short = {**contents.heads, name: contents.heads[name][:1]}

    with pytest.raises(
        CheckpointError, match=rf"heads whose {name} has the shape \(1, 16\), expected \(2, 16\)"
    ):
        assemble_bundle(replace(contents, heads=short), checkpoint, bundle_id="")


def test_configuration_without_finetuning_is_refused(checkpoint: EncoderCheckpoint, tmp_path: Path) -> None:
    folder = saved(tiny_bundle(checkpoint, tiny_settings("lora")), checkpoint, tmp_path)
    config = json.loads((folder / "config.json").read_bytes())
    config["finetuning"].pop("method")
    (folder / "config.json").write_text(json.dumps(config))
    reseal(folder)

    with pytest.raises(CheckpointError, match=r"settings of fine-tuning .* \('method'\); train"):
        load_bundle(folder, encoder=checkpoint)

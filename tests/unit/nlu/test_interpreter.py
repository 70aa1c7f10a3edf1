from __future__ import annotations

import numpy as np
import pytest
import torch

from nlu.bundle import load_bundle
from nlu.checkpoint import EncoderCheckpoint
from nlu.interpreter import BundleInterpreter
from nlu.training.pipeline import TrainedBundle
from nlu.types import FALLBACK_INTENT, ParsedUtterance


@pytest.fixture(scope="module")
def interpreter(trained: TrainedBundle, checkpoint: EncoderCheckpoint) -> BundleInterpreter:
    return BundleInterpreter(load_bundle(trained.path, encoder=checkpoint))


def found(parsed: ParsedUtterance) -> list[tuple[str, str, str | None, str]]:
    return [(span.entity, span.text, span.role, span.value) for span in parsed.entities]


def test_parse_understands_intent_and_spans(interpreter: BundleInterpreter) -> None:
    parsed = interpreter.parse(["i want to return the blue hat"])[0]

    assert parsed.ranking[0].name == "return"
    assert found(parsed) == [("colour", "blue", None, "blue"), ("product", "hat", None, "hat")]
    assert all(0.5 < span.confidence <= 1.0 for span in parsed.entities)


def test_parse_tells_roles_apart_and_replaces_synonyms(interpreter: BundleInterpreter) -> None:
    parsed = interpreter.parse(["swap NAVY for red"])[0]

    assert found(parsed) == [("colour", "NAVY", "old", "dark blue"), ("colour", "red", "new", "red")]
    assert (parsed.entities[0].start, parsed.entities[0].end) == (5, 9)


def test_confidences_are_a_distribution_in_order(interpreter: BundleInterpreter) -> None:
    ranking = interpreter.parse(["hello"])[0].ranking

    assert {prediction.name for prediction in ranking} == set(interpreter.intents)
    assert sum(prediction.confidence for prediction in ranking) == pytest.approx(1.0)
    confidences = [prediction.confidence for prediction in ranking]
    assert confidences == sorted(confidences, reverse=True)


def test_batch_gives_what_single_texts_give(interpreter: BundleInterpreter) -> None:
    texts = ["hello", "i want to return the green coat", "", "track my order please"]

    together = interpreter.parse(texts)

    for text, parsed in zip(texts, together, strict=True):
        alone = interpreter.parse([text])[0]
        assert parsed.intent.name == alone.intent.name
        assert parsed.intent.confidence == pytest.approx(alone.intent.confidence, abs=1e-4)
        assert found(parsed) == found(alone)


def test_one_batch_is_one_encoder_pass(
    interpreter: BundleInterpreter, monkeypatch: pytest.MonkeyPatch
) -> None:
    passes: list[int] = []
    model = interpreter._bundle.model
    handle = model.encoder.register_forward_hook(lambda _m, _args, out: passes.append(len(out)))

    interpreter.parse(["hello", "hi", "good morning"] * 10)

    handle.remove()
    assert passes == [30]


def test_embedding_of_a_parse_is_that_of_embed(interpreter: BundleInterpreter) -> None:
    parsed = interpreter.parse(["where is my parcel"])[0]

    embeddings = interpreter.embed(["hello", "where is my parcel"])

    assert embeddings.shape == (2, 16)
    assert embeddings.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(embeddings, axis=1), 1.0, atol=1e-5)
    assert parsed.embedding is not None
    np.testing.assert_allclose(embeddings[1], parsed.embedding, atol=1e-5)
    assert parsed.encoder_id == interpreter.encoder_id


@pytest.mark.parametrize("text", ["", "  ", "\u200b"], ids=["empty", "blanks", "zero width"])
def test_nothing_said_is_a_fallback(interpreter: BundleInterpreter, text: str) -> None:
    parsed = interpreter.parse([text])[0]

    assert parsed.intent.name == FALLBACK_INTENT
    assert parsed.entities == ()
    assert parsed.text == text


@pytest.mark.parametrize(
    "text",
    ["red " * 25_000, "👍🏽" * 50, "e\u0301" * 30, "מה שלומך", "a\ud83db", "\x00\x07"],
    ids=["100,000 characters", "emoji", "combining", "right to left", "lone surrogate", "control"],
)
def test_odd_text_is_parsed_with_true_offsets(interpreter: BundleInterpreter, text: str) -> None:
    parsed = interpreter.parse([text])[0]

    assert parsed.text == text
    for span in parsed.entities:
        assert span.text == text[span.start : span.end]


def test_parse_of_nothing_is_nothing(interpreter: BundleInterpreter) -> None:
    assert interpreter.parse([]) == []
    assert interpreter.embed([]).shape == (0, 16)


def test_find_misalignment_names_a_span_inside_a_word(interpreter: BundleInterpreter) -> None:
    assert interpreter.find_misalignment("the red coat", [(4, 7), (8, 12)]) is None
    assert "end 6" in (interpreter.find_misalignment("the red coat", [(8, 12), (4, 6)]) or "")


def test_find_misalignment_names_spans_that_overlap(interpreter: BundleInterpreter) -> None:
    problem = interpreter.find_misalignment("the red coat", [(8, 12), (4, 12)])

    assert problem == "got spans that overlap, [4, 12) and [8, 12)"


def test_parse_leaves_the_random_state_alone(interpreter: BundleInterpreter) -> None:
    before = torch.random.get_rng_state()

    interpreter.warm_up()

    assert torch.equal(before, torch.random.get_rng_state())

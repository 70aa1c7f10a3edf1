from __future__ import annotations

import pytest
import torch

from nlu.checkpoint import CheckpointError, EncoderCheckpoint
from nlu.encoder import SpanEncoder
from nlu.finetuning.method import FinetuningError
from nlu.finetuning.prompt import PromptSettings, SoftPrompt
from tests.fakes_finetuning import batch_of
from tests.fakes_nlu import tiny_encoder


@pytest.mark.parametrize("num_layers", [1, 2])
def test_text_attends_to_the_prompt_and_keeps_its_length(
    checkpoint: EncoderCheckpoint, num_layers: int
) -> None:
    """Equal to running the layers over the prompt and the text by hand."""
    encoder, base, batch = tiny_encoder(checkpoint), tiny_encoder(checkpoint), batch_of(checkpoint)
    method = SoftPrompt(PromptSettings(num_tokens=3, num_layers=num_layers))
    method.prepare(encoder)
    (prompt,) = method.extract(encoder).values()
    assert prompt.shape == (3, 16)
    first = 2 - num_layers

    with torch.no_grad():
        states = encoder(batch)
        by_hand = torch.cat([prompt.expand(2, -1, -1), base.run_lower(batch, first)], dim=1)
        mask = torch.nn.functional.pad(batch.attention_mask, (3, 0), value=True)
        bias = torch.zeros(mask.shape).masked_fill(~mask, torch.finfo(torch.float32).min)[:, None, None, :]
        for layer in base.layers[first:]:
            by_hand = layer(by_hand, bias)

    assert states.shape == (*batch.ids.shape, 16)
    torch.testing.assert_close(states, by_hand[:, 3:], atol=1e-6, rtol=1e-6)


def test_prompt_at_the_input_starts_as_words(checkpoint: EncoderCheckpoint) -> None:
    method = SoftPrompt(PromptSettings(num_tokens=4, num_layers=2))
    encoder = tiny_encoder(checkpoint)
    method.prepare(encoder)

    with torch.no_grad():
        every_word = torch.stack(
            [word_states(encoder, word) for word in range(encoder.embeddings.word_embeddings.num_embeddings)]
        )  # (words, 4, hidden)

    (prompt,) = method.extract(encoder).values()
    for place in range(4):
        assert (every_word[:, place] - prompt[place]).abs().amax(dim=1).min() < 1e-6


def test_prompt_in_the_middle_is_what_the_layers_below_make_of_words(checkpoint: EncoderCheckpoint) -> None:
    at_the_input, in_the_middle = (
        drawn_prompt(checkpoint, num_layers=2),
        drawn_prompt(checkpoint, num_layers=1),
    )

    with torch.no_grad():
        carried = tiny_encoder(checkpoint).layers[0](at_the_input.unsqueeze(0), None)[0]

    torch.testing.assert_close(in_the_middle, carried)


def drawn_prompt(checkpoint: EncoderCheckpoint, *, num_layers: int) -> torch.Tensor:
    method, encoder = (
        SoftPrompt(PromptSettings(num_tokens=4, num_layers=num_layers)),
        tiny_encoder(checkpoint),
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(6)
        method.prepare(encoder)
    (prompt,) = method.extract(encoder).values()
    return prompt


def word_states(encoder: SpanEncoder, word: int) -> torch.Tensor:
    states: torch.Tensor = encoder.embeddings(torch.full((1, 4), word))[0]
    return states


@pytest.mark.parametrize("num_tokens", [0, 49], ids=["none", "more than the encoder reads"])
def test_impossible_length_is_refused(checkpoint: EncoderCheckpoint, num_tokens: int) -> None:
    with pytest.raises(FinetuningError, match=f"prompt of {num_tokens} tokens, expected 1 to 48"):
        SoftPrompt(PromptSettings(num_tokens=num_tokens)).prepare(tiny_encoder(checkpoint))


def test_encoder_without_a_word_table_is_refused(checkpoint: EncoderCheckpoint) -> None:
    encoder = tiny_encoder(checkpoint)
    encoder.embeddings = torch.nn.Identity()

    with pytest.raises(CheckpointError, match="no word_embeddings"):
        SoftPrompt(PromptSettings()).prepare(encoder)

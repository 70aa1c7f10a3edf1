"""A soft prompt: vectors before the text that are trained in place of weights.

Lester et al. 2021, "The Power of Scale for Parameter-Efficient Prompt Tuning", section 2. The prompt stands
below the first trained layer instead of at the input, so that the layers below can be cached. peft's prompt
belongs to the input of a whole transformers model; a bare parameter does the same at any layer, and serving
needs no peft. Unlike the other methods it changes the states from the start.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from nlu.checkpoint import CheckpointError
from nlu.encoder import SpanEncoder
from nlu.finetuning.method import Adapter, FinetuningError
from nlu.finetuning.parameters import TopmostLayers, train_only


@dataclass(frozen=True, slots=True)
class PromptSettings:
    """Length and place of the prompt."""

    num_tokens: int = 16  # vectors; Lester et al. found little gain beyond 20
    num_layers: int = 3  # how many layers from the top see the prompt; those below are run once and cached


class PromptedLayer(nn.Module):
    """A layer of the encoder that also sees a prompt, ``(num_tokens, hidden)``, before the text.

    The lowest such layer holds the prompt and puts it before the text, the topmost cuts it off again.
    """

    def __init__(
        self, layer: nn.Module, num_tokens: int, *, prompt: nn.Parameter | None, is_topmost: bool
    ) -> None:
        super().__init__()
        self.layer = layer
        self.num_tokens = num_tokens
        self.prompt = prompt
        self.is_topmost = is_topmost

    def forward(self, states: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
        """Transform ``(batch, seq, hidden)``, or num_tokens + seq where layers hand the prompt on."""
        if self.prompt is not None:
            prompt = self.prompt.to(states.dtype).expand(len(states), -1, -1)
            states = torch.cat([prompt, states], dim=1)  # (batch, num_tokens + seq, hidden)
        if bias is not None:
            bias = nn.functional.pad(bias, (self.num_tokens, 0))  # 0: the prompt is seen by all
        states = self.layer(states, bias)
        return states[:, self.num_tokens :] if self.is_topmost else states


@dataclass(frozen=True, slots=True)
class SoftPrompt(TopmostLayers):
    """A prompt that the topmost layers see."""

    settings: PromptSettings

    def names(self, encoder: SpanEncoder) -> list[str]:
        """Name the prompt after the layer that holds it."""
        return [f"layers.{self.first_trained_layer(encoder)}.prompt"]

    def prepare(self, encoder: SpanEncoder) -> None:
        """Insert a prompt of words that are drawn from the vocabulary."""
        self._install(encoder, self._draw(encoder))
        train_only(encoder, self.names(encoder))

    def merge(self, encoder: SpanEncoder, adapter: Adapter) -> None:
        """Insert the trained prompt."""
        self._install(encoder, torch.empty(self.settings.num_tokens, encoder.hidden, device=encoder.device))
        self.restore(encoder, adapter)

    def _install(self, encoder: SpanEncoder, prompt: torch.Tensor) -> None:
        first = self.first_trained_layer(encoder)
        for number in range(first, encoder.num_layers):
            encoder.layers[number] = PromptedLayer(
                encoder.layers[number],
                self.settings.num_tokens,
                prompt=nn.Parameter(prompt) if number == first else None,
                is_topmost=number == encoder.num_layers - 1,
            )

    def _draw(self, encoder: SpanEncoder) -> torch.Tensor:
        """Carry random words up to the first trained layer, whose states look like theirs."""
        num_tokens = self.settings.num_tokens
        if not 1 <= num_tokens <= encoder.max_tokens:
            raise FinetuningError(
                f"got a prompt of {num_tokens} tokens, expected 1 to {encoder.max_tokens}; "
                "set prompt.num_tokens"
            )
        ids = torch.randint(_vocabulary_size(encoder), (1, num_tokens)).to(encoder.device)
        with torch.no_grad():
            states: torch.Tensor = encoder.embeddings(ids)
            for layer in encoder.layers[: self.first_trained_layer(encoder)]:
                states = layer(states, None)
        return states[0].clone()


def _vocabulary_size(encoder: SpanEncoder) -> int:
    for name, table in encoder.embeddings.named_modules():
        if name.endswith("word_embeddings") and isinstance(table, nn.Embedding):
            return table.num_embeddings
    raise CheckpointError(
        "got an encoder whose embeddings have no word_embeddings, expected the BERT family; "
        "choose another encoder or another fine-tuning method"
    )

from __future__ import annotations

from itertools import product

import pytest
import torch

from nlu.heads import IntentHead, SpanHead


def make_head(num_labels: int = 3) -> SpanHead:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        return SpanHead(16, num_labels, size=8, num_patterns=3, dropout=0.0).eval()


def inputs(seq: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    rng = torch.Generator().manual_seed(2)
    states = torch.randn(2, seq, 16, generator=rng)
    return states, torch.randint(0, 7, (2, seq), generator=rng), torch.rand(2, seq, 3, generator=rng).round()


def test_intent_head_gives_logits() -> None:
    logits = IntentHead(16, 5, dropout=0.5)(torch.zeros(4, 16))

    assert logits.shape == (4, 5)
    assert logits.dtype == torch.float32


def test_span_head_scores_every_pair_of_tokens_for_every_label() -> None:
    gains = make_head()(*inputs(6))

    assert gains.shape == (2, 3, 6, 6)
    assert gains.isfinite().all()


def test_span_head_scores_a_pair_alike_whatever_follows() -> None:
    states, casing, patterns = inputs(6)

    short = make_head()(states[:, :4], casing[:, :4], patterns[:, :4])

    torch.testing.assert_close(short.triu(), make_head()(states, casing, patterns)[:, :, :4, :4].triu())


def with_drawn_weights(head: SpanHead) -> SpanHead:
    """Draw all weights, so that nothing is hidden by a zero."""
    rng = torch.Generator().manual_seed(5)
    for parameter in head.parameters():
        torch.nn.init.normal_(parameter, std=0.3, generator=rng)
    return head


def gain_by_hand(
    head: SpanHead, tokens: torch.Tensor, patterns: torch.Tensor, span: tuple[int, int], label: int
) -> float:
    """Score one label of one span of one text; `tokens` are ``(seq, hidden + features)``."""
    first, last = span
    begin, end = (
        torch.nn.functional.gelu(layer(tokens[token]))
        for layer, token in ((head.start, first), (head.last, last))
    )
    width = last - first + 1
    bucket = sum(width > border for border in (1, 2, 3, 4, 6, 9, 14, 22))
    gain = begin @ head.bilinear[label] @ end
    gain += head.start_scores[:, label] @ begin + head.last_scores[:, label] @ end
    gain += (tokens[first : last + 1] @ head.inside_scores[:, label]).mean()
    gain += head.width.weight[bucket, label]
    for pattern in range(len(head.match_scores)):
        begins, ends = patterns[first, 3 * pattern], patterns[last, 3 * pattern + 1]
        gain += 4.0 * begins * ends * head.match_scores[pattern, label]
    return float(gain)


@pytest.mark.parametrize("num_patterns", [0, 1, 2])
def test_span_head_equals_a_loop_over_spans_and_labels(num_patterns: int) -> None:
    seq, num_labels = 12, 3
    head = with_drawn_weights(SpanHead(16, num_labels, size=8, num_patterns=3 * num_patterns, dropout=0.0))
    states, casing, _ = inputs(seq)
    patterns = torch.rand(2, seq, 3 * num_patterns, generator=torch.Generator().manual_seed(9)).round()

    with torch.no_grad():
        gains = head.eval()(states, casing, patterns)
        features = head.casing(casing) + (head.patterns(patterns) if head.patterns is not None else 0)
        tokens = torch.cat([states, features], dim=-1)
        expected = torch.zeros_like(gains)
        for text, label, first in product(range(2), range(num_labels), range(seq)):
            for last in range(first, seq):
                expected[text, label, first, last] = gain_by_hand(
                    head, tokens[text], patterns[text], (first, last), label
                )

    torch.testing.assert_close(gains.triu(), expected, atol=1e-4, rtol=1e-4)


def test_span_head_in_bfloat16_scores_nearly_the_same_in_float32() -> None:
    head, (states, casing, patterns) = with_drawn_weights(make_head()), inputs(40)
    exact = head(states, casing, patterns)

    with torch.autocast("cpu", dtype=torch.bfloat16):
        rough = head(states, casing, patterns)

    assert not torch.equal(rough, exact)
    torch.testing.assert_close(rough.float().triu(), exact.triu(), atol=0.25, rtol=0.05)


def test_whole_match_of_a_pattern_raises_only_that_span() -> None:
    head, (states, casing, patterns) = make_head(), inputs(5)
    patterns.zero_()
    patterns[:, 1, 0] = patterns[:, 3, 1] = 1.0  # a match from the second to the fourth token
    before = head(states, casing, patterns)

    torch.nn.init.constant_(head.match_scores[:, 2], 1.0)

    raised = head(states, casing, patterns) - before
    assert raised.nonzero().tolist() == [[0, 2, 1, 3], [1, 2, 1, 3]]
    assert raised.max().item() == pytest.approx(4.0, abs=1e-4)


def test_span_head_without_labels_has_no_scores() -> None:
    assert make_head(num_labels=0)(*inputs(4)).shape == (2, 0, 4, 4)


def test_span_head_starts_from_no_label() -> None:
    assert (make_head()(*inputs(4)) < 0).float().mean() > 0.95


def test_casing_says_nothing_before_training() -> None:
    head, (states, casing, patterns) = make_head(), inputs(4)

    assert torch.equal(head(states, casing, patterns), head(states, (casing + 1) % 7, patterns))


def test_casing_and_patterns_change_the_scores() -> None:
    head, (states, casing, patterns) = make_head(), inputs(4)
    torch.nn.init.normal_(head.casing.weight, generator=torch.Generator().manual_seed(5))

    gains = head(states, casing, patterns)

    assert not torch.allclose(gains, head(states, (casing + 1) % 7, patterns))
    assert not torch.allclose(gains, head(states, casing, 1.0 - patterns))

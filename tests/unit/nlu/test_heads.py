from __future__ import annotations

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


def test_span_head_equals_a_sum_over_pairs_by_hand() -> None:
    head, (states, casing, patterns) = make_head(), inputs(5)
    torch.nn.init.normal_(head.inside_scores, generator=torch.Generator().manual_seed(5))
    torch.nn.init.normal_(head.match_scores, generator=torch.Generator().manual_seed(6))
    patterns[0, 1, 0] = patterns[0, 3, 1] = 1.0
    tokens = torch.cat([states, head.casing(casing) + head.patterns(patterns)], dim=-1)  # type: ignore[misc]
    start, last = (torch.nn.functional.gelu(layer(tokens)) for layer in (head.start, head.last))

    first_token, last_token, label = 1, 3, 2
    expected = (
        start[0, first_token] @ head.bilinear[label] @ last[0, last_token]
        + head.start_scores[:, label] @ start[0, first_token]
        + head.last_scores[:, label] @ last[0, last_token]
        + (tokens[0, first_token : last_token + 1] @ head.inside_scores[:, label]).mean()
        + head.width.weight[2, label]  # a width of 3
        + 4.0 * patterns[0, first_token, 0] * patterns[0, last_token, 1] * head.match_scores[0, label]
    )

    torch.testing.assert_close(head(states, casing, patterns)[0, label, first_token, last_token], expected)


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

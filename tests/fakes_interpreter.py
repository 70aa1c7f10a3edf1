"""Interpreters whose heads are set by hand instead of trained: what they find is known beforehand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import torch

from nlu.bundle import BundleContents, assemble_bundle
from nlu.checkpoint import EncoderCheckpoint
from nlu.interpreter import BundleInterpreter
from nlu.labels import LabelMap, SpanLabel
from nlu.model import HeadSizes, JointModel
from nlu.patterns import FLAGS_PER_PATTERN
from tests.fakes_finetuning import tiny_settings, trained_contents
from tests.fakes_nlu import tiny_encoder

_SURE = 2.0  # a match outweighs the belief in no label


def matching_interpreter(
    checkpoint: EncoderCheckpoint,
    regexes: Mapping[str, tuple[str, ...]],
    *,
    intents: Mapping[str, float] | None = None,
) -> BundleInterpreter:
    """Make an interpreter that finds exactly the matches of `regexes` as entities of their names.

    Args:
        checkpoint: a tiny encoder; its states count for the embedding alone.
        regexes: sources by entity.
        intents: the logit of every atom, and labels ``a+b`` with any number, which are trained combinations.
    """
    scores = dict(intents or {"greet": 0.0})
    label_map = LabelMap(tuple(sorted(scores)), tuple(SpanLabel(name) for name in sorted(regexes)))
    model = _model(checkpoint, label_map, num_patterns=FLAGS_PER_PATTERN * len(regexes))
    with torch.no_grad():
        for parameter in [*model.span_head.parameters(), *model.intent_head.parameters()]:
            parameter.zero_()
        model.span_head.width.weight.fill_(-4.0)
        model.span_head.match_scores.copy_(_SURE * torch.eye(len(regexes)))
        model.intent_head.linear.bias.copy_(
            torch.tensor([scores.get(name, 0.0) for name in label_map.intents])
        )
    return _interpreter(checkpoint, model, label_map, regexes)


def noisy_interpreter(checkpoint: EncoderCheckpoint, entities: Sequence[str]) -> BundleInterpreter:
    """Make an interpreter with random heads that finds spans of `entities` everywhere."""
    label_map = LabelMap(("greet", "track"), tuple(SpanLabel(name) for name in sorted(entities)))
    model = _model(checkpoint, label_map, num_patterns=0)
    with torch.no_grad():
        model.span_head.width.weight.zero_()
        for parameter in (model.span_head.start_scores, model.span_head.last_scores):
            parameter.mul_(10.0)
    return _interpreter(checkpoint, model, label_map, {})


def _model(checkpoint: EncoderCheckpoint, label_map: LabelMap, *, num_patterns: int) -> JointModel:
    sizes = HeadSizes(
        len(label_map.intents), len(label_map.span_labels), num_patterns=num_patterns, span_size=8
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(6)
        return JointModel(tiny_encoder(checkpoint), sizes)


def _interpreter(
    checkpoint: EncoderCheckpoint,
    model: JointModel,
    label_map: LabelMap,
    regexes: Mapping[str, tuple[str, ...]],
) -> BundleInterpreter:
    contents: BundleContents = replace(
        trained_contents(checkpoint, tiny_settings("frozen")),
        label_map=label_map,
        sizes=HeadSizes(
            len(label_map.intents),
            len(label_map.span_labels),
            num_patterns=FLAGS_PER_PATTERN * len(regexes),
            span_size=8,
        ),
        regexes=regexes,
        heads={name: value for name, value in model.state_dict().items() if not name.startswith("encoder.")},
    )
    return BundleInterpreter(assemble_bundle(contents, checkpoint, bundle_id="by hand"))

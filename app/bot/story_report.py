"""What judged test stories add up to: how many are correct, and which actions, intents and entities are not.

The JSON of the action, intent and entity reports has the keys of Rasa's reports, so that the same tools read
both.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.dialogue.payload import is_payload
from app.dialogue.stories import NO_INTENT
from app.dialogue.story_test import FedStep, JudgedAction, JudgedStory, JudgedUtterance
from nlu.evaluation.metrics import Averages, Score, average_scores, label_scores, span_key, span_scores
from nlu.types import EntityAnnotation, EntitySpan

Json = dict[str, Any]
Span = EntityAnnotation | EntitySpan

JUDGED_AS_RASA = (
    "as `rasa test` judges them: every prediction is compared, the expected events are fed, no action runs"
)
JUDGED_LIVE = "live: the conversations are held, actions run, and what happens is compared"


@dataclass(frozen=True, slots=True)
class LabelReport:
    """Right and wrong labels of one kind; `confusions` counts pairs of expected and got."""

    confusions: Mapping[tuple[str, str], int]
    scores: Mapping[str, Score]
    averages: Averages

    @property
    def num_items(self) -> int:
        """Count what was compared."""
        return sum(self.confusions.values())

    @property
    def num_right(self) -> int:
        """Count what was right."""
        return sum(count for (expected, got), count in self.confusions.items() if expected == got)

    @property
    def accuracy(self) -> float:
        """Give the share that was right; 1 where nothing was compared."""
        return self.num_right / self.num_items if self.num_items else 1.0

    def to_json(self) -> Json:
        """Give the scores per label and their means."""
        return _scores_json(self.scores, self.averages) | {"accuracy": self.accuracy}

    def matrix_json(self) -> Json:
        """Give the confusion matrix: a row per expected label, a column per label that came instead."""
        labels = sorted({label for pair in self.confusions for label in pair})
        matrix = [[self.confusions.get((row, column), 0) for column in labels] for row in labels]
        return {"labels": labels, "matrix": matrix}


@dataclass(frozen=True, slots=True)
class SpanReport:
    """Strict scores of entities: place, entity, role and group must be right."""

    scores: Mapping[str, Score]
    averages: Averages

    def to_json(self) -> Json:
        """Give the scores per entity and their means."""
        return _scores_json(self.scores, self.averages) | {"micro avg": _score_json(self.averages.micro)}


@dataclass(frozen=True, slots=True)
class StoryReport:
    """The whole report on test stories that were judged step by step.

    `intents` and `entities` are about the words of customers that the stories annotate.
    """

    stories: tuple[JudgedStory, ...]
    actions: LabelReport
    intents: LabelReport
    entities: SpanReport

    @property
    def failed(self) -> tuple[JudgedStory, ...]:
        """Give the stories with a wrong prediction."""
        return tuple(story for story in self.stories if not story.is_correct)

    @property
    def correct(self) -> tuple[JudgedStory, ...]:
        """Give the stories without a wrong prediction."""
        return tuple(story for story in self.stories if story.is_correct)

    @property
    def with_warnings(self) -> tuple[JudgedStory, ...]:
        """Give the correct stories in which an intent was found unlikely."""
        return tuple(story for story in self.correct if story.has_warnings)

    def story_json(self) -> Json:
        """Give the report on actions and whole conversations, as Rasa's ``story_report.json``."""
        total = len(self.stories)
        conversations = {
            "accuracy": len(self.correct) / total if total else 0.0,
            "correct": len(self.correct),
            "with_warnings": len(self.with_warnings),
            "total": total,
        }
        return self.actions.to_json() | {"conversation_accuracy": conversations}

    def intent_errors_json(self) -> list[Json]:
        """Give what was understood differently, one item per utterance."""
        return [
            {
                "text": item.heard.text,
                "source": item.step.source,
                "intent": item.step.intent,
                "intent_prediction": {
                    "name": item.got_intent,
                    "confidence": round(item.heard.intent.confidence, 4),
                },
            }
            for item in _understood(self.stories)
            if item.heard is not None and not item.is_intent_right
        ]

    def summary_json(self) -> Json:
        """Give the headline figures, and the differences of each failed story."""
        pretences = Counter(item.pretence for item in _actions(self.stories) if item.pretence is not None)
        return {
            "judged": JUDGED_AS_RASA,
            "num_stories": len(self.stories),
            "num_correct": len(self.correct),
            "num_with_warnings": len(self.with_warnings),
            "num_actions": self.actions.num_items,
            "action_accuracy": self.actions.accuracy,
            "num_utterances": self.intents.num_items,
            "intent_accuracy": self.intents.accuracy,
            "num_entities": self.entities.averages.micro.support,
            "entity_f1": self.entities.averages.micro.f1,
            "pretences": dict(sorted(pretences.items())),
            "failed": [
                {"story": one.story.name, "source": one.story.source, "differences": differences(one)}
                for one in self.failed
            ],
        }


def make_report(stories: Sequence[JudgedStory]) -> StoryReport:
    """Add judged stories up."""
    understood = _understood(stories)
    actions = [(item.expected, item.predicted) for item in _actions(stories)]
    return StoryReport(
        tuple(stories),
        actions=label_report(actions),
        intents=label_report([(item.step.intent, item.got_intent) for item in understood]),
        entities=_span_report([item for item in understood if _is_marked(item)]),
    )


def differences(story: JudgedStory) -> list[Json]:
    """Give every wrong step of a story: its place, what was expected and what came."""
    found: list[Json] = []
    source = story.story.source
    for item in story.steps:
        match item:
            case FedStep(step=step):
                source = step.source
            case JudgedUtterance():
                source = item.step.source
                found += _misunderstandings(item)
            case JudgedAction():
                source = item.step.source if item.step is not None else source
                if not item.is_right:
                    found.append(_difference(source, "action", item.expected, item.predicted))
    return found


def entity_names(item: JudgedUtterance) -> tuple[str, str]:
    """Describe the entities that were expected, and those that were found, with their places in the words."""
    found = item.heard.entities if item.heard is not None else ()
    return _describe(item.expected_entities), _describe(found)


def _describe(spans: Sequence[EntitySpan]) -> str:
    in_order = sorted(spans, key=lambda span: span.start)
    return ", ".join(f"{one.entity}={one.value} [{one.start}:{one.end}]" for one in in_order) or "none"


def _misunderstandings(item: JudgedUtterance) -> list[Json]:
    found: list[Json] = []
    if not item.is_intent_right:
        found.append(_difference(item.step.source, "intent", item.step.intent, item.got_intent))
    if not item.are_entities_right:
        found.append(_difference(item.step.source, "entities", *entity_names(item)))
    return found


def _difference(source: str, what: str, expected: str, got: str) -> Json:
    return {"source": source, "what": what, "expected": expected, "got": got}


def _actions(stories: Sequence[JudgedStory]) -> list[JudgedAction]:
    return [item for story in stories for item in story.steps if isinstance(item, JudgedAction)]


def _understood(stories: Sequence[JudgedStory]) -> list[JudgedUtterance]:
    """Give the utterances whose words a model understood and for which the story says the intent."""
    return [
        item
        for story in stories
        for item in story.steps
        if isinstance(item, JudgedUtterance)
        and item.heard is not None
        and not is_payload(item.heard)
        and item.step.intent != NO_INTENT
    ]


def _is_marked(item: JudgedUtterance) -> bool:
    return all(entity.span is not None for entity in item.step.entities)


def label_report(pairs: Sequence[tuple[str, str]]) -> LabelReport:
    """Compare labels, given as pairs of the expected one and the one that came."""
    overall, scores = label_scores(
        [frozenset({expected}) for expected, _ in pairs], [frozenset({got}) for _, got in pairs]
    )
    return LabelReport(Counter(pairs), scores, average_scores(overall, scores))


def _span_report(items: Sequence[JudgedUtterance]) -> SpanReport:
    return span_report(
        [(item.expected_entities, item.heard.entities if item.heard else ()) for item in items]
    )


def span_report(pairs: Sequence[tuple[Iterable[Span], Iterable[Span]]]) -> SpanReport:
    """Compare entities, given for each utterance as those expected and those that came."""
    overall, scores = span_scores(
        [frozenset(map(span_key, expected)) for expected, _ in pairs],
        [frozenset(map(span_key, got)) for _, got in pairs],
    )
    return SpanReport(scores, average_scores(overall, scores))


def _scores_json(scores: Mapping[str, Score], averages: Averages) -> Json:
    labels = {label: _score_json(score) for label, score in scores.items()}
    return labels | {
        "macro avg": _score_json(averages.macro),
        "weighted avg": _score_json(averages.weighted),
    }


def _score_json(score: Score) -> Json:
    return {
        "precision": score.precision,
        "recall": score.recall,
        "f1-score": score.f1,
        "support": score.support,
    }

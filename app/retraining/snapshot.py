"""The data set of one training run: bot data and corrections, split for ever by the texts themselves.

Pure. Whatever trains a bundle that may become champion trains on `Snapshot.train` only, so that all bundles
can be compared on `Snapshot.held_out`.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from app.retraining.masking import mask_personal_data
from nlu.data.rasa_nlu import NluData
from nlu.evaluation.split import split_held_out
from nlu.text import normalise_text
from nlu.types import Example

MIN_TEXTS = 10  # of an intent that gives any away: what a small bot has of one, it needs for learning
HELD_OUT_FRACTION = 0.15  # of all texts: of some thousand, enough that one example is less than a point

FindProblem = Callable[[Example], str | None]
"""Says why an example cannot be trained on, or None."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A correction that was left out, and why."""

    source: str
    reason: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A data set; equal content has an equal `snapshot_id`.

    `train` carries the bot's synonyms, lookups and regexes too; `corrections` are those of either part.
    """

    snapshot_id: str
    train: NluData
    held_out: tuple[Example, ...]
    corrections: tuple[Example, ...]
    num_corrections_in_train: int
    num_corrections_held_out: int
    skipped: tuple[Skipped, ...]

    def to_json(self) -> dict[str, object]:
        """Give the whole data set as JSON values."""
        return {
            "snapshot_id": self.snapshot_id,
            "train": [asdict(example) for example in self.train.examples],
            "held_out": [asdict(example) for example in self.held_out],
            "synonyms": dict(self.train.synonyms),
            "lookups": dict(self.train.lookups),
            "regexes": dict(self.train.regexes),
            "skipped": [asdict(skipped) for skipped in self.skipped],
        }


def build_snapshot(
    bot_data: NluData, corrections: Sequence[Example], *, find_problem: FindProblem | None = None
) -> Snapshot:
    """Join bot data and corrections and split them.

    No text occurs twice (texts are compared normalised): a correction overrides the bot's example, and a
    later correction an earlier one. Personal data in corrections is masked outside entities.

    Args:
        bot_data: the bot's own training data.
        corrections: corrected turns, oldest first.
        find_problem: refuses corrections that cannot be trained on; they are listed as skipped.
    """
    usable, skipped = _usable(corrections, find_problem or (lambda _: None))
    by_text = {_key(example): example for example in bot_data.examples}
    corrected = {_key(example): example for example in usable}
    examples = list((by_text | corrected).values())
    train, held_out = _split(examples, by_text)
    return Snapshot(
        snapshot_id=_content_hash(bot_data, train, held_out),
        train=replace(bot_data, examples=tuple(train)),
        held_out=tuple(held_out),
        corrections=tuple(corrected.values()),
        num_corrections_in_train=sum(_key(example) in corrected for example in train),
        num_corrections_held_out=sum(_key(example) in corrected for example in held_out),
        skipped=tuple(skipped),
    )


def _split(examples: Sequence[Example], of_bot: Mapping[str, Example]) -> tuple[list[Example], list[Example]]:
    """Hold examples out by the hash of their texts, but none of an intent of which the bot has few.

    A correction changes neither: it is the intent in the bot's own data that counts.
    """
    num_texts = Counter(example.intent for example in of_bot.values())
    _, chosen = split_held_out(examples, fraction=HELD_OUT_FRACTION)
    held_out = {
        _key(example): example
        for example in chosen
        if num_texts[of_bot.get(_key(example), example).intent] >= MIN_TEXTS
    }
    return [example for example in examples if _key(example) not in held_out], list(held_out.values())


def _usable(corrections: Iterable[Example], find_problem: FindProblem) -> tuple[list[Example], list[Skipped]]:
    usable: list[Example] = []
    skipped: list[Skipped] = []
    for correction in corrections:
        keep = [(entity.start, entity.end) for entity in correction.entities]
        masked = replace(correction, text=mask_personal_data(correction.text, keep=keep))
        problem = "the text has no words" if not _key(masked) else find_problem(masked)
        if problem is None:
            usable.append(masked)
        else:
            skipped.append(Skipped(correction.source, problem))
    return usable, skipped


def _key(example: Example) -> str:
    return normalise_text(example.text)


def _content_hash(bot_data: NluData, train: Sequence[Example], held_out: Sequence[Example]) -> str:
    content = {
        "train": sorted(_content(example) for example in train),
        "held_out": sorted(_content(example) for example in held_out),
        "synonyms": dict(bot_data.synonyms),
        "lookups": {name: sorted(values) for name, values in bot_data.lookups.items()},
        "regexes": {name: sorted(values) for name, values in bot_data.regexes.items()},
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def _content(example: Example) -> str:
    return json.dumps(asdict(replace(example, source="")), sort_keys=True)

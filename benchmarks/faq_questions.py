"""Customer questions with the help-centre entry and the words of its passage that answer them.

A file is YAML with `version` and a list `questions`, like `bots/retail/tests/faq_questions.yml`. Whether the
entries exist and their passages contain the answers is checked by whoever has the entries.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from nlu.data.yaml_source import YamlNode, load_yaml

_FILE_KEYS = frozenset({"version", "questions"})
_QUESTION_KEYS = frozenset({"question", "entry", "also", "answer", "after"})
_WHAT = "a question"


@dataclass(frozen=True, slots=True)
class FaqQuestion:
    """A question as a customer asks it; `entry_id` and `answer` are None when no passage answers.

    `answer` is a piece of the Markdown passage of `entry_id`, character by character; the passages of `also`
    answer just as well. `after` is what was said before, the latest first. `source` is where it was written,
    as ``file:line``.
    """

    question: str
    entry_id: str | None
    also: tuple[str, ...]
    answer: str | None
    source: str
    after: tuple[str, ...] = ()

    @property
    def entry_ids(self) -> frozenset[str]:
        """Give all entries that answer; empty when none does."""
        return frozenset(self.also if self.entry_id is None else (self.entry_id, *self.also))


def read_faq_questions(path: Path) -> list[FaqQuestion]:
    """Read the questions of a file in their order.

    Raises:
        SourceError: a field is missing, empty or unknown, an answer comes without an entry or the other way
            round, `also` repeats an entry, or the same question occurs twice.
    """
    document = load_yaml(path)
    document.forbid_other_keys(_FILE_KEYS, "a file of questions")
    questions: list[FaqQuestion] = []
    first_sources: dict[str, str] = {}
    for node in document.require("questions", "a file of questions").sequence("questions"):
        question = _read_question(node)
        first = first_sources.setdefault(question.question, question.source)
        if first != question.source:
            raise node.error(f"got the question '{question.question}' again, first in {first}; remove one")
        questions.append(question)
    return questions


def _read_question(node: YamlNode) -> FaqQuestion:
    node.forbid_other_keys(_QUESTION_KEYS, _WHAT)
    entry = node.require("entry", _WHAT)
    entry_id = None if entry.value is None else _filled_text(node, "entry")
    also_node, answer_node, after_node = node.get("also"), node.get("answer"), node.get("after")
    if entry_id is None and (also_node or answer_node):
        raise node.error(
            "got an answer or further entries, but no entry; name it, or leave only the question"
        )
    also = () if also_node is None else also_node.names("also of a question")
    if len({entry_id, *also}) != 1 + len(also):
        raise node.error(f"also: expected entries other than '{entry_id}', each once, got {', '.join(also)}")
    return FaqQuestion(
        question=_filled_text(node, "question"),
        entry_id=entry_id,
        also=also,
        answer=None if entry_id is None else _filled_text(node, "answer"),
        source=node.source,
        after=() if after_node is None else after_node.names(f"after of {_WHAT}"),
    )


def _filled_text(node: YamlNode, key: str) -> str:
    value = node.require(key, _WHAT)
    text = value.text(f"{key} of {_WHAT}")
    if not text.strip():
        raise value.error(f"{key} of {_WHAT}: expected text, got only blanks")
    return text

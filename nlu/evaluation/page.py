"""Writes a report down: as JSON for programs and as one page of HTML for people.

The page stands alone: pictures and style are inside, it loads nothing and runs nothing. Texts and names come
from data sets and are escaped by the template.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from nlu.evaluation.charts import MAX_INTENTS, draw_confusions, draw_coverage, draw_reliability
from nlu.evaluation.comparison import FigureChange, compare_figures, compare_misses
from nlu.evaluation.metrics import Averages, Score, SpanKey
from nlu.evaluation.report import Confusion, EvaluationReport, Miss, ReportError, span_label

JSON_NAME, HTML_NAME, BEFORE_NAME = "report.json", "report.html", "before.json"

_MAX_MISSES = 300  # per list; the page stays readable and the JSON has all
_MAX_CONFUSIONS = 20
_NO_SCORE = Score(0.0, 0.0, 0.0, 0)


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of an utterance, with its label if it is a span."""

    text: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawing with its explanation."""

    title: str
    note: str
    drawing: Markup
    is_wide: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One class of a table, and its F1 before if there is something to compare with."""

    name: str
    score: Score
    before: Score | None


@dataclass(frozen=True, slots=True)
class Table:
    """Scores per class, worst first, and the rows of averages below."""

    title: str
    note: str
    rows: tuple[Row, ...]
    averages: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class MissList:
    """Examples of one kind, worst first; `num_more` are in the JSON only."""

    title: str
    note: str
    misses: tuple[Miss, ...]
    num_more: int


def write_report(
    report: EvaluationReport, folder: Path, *, title: str, before: EvaluationReport | None = None
) -> Path:
    """Write ``report.json`` and ``report.html`` to `folder`, which is made if need be.

    Args:
        report: what to write.
        folder: where to; files of the same names are replaced.
        title: heading of the page.
        before: a report on the same examples to compare with; goes to ``before.json``.

    Returns:
        The page.

    Raises:
        ReportError: `before` is about other examples.
    """
    page = render_page(report, title=title, before=before)
    folder.mkdir(parents=True, exist_ok=True)
    _write_json(report, folder / JSON_NAME)
    if before is not None:
        _write_json(before, folder / BEFORE_NAME)
    path = folder / HTML_NAME
    path.write_text(page, encoding="utf-8", errors="replace")  # a text may hold lone surrogates
    return path


def read_report(path: Path) -> EvaluationReport:
    """Read a report that `write_report` wrote.

    Raises:
        ReportError: the file holds something else.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ReportError(
            f"got {path} that is no JSON ({error}), expected a report; evaluate again"
        ) from error
    return EvaluationReport.from_json(document)


def render_page(report: EvaluationReport, *, title: str, before: EvaluationReport | None = None) -> str:
    """Give the page as HTML.

    Raises:
        ReportError: `before` is about other examples.
    """
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"figure": show_figure, "difference": show_difference, "pieces": mark_spans}
    return environment.get_template("page.html.j2").render(
        title=title,
        report=report,
        before=before,
        figures=compare_figures(report, before),
        pictures=_pictures(report),
        tables=_tables(report, before),
        confusions=_wrong_confusions(report.confusions),
        lists=_miss_lists(report, before),
    )


def show_figure(value: float, change: FigureChange) -> str:
    """Write a headline number as people read it."""
    return f"{100.0 * value:.1f} %" if change.figure.is_percentage else f"{value:.3f}"


def show_difference(change: FigureChange) -> str:
    """Write how much a headline number has changed, with its sign."""
    if change.figure.is_percentage:
        return f"{100.0 * change.difference:+.1f} points"
    return f"{change.difference:+.3f}"


def mark_spans(text: str, keys: Iterable[SpanKey]) -> list[Piece]:
    """Cut `text` into pieces, each inside or outside of a span; of two that overlap the first one counts."""
    pieces: list[Piece] = []
    done = 0
    for start, end, entity, role, group in sorted(keys):
        if start < done:
            continue
        if start > done:
            pieces.append(Piece(text[done:start]))
        pieces.append(Piece(text[start:end], span_label(entity, role, group)))
        done = end
    if done < len(text):
        pieces.append(Piece(text[done:]))
    return pieces


def worst_first(misses: Iterable[Miss]) -> list[Miss]:
    """Order misses: wrong intents that were surest first, then wrong spans, the most wrong ones first."""

    def badness(miss: Miss) -> tuple[bool, float]:
        num_wrong_spans = len(set(miss.expected_keys) ^ set(miss.got_keys))
        has_right_intent = miss.expected_intent == miss.got_intent
        return not has_right_intent, float(num_wrong_spans) if has_right_intent else miss.confidence

    return sorted(misses, key=badness, reverse=True)


def _write_json(report: EvaluationReport, path: Path) -> None:
    path.write_text(json.dumps(report.to_json(), indent=1) + "\n", encoding="utf-8")


def _pictures(report: EvaluationReport) -> list[Picture]:
    pictures = []
    if report.num_examples:
        note = "Bars that end on the dashed line are honest; above each its number of utterances."
        chance = report.chance_calibration_error
        if chance is not None:
            note += f" By chance alone, honest confidences show an error of {chance:.3f} here."
        pictures.append(Picture("Reliability", note, _drawing(draw_reliability(report))))
        note = "What a threshold on the confidence would accept, and how much of that is right."
        pictures.append(Picture("Coverage and accuracy", note, _drawing(draw_coverage(report))))
    confusions = draw_confusions(report)
    if confusions is not None:
        note = (
            "Most confused first; a cell is stronger the larger its share of the row. "
            f"Above {MAX_INTENTS} intents only the confused ones are drawn."
        )
        pictures.append(Picture("Confusion matrix", note, _drawing(confusions), is_wide=True))
    return pictures


def _drawing(svg: str) -> Markup:
    return Markup(svg)  # noqa: S704 - drawn by us; matplotlib has escaped the names in it


def _tables(report: EvaluationReport, before: EvaluationReport | None) -> list[Table]:
    tables = [
        _table(
            "Intents",
            "Before thresholds; support 0 marks what was only guessed.",
            (report.intents, report.intent_averages),
            (before.intents, before.intent_averages) if before else None,
        )
    ]
    if report.atom_averages is not None:
        earlier = (before.atoms, before.atom_averages) if before and before.atom_averages else None
        note = "Each part of an a+b label counts for itself."
        tables.append(_table("Atomic intents", note, (report.atoms, report.atom_averages), earlier))
    if report.entities:
        earlier = (before.entities, before.entity_averages) if before else None
        note = "Strict: offsets, entity, role and group must all be right."
        tables.append(_table("Entities", note, (report.entities, report.entity_averages), earlier))
    if report.tokens is not None:
        earlier = (before.tokens.tags, before.tokens.averages) if before and before.tokens else None
        note = "Tags B-, I- and O per token of the data set; the averages count O."
        tables.append(_table("Tokens", note, (report.tokens.tags, report.tokens.averages), earlier))
    return [table for table in tables if table.rows]


def _table(
    title: str,
    note: str,
    now: tuple[Mapping[str, Score], Averages],
    before: tuple[Mapping[str, Score], Averages] | None,
) -> Table:
    (scores, averages), (earlier, earlier_averages) = now, before or ({}, None)
    names = sorted(scores, key=lambda name: (scores[name].f1, name))
    rows = [Row(name, scores[name], earlier.get(name, _NO_SCORE) if before else None) for name in names]
    means = [
        Row(f"{name} average", getattr(averages, name), getattr(earlier_averages, name, None))
        for name in ("micro", "macro", "weighted")
    ]
    return Table(title, note, tuple(rows), tuple(means))


def _wrong_confusions(confusions: Sequence[Confusion]) -> list[Confusion]:
    return [one for one in confusions if one.expected != one.got][:_MAX_CONFUSIONS]


def _miss_lists(report: EvaluationReport, before: EvaluationReport | None) -> list[MissList]:
    lists = []
    if before is not None:
        changes = compare_misses(report, before)
        note = "Right before, wrong now; shown as they are understood now."
        lists.append(_miss_list("From right to wrong", note, changes.broken))
        note = "Wrong before, right now; shown as they were understood before."
        lists.append(_miss_list("From wrong to right", note, changes.fixed))
    note = "Refused ones got no wrong answer: the thresholds turned them into a fallback."
    lists.append(_miss_list("Understood differently", note, report.misses))
    if report.num_out_of_scope:
        note = "Nothing that the bot can do was meant, but it would have tried."
        lists.append(_miss_list("Out of scope and accepted", note, report.accepted_out_of_scope))
    return lists


def _miss_list(title: str, note: str, misses: Sequence[Miss]) -> MissList:
    shown = tuple(worst_first(misses)[:_MAX_MISSES])
    return MissList(f"{title} ({len(misses)})", note, shown, len(misses) - len(shown))

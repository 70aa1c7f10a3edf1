from __future__ import annotations

import json
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from nlu.evaluation.page import mark_spans, read_report, render_page, worst_first, write_report
from nlu.evaluation.report import EvaluationReport, Miss, ReportError, compare
from nlu.evaluation.tokens import token_report
from nlu.types import FALLBACK_INTENT, EntitySpan, Example, IntentPrediction, ParsedUtterance
from tests.fakes_nlu import example

EXAMPLES = [
    example("hello", "greet"),
    example("the [red](colour) one", "inform"),
    example("asdf", FALLBACK_INTENT),
]


def understood_as(intent: str, *entities: EntitySpan, confidence: float = 0.8) -> ParsedUtterance:
    guess = IntentPrediction(intent, confidence)
    return ParsedUtterance("", guess, (guess,), entities)


RED_ONE = EntitySpan(4, 11, "colour", "red one", "red one", 0.9)
REPORT = compare([understood_as("track"), understood_as("inform", RED_ONE), understood_as("track")], EXAMPLES)
BEFORE = compare([understood_as("greet"), understood_as("track"), understood_as("track")], EXAMPLES)


class Page(HTMLParser):
    """Collects elements, links and texts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in {"href", "src", "xlink:href"}]

    def handle_data(self, data: str) -> None:
        self.texts += [data.strip()] if data.strip() else []


def test_page_shows_misses_with_marked_spans() -> None:
    page = render_page(REPORT, title="tiny")

    assert "<mark>red<small>colour</small></mark> one" in page
    assert "<mark>red one<small>colour</small></mark>" in page
    assert {"Understood differently (2)", "Out of scope and accepted (1)"} <= set(Page(page).texts)


def test_page_loads_and_runs_nothing() -> None:
    page = Page(render_page(REPORT, title="tiny", before=BEFORE))

    assert {"script", "link", "img", "iframe"}.isdisjoint(page.tags)
    assert page.tags.count("svg") == 3
    assert all(link.startswith("#") for link in page.links)


def test_what_comes_from_data_is_escaped() -> None:
    evil = "<script>alert(1)</script>"
    nasty = Example(f"{evil} & co", evil)
    span = EntitySpan(0, 8, evil, "", "", 0.9)

    page = render_page(compare([understood_as("<b>", span)], [nasty]), title=f"</title>{evil}")

    assert {"script", "b"}.isdisjoint(Page(page).tags)
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 4


def test_comparison_shows_both_numbers_and_the_changed_examples() -> None:
    texts = Page(render_page(REPORT, title="tiny", before=BEFORE)).texts

    assert {"From right to wrong (1)", "From wrong to right (0)", "+0.0 points", "before 50.0 %"} <= set(
        texts
    )


def test_comparison_with_other_examples_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="evaluate both on one file"):
        write_report(REPORT, tmp_path / "report", title="tiny", before=compare([], []))

    assert not (tmp_path / "report").exists()


@pytest.mark.parametrize(
    ("examples", "parsed"),
    [
        ([], []),
        ([example("hello", "greet")], [understood_as("greet")]),
        ([example("asdf", FALLBACK_INTENT)], [understood_as(FALLBACK_INTENT)]),
        ([example("hi, where is it", "greet+track")], [understood_as("track")]),
    ],
    ids=["nothing", "without entities", "only out of scope", "several intents"],
)
def test_every_set_of_examples_has_a_page(examples: list[Example], parsed: list[ParsedUtterance]) -> None:
    page = render_page(compare(parsed, examples), title="small")

    assert page.rstrip().endswith("</html>")
    assert "nan" not in page


def test_atoms_and_tokens_have_tables() -> None:
    parsed, examples = [understood_as("track")], [example("hi, where is it", "greet+track")]
    tokens = token_report(examples, parsed, [[(0, 2), (4, 9)]])
    report = replace(compare(parsed, examples), tokens=tokens)

    assert {"Atomic intents", "Tokens"} <= set(Page(render_page(report, title="small")).texts)


def test_written_report_can_be_read_back(tmp_path: Path) -> None:
    path = write_report(REPORT, tmp_path / "new" / "report", title="tiny", before=BEFORE)

    assert path.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert read_report(path.with_name("report.json")) == REPORT
    assert read_report(path.with_name("before.json")) == BEFORE


def test_equal_reports_give_equal_pages() -> None:
    assert render_page(REPORT, title="tiny") == render_page(REPORT, title="tiny")


def test_text_that_no_encoding_holds_is_written(tmp_path: Path) -> None:
    report = compare([understood_as("track")], [Example("a \ud800 letter", "greet")])

    path = write_report(report, tmp_path, title="broken")

    assert "a ? letter" in path.read_text(encoding="utf-8")
    assert read_report(tmp_path / "report.json").misses[0].text == "a \ud800 letter"


@pytest.mark.parametrize("content", ["no json", json.dumps({"num_examples": 1})])
def test_file_that_is_no_report_is_refused(content: str, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text(content, encoding="utf-8")

    with pytest.raises(ReportError, match="evaluate again"):
        read_report(path)


def test_mark_spans_loses_no_letter() -> None:
    text = "a 😀 red coat"

    pieces = mark_spans(
        text, [(8, 12, "product", "", ""), (4, 7, "colour", "new", ""), (5, 9, "other", "", "")]
    )

    assert "".join(piece.text for piece in pieces) == text
    assert [(piece.text, piece.label) for piece in pieces if piece.label] == [
        ("red", "colour|new"),
        ("coat", "product"),
    ]


def test_surest_wrong_intents_come_first_and_wrong_spans_last() -> None:
    spans = miss("greet", "greet", 0.99)
    unsure, sure = miss("greet", "track", 0.4), miss("greet", "track", 0.9)

    assert worst_first([spans, unsure, sure]) == [sure, unsure, spans]


def miss(expected: str, got: str, confidence: float) -> Miss:
    return Miss(0, "hello", expected, got, confidence, False, ((0, 5, "colour", "", ""),), ())


def test_long_lists_are_cut_and_say_so() -> None:
    examples = [Example(f"text {number}", "greet") for number in range(310)]
    report: EvaluationReport = compare([understood_as("track")] * 310, examples)

    assert "10 more are in the JSON file." in Page(render_page(report, title="long")).texts

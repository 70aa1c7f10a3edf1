from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from xml.etree import ElementTree

import matplotlib as mpl
import pytest

from nlu.evaluation.charts import confused_intents, draw_confusions, draw_coverage, draw_reliability
from nlu.evaluation.report import Confusion, EvaluationReport, compare
from nlu.types import Example, IntentPrediction, ParsedUtterance


def report_of(pairs: Sequence[tuple[str, str]]) -> EvaluationReport:
    """Make a report from expected and guessed intents."""
    guesses = [IntentPrediction(got, (place + 1) / len(pairs)) for place, (_, got) in enumerate(pairs)]
    return compare(
        [ParsedUtterance("text", guess, (guess,)) for guess in guesses],
        [Example("text", expected) for expected, _ in pairs],
    )


def letters_of(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter() if element.text]


@pytest.mark.parametrize("draw", [draw_confusions, draw_reliability, draw_coverage])
def test_equal_reports_give_equal_pictures(draw: object) -> None:
    assert callable(draw)
    pairs = [("greet", "greet"), ("greet", "track"), ("track", "track")]

    first, second = draw(report_of(pairs)), draw(report_of(pairs))

    assert first == second
    assert first.startswith("<svg")
    assert "currentColor" in first


def test_pictures_of_one_page_share_no_id() -> None:
    report = report_of([("greet", "greet"), ("greet", "track")])
    drawings = [draw_confusions(report) or "", draw_reliability(report), draw_coverage(report)]

    ids = [
        element.attrib["id"]
        for drawing in drawings
        for element in ElementTree.fromstring(drawing).iter()
        if "id" in element.attrib
    ]

    assert len(set(ids)) == len(ids) > 0


def test_names_in_a_picture_are_text_and_nothing_else() -> None:
    names = ("<script>alert(1)</script>", "$x_1$", "问候", "bell\a", "z" * 60)
    drawing = draw_confusions(report_of([(name, names[0]) for name in names])) or ""

    letters = letters_of(drawing)

    assert {"<script>alert(1)</script>", "$x_1$", "问候", "bell\ufffd"} <= set(letters)
    assert "<script" not in drawing
    assert any("…" in text for text in letters)


def test_nothing_confused_is_no_picture() -> None:
    assert draw_confusions(report_of([("greet", "greet"), ("track", "track")])) is None


def test_few_intents_are_all_drawn_most_confused_first() -> None:
    confusions = [
        Confusion("a", "a", 9),
        Confusion("b", "b", 5),
        Confusion("c", "b", 2),
        Confusion("d", "d", 1),
    ]

    assert confused_intents(confusions) == ("b", "c", "a", "d")


def test_of_many_intents_only_the_confused_ones_are_drawn() -> None:
    right = [Confusion(f"i{number}", f"i{number}", 3) for number in range(60)]
    wrong = [Confusion("i7", "i9", 2), Confusion("i9", "i30", 1)]

    assert confused_intents([*right, *wrong]) == ("i9", "i7", "i30")


def test_no_more_intents_are_drawn_than_can_be_read() -> None:
    wrong = [Confusion(f"i{number}", f"i{number + 1}", 1) for number in range(100)]

    assert len(confused_intents(wrong)) == 40


def test_drawing_leaves_the_settings_of_matplotlib_alone() -> None:
    before = dict(mpl.rcParams)

    draw_reliability(report_of([("greet", "greet")]))

    assert dict(mpl.rcParams) == before


def test_report_without_pictures_does_not_load_matplotlib() -> None:
    code = "import sys, nlu.evaluation.comparison, app.commands.evaluate; print('matplotlib' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "False"

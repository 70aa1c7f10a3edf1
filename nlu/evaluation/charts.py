"""Pictures of a report as SVG: confusion matrix, reliability diagram, coverage against accuracy.

Equal reports give equal pictures. Lines and letters take the colour and font of the page around them, so that
they can be read on light and dark. The only module that imports matplotlib.
"""

from __future__ import annotations

import io
import re
import unicodedata
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from nlu.evaluation.report import Confusion, EvaluationReport

MAX_INTENTS = 40
"""Above so many intents the confusion matrix shows the confused ones only, and so many at most."""

_INK = "#123456"  # stands for the colour of the page and occurs nowhere else
_RIGHT, _WRONG = "#2f8f83", "#e0662f"
_MAX_LABEL_CHARS = 28
_MAX_NUMBERED = 26  # intents; with more, numbers in the cells cannot be read
_STYLE: dict[Any, Any] = {  # the type of its keys differs between versions of matplotlib
    "axes.edgecolor": _INK,
    "axes.labelcolor": _INK,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "font.family": "sans-serif",
    "font.size": 9.0,
    "svg.fonttype": "none",  # letters stay letters: small, searchable, in the page's font
    "text.color": _INK,
    "text.parse_math": False,  # an intent may be called $x$
    "xtick.color": _INK,
    "ytick.color": _INK,
}


def confused_intents(confusions: Sequence[Confusion], *, max_intents: int = MAX_INTENTS) -> tuple[str, ...]:
    """Give the intents worth drawing, most confused first; all of them unless there are too many."""
    num_wrong: Counter[str] = Counter()
    for one in confusions:
        is_wrong = one.expected != one.got
        num_wrong.update({one.expected: one.count * is_wrong})
        num_wrong.update({one.got: one.count * is_wrong})
    ordered = sorted(num_wrong, key=lambda name: (-num_wrong[name], name))
    if len(ordered) <= max_intents:
        return tuple(ordered)
    return tuple(name for name in ordered if num_wrong[name])[:max_intents]


def draw_confusions(report: EvaluationReport) -> str | None:
    """Draw how each expected intent (row) was understood (column); None when nothing was confused."""
    names = confused_intents(report.confusions)
    if not any(one.expected != one.got for one in report.confusions):
        return None
    side_inches = 2.2 + max(0.3 * len(names), 1.5)

    def draw(axes: Axes) -> None:
        _fill_matrix(axes, report, names)

    return _draw(draw, width_inches=side_inches, height_inches=side_inches, salt="confusions")


def draw_reliability(report: EvaluationReport) -> str:
    """Draw accuracy over confidence per bin; bars that end on the diagonal are honest."""

    def draw(axes: Axes) -> None:
        bins = [one for one in report.reliability if one.count]
        width = 1.0 / max(len(report.reliability), 1)
        lows = [one.low for one in bins]
        most = max((one.count for one in bins), default=1)
        axes.bar(lows, [one.accuracy for one in bins], width * 0.92, align="edge", color=_RIGHT, alpha=0.8)
        axes.plot([one.confidence for one in bins], [one.accuracy for one in bins], "o", color=_WRONG, ms=4)
        axes.plot([0, 1], [0, 1], "--", color=_INK, lw=1, alpha=0.6)
        for one in bins:
            axes.text(
                (one.low + one.high) / 2, 1.02, str(one.count), ha="center", fontsize=6.5 if most > 999 else 7
            )
        axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="confidence", ylabel="accuracy")
        axes.set_aspect("equal")

    return _draw(draw, width_inches=5.2, height_inches=4.6, salt="reliability")


def draw_coverage(report: EvaluationReport) -> str:
    """Draw the accuracy of what a threshold on the confidence accepts, over how much that is."""

    def draw(axes: Axes) -> None:
        coverages = [point.coverage for point in report.coverage]
        accuracies = [point.accuracy for point in report.coverage]
        axes.plot(coverages, accuracies, color=_RIGHT, lw=2)
        accepted = 1.0 - report.fallback_rate
        lowest = min(accuracies, default=0.0)
        if accepted > 0:
            shipped = report.accepted_accuracy / accepted
            lowest = min(lowest, shipped)
            axes.plot([accepted], [shipped], "o", color=_WRONG, label="thresholds of the bundle")
            axes.legend(loc="lower left", frameon=False)
        axes.set(xlim=(0, 1.02), ylim=(max(0.0, lowest - 0.15 * (1.05 - lowest)), 1.005))
        axes.set(xlabel="coverage: share of utterances accepted", ylabel="accuracy of the accepted")
        axes.grid(color=_INK, alpha=0.12)

    return _draw(draw, width_inches=5.2, height_inches=4.6, salt="coverage")


def _fill_matrix(axes: Axes, report: EvaluationReport, names: Sequence[str]) -> None:
    places = {name: place for place, name in enumerate(names)}
    for one in report.confusions:
        if one.expected not in places or one.got not in places:
            continue
        row, column = places[one.expected], places[one.got]
        share = one.count / report.intents[one.expected].support
        colour = _RIGHT if one.expected == one.got else _WRONG
        axes.add_patch(Rectangle((column, row), 1, 1, facecolor=colour, alpha=0.15 + 0.85 * share, lw=0))
        if len(names) <= _MAX_NUMBERED:
            axes.text(column + 0.5, row + 0.5, str(one.count), ha="center", va="center", fontsize=7)
    axes.set(xlim=(0, len(names)), ylim=(len(names), 0), xlabel="understood as", ylabel="expected")
    ticks, labels = [place + 0.5 for place in range(len(names))], [_readable(name) for name in names]
    axes.set_xticks(ticks, labels, rotation=90, fontsize=7)
    axes.set_yticks(ticks, labels, fontsize=7)
    axes.tick_params(length=0)
    axes.set_aspect("equal")
    axes.plot([0, len(names)], [0, len(names)], color=_INK, lw=0.5, alpha=0.3)


def _readable(name: str) -> str:
    """Shorten a name in its middle, where names differ least, and drop letters that no XML may hold."""
    clean = "".join(letter if unicodedata.category(letter)[0] != "C" else "\ufffd" for letter in name)
    if len(clean) <= _MAX_LABEL_CHARS:
        return clean
    half = (_MAX_LABEL_CHARS - 1) // 2
    return f"{clean[:half]}…{clean[-half:]}"


def _draw(draw: Callable[[Axes], None], *, width_inches: float, height_inches: float, salt: str) -> str:
    """Draw on fresh axes and give the ``<svg>`` element alone, ready to stand in a page."""
    written = io.StringIO()
    with mpl.rc_context({**_STYLE, "svg.hashsalt": salt}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)  # the page has it
        figure = Figure(figsize=(width_inches, height_inches), layout="constrained")
        figure.patch.set_alpha(0.0)
        axes = figure.add_subplot()
        axes.patch.set_alpha(0.0)
        draw(axes)
        nothing = {"Creator": None, "Date": None, "Format": None, "Type": None}
        figure.savefig(written, format="svg", metadata=nothing)
    return _for_page(written.getvalue())


def _for_page(document: str) -> str:
    """Keep the element, in the look of the page and without what a second picture would repeat or change."""
    element = document[document.index("<svg") :]
    element = re.sub(r"<style.*?</style>", "", element, flags=re.DOTALL)
    element = re.sub(r'<g id="[^"]*">', "<g>", element)
    element = re.sub(r"font-family: [^;]*;", "font-family: inherit;", element)
    element = re.sub(r'(<svg\b[^>]*?) height="[^"]*"', r"\1", element, count=1)
    element = re.sub(r'(<svg\b[^>]*?) width="([^"]*)"', r'\1 style="max-width: \2"', element, count=1)
    return element.replace(_INK, "currentColor").strip()

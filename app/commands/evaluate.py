"""``spandesk evaluate``: how well a bundle understands annotated examples, alone or beside another bundle."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from app.commands.context import chosen_interpreter, read_bot, read_snapshot, settings_for
from app.dialogue.errors import NotFoundError
from app.retraining.snapshot import MIN_TEXTS
from app.settings import Settings
from nlu.data.rasa_nlu import read_nlu
from nlu.data.yaml_source import yaml_files
from nlu.evaluation.comparison import compare_misses
from nlu.evaluation.figures import countable_figures
from nlu.evaluation.report import EvaluationReport, Miss, evaluate
from nlu.types import Example


def run(args: argparse.Namespace) -> int:
    """Measure and print; the whole report with ``--json``, and as a page with ``--report``.

    Raises:
        NotFoundError: nothing of the bot's own data is held out, and there is no other file.
    """
    settings = settings_for(args)
    examples = _examples(args.data, settings)
    name, report = _measure(args.bundle, examples, settings)
    before_name, before = _measure(args.before, examples, settings) if args.before else ("", None)
    if args.report is not None:  # first: a reader that closes the pipe early still gets it
        title = f"bundle {name}" + (f" after {before_name}" if before else "")
        data = args.data.name if args.data else "held-out examples"
        _write(report, args.report, title=f"{title}: {data}", before=before)
    if args.json:
        print(json.dumps(report.to_json(), indent=2, ensure_ascii=False))
    else:
        print(f"bundle {name}" + (f", before: {before_name}" if before else ""))
        _print_report(report, before)
    return 0


def _examples(path: Path | None, settings: Settings) -> tuple[Example, ...]:
    if path is not None:
        return read_nlu(tuple(yaml_files(path)), root=path.parent).examples
    held_out = read_snapshot(read_bot(settings)).held_out
    if not held_out:
        raise NotFoundError(
            f"got no held-out examples of {settings.bot}: an intent with fewer than {MIN_TEXTS} texts learns"
            f" all of them; measure on a file of annotated examples with --data"
        )
    return held_out


def _measure(
    bundle: Path | None, examples: tuple[Example, ...], settings: Settings
) -> tuple[str, EvaluationReport]:
    interpreter = chosen_interpreter(bundle, settings)
    return interpreter.bundle_id, evaluate(interpreter.parse, examples)


def _write(report: EvaluationReport, folder: Path, *, title: str, before: EvaluationReport | None) -> None:
    from nlu.evaluation.page import write_report  # loads matplotlib

    page = write_report(report, folder, title=title, before=before)
    print(f"report: {page}", file=sys.stderr)


def _print_report(report: EvaluationReport, before: EvaluationReport | None) -> None:
    earlier = countable_figures(before) if before else {}
    for name, value in countable_figures(report).items():
        change = f"   before {earlier[name]:.4g}" if name in earlier else ""
        print(f"  {name:20} {value:.4g}{change}")
    if before is not None:
        _print_changes(report, before)
    print(f"{len(report.misses)} of {report.num_examples} examples are understood differently:")
    _print_misses(report.misses)


def _print_changes(report: EvaluationReport, before: EvaluationReport) -> None:
    changes = compare_misses(report, before)
    print(f"{len(changes.fixed)} examples from wrong to right, {len(changes.broken)} from right to wrong:")
    _print_misses(changes.broken)


def _print_misses(misses: tuple[Miss, ...]) -> None:
    for miss in misses:
        print(f"  {_line(miss)}")


def _line(miss: Miss) -> str:
    line = f"{miss.text!r}: expected {miss.expected_intent}, got {miss.got_intent} ({miss.confidence:.2f})"
    if miss.expected_spans == miss.got_spans:
        return line
    return f"{line}; spans expected {list(miss.expected_spans)}, got {list(miss.got_spans)}"

"""``spandesk evaluate``: how well a bundle understands annotated examples."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from app.commands.context import chosen_interpreter, read_bot, read_snapshot, settings_for
from app.settings import Settings
from nlu.data.rasa_nlu import read_nlu
from nlu.data.yaml_source import yaml_files
from nlu.evaluation.report import EvaluationReport, Miss, evaluate
from nlu.types import Example


def run(args: argparse.Namespace) -> int:
    """Measure and print; the whole report with ``--json``."""
    settings = settings_for(args)
    interpreter = chosen_interpreter(args.bundle, settings)
    report = evaluate(interpreter.parse, _examples(args.data, settings))
    if args.json:
        print(json.dumps(report.to_json(), indent=2, ensure_ascii=False))
    else:
        _print_report(interpreter.bundle_id, report)
    return 0


def _examples(path: Path | None, settings: Settings) -> tuple[Example, ...]:
    if path is not None:
        return read_nlu(tuple(yaml_files(path)), root=path.parent).examples
    return read_snapshot(read_bot(settings)).held_out


def _print_report(bundle_id: str, report: EvaluationReport) -> None:
    print(f"bundle {bundle_id}")
    for name, value in report.summary().items():
        print(f"  {name:20} {value:.4g}")
    print(f"{len(report.misses)} of {report.num_examples} examples are understood differently:")
    for miss in report.misses:
        print(f"  {_line(miss)}")


def _line(miss: Miss) -> str:
    line = f"{miss.text!r}: expected {miss.expected_intent}, got {miss.got_intent} ({miss.confidence:.2f})"
    if miss.expected_spans == miss.got_spans:
        return line
    return f"{line}; spans expected {list(miss.expected_spans)}, got {list(miss.got_spans)}"

"""``spandesk train reader``: questions with passages in, a verified reader out."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict

from app.commands.context import settings_for
from app.commands.progress import ProgressBar
from nlu.checkpoint import resolve_encoder
from nlu.data.reading import read_reading_files
from nlu.training.config import load_settings
from nlu.training.reader import TrainedReader, train_reader
from nlu.training.reader_config import ReaderConfig

_NUM_NAMED = 5  # of the examples left out


def run(args: argparse.Namespace) -> int:
    """Train; with ``--resume`` a killed run goes on after its last whole epoch, with ``--finish`` it ends."""
    settings = settings_for(args)
    config = load_settings(ReaderConfig, args.config) if args.config else ReaderConfig()
    examples = read_reading_files(args.data)
    with ProgressBar() as bar:
        trained = train_reader(
            examples,
            config,
            encoder=resolve_encoder(settings.encoder),
            out_path=args.out,
            progress=bar.show,
            begin="finish" if args.finish else "resume" if args.resume else "anew",
        )
    _print_result(trained)
    return 0


def _print_result(trained: TrainedReader) -> None:
    if trained.misaligned:
        named = ", ".join(trained.misaligned[:_NUM_NAMED])
        count = len(trained.misaligned)
        print(
            f"warning: {count} examples are left out, their answers begin or end within a token: {named}",
            file=sys.stderr,
        )
    print(f"reader {trained.reader_id} in {trained.seconds:.0f} s: {trained.path}")
    print(f"  {'trained_parameters':20} {trained.num_trained_parameters:,}")
    for name, value in asdict(trained.quality).items():
        print(f"  {name:20} {value:.4g}")

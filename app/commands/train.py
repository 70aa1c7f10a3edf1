"""``spandesk train``: bot data in, a verified bundle out."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from app.bot.training import read_training, read_unlabelled, read_utterances
from app.commands.context import read_bot, read_snapshot, settings_for
from app.commands.progress import ProgressBar
from nlu.checkpoint import resolve_encoder
from nlu.evaluation.figures import countable_figures
from nlu.training.config import load_train_config
from nlu.training.pipeline import TrainedBundle, train_bundle


def run(args: argparse.Namespace) -> int:
    """Train; without ``--out`` the bundle goes into the registry, and into service if there was none.

    Without ``--config`` the bot's own ``training.toml`` counts, without ``--unlabelled`` its
    ``unlabelled.txt``. With ``--resume`` a run that was killed goes on after its last whole epoch.
    """
    settings = settings_for(args)
    bot = read_bot(settings)
    snapshot = read_snapshot(bot)
    for warning in snapshot.train.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    config = load_train_config(args.config) if args.config else read_training(bot.path)
    unlabelled = read_utterances(args.unlabelled) if args.unlabelled else read_unlabelled(bot.path)
    out: Path = args.out or settings.home / "training" / "bundle"
    with ProgressBar() as bar:
        trained = train_bundle(
            replace(snapshot.train, unlabelled=unlabelled),
            config,
            encoder=resolve_encoder(settings.encoder),
            out_path=out,
            progress=bar.show,
            held_out=snapshot.held_out,
            resume=args.resume,
        )
    _print_result(trained)
    if args.out is None:
        from app.provisioning import adopt_bundle, open_stores

        stores = open_stores(settings)
        champion = adopt_bundle(stores, settings, out, origin="train")
        in_service = champion.bundle_id == trained.bundle_id
        remedy = "in service" if in_service else f"spandesk models promote {trained.bundle_id}"
        print(f"registered; {remedy}")
        stores.close()
    return 0


def _print_result(trained: TrainedBundle) -> None:
    print(f"bundle {trained.bundle_id} in {trained.seconds:.0f} s: {trained.path}")
    print(f"  {'trained_parameters':20} {trained.num_trained_parameters:,}")
    for name, value in countable_figures(trained.report).items():
        print(f"  {name:20} {value:.4g}")

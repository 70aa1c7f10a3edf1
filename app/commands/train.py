"""``spandesk train``: bot data in, a verified bundle and a model of the stories out."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from app.bot.bot import Bot
from app.bot.training import read_training, read_unlabelled, read_utterances
from app.commands.context import read_bot, read_snapshot, settings_for
from app.commands.progress import ProgressBar
from app.settings import Settings
from app.story_models import (
    train_intent_model,
    train_story_model,
    wants_intent_model,
    wants_story_model,
)
from nlu.checkpoint import resolve_encoder
from nlu.evaluation.figures import countable_figures
from nlu.training.config import load_train_config
from nlu.training.pipeline import TrainedBundle, train_bundle
from retrieval.importers.read import read_faq
from retrieval.training_pairs import training_pairs
from retrieval.types import FaqEntry


def run(args: argparse.Namespace) -> int:
    """Train; without ``--out`` the bundle goes into the registry, and into service if there was none.

    Without ``--config`` the bot's own ``training.toml`` counts, without ``--unlabelled`` its
    ``unlabelled.txt``. The query embedding learns from the FAQ: that of the bot's folder with ``--out``, else
    that of the database. With ``--resume`` a run that was killed goes on after its last whole epoch.

    Models of the stories follow where the bot wants them, always into the registry; with ``--stories-only``
    they are all that is trained.
    """
    settings = settings_for(args)
    bot = read_bot(settings)
    if not args.stories_only:
        _train_bundle(args, settings, bot)
    elif not wants_story_model(bot) and not wants_intent_model(bot):
        print(f"{bot.name} has no stories, or its config.yml names no policy that learns from them")
        return 1
    _train_stories(settings, bot)
    return 0


def _train_bundle(args: argparse.Namespace, settings: Settings, bot: Bot) -> None:
    snapshot = read_snapshot(bot)
    for warning in snapshot.train.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    num_examples = len(snapshot.train.examples)
    config = (
        load_train_config(args.config) if args.config else read_training(bot.path, num_examples=num_examples)
    )
    unlabelled = read_utterances(args.unlabelled) if args.unlabelled else read_unlabelled(bot.path)
    pairs = training_pairs(_faq_entries(bot, None if args.out else settings))
    out: Path = args.out or settings.home / "training" / "bundle"
    with ProgressBar() as bar:
        trained = train_bundle(
            replace(snapshot.train, unlabelled=unlabelled, retrieval_pairs=pairs),
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


def _train_stories(settings: Settings, bot: Bot) -> None:
    for is_wanted, train, what in (
        (wants_story_model(bot), train_story_model, "story model"),
        (wants_intent_model(bot), train_intent_model, "intent model"),
    ):
        if is_wanted:
            with ProgressBar() as bar:
                path = train(bot, settings, bar.show_steps)
            print(f"{what} of {len(bot.stories)} stories: {path}")


def _faq_entries(bot: Bot, settings: Settings | None) -> Sequence[FaqEntry]:
    """Give what the bundle will search: the database's entries, or without settings the folder's."""
    if settings is None:
        return read_faq(bot.faq_path) if bot.faq_path is not None else ()
    from app.provisioning import ensure_faq, open_stores

    stores = open_stores(settings)
    ensure_faq(stores, bot)
    entries = stores.faq.published()
    stores.close()
    return entries


def _print_result(trained: TrainedBundle) -> None:
    print(f"bundle {trained.bundle_id} in {trained.seconds:.0f} s: {trained.path}")
    print(f"  {'trained_parameters':20} {trained.num_trained_parameters:,}")
    if not trained.report.num_examples:
        print("  too few examples to hold any out; measure with 'spandesk evaluate --data FILE'")
        return
    for name, value in countable_figures(trained.report).items():
        print(f"  {name:20} {value:.4g}")

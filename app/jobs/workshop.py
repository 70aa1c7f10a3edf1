"""The real workshop of retraining: the bot's folder, the stores, the registry, the trainer."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from app.bot.loader import load_bot
from app.bot.training import read_training, read_unlabelled
from app.jobs.retrain import Parser, Trained, Workshop
from app.provisioning import Stores, bundle_interpreter, open_index
from app.retraining.masking import mask_personal_data
from app.retraining.registry import ModelRegistry
from app.settings import Settings
from nlu.checkpoint import resolve_encoder
from nlu.data.rasa_nlu import NluData, read_nlu
from nlu.training.progress import Report
from nlu.types import Example, RetrievalPair


def open_workshop(settings: Settings, stores: Stores) -> Workshop:
    """Assemble the workshop; the bot's folder is read anew for every job."""

    def read_bot_data() -> NluData:
        bot = load_bot(settings.bot, environment=os.environ)
        return read_nlu(bot.nlu_paths, root=bot.path)

    def train(data: NluData, held_out: Sequence[Example], out_path: Path, report: Report) -> Trained:
        import torch

        from nlu.training.pipeline import train_bundle
        from nlu.training.resume import ResumeError

        if settings.torch_threads:
            torch.set_num_threads(settings.torch_threads)
        pairs = _retrieval_pairs(stores)
        run = partial(
            train_bundle,
            replace(data, unlabelled=read_unlabelled(settings.bot), retrieval_pairs=pairs),
            read_training(settings.bot, num_examples=len(data.examples)),
            encoder=resolve_encoder(settings.encoder),
            out_path=out_path,
            progress=report,
            held_out=held_out,
        )
        try:
            return run(resume=True)
        except ResumeError:  # the code has changed since the worker was killed
            return run(resume=False)

    def load_parser(path: Path) -> Parser:
        return bundle_interpreter(settings, load_bot(settings.bot, environment=os.environ), path)

    def prepare_index(path: Path) -> None:
        interpreter = bundle_interpreter(settings, load_bot(settings.bot, environment=os.environ), path)
        open_index(settings, stores.faq.published(), interpreter)

    return Workshop(
        reviews=stores.reviews,
        models=stores.models,
        audit=stores.audit,
        registry=ModelRegistry(settings.home / "models"),
        read_bot_data=read_bot_data,
        train=train,
        load_parser=load_parser,
        prepare_index=prepare_index,
        datasets_path=settings.home / "datasets",
        scratch_path=settings.home / "training",
    )


def _retrieval_pairs(stores: Stores) -> tuple[RetrievalPair, ...]:
    """Pair the FAQ's questions, and those that it answered well, with its texts."""
    from retrieval.training_pairs import training_pairs

    asked = [(entry_id, mask_personal_data(text)) for entry_id, text in stores.faq.helped_questions()]
    return training_pairs(stores.faq.published(), asked)

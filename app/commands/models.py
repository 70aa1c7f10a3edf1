"""``spandesk models list|promote|rollback``."""

from __future__ import annotations

import argparse

from app.commands.context import settings_for
from app.db.model_store import ModelInfo
from app.provisioning import open_stores

_FIGURES = ("intent_accuracy", "macro_f1", "span_f1", "frame_accuracy")


def run_list(args: argparse.Namespace) -> int:
    """List the bundles, newest first; a star marks the champion."""
    stores = open_stores(settings_for(args))
    print(f"  {'bundle':16}  {'created':16}  {'origin':16}  " + "  ".join(f"{name:15}" for name in _FIGURES))
    for model in stores.models.list():
        print(_line(model))
    stores.close()
    return 0


def run_promote(args: argparse.Namespace) -> int:
    """Put a bundle in service; running servers notice by themselves."""
    stores = open_stores(settings_for(args))
    model = stores.models.promote(args.bundle_id, actor="cli")
    print(f"in service: {model.bundle_id}")
    stores.close()
    return 0


def run_rollback(args: argparse.Namespace) -> int:
    """Put the bundle before the present one in service."""
    stores = open_stores(settings_for(args))
    model = stores.models.rollback(actor="cli")
    print(f"in service: {model.bundle_id}")
    stores.close()
    return 0


def _line(model: ModelInfo) -> str:
    figures = "  ".join(_figure(model, name) for name in _FIGURES)
    mark = "*" if model.is_champion else " "
    return (
        f"{mark} {model.bundle_id:16}  {model.created_at:%Y-%m-%d %H:%M}  {model.origin[:16]:16}  {figures}"
    )


def _figure(model: ModelInfo, name: str) -> str:
    value = model.metrics.get(name)
    return f"{value:15.4f}" if isinstance(value, float) else f"{'-':>15}"

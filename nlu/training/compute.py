"""Where a run computes and how exactly: on a GPU if there is one, in bfloat16 where that is native.

bfloat16 serves the matrix products of the encoder and the span head in training only. The trained weights,
the intent head, running sums, losses, validation and calibration are float32 everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from nlu.training.config import ConfigError, Device, Precision

_NATIVE_BFLOAT16 = ("avx512_bf16", "amx_bf16", "sve_bf16", "bf16")  # names of instruction sets


class DeviceError(ConfigError):
    """A device or a precision that this machine does not have."""


@dataclass(frozen=True, slots=True)
class Compute:
    """A device and the precision of the encoder's matrix products in training."""

    device: torch.device
    precision: torch.dtype

    @property
    def rng_devices(self) -> list[torch.device]:
        """List the devices beside the CPU whose random generator the run draws from."""
        return [] if self.device.type == "cpu" else [self.device]

    @property
    def exact(self) -> Compute:
        """Give the same device in float32."""
        return Compute(self.device, torch.float32)

    def autocast(self) -> torch.autocast:
        """Give the context in which the encoder runs in training."""
        is_lower = self.precision != torch.float32
        return torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=is_lower)

    def __str__(self) -> str:
        return f"{self.device.type} in {str(self.precision).removeprefix('torch.')}"


EXACT_CPU = Compute(torch.device("cpu"), torch.float32)


def choose_compute(device: Device, precision: Precision) -> Compute:
    """Choose what the settings name, or the best of this machine for ``auto``.

    Raises:
        DeviceError: the machine has no GPU, or one without bfloat16.
    """
    chosen = _choose_device(device)
    is_native = _has_native_bfloat16(chosen)
    if precision == "bfloat16" and chosen.type == "cuda" and not is_native:
        raise DeviceError("precision: got 'bfloat16' on a GPU without it, expected 'auto' or 'float32'")
    is_lower = precision == "bfloat16" or (precision == "auto" and is_native)
    return Compute(chosen, torch.bfloat16 if is_lower else torch.float32)


def _choose_device(device: Device) -> torch.device:
    has_gpu = torch.cuda.is_available()
    if device == "cuda" and not has_gpu:
        raise DeviceError(
            "device: got 'cuda' on a machine where torch finds no GPU, expected 'auto' or 'cpu'"
        )
    if device == "cpu" or not has_gpu:
        return torch.device("cpu")
    return torch.device("cuda", torch.cuda.current_device())


def _has_native_bfloat16(device: torch.device) -> bool:
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    capabilities = torch.cpu.get_capabilities()
    return any(capabilities.get(name) for name in _NATIVE_BFLOAT16)

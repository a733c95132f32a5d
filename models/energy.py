"""The electrical energy that a machine counts itself, where it does and lets a program read it."""

import ctypes
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

POWERCAP = Path("/sys/class/powercap")
"""Where Linux shows the processor's own counters (RAPL; kernel documentation, power/powercap)."""
_PACKAGES = "intel-rapl:[0-9]*"  # AMD's counters have this name too


class EnergyCounter(Protocol):
    """A counter in joules; only differences mean something."""

    @property
    def counts(self) -> str:
        """What the energy is of, in words: never of one program alone."""
        ...

    def joules(self) -> float:
        """Energy since the counter was made; to be asked often, as counters begin anew."""
        ...


class ProcessorPackages:
    """All processor packages of the machine, by RAPL, whatever program keeps them busy."""

    counts = "processor packages, all programs (RAPL)"

    def __init__(self, domains: Sequence[Path]) -> None:
        self._domains = domains
        self._ranges = [_number(one / "max_energy_range_uj") for one in domains]
        self._last = [_number(one / "energy_uj") for one in domains]
        self._counted = 0

    def joules(self) -> float:
        """See :class:`EnergyCounter`; a counter that began anew is taken to have done so once."""
        now = [_number(one / "energy_uj") for one in self._domains]
        for before, after, size in zip(self._last, now, self._ranges, strict=True):
            self._counted += after - before + (size if after < before else 0)
        self._last = now
        return self._counted / 1e6


class GraphicsCard:
    """The whole board of one NVIDIA GPU, by its driver (NVML), since Volta."""

    counts = "graphics card, whole board (NVML)"

    def __init__(self, library: Any, handle: Any) -> None:
        self._library, self._handle = library, handle
        self._first = self._millijoules()

    def joules(self) -> float:
        """See :class:`EnergyCounter`."""
        return (self._millijoules() - self._first) / 1e3

    def _millijoules(self) -> int:
        value = ctypes.c_ulonglong()
        _demand(self._library.nvmlDeviceGetTotalEnergyConsumption(
            self._handle, ctypes.byref(value)
        ))  # fmt: skip
        return value.value


def energy_counter(device: str, *, powercap: Path = POWERCAP) -> tuple[EnergyCounter | None, str]:
    """The counter of what trains, ``"cpu"`` or ``"cuda"``; None and the reason without one."""
    try:
        return (_graphics_card() if device == "cuda" else _processor(powercap)), ""
    except OSError as why:
        return None, str(why)


def _processor(powercap: Path) -> ProcessorPackages:
    domains = [
        one for one in sorted(powercap.glob(_PACKAGES))
        if one.name.count(":") == 1 and (one / "name").read_text().startswith("package")
    ]  # fmt: skip
    if not domains:
        raise OSError(f"the machine shows no energy counter of its processor in {powercap}")
    try:
        return ProcessorPackages(domains)
    except PermissionError:
        raise OSError("only root may read the processor's energy counter here") from None


def _graphics_card() -> GraphicsCard:
    try:
        library = ctypes.CDLL("libnvidia-ml.so.1")
    except OSError:
        raise OSError("the GPU's driver brings no NVML library") from None
    _demand(library.nvmlInit_v2())
    handle = ctypes.c_void_p()
    _demand(library.nvmlDeviceGetHandleByUUID(_uuid(), ctypes.byref(handle)))
    return GraphicsCard(library, handle)


def _uuid() -> bytes:
    """Of the GPU that torch uses: NVML counts the machine's GPUs, torch those it may see."""
    import torch

    return f"GPU-{torch.cuda.get_device_properties(0).uuid}".encode()


def _demand(code: int) -> None:
    if code:
        raise OSError(f"the GPU's driver does not tell its energy (NVML error {code})")


def _number(path: Path) -> int:
    return int(path.read_text())

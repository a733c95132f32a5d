"""What a training took: time, processor time, and energy where the machine counts it."""

import os
import time
from typing import Any

from models.energy import energy_counter

COST = "cost.json"
NOT_MEASURABLE = "not measurable here"


class Meter:
    """Counts from when it is made; a training that was interrupted goes on counting.

    device: ``"cpu"`` or ``"cuda"``, for the energy.
    """

    def __init__(self, device: str) -> None:
        self._begun, self._worked = time.perf_counter(), time.process_time()
        self._counter, self._why = energy_counter(device)
        self._earlier: dict[str, Any] = {}

    def goes_on(self, earlier: dict[str, Any]) -> None:
        """Take in what :meth:`so_far` said at the checkpoint from which the training goes on."""
        self._earlier = earlier

    def so_far(self) -> dict[str, Any]:
        """Plain values: ``seconds`` of wall time, ``processor_seconds`` of all threads,
        ``processors`` of the machine, ``resumed`` (how often), and ``energy``.

        What an interrupted part did after its last checkpoint is not in it. energy: ``joules`` and
        what they are ``of``, or the reason why there are none.
        """
        earlier = self._earlier
        return {
            "seconds": self._added("seconds", time.perf_counter() - self._begun),
            "processor_seconds": self._added(
                "processor_seconds", time.process_time() - self._worked
            ),
            "processors": os.cpu_count(),
            "resumed": earlier["resumed"] + 1 if earlier else 0,
            "energy": self._energy(),
        }

    def _added(self, name: str, more: float) -> float:
        return round(float(self._earlier.get(name, 0.0)) + more, 1)

    def _energy(self) -> dict[str, Any]:
        before = self._earlier.get("energy", {"joules": 0.0})
        if self._counter is None:
            return {NOT_MEASURABLE: self._why}
        if "joules" not in before:
            return {NOT_MEASURABLE: f"not before the interruption: {before[NOT_MEASURABLE]}"}
        joules = round(before["joules"] + self._counter.joules(), 1)
        return {"joules": joules, "of": self._counter.counts}

"""Sums that restart at zero: one for each way a stream may drift, each remembering since when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from monitoring.detectors.base import FloatArray

__all__ = ["Arms"]


@dataclass(frozen=True, slots=True)
class Arms:
    """Levels of several one-sided CUSUMs, with the studies that each has seen since it was zero.

    The day after an arm was last zero is the usual estimate of when its drift began; the mean of
    `total` since then estimates how large it is. All shapes (arms,).
    """

    level: FloatArray
    studies: FloatArray
    total: FloatArray
    since: tuple[str | None, ...]

    @classmethod
    def at_rest(cls, count: int) -> Arms:
        """Every arm at zero."""
        return cls(np.zeros(count), np.zeros(count), np.zeros(count), (None,) * count)

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Arms:
        """Read back from :meth:`to_state`."""
        level, studies, total = (np.array(state[key]) for key in ("level", "studies", "total"))
        return cls(level, studies, total, tuple(state["since"]))

    def to_state(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "level": self.level.tolist(),
            "studies": self.studies.tolist(),
            "total": self.total.tolist(),
            "since": list(self.since),
        }

    def after(
        self, gains: FloatArray, *, studies: FloatArray, totals: FloatArray, day: date, cap: float
    ) -> Arms:
        """One day on. A level never passes `cap`, so a chart comes down again after a repair."""
        level = np.minimum(np.maximum(self.level + gains, 0.0), cap)
        alive = level > 0.0
        since = tuple(
            (began or day.isoformat()) if up else None
            for began, up in zip(self.since, alive.tolist(), strict=True)
        )
        return Arms(
            level,
            np.where(alive, self.studies + studies, 0.0),
            np.where(alive, self.total + totals, 0.0),
            since,
        )

    def leading(self) -> int:
        """Index of the highest arm."""
        return int(np.argmax(self.level))

    def mean(self, arm: int) -> float | None:
        """Mean of what an arm has added up since it was zero, per study."""
        return float(self.total[arm] / self.studies[arm]) if self.studies[arm] > 0 else None

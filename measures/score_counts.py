"""How many diseased and healthy studies score at or above each of a few cuts: all that a threshold
can be judged by, without the scores.

Two columns of whole numbers give every share, its interval and the net benefit exactly at the cuts
that were kept. Between them nothing is known, and nothing is interpolated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from measures.inputs import Numbers, truth_and_score
from measures.net_benefit import DecisionCurve, curve_of_counts
from measures.proportions import shares_of_groups
from measures.threshold_table import ThresholdRange, ThresholdTable, table_of_counts

__all__ = ["ScoreCounts", "decision_curve_of", "flagged_of", "score_counts", "thresholds_of"]

MOST = 100
"""Distinct scores that are kept as cuts, evenly by rank; all where there are fewer."""
_GRID = np.arange(1, 100) / 100.0


@dataclass(frozen=True, slots=True)
class ScoreCounts:
    """Studies at or above each cut, cuts from low to high, shape (cuts,); and how many there are.

    probability: whether the score states a probability, so that a cut is a threshold probability.
    """

    cut: Numbers
    diseased_flagged: NDArray[np.int64]
    healthy_flagged: NDArray[np.int64]
    diseased: int
    healthy: int
    probability: bool

    @property
    def n(self) -> int:
        """All studies, as sampled.

        >>> score_counts([1, 0], [0.5, 0.2]).n
        2
        """
        return self.diseased + self.healthy

    def nearest(self, cut: float) -> int:
        """The place of the kept cut that is nearest to this one.

        >>> counts = score_counts([1, 0], [0.75, 0.25])
        >>> counts.cut[counts.nearest(0.7)].item()
        0.75
        """
        return int(np.argmin(np.abs(self.cut - cut)))

    def to_dict(self) -> dict[str, Any]:
        """As plain values, to be stored.

        >>> score_counts([1, 0], [0.75, 0.25]).to_dict()["diseased_flagged"]
        [1, 1]
        """
        return {
            "cut": self.cut.tolist(), "diseased_flagged": self.diseased_flagged.tolist(),
            "healthy_flagged": self.healthy_flagged.tolist(), "diseased": self.diseased,
            "healthy": self.healthy, "probability": self.probability,
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> ScoreCounts:
        """From what :meth:`to_dict` gave.

        >>> ScoreCounts.from_dict(score_counts([1, 0], [0.75, 0.25]).to_dict()).healthy
        1
        """
        return cls(
            np.asarray(stored["cut"], dtype=np.float64),
            np.asarray(stored["diseased_flagged"], dtype=np.int64),
            np.asarray(stored["healthy_flagged"], dtype=np.int64),
            int(stored["diseased"]), int(stored["healthy"]), bool(stored["probability"]),
        )


def score_counts(
    truth: ArrayLike, score: ArrayLike, *, probability: bool = False,
    also: ArrayLike = (), most: int = MOST,
) -> ScoreCounts:
    """The counts at up to `most` scores that were seen, evenly by rank, and at the cuts `also`.

    Of probabilities also at 0.01, 0.02 to 0.99, for the decision curve. A study is flagged when
    score >= cut. truth: 0/1, score: finite, both of shape (studies,). Raises ValueError for
    malformed columns or no study.

    >>> counts = score_counts([1, 1, 0, 0], [0.9, 0.4, 0.5, 0.1], also=[0.45])
    >>> counts.cut.tolist(), counts.diseased_flagged.tolist(), counts.healthy_flagged.tolist()
    ([0.1, 0.4, 0.45, 0.5, 0.9], [2, 2, 1, 1, 1], [2, 1, 1, 1, 0])
    """
    diseased, marks = truth_and_score(truth, score)
    if marks.size == 0:
        raise ValueError("score: no study to cut")
    seen = np.unique(marks)
    kept = np.unique(np.linspace(0, seen.size - 1, min(seen.size, most)).round().astype(int))
    grid = _GRID if probability else _GRID[:0]
    cuts = np.unique(np.r_[seen[kept], grid, np.asarray(also, dtype=np.float64)])
    high, low = np.sort(marks[diseased]), np.sort(marks[~diseased])
    return ScoreCounts(
        cuts, high.size - np.searchsorted(high, cuts, "left"),
        low.size - np.searchsorted(low, cuts, "left"), high.size, low.size, probability,
    )


def thresholds_of(counts: ScoreCounts, *, level: float = 0.95) -> ThresholdTable:
    """What the device would do at each kept cut; as :func:`measures.threshold_table`.

    >>> table = thresholds_of(score_counts([1, 1, 0, 0], [0.9, 0.4, 0.5, 0.1]))
    >>> table.measures["sensitivity"].value.tolist()
    [1.0, 1.0, 0.5, 0.5]
    """
    return table_of_counts(
        counts.cut, counts.diseased_flagged, counts.healthy_flagged,
        (counts.diseased, counts.healthy), level=level,
    )


def flagged_of(counts: ScoreCounts, *, level: float = 0.95) -> ThresholdRange:
    """The share of all studies that would be flagged at each kept cut, with Wilson limits.

    >>> flagged_of(score_counts([1, 1, 0, 0], [0.9, 0.4, 0.5, 0.1])).value.tolist()
    [1.0, 0.75, 0.5, 0.25]
    """
    flagged = (counts.diseased_flagged + counts.healthy_flagged).astype(np.float64)
    return ThresholdRange(*shares_of_groups(flagged, np.full(flagged.shape, counts.n), level=level))


def decision_curve_of(counts: ScoreCounts, *, level: float = 0.95) -> DecisionCurve:
    """Net benefit at each kept cut that can be a threshold probability; as
    :func:`measures.net_benefit.decision_curve`.

    Raises ValueError where the score is no probability, or a class is missing.

    >>> decision_curve_of(score_counts([1, 0], [0.9, 0.1], probability=True)).value.max().item()
    0.5
    """
    if not counts.probability:
        raise ValueError("score: no probability, so that no cut is a threshold probability")
    if not counts.diseased or not counts.healthy:
        raise ValueError("truth: both diseased and healthy studies are needed")
    inside = (counts.cut > 0.0) & (counts.cut < 1.0)
    return curve_of_counts(
        counts.cut[inside], counts.diseased_flagged[inside], counts.healthy_flagged[inside],
        (counts.diseased, counts.healthy), level=level,
    )

"""The directions along which an embedding is watched, and a bet along each.

Everything that a direction needs (centre, spread, where it leads) comes from one part of the
reference and from studies before its first day; ranks are taken in the other part and in the
studies since. So the studies that are ranked never choose what they are ranked by.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from measures.sequential import CONFORMAL_BETS, Capital, conformal_bets, conformal_p_columns
from monitoring.detectors.arms import Arms
from monitoring.detectors.base import FloatArray

__all__ = ["DISTANCE", "Space", "advanced", "evidence_of", "freeze_space", "new_arm"]

DISTANCE = "distance"
SHRINKAGE = 0.1
"""Towards equal spread, as of the out-of-distribution value: few studies, sixteen features."""
EDGES = np.concatenate([[-6.0, -4.0], np.linspace(-3.0, 3.0, 31), [3.5, 4.0, 5.0, 6.0, 8.0, 12.0]])
"""Between the cells in which values are ranked, in SD of the first part of the reference."""
CHI_SD = 0.71
"""SD of the distance of a normal study, in any number of dimensions."""
CAP = 2.0
TAILS = ((0.05, 0.08), (0.02, 0.05))
"""Two more bettors, on few studies that lie far out: (rarest share, stake)."""
BETTORS = len(CONFORMAL_BETS) + len(TAILS)


def freeze_space(taught: FloatArray, ranked: FloatArray) -> dict[str, Any]:
    """Both parts of a reference as JSON values; shapes (n, features).

    taught: gives centre and spread; ranked: what studies are ranked in.
    """
    centre = taught.mean(axis=0)
    spread = np.atleast_2d(np.cov(taught, rowvar=False))
    even = float(np.trace(spread)) / len(spread) + 1e-12
    kept = (1.0 - SHRINKAGE) * spread + SHRINKAGE * even * np.eye(len(spread))
    values, vectors = np.linalg.eigh(kept)
    whitening = vectors / np.sqrt(values)
    return {
        "centre": np.round(centre, 6).tolist(), "whitening": np.round(whitening, 6).tolist(),
        "scale": np.round(np.sqrt(np.diag(kept)), 6).tolist(),
        "ranked": np.round(ranked, 4).tolist(),
    }  # fmt: skip


class Space:
    """The frozen reference as arrays."""

    def __init__(self, frozen: Mapping[str, Any]) -> None:
        self._centre = np.array(frozen["centre"], np.float64)
        self._whitening = np.array(frozen["whitening"], np.float64)
        self._scale = np.array(frozen["scale"], np.float64)
        self.ranked = np.array(frozen["ranked"], np.float64).reshape(-1, len(self._centre))

    def distances(self, rows: FloatArray) -> FloatArray:
        """Mahalanobis distance of each row from the first part of the reference; shape (n,)."""
        white = (rows - self._centre) @ self._whitening
        return np.asarray(np.sqrt(np.square(white).sum(axis=1)))

    def along(self, arm: Mapping[str, Any], rows: FloatArray) -> FloatArray:
        """Each row's place along an arm's direction, in SD of the reference; shape (n,)."""
        if arm["name"] == DISTANCE:
            return np.asarray((self.distances(rows) - np.sqrt(len(self._centre))) / CHI_SD)
        if arm["weights"] is None:
            at = arm["axis"]
            return np.asarray((rows[:, at] - self._centre[at]) / self._scale[at])
        return np.asarray((rows - self._centre) @ np.array(arm["weights"]))

    def towards(self, mean: FloatArray) -> list[float]:
        """Weights of the direction that tells studies around `mean` from the reference best, by
        Fisher's linear discriminant; of unit variance in the reference."""
        white = (mean - self._centre) @ self._whitening
        unit = white / max(float(np.linalg.norm(white)), 1e-12)
        return [round(float(one), 6) for one in self._whitening @ unit]


def new_arm(
    space: Space, name: str, *, share: float, wakes_in: int, axis: int = -1,
    weights: Sequence[float] | None = None, began: str = "", pool: Sequence[int] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """A bet along a direction that has not begun, as JSON values.

    share: of alpha. wakes_in: days over which its capital wakes. pool: kept from before.
    """
    arm: dict[str, Any] = {
        "name": name, "axis": axis, "weights": None if weights is None else list(weights),
        "share": share, "wakes_in": wakes_in, "began": began, "sleeping": 0.0, "bettors": None,
        **Arms.at_rest(1).to_state(),
    }  # fmt: skip
    if pool is None:
        counts = np.bincount(_cells(space.along(arm, space.ranked)), minlength=len(EDGES) + 1)
        pool = counts.tolist()
    mean = float(space.along(arm, space.ranked).mean())
    return arm | {"pool": list(pool), "mean": round(mean, 6)}


def advanced(
    space: Space, arms: Sequence[Mapping[str, Any]], rows: FloatArray, *, day: date,
    limit: float, seed: int,
) -> list[dict[str, Any]]:  # fmt: skip
    """All bets one day on: today's rows ranked along each direction among all before them.

    seed: of the random numbers that break ties, with the day.
    """
    values = np.stack([space.along(arm, rows) for arm in arms], axis=1)
    rng = np.random.default_rng([seed, day.toordinal()])
    pools = np.array([arm["pool"] for arm in arms], np.int64)
    p_values, grown = conformal_p_columns(pools, _cells(values), rng.random(values.shape))
    bets = _bets(p_values)
    won = np.log(bets).sum(axis=0)
    money = _paid(arms, won, limit)
    together = np.logaddexp.reduce(won, axis=1) - np.log(won.shape[1])
    means = np.array([arm["mean"] for arm in arms])
    moved = (values - means).sum(axis=0)
    trace = _traces(arms).after(
        together, studies=np.full(len(arms), float(len(rows))), totals=moved, day=day, cap=100.0
    ).to_state()  # fmt: skip
    return [
        {**arm, "pool": pool, "sleeping": sleeping, "bettors": bettors,
         **{name: [values[at]] for name, values in trace.items()}}
        for at, (arm, pool, sleeping, bettors) in enumerate(
            zip(arms, grown.tolist(), *money, strict=True)
        )
    ]  # fmt: skip


def _paid(
    arms: Sequence[Mapping[str, Any]], won: FloatArray, limit: float
) -> tuple[list[float], list[list[float]]]:
    """What sleeps and what each bettor owns after a day, of all bets: as :class:`Capital` does it
    for one. won: logarithms of what the bettors were paid, shape (bets, bettors)."""
    wakes = 1.0 / np.array([arm["wakes_in"] for arm in arms])
    asleep = np.array([arm["sleeping"] for arm in arms])
    idle = [-np.inf] * won.shape[1]
    owned = np.array([arm["bettors"] or idle for arm in arms])
    woken = asleep + np.log(wakes) - np.log(won.shape[1])
    owned = np.logaddexp(owned, woken[:, None]) + won
    asleep = asleep + np.log1p(-wakes)
    total = np.logaddexp(asleep, np.logaddexp.reduce(owned, axis=1)) / np.log(10.0)
    most = limit + CAP - np.log10([arm["share"] for arm in arms])
    excess = np.maximum(total - most, 0.0) * np.log(10.0)  # harmless once it has signalled
    return (
        np.round(asleep - excess, 9).tolist(),
        np.round(owned - excess[:, None], 9).tolist(),
    )


def _traces(arms: Sequence[Mapping[str, Any]]) -> Arms:
    """Since when each bet has been winning, as arms of one chart."""
    parts = {name: [arm[name][0] for arm in arms] for name in ("level", "studies", "total")}
    return Arms.from_state(parts | {"since": [arm["since"][0] for arm in arms]})


def evidence_of(arm: Mapping[str, Any]) -> float:
    """Base-10 logarithm of a bet's capital times its share of alpha."""
    if arm["bettors"] is None:
        return float(np.log10(arm["share"]))
    return Capital(arm["sleeping"], tuple(arm["bettors"])).evidence + float(np.log10(arm["share"]))


def _bets(p_values: FloatArray) -> FloatArray:
    """What each bettor is paid on each p value, mean one if uniform; shape (n, bets, bettors)."""
    usual = conformal_bets(p_values.ravel()).reshape(*p_values.shape, len(CONFORMAL_BETS))
    tails = [1.0 + stake * ((p_values <= share) / share - 1.0) for share, stake in TAILS]
    return np.concatenate([usual, np.stack(tails, axis=-1)], axis=-1)


def _cells(values: FloatArray) -> NDArray[np.int64]:
    return np.searchsorted(EDGES, values).astype(np.int64)

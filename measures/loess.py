"""A smooth curve through yes and no: local parabolas, as R's loess fits them."""

from __future__ import annotations

import numpy as np

from measures.inputs import Numbers

__all__ = ["local_parabolas"]

_CELLS_AT_ONCE = 500_000  # weights held in memory at once: 4 MB, four times over
_HALVINGS = 40  # of a distance between scores: to 1e-12
_FLAT = 1e-10  # below this share of what they can be, moments fix no parabola (or line)


def local_parabolas(
    places: Numbers, counts: Numbers, sums: Numbers, *, at: Numbers, span: float
) -> Numbers:
    """The smoothed mean at each point: a parabola fitted to the nearest `span` of all studies,
    those near weighing more (tricube; Cleveland and Devlin, JASA 1988;83:596).

    What R's ``loess(degree = 2, surface = "direct")`` and scikit-misc fit. Where the studies near
    a point have two distinct places, a line, and where they have one, its mean.

    places: distinct and rising, of shape (cells,); counts, sums: studies of each cell, above 0, and
    the sum of their values; at: shape (points,); span: above 0, at most 1.

    >>> places = np.arange(5.0)
    >>> found = local_parabolas(places, np.ones(5), places**2, at=np.array([1.5]), span=1.0)
    >>> found.round(6).tolist()
    [2.25]
    """
    reach = _bandwidths(places, counts, at, span)
    rows = max(1, _CELLS_AT_ONCE // places.size)
    parts = [
        _intercepts(places - at[start : start + rows, None], counts, sums,
                    reach[start : start + rows, None])
        for start in range(0, at.size, rows)
    ]  # fmt: skip
    return np.concatenate(parts)


def _bandwidths(places: Numbers, counts: Numbers, at: Numbers, span: float) -> Numbers:
    """The distance within which the wanted share of all studies lies, for each point."""
    below = np.concatenate([[0.0], np.cumsum(counts)])
    wanted = np.floor(span * below[-1] + 1e-5)
    low = np.zeros(at.size)
    high = np.full(at.size, float(np.ptp(np.concatenate([places, at]))))
    for _ in range(_HALVINGS):
        middle = (low + high) / 2.0
        inside = (
            below[np.searchsorted(places, at + middle, "right")]
            - below[np.searchsorted(places, at - middle, "left")]
        )
        enough = inside >= wanted
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    return high


def _intercepts(away: Numbers, counts: Numbers, sums: Numbers, reach: Numbers) -> Numbers:
    """Value at zero distance of each row's weighted parabola, by its moments."""
    scaled = away / np.where(reach > 0.0, reach, 1.0)
    square = scaled * scaled
    near = np.maximum(1.0 - np.abs(scaled) * square, 0.0)
    near *= near * near
    # All studies at one place: that place alone.
    near = np.where((reach <= 1e-12) & (np.abs(away) > 1e-12), 0.0, near)
    first, second = near * scaled, near * square
    mass = near @ counts
    s1, s2 = first @ counts / mass, second @ counts / mass
    s3, s4 = (second * scaled) @ counts / mass, (second * square) @ counts / mass
    t0, t1, t2 = near @ sums / mass, first @ sums / mass, second @ sums / mass
    of_line = s2 - s1 * s1
    of_parabola = s4 * of_line - s3 * s3 + 2.0 * s1 * s2 * s3 - s2 * s2 * s2
    with np.errstate(divide="ignore", invalid="ignore"):
        parabola = (
            t0 * (s2 * s4 - s3 * s3) - t1 * (s1 * s4 - s2 * s3) + t2 * (s1 * s3 - s2 * s2)
        ) / of_parabola
        line = (t0 * s2 - t1 * s1) / of_line
    found = np.where(of_line > _FLAT, line, t0)
    smooth: Numbers = np.where(of_parabola > _FLAT * s2, parabola, found)
    return smooth

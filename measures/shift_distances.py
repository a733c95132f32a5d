"""How far the current window lies from the reference: distances between two sets of shares.

Each takes the shares of either side in the same cells (:class:`measures.reference_summary.
CountTable`), the last axis being the cells, so that many windows are compared in one call. A
distance says how far, not whether by chance: it is never zero between two samples of the same
patients, and the smaller the window, the larger it is. Chance is the matter of
:mod:`measures.shift_tests`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from measures.inputs import Numbers

__all__ = [
    "energy_distance",
    "fill_empty_cells",
    "hellinger_distance",
    "jensen_shannon_distance",
    "ks_distance",
    "kullback_leibler",
    "l_infinity_distance",
    "population_stability_index",
    "wasserstein_distance",
]


def ks_distance(reference: ArrayLike, current: ArrayLike) -> Numbers:
    """Largest difference between the shares of studies at or below any value, 0 to 1.

    reference, current: shares (..., cells), cells in rising order. Raises ValueError when they do
    not sum to 1, are negative or do not fit (Smirnov 1939).

    >>> float(ks_distance([0.5, 0.5, 0.0], [0.25, 0.25, 0.5]))
    0.5
    """
    p, q = _shares(reference, current)
    return _as_numbers(np.abs(np.cumsum(p - q, axis=-1)).max(axis=-1))


def wasserstein_distance(values: ArrayLike, reference: ArrayLike, current: ArrayLike) -> Numbers:
    """How far the studies must be moved on average to turn one side into the other, in the unit of
    the column (first Wasserstein or earth mover's distance).

    The area between the cumulative shares. values: what each cell holds, rising, shape (cells,).
    Raises as :func:`ks_distance`, and where values are not finite or not rising.

    >>> float(wasserstein_distance([0.0, 1.0, 3.0], [1, 0, 0], [0, 0.5, 0.5]))
    2.0
    """
    p, q = _shares(reference, current)
    steps = _steps(values, p)
    return _as_numbers(np.abs(np.cumsum(p - q, axis=-1))[..., :-1] @ steps)


def energy_distance(values: ArrayLike, reference: ArrayLike, current: ArrayLike) -> Numbers:
    """Distance of Szekely and Rizzo: root of twice the squared area between the cumulative shares.

    In the root of the column's unit: no limit fits two columns. Arguments and refusals as in
    :func:`wasserstein_distance` (J Stat Plan Inference 2013;143:1249).

    >>> float(energy_distance([0.0, 2.0], [1, 0], [0, 1]))
    2.0
    """
    p, q = _shares(reference, current)
    steps = _steps(values, p)
    return _as_numbers(np.sqrt(2.0 * ((np.cumsum(p - q, axis=-1))[..., :-1] ** 2 @ steps)))


def jensen_shannon_distance(
    reference: ArrayLike, current: ArrayLike, *, base: float = 2.0
) -> Numbers:
    """Root of the Jensen-Shannon divergence; with base 2 between 0 (same) and 1 (no overlap).

    ``sqrt(KL(p, m) / 2 + KL(q, m) / 2)`` with ``m`` the mean of both; empty cells are no problem.
    base: of the logarithm; e gives values smaller by ``sqrt(ln 2)``. Raises as
    :func:`ks_distance`, and for a base not above 1 (Endres and Schindelin 2003: a metric).

    >>> jensen_shannon_distance([0.5, 0.5, 0.0], [0.0, 0.0, 1.0]).round(6).item()
    1.0
    """
    if not base > 1.0:
        raise ValueError(f"base must be above 1, not {base!r}")
    p, q = _shares(reference, current)
    middle = (p + q) / 2.0
    both = _entropy_terms(p, middle) + _entropy_terms(q, middle)
    divergence = both.sum(axis=-1) / (2.0 * np.log(base))
    return _as_numbers(np.sqrt(np.maximum(divergence, 0.0)))


def hellinger_distance(reference: ArrayLike, current: ArrayLike) -> Numbers:
    """Root of one minus the overlap ``sum sqrt(p q)``; 0 the same, 1 no overlap.

    Raises as :func:`ks_distance`.

    >>> hellinger_distance([0.5, 0.5], [0.5, 0.5]).item()
    0.0
    """
    p, q = _shares(reference, current)
    # the other form of it, sqrt(1 - sum sqrt(pq)), loses half the digits near zero
    return _as_numbers(np.sqrt(((np.sqrt(p) - np.sqrt(q)) ** 2).sum(axis=-1) / 2.0))


def l_infinity_distance(reference: ArrayLike, current: ArrayLike) -> Numbers:
    """The largest change of the share of any one cell, 0 to 1.

    Raises as :func:`ks_distance`.

    >>> l_infinity_distance([0.7, 0.3, 0.0], [0.5, 0.3, 0.2]).round(6).item()
    0.2
    """
    p, q = _shares(reference, current)
    return _as_numbers(np.abs(p - q).max(axis=-1))


def population_stability_index(reference: ArrayLike, current: ArrayLike) -> Numbers:
    """Sum over cells of the change of share times the log of its ratio (PSI), 0 and up.

    ``sum (p - q) ln(p / q)``, empty cells filled by :func:`fill_empty_cells`; with it an unseen
    cell alone adds about 9.2 times its share. The customary 0.1 and 0.25 are not error rates: PSI
    of two samples of the same patients is about ``(cells - 1) (1/n + 1/m)``. Raises as
    :func:`ks_distance`.

    >>> population_stability_index([0.5, 0.5], [0.6, 0.4]).round(4).item()
    0.0405
    """
    p, q = (fill_empty_cells(shares) for shares in _shares(reference, current))
    return _as_numbers(((p - q) * np.log(p / q)).sum(axis=-1))


def kullback_leibler(reference: ArrayLike, current: ArrayLike) -> Numbers:
    """How badly the current shares describe the reference: ``sum p ln(p / q)``, 0 and up.

    Not symmetric. Empty cells are filled by :func:`fill_empty_cells`, then both are made to sum
    to 1 again. Raises as :func:`ks_distance`.

    >>> kullback_leibler([0.5, 0.5], [0.75, 0.25]).round(4).item()
    0.1438
    """
    p, q = (fill_empty_cells(shares) for shares in _shares(reference, current))
    p, q = p / p.sum(axis=-1, keepdims=True), q / q.sum(axis=-1, keepdims=True)
    return _as_numbers((p * np.log(p / q)).sum(axis=-1))


def fill_empty_cells(shares: ArrayLike) -> Numbers:
    """Shares with a small number in empty cells, so that logarithms exist.

    0.0001, or a millionth of the smallest share where that is 0.0001 or less (Evidently's rule).
    The result no longer sums to 1 exactly. Raises ValueError when all are zero.

    >>> fill_empty_cells([0.5, 0.5, 0.0]).tolist()
    [0.5, 0.5, 0.0001]
    """
    given = np.asarray(shares, dtype=np.float64)
    least = np.where(given > 0.0, given, np.inf).min(axis=-1, keepdims=True)
    if not np.isfinite(least).all():
        raise ValueError("shares: every cell is empty")
    filled: Numbers = np.where(given > 0.0, given, np.where(least <= 1e-4, least / 1e6, 1e-4))
    return filled


def _entropy_terms(p: Numbers, middle: Numbers) -> Numbers:
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = p * np.log(p / middle)
    return np.where(p > 0.0, terms, 0.0)


def _steps(values: ArrayLike, shares: Numbers) -> Numbers:
    places = np.asarray(values, dtype=np.float64)
    if places.shape != shares.shape[-1:]:
        raise ValueError(f"values: shape {places.shape} for {shares.shape[-1]} cells")
    steps: Numbers = np.diff(places)
    if not np.isfinite(places).all() or (steps <= 0.0).any():
        raise ValueError("values: must be finite and rising")
    return steps


def _shares(reference: ArrayLike, current: ArrayLike) -> tuple[Numbers, Numbers]:
    found = []
    for name, given in (("reference", reference), ("current", current)):
        shares = np.asarray(given, dtype=np.float64)
        if shares.ndim == 0 or shares.shape[-1] == 0:
            raise ValueError(f"{name}: needs the share of each cell, got shape {shares.shape}")
        if not np.isfinite(shares).all() or (shares < 0.0).any():
            raise ValueError(f"{name}: shares must be finite and not negative")
        if np.abs(shares.sum(axis=-1) - 1.0).max() > 1e-9:
            raise ValueError(f"{name}: shares must sum to 1, found {shares.sum(axis=-1)}")
        found.append(shares)
    if found[0].shape[-1] != found[1].shape[-1]:
        cells = [one.shape[-1] for one in found]
        raise ValueError(f"the same cells are needed: reference has {cells[0]}, current {cells[1]}")
    return found[0], found[1]


def _as_numbers(found: Numbers) -> Numbers:
    return np.asarray(found, dtype=np.float64)

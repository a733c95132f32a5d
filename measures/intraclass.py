"""How much of the spread of a measurement is the patients' and not the readers' (ICC)."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from measures.estimate import Estimate
from measures.inputs import Numbers

__all__ = ["IccForm", "icc"]

IccForm = Literal["1,1", "A,1", "C,1", "1,k", "A,k", "C,k"]
_NAMES = {
    "1": "one-way random",
    "A": "two-way random, absolute agreement",
    "C": "two-way mixed, consistency",
}


def icc(values: ArrayLike, *, form: IccForm, level: float = 0.95) -> Estimate:
    """Intraclass correlation of a measurement between readers, in the form that is asked for.

    Forms and intervals of McGraw and Wong (Psychol Methods 1996;1:30); in the words of Shrout and
    Fleiss (Psychol Bull 1979;86:420): "1,1" one-way random, ICC(1,1), each study read by other
    readers; "A,1" two-way random, absolute agreement, ICC(2,1): would other readers measure the
    same; "C,1" two-way mixed, consistency, ICC(3,1): a reader's constant offset does not count.
    "1,k", "A,k", "C,k": of the mean of the k readers. Limits from F; for absolute agreement with
    Satterthwaite's degrees of freedom.

    values: finite, shape (studies, readers), complete. n is the number of studies. Not estimable
    with fewer than two studies or readers, when all values are equal, or when readers agree exactly
    (the interval would have no width). Raises ValueError for malformed values or an unknown form.

    >>> values = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8],
    ...           [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
    >>> print(icc(values, form="A,1"))
    icc 0.290 (95 % interval 0.019 to 0.761, n = 6)
    """
    table = np.asarray(values, dtype=np.float64)
    if form not in ("1,1", "A,1", "C,1", "1,k", "A,k", "C,k"):
        raise ValueError(f"form: one of 1,1 A,1 C,1 1,k A,k C,k, not {form!r}")
    if not 0.0 < level < 1.0:
        raise ValueError(f"level must lie between 0 and 1, not {level!r}")
    if table.ndim != 2:
        raise ValueError(f"values: needs shape (studies, readers), got {table.shape}")
    bad = int(np.count_nonzero(~np.isfinite(table)))
    if bad:
        raise ValueError(f"values: {bad} of {table.size} entries are missing or infinite")
    n, k = table.shape
    if min(n, k) < 2:
        return Estimate.not_estimable("icc", f"needs two of each: {n} studies, {k} readers", n=n)
    rows, columns, residual, within = _mean_squares(table)
    error = within if form[0] == "1" else residual
    scale = float(np.abs(table).max()) ** 2 + 1e-300
    if rows + error <= 1e-14 * scale:
        return Estimate.not_estimable("icc", "all values are equal: no spread to share out", n=n)
    if error <= 1e-14 * scale:
        return Estimate.not_estimable(
            "icc", "readers agree exactly: no spread to build an interval on", n=n
        )
    single = (
        _agreement(rows, columns, residual, (n, k), level) if form[0] == "A"
        else _ratio(rows, error, (n, k), level, one_way=form[0] == "1")
    )  # fmt: skip
    value, low, high = single
    if form[2] == "k":
        value, low, high = (_of_mean(one, k) for one in single)
    method = f"ICC({form}), {_NAMES[form[0]]}{', mean of readers' if form[2] == 'k' else ''}, F"
    return Estimate("icc", n, value, min(low, value), max(high, value), level, method)


def _mean_squares(table: Numbers) -> tuple[float, float, float, float]:
    n, k = table.shape
    mean, by_study, by_reader = table.mean(), table.mean(axis=1), table.mean(axis=0)
    left = table - by_study[:, None] - by_reader[None, :] + mean
    return (
        k * float(np.sum((by_study - mean) ** 2)) / (n - 1),
        n * float(np.sum((by_reader - mean) ** 2)) / (k - 1),
        float(np.sum(left**2)) / ((n - 1) * (k - 1)),
        float(np.sum((table - by_study[:, None]) ** 2)) / (n * (k - 1)),
    )


def _ratio(
    rows: float, error: float, size: tuple[int, int], level: float, *, one_way: bool
) -> tuple[float, float, float]:
    n, k = size
    above, below = n - 1.0, float(n * (k - 1) if one_way else (n - 1) * (k - 1))
    f = rows / error

    def at(ratio: float) -> float:
        return (ratio - 1.0) / (ratio + k - 1.0)

    return at(f), at(f / _f_quantile(above, below, level)), at(f * _f_quantile(below, above, level))


def _agreement(
    rows: float, columns: float, error: float, size: tuple[int, int], level: float
) -> tuple[float, float, float]:
    n, k = size
    value = (rows - error) / (rows + (k - 1) * error + k * (columns - error) / n)
    a = k * value / (n * (1.0 - value))
    b = 1.0 + k * value * (n - 1) / (n * (1.0 - value))
    freedom = (a * columns + b * error) ** 2 / (
        (a * columns) ** 2 / (k - 1) + (b * error) ** 2 / ((n - 1) * (k - 1))
    )
    rest = k * columns + (k * n - k - n) * error
    upper, lower = _f_quantile(n - 1.0, freedom, level), _f_quantile(freedom, n - 1.0, level)
    low = n * (rows - upper * error) / (upper * rest + n * rows)
    high = n * (lower * rows - error) / (rest + n * lower * rows)
    return value, low, high


def _of_mean(single: float, k: int) -> float:
    """Spearman and Brown's step from one reader to the mean of k."""
    bottom = 1.0 + (k - 1) * single
    return k * single / bottom if bottom > 1e-12 else -1e12


def _f_quantile(first: float, second: float, level: float) -> float:
    from scipy.special import fdtri

    return float(fdtri(first, second, (1.0 + level) / 2.0))

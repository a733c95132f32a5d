"""Do readers choose the same category, beyond what chance would give?

Studies are a sample, readers are those at hand. Kappa falls when one category is rare, however well
readers agree; AC1 does not, and is then quoted beside it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from measures.estimate import Estimate
from measures.inputs import Numbers, refuse_unequal
from measures.proportions import clopper_pearson_limits, normal_quantile
from measures.readers import name_codes

__all__ = ["category_counts", "cohen_kappa", "fleiss_kappa", "gwet_ac1"]

Weights = Literal["none", "linear", "quadratic"]
_NO_SPREAD = 1e-12


def cohen_kappa(
    first: ArrayLike,
    second: ArrayLike,
    *,
    categories: Sequence[object] | None = None,
    weights: Weights = "none",
    level: float = 0.95,
) -> Estimate:
    """Agreement of two readers on the category of each study, chance taken off.

    (p_o - p_e) / (1 - p_e) with the standard error of Fleiss, Cohen and Everitt (Psychol Bull 1969;
    72:323), the interval formed on Fisher's scale atanh(kappa). Weights count near misses in part:
    1 - |i - j| / (q - 1), or that squared. Where both always agree the interval is the exact
    binomial one of the agreement, chance taken off.

    first, second: categories, of shape (studies,). categories: all there are, in their order;
    needed for weights. n is the number of studies. Not estimable without a study, or when both
    chose one and the same category throughout (chance agreement is then certain).
    Raises ValueError for unequal lengths, a missing or an unlisted category.

    >>> print(cohen_kappa(list("aabbabbbaa"), list("aabbabbabb")))
    kappa 0.400 (95 % interval -0.234 to 0.796, n = 10)
    """
    table = _square(first, second, categories, weights)
    n = int(table.sum())
    name = "kappa" if weights == "none" else f"{weights}_weighted_kappa"
    if n == 0:
        return Estimate.not_estimable(name, "no study", n=0)
    p, w = table / n, _agreement_weights(table.shape[0], weights)
    rows, columns = p.sum(axis=1), p.sum(axis=0)
    observed, chance = float((w * p).sum()), float(rows @ w @ columns)
    if 1.0 - chance < _NO_SPREAD:
        return Estimate.not_estimable(name, "both chose one category throughout", n=n)
    kappa = (observed - chance) / (1.0 - chance)
    mean = (w @ columns)[:, None] + (rows @ w)[None, :]
    spread = float((p * (w - mean * (1.0 - kappa)) ** 2).sum())
    variance = (spread - (kappa - chance * (1.0 - kappa)) ** 2) / (n * (1.0 - chance) ** 2)
    return _with_limits(
        name, (kappa, variance), (observed, chance), n, level, "Fleiss-Cohen-Everitt"
    )


def fleiss_kappa(counts: ArrayLike, *, level: float = 0.95) -> Estimate:
    """Agreement of several readers on the category of each study, chance taken off.

    Chance agreement is the sum of squared shares of the categories (Fleiss, Psychol Bull 1971;76:
    378); the variance over studies in closed form (Gwet, Handbook of Inter-Rater Reliability 2014,
    5.3; Stat Med 2008;61:29), Student's t with n - 1, on Fisher's scale. Readers may be others from
    study to study, and more or fewer.

    counts: readers who chose each category, shape (studies, categories), as
    :func:`category_counts` gives; at least two readers a study. n is the number of studies.
    Not estimable with fewer than two studies, or one category throughout.

    >>> print(fleiss_kappa([[3, 0], [2, 1], [0, 3], [0, 3], [3, 0], [1, 2]]))
    fleiss_kappa 0.556 (95 % interval -0.396 to 0.932, n = 6)
    """
    return _over_studies("fleiss_kappa", counts, lambda shares, mean: shares @ mean, level)


def gwet_ac1(counts: ArrayLike, *, level: float = 0.95) -> Estimate:
    """Agreement of several readers, chance taken off, which a rare category does not pull down.

    Chance agreement is the sum over categories of p (1 - p) / (q - 1), q of them on the scale
    (Gwet, Br J Math Stat Psychol 2008;61:29). As :func:`fleiss_kappa`; a category nobody chose has
    a column of zeros.

    >>> print(gwet_ac1([[3, 0], [2, 1], [0, 3], [0, 3], [3, 0], [1, 2]]))
    ac1 0.556 (95 % interval -0.396 to 0.932, n = 6)
    """

    def chance(shares: Numbers, mean: Numbers) -> Numbers:
        found: Numbers = shares @ (1.0 - mean) / (mean.size - 1)
        return found

    return _over_studies("ac1", counts, chance, level)


def category_counts(
    reader: ArrayLike,
    study: ArrayLike,
    category: ArrayLike,
    *,
    categories: Sequence[object] | None = None,
) -> Numbers:
    """How many readers put each study into each category, for :func:`fleiss_kappa`.

    reader, study, category: one entry a reading; categories: all there are. Shape (studies,
    categories). Raises ValueError for a missing entry, unequal lengths, an unlisted category, or a
    reader who read a study twice.

    >>> category_counts(["x", "y", "x", "y"], [1, 1, 2, 2], list("abbb")).tolist()
    [[1.0, 1.0], [0.0, 2.0]]
    """
    _, who = name_codes("reader", reader)
    studies, what = name_codes("study", study)
    listed, which = _listed("category", category, categories)
    refuse_unequal(reader=who, study=what, category=which)
    if np.unique(who * max(len(studies), 1) + what).size < who.size:
        raise ValueError("study: a reader read a study twice; keep one reading")
    counts = np.zeros((len(studies), len(listed)))
    np.add.at(counts, (what, which), 1.0)
    return counts


def _over_studies(
    name: str, counts: ArrayLike, chance_of: Callable[[Numbers, Numbers], Numbers], level: float
) -> Estimate:
    table = np.asarray(counts, dtype=np.float64)
    if table.ndim != 2 or not np.all(np.isfinite(table)) or np.any(table < 0.0):
        raise ValueError("counts: needs readers per study and category, finite and not negative")
    if table.shape[1] < 2:
        raise ValueError("counts: needs two categories or more")
    n, read = table.shape[0], table.sum(axis=1)
    if np.any(read < 2.0):
        raise ValueError("counts: a study with fewer than two readers says nothing of agreement")
    if n < 2:
        return Estimate.not_estimable(name, "fewer than two studies", n=n)
    shares = table / read[:, None]
    mean = shares.mean(axis=0)
    agreed = (table * (table - 1.0)).sum(axis=1) / (read * (read - 1.0))
    each = chance_of(shares, mean)
    observed, chance = float(agreed.mean()), float(each.mean())
    if 1.0 - chance < _NO_SPREAD:
        return Estimate.not_estimable(name, "one category throughout", n=n)
    kappa = (observed - chance) / (1.0 - chance)
    single = (agreed - chance) / (1.0 - chance)
    single = single - 2.0 * (1.0 - kappa) * (each - chance) / (1.0 - chance)
    variance = float(np.sum((single - kappa) ** 2)) / (n * (n - 1))
    return _with_limits(name, (kappa, variance), (observed, chance), n, level, "Gwet", student=True)


def _with_limits(
    name: str,
    found: tuple[float, float],
    agreement: tuple[float, float],
    n: int,
    level: float,
    source: str,
    *,
    student: bool = False,
) -> Estimate:
    from scipy.special import stdtrit

    (kappa, variance), (observed, chance) = found, agreement
    if variance <= _NO_SPREAD or abs(kappa) >= 1.0 - _NO_SPREAD:
        exact = clopper_pearson_limits(observed * n, n, level=level)
        # Held at -1, the least a kappa can be: chance is taken as known, and by that alone a limit
        # of the agreement near 0 would fall below.
        low, high = (max(-1.0, (float(one) - chance) / (1.0 - chance)) for one in exact)
        method = "exact binomial agreement, chance taken off (no spread between studies)"
        return Estimate(name, n, kappa, min(low, kappa), max(high, kappa), level, method)
    quantile = normal_quantile(level)
    if student:
        quantile = -float(stdtrit(n - 1, (1.0 - level) / 2.0))
    half = quantile * math.sqrt(variance) / (1.0 - kappa * kappa)
    middle = math.atanh(kappa)
    method = f"{source} variance, Fisher scale"
    return Estimate(
        name, n, kappa, math.tanh(middle - half), math.tanh(middle + half), level, method
    )


def _square(
    first: ArrayLike, second: ArrayLike, categories: Sequence[object] | None, weights: Weights
) -> Numbers:
    if weights not in ("none", "linear", "quadratic"):
        raise ValueError(f"weights: 'none', 'linear' or 'quadratic', not {weights!r}")
    if weights != "none" and categories is None:
        raise ValueError("categories: weights need all categories in their order")
    if categories is None:
        either = {*name_codes("first", first)[0], *name_codes("second", second)[0]}
        categories = sorted(either) or ("none",)
    listed, one = _listed("first", first, categories)
    _, two = _listed("second", second, categories)
    refuse_unequal(first=one, second=two)
    table = np.zeros((len(listed), len(listed)))
    np.add.at(table, (one, two), 1.0)
    return table


def _listed(
    name: str, values: ArrayLike, categories: Sequence[object] | None
) -> tuple[tuple[str, ...], np.ndarray[tuple[int], np.dtype[np.intp]]]:
    names, codes = name_codes(name, values)
    if categories is None:
        return names, codes
    listed = tuple(
        name_codes("categories", np.asarray([category]))[0][0] for category in categories
    )
    unlisted = sorted(set(names) - set(listed))
    if unlisted or len(set(listed)) < len(listed):
        raise ValueError(
            f"categories: listed once each; not listed: {', '.join(unlisted) or 'none'}"
        )
    places = np.array([listed.index(one) for one in names], dtype=np.intp)
    return listed, places[codes] if codes.size else codes


def _agreement_weights(q: int, weights: Weights) -> Numbers:
    apart = np.abs(np.subtract.outer(np.arange(q), np.arange(q))) / max(q - 1, 1)
    if weights == "none":
        return np.eye(q)
    found: Numbers = 1.0 - (apart if weights == "linear" else apart**2)
    return found

"""Many questions at once: p-values adjusted so that chance alone does not answer one of them.

Quote adjusted and unadjusted values together, with the number of questions asked.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from measures.inputs import Numbers, probability_column

__all__ = ["benjamini_hochberg", "holm", "holm_levels"]


def holm(p_values: ArrayLike) -> Numbers:
    """P-values with which 'any at all below 0.05' is wrong in at most 5 % of such looks, whatever
    the dependence between the questions: for claims, and for alerts that must be acted on.

    Step-down Bonferroni: the i-th smallest of m times (m - i + 1), never falling (Holm, Scand J
    Stat 1979;6:65). p_values: shape (questions,); same order out. Raises ValueError if malformed.

    >>> holm([0.01, 0.04, 0.03]).round(3).tolist()
    [0.03, 0.06, 0.06]
    """
    given = probability_column("p_values", p_values)
    order = np.argsort(given, kind="stable")
    scaled = given[order] * np.arange(given.size, 0, -1)
    adjusted = np.empty_like(given)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(scaled))
    return adjusted


def holm_levels(p_values: ArrayLike, alpha: float) -> Numbers:
    """The level at which Holm's procedure holds each question: it answers where p is at most this.

    p_values: shape (questions,); same order out. alpha: of all together, above 0 and below 1. The
    i-th smallest is held against alpha / (m - i + 1); those after the first that is not answered
    against the same level as it. Raises ValueError if malformed.

    >>> holm_levels([0.01, 0.04, 0.03], 0.05).round(4).tolist()
    [0.0167, 0.025, 0.025]
    """
    given = probability_column("p_values", p_values)
    if not 0 < alpha < 1:
        raise ValueError("alpha: between 0 and 1 is needed")
    # 0.05 / 3 x 3 is not 0.05 to the last digit
    answered = int((holm(given) <= alpha * (1 + 1e-12)).sum())
    ranks = np.empty(given.size)
    ranks[np.argsort(given, kind="stable")] = np.arange(given.size)
    return alpha * (1 + 1e-12) / (given.size - np.minimum(ranks, min(answered, given.size - 1)))


def benjamini_hochberg(p_values: ArrayLike) -> Numbers:
    """P-values with which at most 5 % of the findings below 0.05 are false on average: for
    screening many subgroups, where a false lead costs a look and not a claim.

    The i-th smallest of m times m / i, never rising from the top (Benjamini and Hochberg, J R Stat
    Soc B 1995;57:289); holds for independent or positively dependent questions. p_values: shape
    (questions,); same order out. Raises ValueError if malformed.

    >>> benjamini_hochberg([0.01, 0.04, 0.03]).round(3).tolist()
    [0.03, 0.04, 0.04]
    """
    given = probability_column("p_values", p_values)
    order = np.argsort(given, kind="stable")
    scaled = given[order] * given.size / np.arange(1, given.size + 1)
    adjusted = np.empty_like(given)
    adjusted[order] = np.minimum(1.0, np.minimum.accumulate(scaled[::-1])[::-1])
    return adjusted

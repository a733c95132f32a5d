"""How far the device agrees with a comparator that is not a reference standard.

FDA's 2007 guidance on diagnostic tests keeps the words sensitivity and specificity for comparison
with a reference standard; beside anything else only agreement can be stated, and agreement is not
accuracy: both may be wrong together.
"""

from __future__ import annotations

import dataclasses

from numpy.typing import ArrayLike

from measures.binary import two_by_two
from measures.estimate import Estimate
from measures.proportions import ProportionInterval, wilson

__all__ = [
    "negative_percent_agreement",
    "overall_percent_agreement",
    "positive_percent_agreement",
]


def positive_percent_agreement(
    comparator: ArrayLike,
    decision: ArrayLike,
    *,
    interval: ProportionInterval = wilson,
    level: float = 0.95,
) -> Estimate:
    """Share of the comparator's positive studies that the device flags too.

    comparator, decision: 0/1 of shape (studies,). n is the number of comparator positives; not
    estimable without one. Raises ValueError if malformed.

    >>> positive_percent_agreement([1, 1, 0], [1, 0, 0]).value
    0.5
    """
    table = two_by_two(comparator, decision)
    return _named(
        interval(
            "positive_percent_agreement",
            table.true_positive,
            table.true_positive + table.false_negative,
            level=level,
        ),
        "the comparator found no positive study",
    )


def negative_percent_agreement(
    comparator: ArrayLike,
    decision: ArrayLike,
    *,
    interval: ProportionInterval = wilson,
    level: float = 0.95,
) -> Estimate:
    """Share of the comparator's negative studies that the device leaves alone too.

    As :func:`positive_percent_agreement`; n is the number of comparator negatives.

    >>> negative_percent_agreement([1, 0, 0], [1, 0, 1]).value
    0.5
    """
    table = two_by_two(comparator, decision)
    return _named(
        interval(
            "negative_percent_agreement",
            table.true_negative,
            table.true_negative + table.false_positive,
            level=level,
        ),
        "the comparator found no negative study",
    )


def overall_percent_agreement(
    comparator: ArrayLike,
    decision: ArrayLike,
    *,
    interval: ProportionInterval = wilson,
    level: float = 0.95,
) -> Estimate:
    """Share of studies on which device and comparator say the same.

    As :func:`positive_percent_agreement`; n is the number of studies.

    >>> overall_percent_agreement([1, 0, 0, 1], [1, 0, 1, 1]).value
    0.75
    """
    table = two_by_two(comparator, decision)
    same = table.true_positive + table.true_negative
    return _named(interval("overall_percent_agreement", same, table.n, level=level), "no study")


def _named(found: Estimate, reason: str) -> Estimate:
    return found if found.estimable else dataclasses.replace(found, reason=reason)

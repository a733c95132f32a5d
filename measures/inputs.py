"""What a measure accepts: whole columns, one entry per study, nothing missing, nothing guessed."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "Decisions",
    "Numbers",
    "binary_column",
    "number_column",
    "probability_column",
    "refuse_unequal",
    "truth_and_score",
]

Decisions = NDArray[np.bool_]
Numbers = NDArray[np.float64]


def number_column(name: str, values: ArrayLike) -> Numbers:
    """A column of finite numbers, one per study; anything missing is refused by name.

    name: what the caller calls the column, quoted in the error.
    values: shape (studies,). Raises ValueError when not one-dimensional, not numeric, or when an
    entry is NaN or infinite: a missing score is a gap to record, not a number to skip.

    >>> number_column("score", [0.2, 1]).tolist()
    [0.2, 1.0]
    >>> number_column("score", [0.2, float("nan")])
    Traceback (most recent call last):
    ValueError: score: 1 of 2 entries are missing or infinite
    """
    try:
        column = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as problem:
        raise ValueError(f"{name}: entries must be numbers") from problem
    if column.ndim != 1:
        raise ValueError(f"{name}: needs one entry per study, got shape {column.shape}")
    bad = int(np.count_nonzero(~np.isfinite(column)))
    if bad:
        raise ValueError(f"{name}: {bad} of {column.size} entries are missing or infinite")
    return column


def binary_column(name: str, values: ArrayLike) -> Decisions:
    """A column of yes or no, one per study, written as 0/1 or False/True.

    Raises ValueError, naming the column, for any other entry.

    >>> binary_column("truth", [1, 0]).tolist()
    [True, False]
    >>> binary_column("truth", [1, 2])
    Traceback (most recent call last):
    ValueError: truth: entries must be 0 or 1
    """
    column = number_column(name, values)
    if not np.all((column == 0.0) | (column == 1.0)):
        raise ValueError(f"{name}: entries must be 0 or 1")
    yes: Decisions = column == 1.0
    return yes


def probability_column(name: str, values: ArrayLike) -> Numbers:
    """A column of probabilities, one per study, between 0 and 1 inclusive.

    Raises ValueError, naming the column, for any entry outside.

    >>> probability_column("score", [0.0, 0.4]).tolist()
    [0.0, 0.4]
    >>> probability_column("score", [-2.0])
    Traceback (most recent call last):
    ValueError: score: entries must be probabilities between 0 and 1
    """
    column = number_column(name, values)
    if not np.all((column >= 0.0) & (column <= 1.0)):
        raise ValueError(f"{name}: entries must be probabilities between 0 and 1")
    return column


def refuse_unequal(**columns: NDArray[np.generic]) -> None:
    """Refuse columns that do not describe the same studies, quoting the lengths found.

    >>> refuse_unequal(truth=np.zeros(3), score=np.zeros(2))
    Traceback (most recent call last):
    ValueError: one entry per study is needed in each: truth has 3, score has 2
    """
    if len({column.size for column in columns.values()}) > 1:
        found = ", ".join(f"{name} has {column.size}" for name, column in columns.items())
        raise ValueError(f"one entry per study is needed in each: {found}")


def truth_and_score(truth: ArrayLike, score: ArrayLike) -> tuple[Decisions, Numbers]:
    """Who is diseased, and a finite score for each: the two columns of a measure of the score.

    Raises ValueError for a truth other than 0/1, a missing score, or unequal lengths.

    >>> truth_and_score([1, 0], [0.7])
    Traceback (most recent call last):
    ValueError: one entry per study is needed in each: truth has 2, score has 1
    """
    diseased, marks = binary_column("truth", truth), number_column("score", score)
    refuse_unequal(truth=diseased, score=marks)
    return diseased, marks

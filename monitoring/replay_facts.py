"""The columns of a table that are facts about the studies: numbers, names, or not to watch."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from monitoring.detectors.base import Column, FloatArray
from records.errors import InvalidInput

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["counters", "facts_of", "names_of", "no_column", "numbers_of"]

DATE = r"\d{4}-\d{2}-\d{2}"
COUNTS_ON = 0.9
"""Correlation of ranks with time from which a column of whole numbers is taken for a counter."""
IDENTITY = re.compile(
    "(patients?|pat|subject)(full|first|last|family|given)?(name|id|identifier|number|no|nr)"
    "|(full|family|given|first|last)name|surname|mrn|medicalrecordnumber|accession(number|no|nr)?"
    "|(patients?)?(birth(date|day)|dateofbirth|dob|address|(tele)?phone(number)?|email)"
)
"""Names of columns, letters alone, that tell who somebody is; alerts repeat what columns hold."""
NUMBER_LEVELS = 10
"""A column of numbers with no more different values than this is watched as names."""


def no_column(name: str, column: str, known: Iterable[Any], todo: str) -> InvalidInput:
    """The refusal of a table that lacks a column, with those that it has and what to do."""
    listed = ", ".join(str(one) for one in list(known)[:20])
    return InvalidInput(
        f"{name}: there is no column '{column}'.", hint=f"It has: {listed}. {todo}"
    )


def names_of(column: pd.Series[Any], *, missing: str | None) -> Column:
    """Names of dtype object; whole numbers lose their ``.0``, what is missing becomes `missing`."""
    import pandas as pd

    codes, levels = pd.factorize(column, use_na_sentinel=True)
    named = [_level(one) for one in levels] + [missing]
    blank = [missing if one is not None and not str(one).strip() else one for one in named]
    return np.array(blank, dtype=object)[codes]


def _level(value: Any) -> str:
    if isinstance(value, bool | np.bool_):
        return str(bool(value))
    if isinstance(value, int | float | np.number) and float(value).is_integer():
        return str(int(value))
    return str(value)


def facts_of(
    name: str, frame: pd.DataFrame, kinds: Mapping[str, str] | None, *, but: set[str]
) -> tuple[dict[str, Column], dict[str, str]]:
    """The facts of a table as numbers or names, and the columns that are none to watch, with why.

    kinds: which columns, and as what; without it all columns but `but`, by what they hold.
    Raises InvalidInput where a column is missing.
    """
    facts: dict[str, Column] = {}
    left_out: dict[str, str] = {}
    if kinds is not None:
        for column, kind in kinds.items():
            if column not in frame.columns:
                raise no_column(name, column, frame.columns, "The plan watches it.")
            numbers = kind == "numbers"
            facts[column] = (
                numbers_of(frame[column]) if numbers else names_of(frame[column], missing=None)
            )
        return facts, left_out
    for column in (str(one) for one in frame.columns):
        if column in but:
            continue
        if IDENTITY.fullmatch(re.sub(r"[\W_\d]", "", column).lower()):
            left_out[column] = "it tells who a patient is: no fact to watch"
            continue
        values, reason = _judged_fact(frame[column])
        if values is None:
            left_out[column] = reason
        else:
            facts[column] = values
    return facts, left_out


def _judged_fact(column: pd.Series[Any]) -> tuple[Column | None, str]:
    """A fact as numbers or names by what it holds, or why it is none to watch."""
    import pandas as pd

    present = int(column.notna().sum())
    if not present:
        return None, "no value in any row"
    levels = int(column.nunique())
    if pd.api.types.is_datetime64_any_dtype(column) or _dates(column, levels):
        return None, "a time is no fact to watch"
    numbers = numbers_of(column)
    readable = int(np.isfinite(numbers).sum())
    boolean = pd.api.types.is_bool_dtype(column)
    if levels > NUMBER_LEVELS and not boolean and readable >= 0.95 * present:
        whole = readable == levels and bool((np.mod(numbers[np.isfinite(numbers)], 1) == 0).all())
        if whole and present > 100:
            return None, "a different whole number in every row: an identifier"
        return numbers, ""
    if levels > 20 and levels > 0.2 * present:
        return None, f"{levels} different names in {present} rows: no kind to watch"
    return names_of(column, missing=None), ""


def _dates(column: pd.Series[Any], levels: int) -> bool:
    """Whether these are dates in words: one, or many different ones."""
    if column.dtype != object or levels <= NUMBER_LEVELS:
        return False
    some = column.dropna().head(1000).astype(str)
    return bool(some.str.match(DATE).mean() > 0.95)


def counters(facts: Mapping[str, Column], days: NDArray[np.int64]) -> dict[str, str]:
    """Whole numbers that rise or fall with time, such as the number of an examination."""
    order = np.argsort(days, kind="stable")
    found = {}
    for name, values in facts.items():
        if values.dtype == object or np.isnan(values).any() or (np.mod(values, 1) != 0).any():
            continue
        ranks = np.argsort(np.argsort(values[order], kind="stable"), kind="stable")
        if len(ranks) > 2 and abs(np.corrcoef(np.arange(len(ranks)), ranks)[0, 1]) > COUNTS_ON:
            found[name] = "it runs with time, as a counter does"
    return found


def numbers_of(column: pd.Series[Any]) -> FloatArray:
    """Numbers; what is not a finite number is missing."""
    import pandas as pd

    values = np.asarray(pd.to_numeric(column, errors="coerce"), np.float64)
    return np.asarray(np.where(np.isinf(values), np.nan, values))

"""Times of a table as calendar days at the site that wrote them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from records.errors import InvalidInput

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Times", "days_of"]

ZONE = r"(Z|z|[+-]\d{2}:?\d{2})$"
MOST_YEARS = 30
STRAGGLERS, MOST_GAP, LEAST_ROWS = 0.001, 180, 30
"""Rows up to this share (at least one) that lie so many days after all others are refused, in a
table of so many rows or more."""
UNIX_EPOCH = 719_163
"""Ordinal of 1970-01-01."""


@dataclass(frozen=True, slots=True)
class Times:
    """days: ordinals, shape (rows,), 0 where there was none. zoned: every time names its zone."""

    days: NDArray[np.int64]
    zoned: bool


def days_of(
    name: str,
    given: pd.Series[Any],
    *,
    column: str,
    groups: NDArray[np.int64],
    needed: NDArray[np.bool_] | None = None,
) -> Times:
    """The local calendar day of each row.

    A day is that of the clock on the wall of the site: the zone is checked and then left away.
    At one site zones may differ by an hour (summer time), not more. needed: rows that must have a
    time; without it all.

    Raises:
        InvalidInput: Naming file, column and first row: no time, none that can be read, some with a
            zone and some without, zones of one site hours apart, or years apart.
    """
    wanted = np.ones(len(given), bool) if needed is None else needed
    absent = given.isna().to_numpy() & wanted
    if absent.any():
        all_of_it = " in any row" if absent.sum() == wanted.sum() else ""
        raise _wrong(name, column, absent, f"there is no time{all_of_it}.", "Fill it in.")
    local, zoned = _local(name, given, column, groups, wanted)
    unread = local.isna().to_numpy() & wanted
    if unread.any():
        raise _wrong(
            name, column, unread, "this is no time that can be read.",
            "Write 2026-01-31 or 2026-01-31T08:15:00, with a zone on all rows or on none.",
        )  # fmt: skip
    stamps = local.to_numpy().astype("datetime64[s]").astype(np.int64)
    stamps = np.where(wanted, stamps, 0)
    days = np.where(wanted, stamps // 86_400 + UNIX_EPOCH, 0)
    middle = float(np.median(days[wanted]))
    astray = wanted & (np.abs(days - middle) > MOST_YEARS * 365)
    if astray.any():
        raise _wrong(
            name, column, astray, f"it lies more than {MOST_YEARS} years from the others.",
            "Correct it, or leave the row out.",
        )  # fmt: skip
    if needed is None and len(days) >= LEAST_ROWS:  # of studies; truth may well come that late
        _refuse_stragglers(name, column, days, wanted)
    return Times(days, zoned)


def _refuse_stragglers(
    name: str, column: str, days: NDArray[np.int64], wanted: NDArray[np.bool_]
) -> None:
    """A few rows long after all others are dated wrongly, by a clock or a hand: else every site
    would have been silent all that time."""
    known = np.sort(days[wanted])
    few = max(1, int(STRAGGLERS * len(known)))
    tail = known[-few - 1 :]
    gaps = np.diff(tail)
    if len(gaps) and gaps.max() > MOST_GAP:
        late = wanted & (days > tail[int(gaps.argmax())])
        raise _wrong(
            name, column, late,
            f"it lies {int(gaps.max())} days after all rows before it: dated in the future?",
            "Correct it, or leave the row out.",
        )


def _local(
    name: str, given: pd.Series[Any], column: str, groups: NDArray[np.int64],
    wanted: NDArray[np.bool_],
) -> tuple[pd.Series[Any], bool]:  # fmt: skip
    """Times without their zone, and whether they had one."""
    import pandas as pd

    if pd.api.types.is_datetime64_any_dtype(given):
        zoned = getattr(given.dt, "tz", None) is not None
        return (given.dt.tz_localize(None) if zoned else given), zoned
    if pd.api.types.is_float_dtype(given):  # whole days such as 20260131 beside an empty entry
        text = given.map("{:.0f}".format)
    else:
        text = given.astype(str).str.strip()
    offset = text.str.extract(ZONE, expand=False).where(text.str.contains(":"))
    has = offset.notna().to_numpy()
    if has[wanted].any() and not has[wanted].all():
        first = has[np.argmax(wanted)]
        raise _wrong(
            name, column, wanted & (has != first),
            f"the rows before name {'a' if first else 'no'} time zone, this one "
            f"{'none' if first else 'does'}.",
            "Write all times with a zone, or all without.",
        )  # fmt: skip
    zoned = bool(has[wanted].all())
    if zoned:
        _refuse_far_zones(name, column, offset, groups, wanted)
        text = text.str.replace(ZONE, "", regex=True)
    return pd.to_datetime(text.where(wanted), format="ISO8601", errors="coerce"), zoned


def _refuse_far_zones(
    name: str, column: str, offset: pd.Series[Any], groups: NDArray[np.int64],
    wanted: NDArray[np.bool_],
) -> None:  # fmt: skip
    levels = offset[wanted].unique()
    hours = offset.map({one: _hours(one) for one in levels}).to_numpy(float)
    for group in np.unique(groups[wanted]):
        here = wanted & (groups == group)
        first = hours[np.argmax(here)]
        far = here & (np.abs(hours - first) > 1.0)
        if far.any():
            raise _wrong(
                name, column, far, "its time zone lies hours from that of the same site's rows "
                "before; a day would not be the same day.",
                "Write the times of one site in one zone.",
            )  # fmt: skip


def _hours(offset: str) -> float:
    if offset in "Zz":
        return 0.0
    digits = offset[1:].replace(":", "")
    return (1 if offset[0] == "+" else -1) * (int(digits[:2]) + int(digits[2:]) / 60.0)


def _wrong(
    name: str, column: str, wrong: NDArray[np.bool_], what: str, hint: str
) -> InvalidInput:
    return InvalidInput(f"{name}, row {int(np.argmax(wrong)) + 1}, column '{column}': {what}",
                        hint=hint)  # fmt: skip

"""A table of studies from outside, read and checked: facts, predictions and late truth, no images.

Every refusal names the file, the column and the first row (row 1 is the first below the header),
and never a value, because a value may name a patient.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from monitoring.detectors.base import Column, FloatArray
from monitoring.replay_times import days_of
from records.counting import counted
from records.errors import InvalidInput, NotFound

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Roles", "WatchTable", "read_table"]

ALL = "all"
NOT_RECORDED = "not recorded"
CALLS = {"1": 1.0, "1.0": 1.0, "true": 1.0, "yes": 1.0, "positive": 1.0, "present": 1.0,
         "0": 0.0, "0.0": 0.0, "false": 0.0, "no": 0.0, "negative": 0.0, "absent": 0.0}  # fmt: skip
NUMBER_LEVELS = 10
"""A column of numbers with no more different values than this is watched as names."""


@dataclass(frozen=True, slots=True)
class Roles:
    """Which column of the table is what. Only time must be there; any other column is a fact."""

    time: str = "time"
    site: str = "site"
    score: str = "score"
    decision: str = "decision"
    truth: str = "truth"
    truth_time: str = "truth_time"
    patient: str = "patient"

    def named(self) -> set[str]:
        """The columns that have a role."""
        return {getattr(self, one.name) for one in fields(self)}


@dataclass(frozen=True)
class WatchTable:
    """Studies sorted by site and day; every array has one entry a study.

    sites: names in order; site: index into them. day, truth_day: ordinals, NaN where the truth is
    not known. facts: numbers, or names with None. patient: a number for each, -1 where unknown.
    left_out: columns that are no fact to watch, with the reason. zoned: times name their zone.
    """

    name: str
    sites: tuple[str, ...]
    site: NDArray[np.int64]
    day: NDArray[np.int64]
    patient: NDArray[np.int64]
    score: FloatArray | None
    decision: FloatArray | None
    truth: FloatArray
    truth_day: FloatArray
    facts: dict[str, Column]
    zoned: bool
    left_out: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def n(self) -> int:
        """Studies."""
        return len(self.day)

    def values(self) -> dict[str, Column]:
        """The columns that a chart may watch, under the names that charts use."""
        said = {"score": self.score, "decision": self.decision}
        return self.facts | {name: one for name, one in said.items() if one is not None}

    def rows_of(self, site: str) -> slice:
        """Where the studies of a site stand."""
        if site not in self.sites:
            return slice(0, 0)
        index = self.sites.index(site)
        found = np.searchsorted(self.site, [index, index + 1])
        return slice(int(found[0]), int(found[1]))


def read_table(
    path: Path, roles: Roles, *, by: str = "", kinds: Mapping[str, str] | None = None
) -> WatchTable:
    """Read a Parquet or CSV table and check it.

    by: watch the values of this column apart, in place of the sites. kinds: what the plan takes a
    fact for, 'numbers' or 'names'; other columns are not read. Without it every column is judged
    by what it holds.

    Raises:
        NotFound: There is no such file.
        InvalidInput: It cannot be read, a column is missing, or a row is wrong; named.
    """
    frame = _frame(path)
    name = path.name
    if by and by not in frame.columns:
        raise _missing(name, by, frame.columns, "Name another with --by.")
    if roles.time not in frame.columns:
        raise _missing(name, roles.time, frame.columns, "Name it with --time-column.")
    if not len(frame):
        raise InvalidInput(f"{name}: the table has no row.", hint="Give at least one study.")
    split = by or (roles.site if roles.site in frame.columns else "")
    site_names = _names(frame[split], missing=NOT_RECORDED) if split else None
    sites, site = _coded(site_names, len(frame))
    times = days_of(name, frame[roles.time], column=roles.time, groups=site)
    _refuse_repeats(name, frame, roles, dated_only=times.dated_only)
    truth, truth_day = _truth(name, frame, roles, times.days, site, zoned=times.zoned)
    facts, left_out = _facts(name, frame, roles, kinds, but={split})
    patient = _patients(frame, roles)
    order = np.lexsort((times.days, site))
    return WatchTable(
        name=name, sites=tuple(sites), site=site[order], day=times.days[order],
        patient=patient[order],
        score=_ordered(_scores(name, frame, roles.score), order),
        decision=_ordered(_calls(name, frame, roles.decision), order),
        truth=truth[order], truth_day=truth_day[order],
        facts={column: values[order] for column, values in facts.items()},
        zoned=times.zoned, left_out=left_out,
    )  # fmt: skip


def _frame(path: Path) -> pd.DataFrame:
    import pandas as pd

    if not path.is_file():
        raise NotFound(f"There is no table {path.name}.", hint="Check the path.")
    try:
        if path.suffix.lower() in (".parquet", ".pq"):
            kept = pd.read_parquet(path)
            return kept.reset_index(drop=not any(kept.index.names))
        with path.open(encoding="utf-8-sig", newline="") as opened:
            _refuse_twice(path.name, opened.readline())
        return pd.read_csv(path, low_memory=False, encoding="utf-8-sig")
    except UnicodeDecodeError as wrong:
        raise InvalidInput(
            f"{path.name}: byte {wrong.start} is no UTF-8.", hint="Save it as UTF-8."
        ) from wrong
    except (ValueError, OSError, pd.errors.ParserError) as wrong:
        said = re.search(r"line (\d+)", str(wrong))
        where = f", line {said[1]}" if said else ""
        raise InvalidInput(
            f"{path.name}{where}: it cannot be read as a table.",
            hint="A Parquet file, or a CSV with a header and as many entries in every row.",
        ) from wrong


def _refuse_twice(name: str, header: str) -> None:
    import csv

    columns = next(csv.reader([header]), [])
    twice = sorted({one for one in columns if columns.count(one) > 1})
    if twice:
        raise InvalidInput(f"{name}: column '{twice[0]}' stands there twice.", hint="Rename one.")


def _missing(name: str, column: str, known: Iterable[Any], todo: str) -> InvalidInput:
    listed = ", ".join(str(one) for one in list(known)[:20])
    return InvalidInput(
        f"{name}: there is no column '{column}'.", hint=f"It has: {listed}. {todo}"
    )


def first_row(wrong: NDArray[np.bool_]) -> int:
    """The first row that is wrong, counted from 1 below the header."""
    return int(np.argmax(wrong)) + 1


def _names(column: pd.Series[Any], *, missing: str | None) -> Column:
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


def _coded(names: Column | None, n: int) -> tuple[list[str], NDArray[np.int64]]:
    if names is None:
        return [ALL], np.zeros(n, np.int64)
    levels, codes = np.unique(names.astype(str), return_inverse=True)
    return levels.tolist(), codes.astype(np.int64)


def _patients(frame: pd.DataFrame, roles: Roles) -> NDArray[np.int64]:
    import pandas as pd

    if roles.patient not in frame.columns:
        return np.full(len(frame), -1, np.int64)
    return np.asarray(pd.factorize(frame[roles.patient])[0], np.int64)


def _ordered(values: FloatArray | None, order: NDArray[np.int64]) -> FloatArray | None:
    return None if values is None else values[order]


def _refuse_repeats(name: str, frame: pd.DataFrame, roles: Roles, *, dated_only: bool) -> None:
    """The same study twice makes every chart too sure. Where times are days alone, two studies may
    be alike in every column by chance, unless it is the same patient."""
    if dated_only and roles.patient not in frame.columns:
        return
    again = frame.duplicated().to_numpy()
    if again.any():
        row = first_row(again)
        first = first_row((frame == frame.iloc[row - 1]).fillna(True).all(axis=1).to_numpy())
        raise InvalidInput(
            f"{name}, row {row}: it repeats row {first} in every column; so do "
            f"{counted(int(again.sum()), 'row')} in all.",
            hint="Leave out what was exported twice.",
        )


def _scores(name: str, frame: pd.DataFrame, column: str) -> FloatArray | None:
    if column not in frame.columns:
        return None
    values = _as_numbers(frame[column])
    unreadable = np.isnan(values) & frame[column].notna().to_numpy()
    if unreadable.any():
        raise InvalidInput(
            f"{name}, row {first_row(unreadable)}, column '{column}': a score is a number.",
            hint="Leave it empty where the device gave none.",
        )
    return values


def _calls(name: str, frame: pd.DataFrame, column: str) -> FloatArray | None:
    """Decisions or truth as 1 and 0, NaN where empty."""
    import pandas as pd

    if column not in frame.columns:
        return None
    codes, levels = pd.factorize(frame[column], use_na_sentinel=True)
    known = [CALLS.get(str(one).strip().lower(), np.nan) for one in levels]
    blank = [not str(one).strip() for one in levels]
    wrong = np.array([np.isnan(one) and not empty for one, empty in zip(known, blank, strict=True)]
                     + [False])[codes]  # fmt: skip
    if wrong.any():
        raise InvalidInput(
            f"{name}, row {first_row(wrong)}, column '{column}': 1 or 0 is needed.",
            hint="1 (true, yes, positive) or 0 (false, no, negative); empty where not known.",
        )
    return np.array([*known, np.nan])[codes]


def _truth(
    name: str, frame: pd.DataFrame, roles: Roles, days: NDArray[np.int64],
    site: NDArray[np.int64], *, zoned: bool,
) -> tuple[FloatArray, FloatArray]:  # fmt: skip
    """Truth and the day on which it became known: the study's own where no column says."""
    truth = _calls(name, frame, roles.truth)
    if truth is None:
        return np.full(len(frame), np.nan), np.full(len(frame), np.nan)
    if roles.truth_time not in frame.columns:
        return truth, np.where(np.isnan(truth), np.nan, days.astype(np.float64))
    known = ~np.isnan(truth)
    undated = known & frame[roles.truth_time].isna().to_numpy()
    if undated.any():
        raise InvalidInput(
            f"{name}, row {first_row(undated)}, column '{roles.truth_time}': the truth is known, "
            "but not since when.",
            hint="Fill it in, or leave the truth empty.",
        )
    arrived = np.full(len(frame), np.nan)
    if known.any():
        times = days_of(
            name, frame[roles.truth_time], column=roles.truth_time, groups=site, needed=known
        )
        if times.zoned != zoned:
            raise InvalidInput(
                f"{name}: '{roles.time}' and '{roles.truth_time}' do not both name a time zone.",
                hint="Write both with a zone, or both without.",
            )
        arrived[known] = np.maximum(times.days[known], days[known])
    return truth, arrived


def _facts(
    name: str, frame: pd.DataFrame, roles: Roles, kinds: Mapping[str, str] | None, *, but: set[str]
) -> tuple[dict[str, Column], dict[str, str]]:
    facts: dict[str, Column] = {}
    left_out: dict[str, str] = {}
    if kinds is not None:
        for column, kind in kinds.items():
            if column not in frame.columns:
                raise _missing(name, column, frame.columns, "The plan watches it.")
            numbers = kind == "numbers"
            facts[column] = (
                _as_numbers(frame[column]) if numbers else _names(frame[column], missing=None)
            )
        return facts, left_out
    for column in (str(one) for one in frame.columns):
        if column in roles.named() | but:
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
    if pd.api.types.is_datetime64_any_dtype(column):
        return None, "a time is no fact to watch"
    levels = int(column.nunique())
    numbers = _as_numbers(column)
    readable = int(np.isfinite(numbers).sum())
    boolean = pd.api.types.is_bool_dtype(column)
    if levels > NUMBER_LEVELS and not boolean and readable >= 0.95 * present:
        whole = readable == levels and bool((np.mod(numbers[np.isfinite(numbers)], 1) == 0).all())
        if whole and present > 100:
            return None, "a different whole number in every row: an identifier"
        return numbers, ""
    if levels > 20 and levels > 0.2 * present:
        return None, f"{levels} different names in {present} rows: no kind to watch"
    return _names(column, missing=None), ""


def _as_numbers(column: pd.Series[Any]) -> FloatArray:
    """Numbers; what is not a finite number is missing."""
    import pandas as pd

    values = np.asarray(pd.to_numeric(column, errors="coerce"), np.float64)
    return np.asarray(np.where(np.isinf(values), np.nan, values))

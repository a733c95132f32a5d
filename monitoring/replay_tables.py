"""A table of studies from outside, read and checked: facts, predictions and late truth, no images.

Every refusal names the file, the column and the first row (row 1 is the first below the header),
and never a value, because a value may name a patient.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from monitoring.detectors.base import Column, FloatArray
from monitoring.replay_facts import counters, facts_of, names_of, no_column, numbers_of
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
    row: of the file, 1 is the first below the header.
    covers: first and last day (ordinals) that the table speaks of, where that is more than from its
    first study to its last: who knows that none came says so.
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
    covers: tuple[int, int] | None = None
    notes: tuple[str, ...] = ()
    row: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))

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
    path: Path, roles: Roles, *, by: str = "", kinds: Mapping[str, str] | None = None,
    may_lack: Collection[str] = (),
) -> WatchTable:  # fmt: skip
    """Read a Parquet or CSV table and check it.

    by: watch the values of this column apart, in place of the sites. kinds: what the plan takes a
    fact for, 'numbers' or 'names'; other columns are not read. Without it every column is judged
    by what it holds. may_lack: those of them that need not be there.

    Raises:
        NotFound: There is no such file.
        InvalidInput: It cannot be read, a column is missing, or a row is wrong; named.
    """
    frame = _frame(path)
    name = path.name
    if by and by not in frame.columns:
        raise no_column(name, by, frame.columns, "Name another with --by.")
    if roles.time not in frame.columns:
        raise no_column(name, roles.time, frame.columns, "Name it with --time-column.")
    if not len(frame):
        raise InvalidInput(f"{name}: the table has no row.", hint="Give at least one study.")
    split = by or (roles.site if roles.site in frame.columns else "")
    site_names = names_of(frame[split], missing=NOT_RECORDED) if split else None
    sites, site = _coded(site_names, len(frame))
    times = days_of(name, frame[roles.time], column=roles.time, groups=site)
    _refuse_repeats(name, frame, roles)
    truth, truth_day = _truth(name, frame, roles, times.days, site, zoned=times.zoned)
    if kinds is not None:
        absent = {*may_lack} - {*frame.columns}
        kinds = {column: kind for column, kind in kinds.items() if column not in absent}
    facts, left_out = facts_of(name, frame, kinds, but=roles.named() | {split})
    if kinds is None:
        left_out |= counters(facts, times.days)
        facts = {column: values for column, values in facts.items() if column not in left_out}
    patient = _patients(frame, roles)
    order = np.lexsort((times.days, site))
    return WatchTable(
        name=name, sites=tuple(sites), site=site[order], day=times.days[order],
        patient=patient[order],
        score=_ordered(_scores(name, frame, roles.score), order),
        decision=_ordered(_calls(name, frame, roles.decision), order),
        truth=truth[order], truth_day=truth_day[order],
        facts={column: values[order] for column, values in facts.items()},
        zoned=times.zoned, left_out=left_out, row=order + 1,
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
            _refuse_header(path.name, opened.readline())
        return pd.read_csv(
            path, low_memory=False, encoding="utf-8-sig", float_precision="round_trip"
        )
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


def _refuse_header(name: str, header: str) -> None:
    import csv

    for mark, word in ((";", "semicolons"), ("\t", "tabs")):
        if mark in header and "," not in header:
            raise InvalidInput(
                f"{name}: its columns are separated by {word}.",
                hint="Save it with commas between columns and points in decimals, or as Parquet.",
            )
    columns = next(csv.reader([header]), [])
    twice = sorted({one for one in columns if columns.count(one) > 1})
    if twice:
        raise InvalidInput(f"{name}: column '{twice[0]}' stands there twice.", hint="Rename one.")


def first_row(wrong: NDArray[np.bool_]) -> int:
    """The first row that is wrong, counted from 1 below the header."""
    return int(np.argmax(wrong)) + 1


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


def _refuse_repeats(name: str, frame: pd.DataFrame, roles: Roles) -> None:
    """The same study twice makes every chart too sure. But where times are coarse and facts are few
    two studies may be alike in every column: refused are more than coincidence explains."""
    again = frame.duplicated().to_numpy()
    if not again.any() or int(again.sum()) <= _coincidences(frame, roles.time):
        return
    row = first_row(again)
    first = first_row((frame == frame.iloc[row - 1]).fillna(True).all(axis=1).to_numpy())
    raise InvalidInput(
        f"{name}, row {row}: it repeats row {first} in every column; so do "
        f"{counted(int(again.sum()), 'row')} in all.",
        hint="Leave out what was exported twice; or, if they are different studies, give each its "
        "number in a column of its own.",
    )


def _coincidences(frame: pd.DataFrame, time: str) -> int:
    """Rows that may be alike by chance (1 in 1,000): pairs of one time, by the share of pairs of
    any rows, drawn at random, that are alike in all other columns."""
    import pandas as pd
    from scipy.special import pdtrik

    others = frame.drop(columns=time)
    if not others.columns.size:
        return len(frame)
    kinds = pd.util.hash_pandas_object(others, index=False).to_numpy()
    rng = np.random.default_rng(0)
    draws = rng.integers(0, len(kinds), (2, 20 * len(kinds)))
    alike = (kinds[draws[0]] == kinds[draws[1]]) & (draws[0] != draws[1])
    together = frame[time].value_counts().to_numpy(np.float64)
    expected = float(alike.mean() * (together * (together - 1.0) / 2.0).sum())
    return int(np.ceil(pdtrik(0.999, expected))) if expected > 0.001 else 0


def _scores(name: str, frame: pd.DataFrame, column: str) -> FloatArray | None:
    if column not in frame.columns:
        return None
    values = numbers_of(frame[column])
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

"""Learning, potential and retention from a table of every model version on every dataset."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd

from measures.adaptation import adaptation_values
from measures.inputs import Numbers
from tests.oracles.case import Case, Comparison, Key

_NAMES = ("learning", "potential", "retention")
_COLUMNS = {
    **dict.fromkeys(("version", "model_version"), "model"),
    **dict.fromkeys(("data", "dataset_version", "data_version"), "dataset"),
    **dict.fromkeys(("score", "auc", "value"), "performance"),
    **dict.fromkeys(("rep", "replicate", "seed"), "repetition"),
}
_SPREAD = r"_?(sd|std|se|ci\w*|low\w*|upp\w*|high|min|max|median|var\w*|iqr\w*)(_|$)"
_UNNORMALISED = "the case: the README's unnormalised sum, the tool's own code normalises"
_FIRST_ROW = "the case: as released the tool silently reads the first repetition only"


def compare(case: Case, comparison: Comparison) -> None:
    """Compare every list of rows with a version, at the decay that its name or the case says."""
    rows = case.table(next(iter(case.inputs["files"])))
    rows = _named(rows)
    versions, table = _matrix(rows)
    _below(case, comparison, (), (versions, table))


def _named(rows: pd.DataFrame) -> pd.DataFrame:
    """The columns by our names: as the case's are known, else in the order of the README."""
    rows = rows.rename(columns=lambda name: _COLUMNS.get(str(name).lower(), str(name).lower()))
    for at, ours in enumerate(("model", "dataset")):
        if ours not in rows:
            rows = rows.rename(columns={rows.columns[at]: ours})
    if "performance" not in rows:
        left = rows.drop(columns=["model", "dataset", "repetition"], errors="ignore")
        rows = rows.rename(columns={left.select_dtypes("number").columns[0]: "performance"})
    return rows


def _matrix(rows: pd.DataFrame) -> tuple[list[Any], Numbers]:
    """Versions in order, and performance of shape (repetitions, versions, datasets)."""
    versions = _in_order(sorted(set(rows["model"]) | set(rows["dataset"]), key=str))
    repeated = rows.groupby(["model", "dataset"]).cumcount()
    if "repetition" in rows:
        repeated = rows["repetition"]
    cells = rows.assign(_again=repeated).pivot(
        index=["_again", "model"], columns="dataset", values="performance"
    )
    table = [cells.loc[again].loc[versions, versions] for again in sorted(set(repeated))]
    return versions, np.array(table, dtype=np.float64)


def _in_order(versions: list[Any]) -> list[Any]:
    def number(version: Any) -> list[int]:
        return [int(part) for part in re.findall(r"\d+", str(version))]

    return sorted(versions, key=number) if all(map(number, versions)) else versions


def _below(
    case: Case, comparison: Comparison, path: tuple[Key, ...], found: tuple[list[Any], Numbers]
) -> None:
    values = comparison.expected(*path)
    if isinstance(values, list) and values and isinstance(values[0], dict):
        for at, row in enumerate(values):
            _row(case, comparison, (*path, at), row, found)
    elif isinstance(values, dict):
        for key in values:
            if "released" in str(key) or "first_row" in str(key):
                comparison.informative(*path, key, why=_FIRST_ROW)
            else:
                _below(case, comparison, (*path, key), found)
    elif isinstance(values, list):
        for at in range(len(values)):
            _below(case, comparison, (*path, at), found)
    elif not isinstance(values, (str, bool)):
        _leaf(case, comparison, path, found)


def _leaf(
    case: Case, comparison: Comparison, path: tuple[Key, ...], found: tuple[list[Any], Numbers]
) -> None:
    """One number by itself, such as retention_by_decay, 0.5, v3: its names say what it is; in a
    list it stands for the updates in order."""
    versions, table = found
    told = [str(key) for key in path]
    name = next((n for n in _NAMES for key in told if key.startswith(n)), None)
    named = [at for at, version in enumerate(versions) if str(version) in told]
    at = named[-1] if named else path[-1] + 1 if isinstance(path[-1], int) else None
    if name is None or at is None:
        return
    numbers = [key for key in told[:-1] if re.fullmatch(r"\d+(\.\d+)?", key)]
    by_decay = any("decay" in key or "lambda" in key for key in told)
    decay = float(numbers[0]) if by_decay and numbers else _decay(case, {}, path)
    comparison.near(*path, found=_value(table, at, name, decay), absolute=1e-9)


def _row(
    case: Case,
    comparison: Comparison,
    path: tuple[Key, ...],
    row: dict[str, Any],
    found: tuple[list[Any], Numbers],
) -> None:
    versions, table = found
    if "repetition" in row:
        names = list(range(table.shape[0]))
        again = int(row["repetition"]) - (0 if _counts_from_zero(case) else 1)
        if again not in names:
            return
        comparison.informative(*path, "repetition", why="a name, used to find the repetition")
        table = table[[again]]
    at = [str(version) for version in versions].index(str(row["version"]))
    comparison.same(*path, "version", found=row["version"])
    published = "published" in map(str, path)
    for key in row:
        name = next((name for name in _NAMES if str(key).startswith(name)), None)
        if name and re.match(_SPREAD, str(key).removeprefix(name)):
            if str(key).removeprefix(name) in ("_sd", "_std") and len(table) > 1:
                each = adaptation_values(table, decay=_decay(case, row, (*path, key)))
                spread = each.std(axis=0, ddof=1)[at - 1, _NAMES.index(name)]
                comparison.near(*path, key, found=spread, absolute=1e-9)
        elif "unnormalised" in str(key):
            comparison.informative(*path, key, why=_UNNORMALISED)
        elif "released" in str(key) or "first_row" in str(key):
            comparison.informative(*path, key, why=_FIRST_ROW)
        elif name and isinstance(row[key], dict):
            for told in row[key]:
                value = _value(table, at, name, float(re.sub(r"[^0-9.]", "", str(told))))
                comparison.near(*path, key, told, found=value, absolute=1e-9)
        elif name:
            decay = _decay(case, row, (*path, key))
            value = _value(table, at, name, decay)
            comparison.near(*path, key, found=value, absolute=5.1e-5 if published else 1e-9)


def _counts_from_zero(case: Case) -> bool:
    rows = case.table(next(iter(case.inputs["files"])))
    named = [name for name in rows if _COLUMNS.get(str(name), str(name)) == "repetition"]
    return not named or int(rows[named[0]].min()) == 0


def _value(table: Numbers, at: int, name: str, decay: float) -> float:
    """The mean over repetitions, which is what `adaptation_by_repetition` reports."""
    each = adaptation_values(table, decay=decay)
    return float(each.mean(axis=0)[at - 1, _NAMES.index(name)])


def _decay(case: Case, row: dict[str, Any], path: tuple[Key, ...]) -> float:
    """The decay in the row, in a name such as retention_decay_0_5, or the case's one."""
    if "decay" in row:
        return float(row["decay"])
    for key in reversed(path):
        told = re.search(r"(?:decay|lambda)[_= ]*(\d+(?:[._]\d+)?)", str(key))
        if told:
            return float(told[1].replace("_", "."))
    stated = case.inputs.get("decay", 0.5)
    return float(stated[0] if isinstance(stated, list) else stated)

"""Drift: NannyML's chunks with their limits, and Evidently's two-sample statistics."""

from __future__ import annotations

import re
from typing import Any, get_args

import pandas as pd

from measures.reference_summary import (
    CategorySummary,
    NumberSummary,
    summarise_categories,
    summarise_numbers,
)
from measures.shift_evidently import EVIDENTLY_THRESHOLDS, evidently_default, evidently_drift
from measures.shift_nannyml import ChunkedDrift, NannyMLMethod, nannyml_chunks
from measures.shift_tests import mann_whitney_test, welch_test
from tests.oracles.case import Case, Comparison

NAMES = {
    "energy": "ed",
    "mannw_one_sided_less_as_released": "mannw",
    "t_test_equal_variance_as_released": "t_test",
}
"""Evidently's own name of a method that a case calls otherwise; any other name is not read."""

_RANKS = ("mann_whitney_two_sided_scipy", "mannw_two_sided_scipy", "mannw_two_sided")
_WELCH = ("t_test_welch_scipy", "welch_scipy", "welch", "t_test_welch")
ROWS = re.compile(r"rows?\s+(\d+)\s*-\s*(\d+)")
WINDOW = re.compile(r"(window[ _]\w+)\s*=\s*rows?\s+(\d+)\s*-\s*(\d+)")


def compare(case: Case, comparison: Comparison) -> None:
    """By the form of the question: chunks of a size, or two windows."""
    reference, current = tables(case)
    if "chunk_size" in case.inputs:
        by_chunk(case, comparison, reference, current)
    else:
        by_window(case, comparison, reference, current)


def tables(case: Case) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The two input tables, told apart by what the case says of them or by their names."""
    found: dict[str, pd.DataFrame] = {}
    for file, told in case.inputs["files"].items():
        side = next(s for s in ("reference", "current") if s in file or s in str(told))
        rows = ROWS.search(str(told)) if side == "reference" else None
        table = case.table(file)
        found[side] = table.iloc[int(rows[1]) : int(rows[2]) + 1] if rows else table
    return found["reference"], found["current"]


def is_levels(case: Case, column: pd.Series) -> bool:
    """Whether the case, or failing that the table, calls a column one of kinds."""
    if column.name in case.inputs.get("categorical", ()):
        return True
    if column.name in case.inputs.get("continuous", case.inputs.get("numerical", ())):
        return False
    return not pd.api.types.is_numeric_dtype(column)


def by_chunk(
    case: Case, comparison: Comparison, reference: pd.DataFrame, current: pd.DataFrame
) -> None:
    size = int(case.inputs["chunk_size"])
    for name, blocks in comparison.expected().items():
        if name not in reference:
            published(comparison, name)
            continue
        levels = is_levels(case, reference[name])

        def chunks(
            method: Any, grid: bool, name: str = name, levels: bool = levels
        ) -> ChunkedDrift:
            before, now = reference[name].to_numpy(), current[name].to_numpy()
            return nannyml_chunks(
                before, now, method=method, chunk_size=size, levels=levels, grid=grid
            )

        for method in blocks:
            if method == "exact":
                exact(comparison, name, chunks)
                continue
            if method not in get_args(NannyMLMethod):
                continue
            found = chunks(method, grid=True)
            close = tolerance(case, method)
            comparison.near(name, method, "value", found=found.values, **close)
            comparison.same(name, method, "alert", found=list(found.alerts))
            threshold = found.upper_threshold
            comparison.near(name, method, "upper_threshold", found=threshold, **close)


def tolerance(case: Case, method: str) -> dict[str, float]:
    """The first tolerance that the case states for a method."""
    told = case.asked["tolerance"][method]
    told = case.asked["tolerance"].get(told.removeprefix("as "), told)
    kind, size = re.findall(r"(abs|rel) ([0-9.e-]+)", told)[0]
    return {"absolute" if kind == "abs" else "relative": float(size)}


def exact(comparison: Comparison, name: str, chunks: Any) -> None:
    """The exact two-sample values beside the tool's own."""
    wanted = {
        "ks_exact": ("kolmogorov_smirnov", "values", {"absolute": 1e-9}),
        "ks_p": ("kolmogorov_smirnov", "p_values", {"absolute": 1e-9}),
        "wasserstein_exact": ("wasserstein", "values", {"relative": 1e-9}),
        "chi2_p": ("chi2", "p_values", {"relative": 1e-9}),
    }
    for key in comparison.expected(name, "exact"):
        if key not in wanted:
            continue
        method, part, close = wanted[key]
        comparison.near(
            name, "exact", key, found=getattr(chunks(method, grid=False), part), **close
        )


def published(comparison: Comparison, name: str) -> None:
    comparison.informative(
        name,
        why="printed in NannyML's notebook from unrounded data; ours are rounded to 6 decimals",
    )


def by_window(
    case: Case, comparison: Comparison, reference: pd.DataFrame, current: pd.DataFrame
) -> None:
    for path, window in windows(case, comparison, current):
        for name, methods in comparison.expected(*path).items():
            levels = is_levels(case, reference[name])
            summarise: Any = summarise_categories if levels else summarise_numbers
            before, now = summarise(reference[name].to_numpy()), summarise(window[name].to_numpy())
            for method in methods:
                statistic(comparison, (*path, name), method, before, now)


def windows(
    case: Case, comparison: Comparison, current: pd.DataFrame
) -> list[tuple[tuple[str, ...], pd.DataFrame]]:
    """The windows of the current table that are expected, by the rows that the case names."""
    told = " ".join(str(value) for value in case.inputs["files"].values())
    rows = {name.replace(" ", "_"): (int(a), int(b)) for name, a, b in WINDOW.findall(told)}
    if set(comparison.expected()) <= set(current.columns):
        return [((), current)]
    return [
        ((name,), current.iloc[rows[name][0] : rows[name][1] + 1] if name in rows else current)
        for name in comparison.expected()
    ]


def statistic(
    comparison: Comparison,
    path: tuple[str, ...],
    key: str,
    before: NumberSummary | CategorySummary,
    now: NumberSummary | CategorySummary,
) -> None:
    if key == "default_test_chosen":
        comparison.same(*path, key, found=evidently_default(before, now))
    elif key == "share_missing_reference":
        share = before.missing / (before.missing + int(before.counts.sum()))
        comparison.near(*path, key, found=share, absolute=1e-9)
    elif key in (*_RANKS, *_WELCH):
        if isinstance(before, NumberSummary) and isinstance(now, NumberSummary):
            test = mann_whitney_test if key in _RANKS else welch_test
            where = (*path, key, "value") if comparison.has(*path, key, "value") else (*path, key)
            comparison.near(*where, found=test(before, now).p_value, absolute=1e-6)
    else:
        method: Any = NAMES.get(key, key)
        if method not in EVIDENTLY_THRESHOLDS:
            return  # not ours: what is expected of it fails by name
        found = evidently_drift(before, now, method=method)
        if not comparison.has(*path, key, "value"):
            comparison.near(*path, key, found=found.value, absolute=1e-6)
            return
        comparison.near(*path, key, "value", found=found.value, absolute=1e-6)
        if comparison.has(*path, key, "threshold"):
            comparison.near(*path, key, "threshold", found=found.threshold, absolute=1e-12)
        if comparison.has(*path, key, "drifted"):
            comparison.same(*path, key, "drifted", found=found.drifted)

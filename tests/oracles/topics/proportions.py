"""Shares of 2 x 2 tables and single proportions, beside R, SciPy, statsmodels and Newcombe."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd

from measures import agreement, binary
from measures.comparison import newcombe_difference
from measures.estimate import Estimate
from measures.proportion_methods import (
    jeffreys_limits,
    logit_limits,
    mid_p_limits,
    wald_limits,
    wilson_corrected_limits,
)
from measures.proportions import (
    clopper_pearson,
    clopper_pearson_limits,
    wilson,
    wilson_limits,
)
from tests.oracles.case import Case, Comparison, Key

LIMITS = 1e-6  # "limits: abs 1e-6"
PUBLISHED = 5.1e-5  # Newcombe's table has four decimals

SINGLE: dict[str, Callable[..., Any]] = {
    "wilson": wilson_limits,
    "score": wilson_limits,
    "wilson_continuity_corrected": wilson_corrected_limits,
    "wilson_cc": wilson_corrected_limits,
    "clopper_pearson": clopper_pearson_limits,
    "exact": clopper_pearson_limits,
    "mid_p": mid_p_limits,
    "jeffreys_equal_tailed": jeffreys_limits,
    "jeffreys": jeffreys_limits,
    "logit": logit_limits,
    "wald": wald_limits,
}
WITH_TRUTH = {
    "sensitivity": binary.sensitivity,
    "specificity": binary.specificity,
    "ppv": binary.ppv,
    "npv": binary.npv,
    "positive_predictive_value": binary.ppv,
    "negative_predictive_value": binary.npv,
    "accuracy": binary.accuracy,
}
WITHOUT_TRUTH = {
    "positive_percent_agreement": agreement.positive_percent_agreement,
    "negative_percent_agreement": agreement.negative_percent_agreement,
    "overall_percent_agreement": agreement.overall_percent_agreement,
    "positive": agreement.positive_percent_agreement,
    "negative": agreement.negative_percent_agreement,
    "overall": agreement.overall_percent_agreement,
}
SHORT = {"PPA": "positive", "NPA": "negative", "OPA": "overall", "PPV": "ppv", "NPV": "npv"}


def compare(case: Case, comparison: Comparison) -> None:
    """Rows of single (or of two) shares, or the FDA's two kinds of 2 x 2 table."""
    if comparison.has("rows"):
        _compare_rows(case, comparison)
    else:
        _compare_tables(case, comparison)


def _compare_rows(case: Case, comparison: Comparison) -> None:
    level = float(case.inputs.get("confidence", 0.95))
    for row, expected in enumerate(comparison.expected("rows")):
        if {"x1", "n1", "x2", "n2"} <= set(expected):
            _compare_difference(comparison, ("rows", row), level)
        else:
            _compare_single(comparison, ("rows", row), level)
    tables = [case.table(file) for file in case.inputs["files"]]
    for table in tables:
        for column in table.columns.intersection(["x", "n", "x1", "n1", "x2", "n2"]):
            asked = [row[column] for row in comparison.expected("rows")]
            if asked != table[column].tolist():
                raise ValueError(f"{case.name}: the rows are not those of the input table")


def _compare_single(comparison: Comparison, path: tuple[Key, ...], level: float) -> None:
    expected = comparison.expected(*path)
    x, n = expected["x"], expected["n"]
    comparison.same(*path, "x", found=x)
    comparison.same(*path, "n", found=n)
    for name, below in expected.items():
        if name in SINGLE:
            comparison.near(*path, name, found=_pair(SINGLE[name], x, n, level), absolute=LIMITS)
        elif name == "estimate":
            comparison.near(*path, name, found=wilson("share", x, n).value, absolute=1e-9)
        elif name.startswith("published"):
            for method in set(below) & set(SINGLE):
                found = _pair(SINGLE[method], x, n, level)
                comparison.near(*path, name, method, found=found, absolute=PUBLISHED)


def _compare_difference(comparison: Comparison, path: tuple[Key, ...], level: float) -> None:
    expected = comparison.expected(*path)
    one, two = (wilson("share", expected[f"x{i}"], expected[f"n{i}"], level=level) for i in (1, 2))
    found = newcombe_difference(one, two)
    for name in ("x1", "n1", "x2", "n2"):
        comparison.same(*path, name, found=expected[name])
    for name in expected:
        if name in ("estimate", "difference"):
            comparison.near(*path, name, found=found.value, absolute=1e-9)
        elif name in ("newcombe", "newcombe_score", "newcombe_10"):
            comparison.near(*path, name, found=_limits(found), absolute=LIMITS)


def _compare_tables(case: Case, comparison: Comparison) -> None:
    level = float(case.inputs.get("confidence", 0.95))
    tables = case.file_with("table", "new", "comparator", "count")
    found: dict[str, Estimate] = {}
    for block, measures in (
        ("reference_standard", WITH_TRUTH), ("non_reference_standard", WITHOUT_TRUTH),
    ):  # fmt: skip
        if not comparison.has(block):
            continue
        comparator, new = _columns(tables[tables["table"] == block.removesuffix("_standard")])
        for path, name, turned in _shares((block,), comparison.expected(block)):
            pair = (new, comparator) if turned else (comparator, new)
            share = measures[name]  # KeyError: accuracy asked for beside a non-reference comparator
            score = share(*pair, interval=wilson, level=level)
            exact = share(*pair, interval=clopper_pearson, level=level)
            _compare_share(comparison, path, score, exact)
            if not turned:
                found[name] = score
    _compare_text(comparison, found)


def _shares(
    path: tuple[Key, ...], below: dict[str, Any], turned: bool = False
) -> Iterator[tuple[tuple[Key, ...], str, bool]]:
    for name, value in below.items():
        if "estimate" in value:
            yield (*path, name), name, turned
        else:
            yield from _shares((*path, name), value, "reversed" in name)


def _compare_share(
    comparison: Comparison, path: tuple[Key, ...], score: Estimate, exact: Estimate
) -> None:
    for name in comparison.expected(*path):
        if name in ("x", "n"):
            count = score.numerator if name == "x" else score.denominator
            comparison.same(*path, name, found=count)
        elif name == "estimate":
            comparison.near(*path, name, found=score.value, absolute=1e-9)
        elif name in ("score", "wilson"):
            comparison.near(*path, name, found=_limits(score), absolute=LIMITS)
        elif name in ("exact", "clopper_pearson"):
            comparison.near(*path, name, found=_limits(exact), absolute=LIMITS)


def _compare_text(comparison: Comparison, found: dict[str, Estimate]) -> None:
    block = "rounded_percent_as_in_guidance"
    if not comparison.has(block):
        return
    by_start = {name.split("_")[0]: share for name, share in found.items()} | found
    for name, text in comparison.expected(block).items():
        share = by_start[SHORT.get(name, name)]
        told = _percent(share.value)
        if "score" in text:
            told += f" (score {_percent(share.low)} to {_percent(share.high)})"
        comparison.same(block, name, found=told)


def _columns(table: pd.DataFrame) -> tuple[list[int], list[int]]:
    counted = table.loc[table.index.repeat(table["count"])]
    if counted.empty:
        raise ValueError("the input table has no such 2 x 2 table")
    comparator, new = ((counted[name] == "pos").astype(int) for name in ("comparator", "new"))
    return comparator.tolist(), new.tolist()


def _pair(limits: Callable[..., Any], x: int, n: int, level: float) -> list[float]:
    return [float(limit) for limit in limits(x, n, level=level)]


def _limits(found: Estimate) -> list[float]:
    assert found.low is not None and found.high is not None
    return [found.low, found.high]


def _percent(share: float | None) -> str:
    assert share is not None
    return f"{100 * share:.1f}%"

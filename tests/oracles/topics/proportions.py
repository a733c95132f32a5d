"""Shares of 2 x 2 tables and single proportions, beside R, SciPy, statsmodels and Newcombe."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Literal

import pandas as pd

from measures import agreement, binary
from measures.comparison import (
    mcnemar,
    miettinen_nurminen_difference,
    newcombe_difference,
    paired_proportion_difference,
)
from measures.estimate import Estimate
from measures.kappa import cohen_kappa
from measures.predictive_values import likelihood_ratio_negative, likelihood_ratio_positive
from measures.proportion_methods import (
    jeffreys_limits,
    logit_limits,
    mid_p_limits,
    wald_limits,
    wilson_corrected_limits,
)
from measures.proportions import (
    ProportionInterval,
    clopper_pearson,
    clopper_pearson_limits,
    wilson,
    wilson_limits,
)
from tests.oracles.case import Case, Comparison, Key
from tests.oracles.columns import zero_one

LIMITS = 1e-6  # "limits: abs 1e-6"
P_VALUES = 1e-8  # "p: abs 1e-8"
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


def _prevalence(truth: list[int], decision: list[int], **how: Any) -> Estimate:
    interval: ProportionInterval = how.pop("interval")
    return interval("prevalence", sum(truth), len(decision), **how)


WITH_TRUTH = {
    "prevalence": _prevalence,
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
RATIOS = {
    "positive_likelihood_ratio": likelihood_ratio_positive,
    "negative_likelihood_ratio": likelihood_ratio_negative,
    "likelihood_ratio_positive": likelihood_ratio_positive,
    "likelihood_ratio_negative": likelihood_ratio_negative,
    "lr_positive": likelihood_ratio_positive,
    "lr_negative": likelihood_ratio_negative,
}
DIFFERENCES: dict[str, Callable[[Estimate, Estimate], Estimate]] = {
    "newcombe": newcombe_difference,
    "newcombe_score": newcombe_difference,
    "newcombe_hybrid_score": newcombe_difference,
    "newcombe_10": newcombe_difference,
    "newcombe_continuity_corrected": partial(newcombe_difference, continuity_corrected=True),
    "newcombe_cc": partial(newcombe_difference, continuity_corrected=True),
    "newcombe_11": partial(newcombe_difference, continuity_corrected=True),
    "miettinen_nurminen": miettinen_nurminen_difference,
}
PAIRED: dict[str, Literal["newcombe", "tango"]] = {
    "newcombe": "newcombe", "newcombe_paired": "newcombe", "newcombe_10": "newcombe",
    "newcombe_score": "newcombe", "tango": "tango", "tango_score": "tango",
}  # fmt: skip
MCNEMAR: dict[str, Literal["exact", "mid-p"]] = {
    "mcnemar_exact_p": "exact", "mcnemar_p_exact": "exact", "exact_p": "exact",
    "mcnemar_mid_p": "mid-p", "mcnemar_p_mid": "mid-p", "mid_p": "mid-p",
}  # fmt: skip
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
        elif {"a", "b", "c", "d"} <= set(expected):
            _compare_paired(comparison, ("rows", row), level)
        else:
            _compare_single(comparison, ("rows", row), level)
    tables = [case.table(file) for file in case.inputs["files"]]
    for table in tables:
        for column in table.columns.intersection([*"xnabcd", "x1", "n1", "x2", "n2"]):
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
    for name in ("x1", "n1", "x2", "n2"):
        comparison.same(*path, name, found=expected[name])
    for name in expected:
        if name in ("estimate", "difference"):
            value = newcombe_difference(one, two).value
            comparison.near(*path, name, found=value, absolute=1e-9)
        elif name in ("p1", "p2"):
            value = (one if name == "p1" else two).value
            comparison.near(*path, name, found=value, absolute=1e-9)
        elif name in DIFFERENCES:
            found = _limits(DIFFERENCES[name](one, two))
            comparison.near(*path, name, found=found, absolute=LIMITS)


def _compare_paired(comparison: Comparison, path: tuple[Key, ...], level: float) -> None:
    """a: both count, b: the first only, c: the second only, d: neither."""
    expected = comparison.expected(*path)
    both, gained, lost, neither = (int(expected[name]) for name in "abcd")
    first = [1] * (both + gained) + [0] * (lost + neither)
    second = [1] * both + [0] * gained + [1] * lost + [0] * neither
    for name in expected:
        if name in "abcd":
            comparison.same(*path, name, found=expected[name])
        elif name == "n":
            comparison.same(*path, name, found=len(first))
        elif name in ("estimate", "difference"):
            value = paired_proportion_difference(first, second).difference.value
            comparison.near(*path, name, found=value, absolute=1e-9)
        elif name in PAIRED:
            found = paired_proportion_difference(first, second, level=level, interval=PAIRED[name])
            comparison.near(*path, name, found=_limits(found.difference), absolute=LIMITS)
        elif name in MCNEMAR:
            p = mcnemar(gained, lost, test=MCNEMAR[name])
            comparison.near(*path, name, found=p, absolute=P_VALUES)


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
            if block == "reference_standard" and name in RATIOS:
                _compare_ratio(comparison, path, RATIOS[name](*pair, level=level))
                continue
            if block == "non_reference_standard" and name == "cohen_kappa":
                kappa = cohen_kappa(*pair, level=level)
                comparison.near(*path, found=kappa.value, absolute=1e-9)
                continue
            share = measures.get(SHORT.get(name, name))
            if share is None:
                continue  # such as accuracy beside a non-reference comparator: never compared
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
        if not isinstance(value, dict) or "estimate" in value:
            yield (*path, name), name, turned
        else:
            yield from _shares((*path, name), value, "reversed" in name)


def _compare_share(
    comparison: Comparison, path: tuple[Key, ...], score: Estimate, exact: Estimate
) -> None:
    if not isinstance(comparison.expected(*path), dict):
        comparison.near(*path, found=score.value, absolute=1e-9)
        return
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


def _compare_ratio(comparison: Comparison, path: tuple[Key, ...], found: Estimate) -> None:
    for name in comparison.expected(*path):
        if name == "estimate":
            comparison.near(*path, name, found=found.value, absolute=1e-9)
        elif name in ("ci95", "log", "simel"):
            comparison.near(*path, name, found=_limits(found), relative=LIMITS, absolute=LIMITS)


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
    comparator, new = (zero_one(counted[name]).astype(int) for name in ("comparator", "new"))
    return comparator.tolist(), new.tolist()


def _pair(limits: Callable[..., Any], x: int, n: int, level: float) -> list[float]:
    return [float(limit) for limit in limits(x, n, level=level)]


def _limits(found: Estimate) -> list[float]:
    assert found.low is not None and found.high is not None
    return [found.low, found.high]


def _percent(share: float | None) -> str:
    assert share is not None
    return f"{100 * share:.1f}%"

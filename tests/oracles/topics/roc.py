"""Areas under the ROC curve and their DeLong tests, beside pROC, scikit-learn and SAS."""

from __future__ import annotations

import math
import re
from itertools import permutations

import numpy as np
import pandas as pd

from measures.comparison import paired_auc_difference, unpaired_auc_difference
from measures.estimate import Estimate
from measures.inputs import Decisions, Numbers
from measures.operating_points import (
    sensitivity_at_specificity,
    specificity_at_sensitivity,
    threshold_youden,
)
from measures.partial_auc import partial_auc
from measures.precision_recall import average_precision
from measures.proportions import normal_quantile
from measures.roc import auc, placements
from measures.several_areas import area_covariance, equal_areas
from tests.oracles.case import Case, Comparison, Key
from tests.oracles.columns import IDENTITY, TRUTH, column, plain, zero_one

AREA, VARIANCE, LIMITS = 1e-10, 1e-8, 1e-7  # auc abs, variance rel, p_and_ci abs
PRINTED = 5.1e-5  # four decimals
FIXED = re.compile(r"(sensitivity|specificity)_at_(?:specificity|sensitivity)_([0-9_]+)$")
RANGE = re.compile(r"partial_auc_(specificity|sensitivity)_([0-9_]+?)_to_([0-9_]+)$")


def compare(case: Case, comparison: Comparison) -> None:
    """A block for each score, for each pair, and for all of them together."""
    table = case.table(next(iter(case.inputs["files"])))
    named = column(table, TRUTH)
    truth = zero_one(table[named])
    numbers = table.drop(columns=named).select_dtypes("number")
    numbers = numbers[[name for name in numbers if plain(name) not in IDENTITY]]
    scores = {str(name): numbers[name].to_numpy(dtype=np.float64) for name in numbers}
    groups = _groups(table.drop(columns=[named, *numbers.columns]), truth, scores)
    for block in case.expected:
        if block in scores:
            _compare_score(comparison, block, truth, scores[block])
        elif block in groups:
            _compare_score(comparison, block, *groups[block])
        elif block.startswith("unpaired_") and "_vs_" in block:
            one, two = block.removeprefix("unpaired_").split("_vs_")
            if one in groups and two in groups:
                _compare_unpaired(comparison, block, groups[one], groups[two])
        elif block.startswith("paired_"):
            first, second = _pair_named(block, numbers)
            _compare_pair(comparison, block, truth, (scores[first], scores[second]))
        elif block.startswith("joint_contrast"):
            found = equal_areas(truth, list(scores.values()))
            comparison.near(block, "chi2", found=found.chi_square, relative=VARIANCE)
            comparison.same(block, "df", found=found.freedom)
            comparison.near(block, "p", found=found.p_value, absolute=LIMITS)
        elif block == "published_variance":
            (score,) = scores.values()
            variance = placements(truth, score).variance
            comparison.near(block, found=variance, relative=VARIANCE)
        elif block.startswith("published"):
            _compare_printed(comparison, block, truth, scores)


def _groups(
    labels: pd.DataFrame, truth: Numbers, scores: dict[str, Numbers]
) -> dict[str, tuple[Numbers, Numbers]]:
    """Truth and the only score of each group that a column of few labels names."""
    if len(scores) != 1:
        return {}
    (score,) = scores.values()
    return {
        str(name): (truth[rows], score[rows])
        for column in labels
        for name in labels[column].unique()
        for rows in [(labels[column] == name).to_numpy()]
        if labels[column].nunique() <= 20
    }


def _compare_score(comparison: Comparison, block: str, truth: Numbers, score: Numbers) -> None:
    found = auc(truth, score)
    counts = {"n_pos": int(truth.sum()), "n_neg": int((1 - truth).sum())}
    if min(counts.values()) < 2:  # no variance: the area alone, or nothing
        area = placements(truth, score).area if min(counts.values()) else None
        for name, expected in comparison.expected(block).items():
            if name in counts:
                comparison.same(block, name, found=counts[name])
            elif name == "auc":
                comparison.near(block, name, found=area, absolute=AREA)
            elif expected in (None, "NaN"):
                comparison.near(block, name, found=found.value)
        return
    assert found.value is not None
    placed = placements(truth, score)
    error = math.sqrt(placed.variance)
    half = normal_quantile(0.95) * error
    wald = [found.value - half, found.value + half]
    # Without variance the log odds have no limits, and ours are exact binomial ones.
    logit = _limits(found) if "logit" in found.method else [math.nan, math.nan]
    for name in comparison.expected(block):
        if name == "n_pos":
            comparison.same(block, name, found=int(truth.sum()))
        elif name == "n_neg":
            comparison.same(block, name, found=int((1 - truth).sum()))
        elif name == "auc":
            comparison.near(block, name, found=found.value, absolute=AREA)
        elif name == "variance_delong":
            comparison.near(block, name, found=placed.variance, relative=VARIANCE, absolute=1e-20)
        elif name == "se":
            comparison.near(block, name, found=error, relative=VARIANCE, absolute=1e-10)
        elif name == "ci95_wald":
            comparison.near(block, name, found=wald, absolute=LIMITS)
        elif name == "ci95_wald_clipped_to_0_1":
            comparison.near(block, name, found=np.clip(wald, 0.0, 1.0), absolute=LIMITS)
        elif name == "ci95_logit":
            comparison.near(block, name, found=logit, absolute=LIMITS)
        elif name == "average_precision":
            value = average_precision(truth, score).value
            comparison.near(block, name, found=value, absolute=AREA)
        elif name == "youden_best":
            _compare_youden(comparison, block, truth, score)
        elif name.startswith("partial_auc"):
            _compare_partial(comparison, (block, name), truth, score)
        elif fixed := FIXED.match(name):
            at = sensitivity_at_specificity if fixed[1] == "sensitivity" else (
                specificity_at_sensitivity
            )  # fmt: skip
            value = at(truth, score, _number(fixed[2])).value
            comparison.near(block, name, found=value, absolute=1e-9)


def _compare_partial(
    comparison: Comparison, path: tuple[Key, ...], truth: Numbers, score: Numbers
) -> None:
    name = str(path[-1])
    standardised = "standardised" in name or "corrected" in name
    within, kind = (0.9, 1.0), "specificity"
    if named := RANGE.match(name):
        kind = named[1]
        within = _number(named[2]), _number(named[3])
    if kind == "sensitivity":  # the same curve with the classes changed over
        truth, score = 1.0 - truth, -score
    found = partial_auc(truth, score, specificity=within, standardised=standardised)
    comparison.near(*path, found=found.value, absolute=AREA)


def _compare_youden(comparison: Comparison, block: str, truth: Numbers, score: Numbers) -> None:
    """Any threshold of the same operating point; where several reach the largest index, theirs."""
    expected = comparison.expected(block, "youden_best")
    at = _operating_point(truth, score >= threshold_youden(truth, score))
    if "threshold_midpoint" in expected:
        theirs = _operating_point(truth, score >= expected["threshold_midpoint"])
        equally_good = math.isclose(sum(theirs), sum(at), abs_tol=1e-12)
        found = expected["threshold_midpoint"] if equally_good else None
        comparison.near(block, "youden_best", "threshold_midpoint", found=found)
        at = theirs if equally_good else at
    for name, value in zip(("sensitivity", "specificity"), at, strict=True):
        if name in expected:
            comparison.near(block, "youden_best", name, found=value, absolute=1e-9)


def _operating_point(truth: Numbers, flagged: Decisions) -> tuple[float, float]:
    return float(flagged[truth == 1.0].mean()), float((~flagged[truth == 0.0]).mean())


def _compare_pair(
    comparison: Comparison, block: str, truth: Numbers, pair: tuple[Numbers, Numbers]
) -> None:
    found = paired_auc_difference(truth, *pair)
    apart = unpaired_auc_difference((truth, pair[0]), (truth, pair[1]))
    covariance = area_covariance(truth, pair)[0, 1]
    for name in comparison.expected(block):
        if name == "difference":
            comparison.near(block, name, found=found.difference.value, absolute=AREA)
        elif name == "covariance":
            comparison.near(block, name, found=covariance, relative=VARIANCE, absolute=1e-16)
        elif name == "z":
            comparison.near(block, name, found=found.statistic, absolute=LIMITS)
        elif name == "p_two_sided":
            comparison.near(block, name, found=found.p_value, absolute=LIMITS)
        elif name.startswith("ci95"):
            comparison.near(block, name, found=_limits(found.difference), absolute=LIMITS)
        elif name == "unpaired_test_for_contrast":
            comparison.near(block, name, "D", found=apart.statistic, absolute=LIMITS)
            comparison.near(block, name, "p", found=apart.p_value, absolute=LIMITS)
            if comparison.has(block, name, "df"):
                freedom = _satterthwaite(truth, pair)
                comparison.near(block, name, "df", found=freedom, relative=VARIANCE)


def _compare_unpaired(
    comparison: Comparison, block: str,
    first: tuple[Numbers, Numbers], second: tuple[Numbers, Numbers],
) -> None:  # fmt: skip
    found = unpaired_auc_difference(first, second)
    for name in comparison.expected(block):
        if name == "difference":
            comparison.near(block, name, found=found.difference.value, absolute=AREA)
        elif name in ("D", "t", "statistic"):
            comparison.near(block, name, found=found.statistic, absolute=LIMITS)
        elif name in ("p", "p_two_sided"):
            comparison.near(block, name, found=found.p_value, absolute=LIMITS)
        elif name.startswith("ci95"):
            comparison.near(block, name, found=_limits(found.difference), absolute=LIMITS)


def _limits(found: Estimate) -> list[float]:
    return [math.nan if limit is None else limit for limit in (found.low, found.high)]


def _satterthwaite(truth: Numbers, pair: tuple[Numbers, Numbers]) -> float:
    one, two = (placements(truth, score).variance for score in pair)
    return (one + two) ** 2 / ((one**2 + two**2) / (truth.size - 1))


def _compare_printed(
    comparison: Comparison, block: str, truth: Numbers, scores: dict[str, Numbers]
) -> None:
    """Area, standard error, lower and upper Wald limit, as a table prints them."""
    for name in comparison.expected(block):
        if name in scores:
            found = placements(truth, scores[name])
            error = math.sqrt(found.variance)
            half = normal_quantile(0.95) * error
            printed = [found.area, error, found.area - half, found.area + half]
            comparison.near(block, name, found=printed, absolute=PRINTED)
        elif name == "columns":
            comparison.informative(block, name, why="it names the columns of the printed table")


def _pair_named(block: str, scores: pd.DataFrame) -> tuple[str, str]:
    """The two columns that 'paired_A_vs_B' names, each by its name or a word of it."""
    one, two = block.removeprefix("paired_").split("_vs_")

    def meant(word: str, column: str) -> int:
        return 2 * (word == column) + (word in column.split("_") or column.startswith(word))

    columns = [str(name) for name in scores.columns]
    fit = {pair: (meant(one, pair[0]), meant(two, pair[1])) for pair in permutations(columns, 2)}
    best = max(fit, key=lambda pair: (min(fit[pair]), sum(fit[pair])))
    if min(fit[best]) == 0:
        raise ValueError(f"{block}: which two of {', '.join(columns)} are meant?")
    return best


def _number(text: str) -> float:
    return float(text.replace("_", ".", 1))

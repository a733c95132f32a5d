"""Calibration: bins, tests, logistic recalibration, ICI and the prevalence adjustment, for all
studies and for each group that a case names."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from measures.calibration import (
    brier,
    calibration_in_the_large,
    calibration_intercept,
    calibration_slope,
    log_loss,
)
from measures.calibration_error import expected_calibration_error, maximum_calibration_error
from measures.calibration_tests import hosmer_lemeshow, recalibration_test, spiegelhalter
from measures.clusters import Resampling
from measures.estimate import Estimate
from measures.inputs import Numbers
from measures.integrated_calibration import integrated_calibration_index
from measures.proportions import normal_quantile, wilson
from measures.recalibration import derived_prevalence, prevalence_shift
from measures.reliability import Equal, reliability_bins
from measures.roc import auc
from tests.oracles.case import Case, Comparison, Key
from tests.oracles.columns import SCORE, TRUTH, column, zero_one

_FEW = Resampling(seed=1, replicates=200)  # only values are compared, not these intervals
_CALZONE_SPAN = 0.5
_RELEASED = "a quirk of the tool as released: the case calls it as_released"


@dataclass(frozen=True)
class _Rows:
    truth: Numbers
    score: Numbers

    @classmethod
    def of(cls, table: pd.DataFrame) -> _Rows:
        truth, score = _columns(table)
        return cls(zero_one(table[truth]), table[score].to_numpy(float))


def compare(case: Case, comparison: Comparison) -> None:
    """Compare all blocks of the whole table, and of its groups where a block is named after one."""
    table = case.table(next(iter(case.inputs["files"])))
    _compare_below(comparison, (), table)


def _compare_below(comparison: Comparison, path: tuple[Key, ...], table: pd.DataFrame) -> None:
    rows = _Rows.of(table)
    for name in comparison.expected(*path):
        here = (*path, name)
        block = _block(str(name))
        if block:
            block(comparison, here, rows)
        elif "as_released" in str(name):
            comparison.informative(*here, why=_RELEASED)
        elif name in ("n", "count"):
            comparison.same(*here, found=rows.truth.size)
        elif isinstance(comparison.expected(*here), dict):
            _compare_below(comparison, here, _of_group(table, name))
        elif isinstance(comparison.expected(*here), list):
            for at, row in enumerate(comparison.expected(*here)):
                said = row.get("group") if isinstance(row, dict) else None
                below = table if said is None else _of_group(table, said)
                if said is not None and below is not table:
                    comparison.informative(*here, at, "group", why="a name, to find the group")
                    _compare_below(comparison, (*here, at), below)


def _columns(table: pd.DataFrame) -> tuple[str, str]:
    truth = column(table, TRUTH)
    return truth, column(table, SCORE, {truth})


def _of_group(table: pd.DataFrame, name: Key) -> pd.DataFrame:
    """The rows of the group of this name; a name that is no group's stands over all of them."""
    told = str(name)
    for of in table.columns.difference(_columns(table)):
        values = table[of].astype(str)
        for value in values.unique():
            if told in (value, f"{of}_{value}", f"{of}={value}", f"group_{value}"):
                here: pd.DataFrame = table.loc[(values == value).to_numpy()]
                return here
    return table


_Block = Callable[[Comparison, tuple[Key, ...], _Rows], None]


def _block(name: str) -> _Block | None:
    if name.startswith("bins_"):
        return _bins
    return {
        "spiegelhalter": _spiegelhalter,
        "logistic_recalibration": _recalibration,
        "ICI": _ici,
        "scores": _scores,
        "prevalence_adjustment": _adjustment,
    }.get(name)


def _bins(comparison: Comparison, path: tuple[Key, ...], rows: _Rows) -> None:
    count = int(str(path[-1]).removeprefix("bins_"))
    kinds: list[tuple[str, Equal]] = [("equal_width", "width"), ("equal_count", "count")]
    for name, equal in kinds:
        here = (*path, name)
        if not comparison.has(*here):
            continue
        comparison.informative(*here, "calzone_as_released", why=_RELEASED)
        points = reliability_bins(rows.truth, rows.score, count, equal=equal)
        table: dict[str, list[Any]] = {
            "n": [point.observed.n for point in points],
            "predicted": [point.mean_score for point in points],
            "observed": [point.observed.value for point in points],
        }
        for below in ((*here, "table"), here):
            for told, values in table.items():
                if comparison.has(*below, told):
                    _near(comparison, (*below, told), _with_gaps(comparison, below, values))
        found = _errors(rows, count, equal)
        top = np.maximum(rows.score, 1.0 - rows.score)
        right = (rows.score > 0.5) == (rows.truth == 1.0)
        found |= {
            f"{key}_top_class": value
            for key, value in _errors(_Rows(right.astype(float), top), count, equal).items()
        }
        for key, value in found.items():
            _near(comparison, (*here, key), value)


def _with_gaps(comparison: Comparison, below: tuple[Key, ...], values: list[Any]) -> list[Any]:
    """Where a case lists empty bins too, none stands in their place: no study speaks there."""
    counts = comparison.expected(*below, "n")
    if len(counts) == len(values):
        return values
    left = iter(values)
    nothing = 0 if isinstance(values[0], int) else None
    return [next(left) if count else nothing for count in counts]


def _errors(rows: _Rows, count: int, equal: Equal) -> dict[str, float | None]:
    columns = (rows.truth, rows.score, count)
    external = hosmer_lemeshow(*columns, data="external", equal=equal)
    development = hosmer_lemeshow(*columns, data="development", equal=equal)
    error = expected_calibration_error(*columns, equal=equal, resampling=_FEW)
    return {
        "ECE": error.value,
        "MCE": maximum_calibration_error(*columns, equal=equal).value,
        "HL": external.statistic,
        "HL_p_df_groups": external.p_value,
        "HL_p_df_groups_minus_2": development.p_value,
    }


def _spiegelhalter(comparison: Comparison, path: tuple[Key, ...], rows: _Rows) -> None:
    found = spiegelhalter(rows.truth, rows.score)
    _near(comparison, (*path, "z"), found.statistic)
    _near(comparison, (*path, "p_two_sided"), found.p_value)


def _recalibration(comparison: Comparison, path: tuple[Key, ...], rows: _Rows) -> None:
    slope = calibration_slope(rows.truth, rows.score)
    intercept = calibration_intercept(rows.truth, rows.score)
    large = calibration_in_the_large(rows.truth, rows.score)
    joint = recalibration_test(rows.truth, rows.score)
    fixed = calibration_slope(rows.truth, rows.score, intercept=0.0)
    for key, value in {
        "slope": slope.value,
        "intercept": intercept.value,
        "slope_se": _error(slope),
        "intercept_se": _error(intercept),
        "slope_ci95": [slope.low, slope.high],
        "intercept_ci95": [intercept.low, intercept.high],
        "calibration_in_the_large_slope_fixed_1": large.value,
        "calibration_in_the_large_se": _error(large),
        "calibration_in_the_large_ci95": [large.low, large.high],
        "slope_with_intercept_fixed_0": fixed.value,
        "joint_deviance_test_chi2_2df": joint.statistic,
        "joint_deviance_test_p": joint.p_value,
    }.items():
        _near(comparison, (*path, key), value, absolute=_own_contradiction(comparison, path, key))


def _own_contradiction(comparison: Comparison, path: tuple[Key, ...], key: str) -> float:
    """A case's standard error is R's, from the weights of glm's last but one step; where it differs
    from the one in the same case's interval (statsmodels, converged), no answer meets both: the
    error is then held to their distance, the interval to 1e-6."""
    interval = (*path, key.replace("_se", "_ci95"))
    if not key.endswith("_se") or not comparison.has(*interval) or not comparison.has(*path, key):
        return 1e-6
    low, high = comparison.expected(*interval)
    implied = (high - low) / 2.0 / normal_quantile(0.95)
    return 1e-6 + abs(float(comparison.expected(*path, key)) - float(implied))


def _error(found: Estimate) -> float | None:
    if found.low is None or found.high is None:
        return None
    return (found.high - found.low) / 2.0 / normal_quantile(found.level)


def _ici(comparison: Comparison, path: tuple[Key, ...], rows: _Rows) -> None:
    logistic = integrated_calibration_index(
        rows.truth, rows.score, smoother="logistic", resampling=_FEW
    )
    _near(comparison, (*path, "logistic"), logistic.value)
    for key in comparison.expected(*path):
        named = re.search(r"(?:span|frac\w*)_?(\d[_.]\d+|1)", str(key))
        if str(key).startswith(("lowess", "loess")):
            smooth = integrated_calibration_index(
                rows.truth, rows.score, smoother="lowess", resampling=_FEW,
                span=float(named[1].replace("_", ".")) if named else _CALZONE_SPAN,
            )  # fmt: skip
            _near(comparison, (*path, key), smooth.value, absolute=2e-5)


def _scores(comparison: Comparison, path: tuple[Key, ...], rows: _Rows) -> None:
    sick = int(rows.truth.sum())
    share, score = float(rows.truth.mean()), brier(rows.truth, rows.score).value
    scaled = 1.0 - score / (share * (1.0 - share)) if score is not None and 0 < share < 1 else None
    for key, value in {
        "brier_scaled": scaled,
        "brier": brier(rows.truth, rows.score).value,
        "log_loss_clip_1e_7": log_loss(rows.truth, rows.score).value,
        "auc": auc(rows.truth, rows.score).value,
        "prevalence": wilson("prevalence", sick, rows.truth.size).value,
        "mean_prediction": float(rows.score.mean()),
    }.items():
        _near(comparison, (*path, key), value)


def _adjustment(comparison: Comparison, path: tuple[Key, ...], rows: _Rows) -> None:
    prevalence = float(rows.truth.mean())
    derived = derived_prevalence(rows.truth, rows.score)
    assert derived.value is not None
    curve = prevalence_shift(before=derived.value, now=prevalence)
    _near(comparison, (*path, "observed_prevalence"), prevalence)
    _near(comparison, (*path, "derived_prevalence"), derived.value, absolute=1e-4)
    _near(comparison, (*path, "logit_shift"), curve.intercept)
    here = (*path, "after_adjustment")
    if not comparison.has(*here):
        return
    after = _Rows(rows.truth, curve.apply(rows.score))
    for key, value in _as_calzone_names(after).items():
        # The tool's bounded search leaves its own error of about 3e-6 in the log odds.
        _near(comparison, (*here, key), value, relative=1e-3)


def _as_calzone_names(rows: _Rows) -> dict[str, float | None]:
    width, count = _errors(rows, 10, "width"), _errors(rows, 10, "count")
    slope = calibration_slope(rows.truth, rows.score)
    intercept = calibration_intercept(rows.truth, rows.score)
    z = spiegelhalter(rows.truth, rows.score)
    smooth = integrated_calibration_index(
        rows.truth, rows.score, smoother="lowess", resampling=_FEW, span=_CALZONE_SPAN
    )
    logistic = integrated_calibration_index(
        rows.truth, rows.score, smoother="logistic", resampling=_FEW
    )
    return {
        "ECE-H": width["ECE"],
        "MCE-H": width["MCE"],
        "HL-H score": width["HL"],
        "HL-H p-value": width["HL_p_df_groups_minus_2"],
        "ECE-C": count["ECE"],
        "MCE-C": count["MCE"],
        "HL-C score": count["HL"],
        "HL-C p-value": count["HL_p_df_groups_minus_2"],
        "COX coef": slope.value,
        "COX coef lowerci": slope.low,
        "COX coef upperci": slope.high,
        "COX intercept": intercept.value,
        "COX intercept lowerci": intercept.low,
        "COX intercept upperci": intercept.high,
        "COX ICI": logistic.value,
        "Loess ICI": smooth.value,
        "SpiegelhalterZ score": z.statistic,
        "SpiegelhalterZ p-value": z.p_value,
        "AUC": auc(rows.truth, rows.score).value,
    }


def _near(
    comparison: Comparison,
    path: tuple[Key, ...],
    found: Any,
    absolute: float = 1e-6,
    relative: float = 1e-6,
) -> None:
    if comparison.has(*path):
        comparison.near(*path, found=found, absolute=absolute, relative=relative)

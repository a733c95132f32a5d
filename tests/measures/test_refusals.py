"""What every function of the binary family does with columns that show nothing: a ValueError that
names the column, or an estimate that is not estimable and says why. Never a number or a warning.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pytest

from measures import (
    balanced,
    binary,
    net_benefit,
    operating_points,
    partial_auc,
    precision_recall,
    predictive_values,
    proportion_methods,
    proportions,
    roc,
    several_areas,
    threshold_table,
    verification_bias,
)
from measures.bootstrap import bootstrap
from measures.clustered import CLUSTERED, clustered
from measures.clusters import Resampling
from measures.estimate import Estimate

Columns = Callable[[Any, Any], Any]

OF_DECISION: dict[str, Columns] = {
    "two_by_two": binary.two_by_two,
    "sensitivity": binary.sensitivity,
    "specificity": binary.specificity,
    "ppv": binary.ppv,
    "npv": binary.npv,
    "accuracy": binary.accuracy,
    "f1": binary.f1,
    "balanced_accuracy": balanced.balanced_accuracy,
    "mcc": balanced.mcc,
    "likelihood_ratio_positive": predictive_values.likelihood_ratio_positive,
    "likelihood_ratio_negative": predictive_values.likelihood_ratio_negative,
    "ppv_at_prevalence": lambda y, d: predictive_values.ppv_at_prevalence(y, d, prevalence=0.1),
    "npv_at_prevalence": lambda y, d: predictive_values.npv_at_prevalence(y, d, prevalence=0.1),
    "corrected_sensitivity": lambda y, d: verification_bias.corrected_sensitivity(
        y, d, np.ones(np.size(d))
    ),
    "corrected_specificity": lambda y, d: verification_bias.corrected_specificity(
        y, d, np.ones(np.size(d))
    ),
}
OF_SCORE: dict[str, Columns] = {
    "auc": roc.auc,
    "placements": roc.placements,
    "roc_points": roc.roc_points,
    "partial_auc": partial_auc.partial_auc,
    "average_precision": precision_recall.average_precision,
    "precision_recall_points": precision_recall.precision_recall_points,
    "net_benefit": lambda y, s: net_benefit.net_benefit(y, s, 0.3),
    "decision_curve": lambda y, s: net_benefit.decision_curve(y, s, [0.3]),
    "sensitivity_at_specificity": lambda y, s: operating_points.sensitivity_at_specificity(
        y, s, 0.8
    ),
    "specificity_at_sensitivity": lambda y, s: operating_points.specificity_at_sensitivity(
        y, s, 0.8
    ),
    "threshold_youden": operating_points.threshold_youden,
    "threshold_at_sensitivity": lambda y, s: operating_points.threshold_at_sensitivity(y, s, 0.8),
    "threshold_at_specificity": lambda y, s: operating_points.threshold_at_specificity(y, s, 0.8),
    "threshold_at_cost": lambda y, s: operating_points.threshold_at_cost(
        y, s, missed=1, false_alarm=1, prevalence=0.1
    ),
    "threshold_table": threshold_table.threshold_table,
    "area_covariance": lambda y, s: several_areas.area_covariance(y, [s, s]),
    "equal_areas": lambda y, s: several_areas.equal_areas(y, [s, s]),
    "verification_by_score": lambda y, s: verification_bias.verification_by_score(
        s, np.ones(np.size(s)), y
    ),
    "bootstrap": lambda y, s: bootstrap([(roc.auc, s)], y, resampling=Resampling(1, 200)),
    "bootstrap of patients": lambda y, s: bootstrap(
        [(roc.auc, s)], y, patients=np.arange(np.size(s)), resampling=Resampling(1, 200)
    ),
}
CLUSTERS: dict[str, Columns] = {
    f"clustered {name}": (
        lambda y, p, name=name: clustered(name, y, p, patients=np.arange(np.size(p)))
    )
    for name in CLUSTERED
}
ALL = OF_DECISION | OF_SCORE | CLUSTERS
# A rule for one class needs only that class; a table of counts needs none.
ONE_CLASS_ENOUGH = {
    "two_by_two", "sensitivity", "specificity", "ppv", "npv", "accuracy", "f1", "threshold_table",
    "threshold_at_sensitivity", "threshold_at_specificity", "corrected_sensitivity",
    "corrected_specificity", "verification_by_score",
}  # fmt: skip


def test_no_public_function_of_columns_is_left_out() -> None:
    modules = [
        balanced, binary, net_benefit, operating_points, partial_auc, precision_recall,
        predictive_values, roc, several_areas, threshold_table, verification_bias,
        importlib.import_module("measures.bootstrap"),
    ]  # fmt: skip
    first = {"truth", "score", "asked", "measure"}
    public = {
        name
        for module in modules
        for name in module.__all__
        if inspect.isfunction(found := getattr(module, name))
        and first & set(list(inspect.signature(found).parameters)[:1])
    }
    assert public <= {*OF_DECISION, *OF_SCORE, "clopper_pearson", "wilson"}, public


def estimates(found: Any) -> Iterable[Estimate]:
    return [found] if isinstance(found, Estimate) else found


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize(
    ("truth", "prediction", "said"),
    [
        ([1, 0, 1, 0], [1, 0, 1, np.nan], "missing or infinite"),
        ([1, 0, 1, 0], [1, 0, 1, np.inf], "missing or infinite"),
        ([1, 0, 1, np.nan], [1, 0, 1, 0], "missing or infinite"),
        ([1, 0, 1, 2], [1, 0, 1, 0], "must be 0 or 1"),
        ([1, 0, 1, 0, 1], [1, 0, 1, 0], "one entry per study"),
        ([[1, 0, 1, 0]], [[1, 0, 1, 0]], "one entry per study"),
        ([1, 0, 1, 0], ["a", "b", "c", "d"], "must be numbers"),
    ],
)
def test_malformed_columns_are_refused_with_the_reason(
    name: str, truth: Any, prediction: Any, said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        ALL[name](truth, prediction)


@pytest.mark.parametrize("name", sorted(set(ALL) - {"two_by_two"}))
def test_no_study_at_all_gives_no_number(name: str) -> None:
    try:
        found = ALL[name]([], [])
    except ValueError as problem:
        assert str(problem)
        return
    for one in estimates(found):
        assert one.value is None and one.reason and one.n == 0


@pytest.mark.parametrize("name", sorted(set(ALL) - ONE_CLASS_ENOUGH))
@pytest.mark.parametrize("only", [0, 1])
def test_one_class_alone_gives_no_number_of_both(name: str, only: int) -> None:
    if name.startswith("clustered") and name.split()[1] not in ("auc", "calibration_slope"):
        return
    try:
        found = ALL[name]([only] * 6, [0, 1, 0, 1, 1, 0])
    except ValueError as problem:
        assert "class" in str(problem) or "diseased" in str(problem)
        return
    for one in estimates(found):
        assert one.value is None
        assert one.reason


@pytest.mark.parametrize("name", sorted(OF_SCORE))
def test_equal_scores_are_never_certain(name: str) -> None:
    try:
        found = ALL[name]([1, 1, 1, 0, 0, 0], [0.5] * 6)
    except ValueError:
        return
    if not isinstance(found, (Estimate, list, tuple)):
        return
    for one in estimates(found):
        if one.value is not None:
            assert one.low is not None and one.high is not None
            assert one.high - one.low > 0.05  # partial AUC ends at 0.1


@pytest.mark.parametrize("name", sorted({*OF_DECISION, *OF_SCORE} - {"two_by_two"}))
@pytest.mark.parametrize("level", [0.0, 1.0, 95.0, -0.5, float("nan")])
def test_a_level_that_is_no_confidence_is_refused(name: str, level: float) -> None:
    home = {**vars(binary), **vars(balanced), **vars(predictive_values), **vars(roc)}
    home |= {**vars(partial_auc), **vars(precision_recall), **vars(threshold_table)}
    found = home.get(name)
    if found is None or "level" not in inspect.signature(found).parameters:
        return
    more = {"prevalence": 0.1} if "prevalence" in inspect.signature(found).parameters else {}
    with pytest.raises(ValueError, match="level"):
        found([1, 1, 1, 0, 0, 0], [1, 1, 0, 0, 0, 1], level=level, **more)


@pytest.mark.parametrize("limits", ["wilson", "clopper_pearson", "mid_p", "jeffreys", "logit"])
def test_a_share_of_nothing_or_of_the_impossible_is_refused(limits: str) -> None:
    home = {**vars(proportions), **vars(proportion_methods)}
    assert home[limits]("share", 0, 0).reason == "no study to count"
    for hits, n in ((3, 2), (-1, 2), (0, -1)):
        with pytest.raises(ValueError, match="impossible"):
            home[limits]("share", hits, n)

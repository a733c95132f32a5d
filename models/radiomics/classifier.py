"""A finding from radiomic features: a linear model, judged by cross-validation over patients.

Nothing is learned from a patient who is then judged: filling of gaps, scaling, choice of features,
strength of the penalty, calibration and operating point are all made again inside each fold, from
the patients outside it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from measures.estimate import Estimate
from measures.roc import auc
from models.calibrate import choose_calibration
from models.params import OperatingRule
from models.tasks import ClassificationTask, Outcomes
from records.errors import InvalidInput

Numbers = NDArray[np.float64]
_KEPT = (5, 10, 20, 40)  # features that are kept, by the F statistic of one feature alone
_STRENGTHS = (0.01, 0.1, 1.0)  # inverse of the ridge penalty, after scaling
INNER_FOLDS = 4
SIZE = {"shape2d_area_pixels", "morph_vol_approx"}
"""What every radiomic model must be better than: the size of the region alone (Welch et al.,
Radiother Oncol 2019;130:2)."""


@dataclass(frozen=True, slots=True)
class ClassifierPlan:
    """How it is judged. folds: of patients; sensitivity: that the operating point is set for.

    Raises InvalidInput naming the field that is wrong.
    """

    seed: int
    folds: int = 5
    sensitivity: float = 0.90

    def __post_init__(self) -> None:
        if not 2 <= self.folds <= 20:
            raise InvalidInput("folds: there are from 2 to 20.")
        if not 0 < self.sensitivity < 1:
            raise InvalidInput("sensitivity: it lies between 0 and 1.")


@dataclass(frozen=True, slots=True, eq=False)
class FeatureTable:
    """A row a region: values (regions, features), NaN where not estimable; truth 0/1; patients."""

    keys: tuple[str, ...]
    values: Numbers
    truth: NDArray[np.int64]
    patients: NDArray[np.str_]


@dataclass(frozen=True, slots=True, eq=False)
class CrossValidated:
    """What was found. estimates: every measure of the classification task, over all regions, each
    judged once by a model that had not seen its patient. by_fold: AUC in each fold. size_alone:
    AUC of the region's size. chosen: in how many folds a feature was kept. left_out: features that
    no region, or none but one value, had."""

    estimates: tuple[Estimate, ...]
    by_fold: tuple[Estimate, ...]
    size_alone: Estimate
    chosen: Mapping[str, int]
    left_out: tuple[str, ...]
    score: Numbers
    decision: NDArray[np.bool_]


def cross_validate(table: FeatureTable, plan: ClassifierPlan) -> CrossValidated:
    """Judge a calibrated logistic regression on these features, patients kept together.

    Intervals are over patients for models of this recipe; they do not hold the variation from
    training on other patients, so they are somewhat short (Bengio, Grandvalet: J Mach Learn Res
    2004;5:1089).

    Raises InvalidInput where a class has fewer patients than folds inside and out need, or where
    no feature varies.
    """
    usable, left_out = usable_features(table)
    require_patients(
        table.truth, table.patients, plan.folds * INNER_FOLDS,
        hint="Add patients, or ask for fewer folds.",
    )
    from sklearn.model_selection import StratifiedGroupKFold

    values = table.values[:, usable]
    keys = [key for key, use in zip(table.keys, usable, strict=True) if use]
    outer = StratifiedGroupKFold(plan.folds, shuffle=True, random_state=plan.seed)
    score, decision = np.full(len(values), np.nan), np.zeros(len(values), dtype=bool)
    chosen: Counter[str] = Counter()
    by_fold = []
    for train, test in outer.split(values, table.truth, groups=table.patients):
        learned = table.truth[train], table.patients[train]
        model, calibration = _fitted(values[train], *learned, plan)
        decoded = ClassificationTask().decode(model.decision_function(values[test]), calibration)
        score[test], decision[test] = decoded.score, decoded.decision
        chosen.update(model[:-1].get_feature_names_out(keys).tolist())
        by_fold.append(auc(table.truth[test], decoded.score))
    outcomes = Outcomes(table.truth, score, decision.astype(int), table.patients)
    return CrossValidated(
        estimates=tuple(ClassificationTask().estimates(outcomes)), by_fold=tuple(by_fold),
        size_alone=_size_alone(table), chosen=dict(chosen.most_common()), left_out=left_out,
        score=score, decision=decision,
    )  # fmt: skip


def usable_features(table: FeatureTable) -> tuple[NDArray[np.bool_], tuple[str, ...]]:
    """Features with two values or more, and the keys of the others: what is constant tells nothing.

    Raises InvalidInput where none varies.
    """
    usable = np.array([
        np.unique(column[np.isfinite(column)]).size > 1 for column in table.values.T
    ], dtype=bool)  # fmt: skip
    if not usable.any():
        raise InvalidInput("features: none has two different values in these regions.")
    return usable, tuple(k for k, use in zip(table.keys, usable, strict=True) if not use)


def require_patients(
    truth: NDArray[np.int64], patients: NDArray[np.str_], least: int, *, hint: str
) -> None:
    """Raises InvalidInput where a class has fewer patients than ``least``."""
    for label, word in ((1, "with"), (0, "without")):
        count = np.unique(patients[truth == label]).size
        if count < least:
            raise InvalidInput(
                f"label: {count} patients {word} the finding, {least} are needed.", hint=hint
            )


def _fitted(
    values: Numbers, truth: NDArray[np.int64], patients: NDArray[np.str_], plan: ClassifierPlan
) -> tuple[Any, Any]:
    """A model and its calibration and operating point, all from these patients."""
    from sklearn.model_selection import cross_val_predict

    model = fitted_recipe(values, truth, patients, seed=plan.seed)
    outside = cross_val_predict(
        model, values, truth, groups=patients, cv=_inner(plan.seed), method="decision_function"
    )
    rule = OperatingRule("fixed_sensitivity", plan.sensitivity)
    return model, choose_calibration(outside, truth, rule=rule)


def fitted_recipe(
    values: Numbers, truth: NDArray[np.int64], patients: NDArray[np.str_], *, seed: int
) -> Any:
    """The recipe's scikit-learn pipeline, fitted: how many features and which penalty by four folds
    of these patients.

    values: (regions, features), NaN where not estimable; each feature has two values or more.
    """
    from sklearn.model_selection import GridSearchCV

    kept: list[Any] = [count for count in _KEPT if count < values.shape[1]] or ["all"]
    search = GridSearchCV(
        _recipe(), {"choose__k": kept, "fit__C": list(_STRENGTHS)}, scoring="roc_auc",
        cv=_inner(seed),
    )  # fmt: skip
    search.fit(values, truth, groups=patients)
    return search.best_estimator_


def _inner(seed: int) -> Any:
    from sklearn.model_selection import StratifiedGroupKFold

    return StratifiedGroupKFold(INNER_FOLDS, shuffle=True, random_state=seed)


def _recipe() -> Any:
    from sklearn.feature_selection import SelectKBest, VarianceThreshold, f_classif
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import StandardScaler

    return Pipeline([
        ("fill", SimpleImputer(strategy="median", keep_empty_features=True)),
        ("vary", VarianceThreshold()),
        ("scale", StandardScaler()),
        ("choose", SelectKBest(f_classif)),
        ("fit", LogisticRegression(max_iter=2000)),
    ])  # fmt: skip


def _size_alone(table: FeatureTable) -> Estimate:
    at = [place for place, key in enumerate(table.keys) if key in SIZE]
    if not at:
        return Estimate.not_estimable("auc", "the table has no size", n=len(table.truth))
    size = table.values[:, at[0]]
    there = np.isfinite(size)
    found = auc(table.truth[there], size[there])
    if found.value is not None and found.value < 0.5:  # smaller may be the sign
        return auc(table.truth[there], -size[there])
    return found


def table_of(
    rows: Sequence[Mapping[str, str]], keys: Sequence[str], *, label: str, patient: str
) -> FeatureTable:
    """The table in a CSV's rows; an empty cell was not estimable.

    Raises InvalidInput naming line and column of a cell that is no number or no label.
    """
    values = np.full((len(rows), len(keys)), np.nan)
    truth = np.zeros(len(rows), dtype=np.int64)
    for at, row in enumerate(rows):
        if row[label] not in ("0", "1"):
            raise InvalidInput(f"line {at + 2}, column {label}: it holds 0 or 1.")
        truth[at] = int(row[label])
        for column, key in enumerate(keys):
            if row[key]:
                values[at, column] = _number(row[key], f"line {at + 2}, column {key}")
    return FeatureTable(tuple(keys), values, truth, np.array([row[patient] for row in rows]))


def _number(cell: str, where: str) -> float:
    try:
        found = float(cell)
    except ValueError:
        found = float("nan")
    if not np.isfinite(found):
        raise InvalidInput(f"{where}: it is no number.")
    return found

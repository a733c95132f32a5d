"""Which labels are probably wrong? A ranked list for a reader's second look, never a correction.

Confident learning (Northcutt, Jiang and Chuang, J Artif Intell Res 2021;70:1373): a label is
suspect where a model that did not see the case is as sure of another class as it is, on average, of
cases that bear that class. Any out-of-sample probabilities will do;
:func:`guessed_probabilities` gives some without a network.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from imaging.dataset_checks.outcome import SHOWN, CheckOutcome
from imaging.dataset_checks.pictures import SmallPictures
from imaging.dataset_checks.told_apart import cross_validated_auc, patient_folds
from measures.estimate import Estimate
from measures.proportions import wilson
from records.counting import counted
from records.dataset_rules import DatasetRules

if TYPE_CHECKING:
    import pandas as pd

Numbers = NDArray[np.float64]
Classes = NDArray[np.intp]

LEAST_AUC = 0.9
"""Below this the doubts are mostly the classifier's own errors: of labels planted wrong, 5 of 86
suspects at an AUC of 0.79, 137 of 203 at 0.94 (docs/dataset-checks.md)."""
_COMPONENTS, _STRENGTH, _AT_ONCE = 50, 0.1, 20_000
_LEAST = 20


@dataclass(frozen=True, slots=True, eq=False)
class Suspicion:
    """What was found of each label.

    likely: the class that the probabilities say, shape (cases,); suspect: whether it is another
    than the given one beyond its class's threshold; margin: probability of the likeliest other
    class less that of the given one, -1 to 1; thresholds: of each class; order: all cases, the
    most suspect first.
    """

    likely: Classes
    suspect: NDArray[np.bool_]
    margin: Numbers
    thresholds: Numbers
    order: Classes


def suspicion(given: Classes, probability: Numbers) -> Suspicion:
    """Confident learning: thresholds by class, suspect labels, and all cases ranked by margin.

    given: labels 0 to classes - 1, shape (cases,); probability: out of sample, shape (cases,
    classes). Raises ValueError for other shapes, a label out of range, or a class without a case.

    >>> p = np.array([0.1, 0.2, 0.9, 0.8, 0.9, 0.1])
    >>> found = suspicion(np.array([0, 0, 0, 1, 1, 1]), np.column_stack([1 - p, p]))
    >>> found.suspect.tolist(), found.thresholds.round(1).tolist()
    ([False, False, True, False, False, True], [0.6, 0.6])
    """
    cases, classes = probability.shape
    if given.shape != (cases,) or not np.isin(given, np.arange(classes)).all():
        raise ValueError(f"given: one label from 0 to {classes - 1} for each of {cases} cases")
    if (np.bincount(given, minlength=classes) == 0).any():
        raise ValueError("given: every class needs a case, for its threshold")
    thresholds = np.array([probability[given == k, k].mean() for k in range(classes)])
    sure = np.where(probability >= thresholds, probability, -1.0)
    of_given = probability[np.arange(cases), given]
    others = probability.copy()
    others[np.arange(cases), given] = -1.0
    margin = others.max(axis=1) - of_given
    confident = sure.max(axis=1) >= 0.0
    likely = np.where(confident, sure.argmax(axis=1), given)
    suspect = likely != given
    order = np.lexsort((np.arange(cases), -margin, ~suspect))
    return Suspicion(likely, suspect, margin, thresholds, order)


def guessed_probabilities(
    pictures: SmallPictures, truth: Numbers, patients: NDArray[np.str_], *, seed: int
) -> tuple[Numbers, Classes]:
    """Probability of the finding for each picture by a fit that did not see its patient, and folds.

    Logistic regression on 50 principal components of the small pictures, each of mean 0 and
    spread 1, fitted on at most 20,000 pictures. A classifier of seconds: it knows what a small
    picture shows at once. Random parts come from the seed.
    """
    folds, rng = patient_folds(patients, seed=seed), np.random.default_rng([seed, 12])
    found = np.empty(len(pictures))
    for fold in np.unique(folds):
        learn = np.flatnonzero(folds != fold)
        learn = np.sort(rng.permutation(learn)[:_AT_ONCE])
        fitted = _classifier(len(learn), seed).fit(_standard(pictures, learn), truth[learn])
        there = np.flatnonzero(folds == fold)
        for start in range(0, len(there), _AT_ONCE):
            part = there[start : start + _AT_ONCE]
            found[part] = fitted.predict_proba(_standard(pictures, part))[:, 1]
    return found, folds


def _classifier(n: int, seed: int) -> Any:
    from sklearn.decomposition import PCA
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    parts = PCA(min(_COMPONENTS, n - 1), svd_solver="randomized", random_state=seed)
    return make_pipeline(parts, StandardScaler(), LogisticRegression(C=_STRENGTH, max_iter=1000))


def _standard(pictures: SmallPictures, places: Classes) -> NDArray[np.float32]:
    flat = pictures.pixels[places].reshape(len(places), -1).astype(np.float32)
    spread = flat.std(axis=1, keepdims=True)
    standard: NDArray[np.float32] = flat - flat.mean(axis=1, keepdims=True)
    standard /= np.where(spread > 0, spread, 1.0)
    return standard


def suspect_labels(
    facts: "pd.DataFrame", pictures: SmallPictures, rules: DatasetRules, *, seed: int = 0
) -> CheckOutcome:
    """The check of the labels: how many are suspect, and which, the most suspect first.

    Each is listed with the given and the likely label and the margin. The rule is broken where
    more than ``suspect_share`` are suspect; not estimable where the classifier's own AUC lies below
    0.9, and the list is kept even then.
    """
    truth = facts["finding"].to_numpy(dtype=np.float64)
    patients = facts["patient"].to_numpy(dtype=str)
    for word, of in (("with", truth == 1), ("without", truth == 0)):
        if (n := np.unique(patients[of]).size) < _LEAST:
            reason = f"{n} patients {word} the finding, and {_LEAST} are needed"
            return _told(rules, Estimate.not_estimable("suspect", reason, n=len(truth)), ())
    probability, folds = guessed_probabilities(pictures, truth, patients, seed=seed)
    separation = cross_validated_auc(truth, probability, folds, patients)
    found = suspicion(
        truth.astype(np.intp), np.column_stack([1.0 - probability, probability])
    )
    listed = tuple(
        {"record": str(facts["record"].iloc[at]), "given": int(truth[at]),
         "likely": int(found.likely[at]), "margin": round(float(found.margin[at]), 3)}
        for at in found.order[: min(SHOWN, int(found.suspect.sum()))]
    )  # fmt: skip
    share = wilson("suspect", int(found.suspect.sum()), len(truth))
    if separation.value is None or separation.value < LEAST_AUC:
        reason = f"the check's classifier separates too little ({separation})"
        share = Estimate.not_estimable("suspect", reason, n=len(truth))
    return _told(rules, share, listed)


def _told(
    rules: DatasetRules, share: Estimate, listed: tuple[dict[str, Any], ...]
) -> CheckOutcome:
    passed = share.value is None or share.value <= rules.suspect_share
    count = share.numerator or 0
    said = (
        f"suspect labels not estimable: {share.reason}" if share.value is None
        else f"{counted(count, 'label')} suspect, {100 * share.value:.1f} % of {share.n}"
    )
    return CheckOutcome(
        "suspect_labels", "finding", rules.severity("suspect_labels"), passed, share.n, count,
        "label", said, tuple((one["record"],) for one in listed), listed, share,
        limits={"suspect_share": rules.suspect_share},
    )

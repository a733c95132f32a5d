"""How well a device tells more than two classes apart: the table, and the AUC over all classes.

Shares of each class against the rest are those of the binary family, as the task of several classes
takes them. Agreement beyond chance is in :mod:`measures.kappa`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from measures.clusters import patient_codes
from measures.comparison import independent_difference
from measures.estimate import Estimate
from measures.inputs import Numbers, refuse_unequal
from measures.proportions import normal_quantile
from measures.roc import area_limits, placements

__all__ = ["auc_one_against_rest", "confusion_table", "paired_macro_auc_difference"]

Average = Literal["macro", "weighted"]


def confusion_table(
    truth: ArrayLike, decision: ArrayLike, classes: Sequence[str | int]
) -> NDArray[np.int64]:
    """Studies by true class (rows) and the device's (columns), in the order of `classes`.

    truth, decision: names or numbers of classes, shape (studies,). Raises ValueError for a class
    that is not listed, is listed twice, or a missing entry.

    >>> confusion_table(["a", "b", "b"], ["a", "a", "b"], ["a", "b", "c"]).tolist()
    [[1, 0, 0], [1, 1, 0], [0, 0, 0]]
    """
    true, said = _both(truth, decision, classes)
    count = len(classes)
    table = np.bincount(true * count + said, minlength=count * count).reshape(count, count)
    return table.astype(np.int64)


def auc_one_against_rest(
    truth: ArrayLike,
    scores: ArrayLike,
    classes: Sequence[str | int],
    *,
    average: Average = "macro",
    patients: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """The average over classes of the chance that a study of the class is scored higher for it
    than a study of another class.

    *macro*: every class counts the same. *weighted*: by its share of studies (so a rare class
    hardly counts). The variance adds, study by study, its placements in all classes' curves, so
    that the curves' dependence is in it (as DeLong, Biometrics 1988;44:837; with two classes it is
    DeLong's), or patient by patient where several studies are of one (Obuchowski, Biometrics
    1997;53:567). Logit interval; exact binomial on as many pairs as the smallest class allows when
    all classes are separated perfectly. Short with a handful of studies in a class.

    truth: shape (studies,). scores: shape (studies, classes), finite, columns in the order of
    `classes`. patients: shape (studies,), or None when each study is of another patient. n is the
    number of studies. Not estimable when a class has fewer than two studies (or patients), for an
    average over the others would leave it out unsaid. Raises ValueError if malformed.

    >>> scores = [[.8, .1, .1], [.5, .3, .2], [.2, .7, .1],
    ...           [.4, .3, .3], [.1, .2, .7], [.3, .3, .4]]
    >>> print(auc_one_against_rest([0, 0, 1, 1, 2, 2], scores, [0, 1, 2]))
    macro_auc 0.958 (95 % interval 0.653 to 0.996, n = 6)
    """
    if average not in ("macro", "weighted"):
        raise ValueError(f"average: 'macro' or 'weighted', not {average!r}")
    true = _coded("truth", truth, classes)
    marks = _scores(scores, true.size, len(classes))
    codes = np.arange(true.size) if patients is None else patient_codes(patients)[0]
    refuse_unequal(truth=true, patients=codes)
    measure, n = f"{average}_auc", true.size
    counts = np.bincount(true, minlength=len(classes))
    within = [np.unique(codes[true == code]).size for code in range(len(classes))]
    for name, count in zip(classes, within, strict=True):
        if count < 2:
            whose = "studies" if patients is None else "patients"
            reason = f"class {name} has {count} {whose}: two are needed of each class"
            return Estimate.not_estimable(measure, reason, n=n)
    share = counts / n if average == "weighted" else np.full(len(classes), 1.0 / len(classes))
    areas, pulls = _curves(true, marks)
    value = float(share @ areas)
    pull = pulls @ share
    if average == "weighted":  # the shares are estimated too
        pull += (areas[true] - value) / n
    variance = _variance(pull, true, codes)
    low, high, method = area_limits(
        value, variance, named="DeLong, one against the rest", pairs=min(within), level=level
    )
    said = "" if patients is None else f", {int(codes.max()) + 1} patients"
    return Estimate(measure, n, value, low, high, level, method + said)


def paired_macro_auc_difference(
    truth: ArrayLike,
    first: ArrayLike,
    second: ArrayLike,
    classes: Sequence[str | int],
    *,
    patients: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """Difference between two macro AUCs on the same studies.

    The variance is that of the differences of each study's placements, in all classes' curves
    (DeLong, Biometrics 1988;44:837; with two classes it is DeLong's paired test), patient by
    patient as :func:`auc_one_against_rest`. Normal interval cut at -1 and 1; from the two single
    intervals where the variance is zero.

    first, second: shape (studies, classes). Everything else, and when it is not estimable, as
    there.

    >>> scores = [[.8, .1, .1], [.5, .3, .2], [.2, .7, .1],
    ...           [.4, .3, .3], [.1, .2, .7], [.3, .3, .4]]
    >>> print(paired_macro_auc_difference([0, 0, 1, 1, 2, 2], scores, scores[::-1], [0, 1, 2]))
    macro_auc_difference 0.562 (95 % interval 0.172 to 0.953, n = 6)
    """
    one, two = (
        auc_one_against_rest(truth, scores, classes, patients=patients, level=level)
        for scores in (first, second)
    )
    if one.value is None or two.value is None:
        return replace(independent_difference(one, two), n=one.n)
    true = _coded("truth", truth, classes)
    codes = np.arange(true.size) if patients is None else patient_codes(patients)[0]
    pulls = [
        _curves(true, _scores(scores, true.size, len(classes)))[1].mean(axis=1)
        for scores in (first, second)
    ]
    variance = _variance(pulls[0] - pulls[1], true, codes)
    if variance <= 1e-15:
        return replace(independent_difference(one, two), n=one.n)
    half, value = normal_quantile(level) * math.sqrt(variance), one.value - two.value
    said = "" if patients is None else f", {int(codes.max()) + 1} patients"
    return Estimate(
        "macro_auc_difference", one.n, value, max(-1.0, value - half), min(1.0, value + half),
        level, "DeLong, one against the rest, paired" + said,
    )


def _curves(true: NDArray[np.intp], marks: Numbers) -> tuple[Numbers, Numbers]:
    """Each class's area, and how each study pulls at it, (studies, classes)."""
    areas, pulls = np.zeros(marks.shape[1]), np.zeros(marks.shape)
    for code in range(marks.shape[1]):
        of = true == code
        found = placements(of, marks[:, code])
        areas[code] = found.area
        pulls[of, code] = (found.diseased - found.area) / found.diseased.size
        pulls[~of, code] = (found.healthy - found.area) / found.healthy.size
    return areas, pulls


def _variance(pull: Numbers, true: NDArray[np.intp], codes: NDArray[np.intp]) -> float:
    """Of the sum of all studies' pulls: each patient's studies of a class, and across classes."""
    everyone, classes = int(codes.max()) + 1, int(true.max()) + 1
    sums = np.bincount(codes * classes + true, weights=pull, minlength=everyone * classes)
    table = sums.reshape(everyone, classes)
    patients = np.unique(codes * classes + true) % classes
    few = np.bincount(patients, minlength=classes)
    squares = (table**2).sum(axis=0)
    across = float((table.sum(axis=1) ** 2).sum() - squares.sum())
    return float(squares @ (few / (few - 1))) + across * everyone / (everyone - 1)


def _both(
    truth: ArrayLike, decision: ArrayLike, classes: Sequence[str | int]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    true, said = _coded("truth", truth, classes), _coded("decision", decision, classes)
    refuse_unequal(truth=true, decision=said)
    return true, said


def _coded(name: str, column: ArrayLike, classes: Sequence[str | int]) -> NDArray[np.intp]:
    if len(classes) < 2 or len(set(classes)) < len(classes):
        raise ValueError(f"classes: needs two or more, each once, got {list(classes)}")
    labels = np.asarray(column)
    if labels.ndim != 1:
        raise ValueError(f"{name}: needs one entry per study, got shape {labels.shape}")
    known = {one: code for code, one in enumerate(classes)}
    found = [known.get(label) for label in labels.tolist()]
    if any(code is None for code in found):
        wrong = sorted({str(label) for label in labels.tolist() if label not in known})
        raise ValueError(f"{name}: {wrong[0]!r} is none of the classes {list(classes)}")
    return np.array(found, dtype=np.intp)


def _scores(scores: ArrayLike, studies: int, classes: int) -> Numbers:
    try:
        marks = np.asarray(scores, dtype=np.float64)
    except (TypeError, ValueError) as problem:
        raise ValueError("scores: entries must be numbers, one column per class") from problem
    if marks.shape != (studies, classes):
        raise ValueError(f"scores: needs shape {(studies, classes)}, got {marks.shape}")
    bad = int(np.count_nonzero(~np.isfinite(marks)))
    if bad:
        raise ValueError(f"scores: {bad} of {marks.size} entries are missing or infinite")
    return marks

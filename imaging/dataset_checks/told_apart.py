"""How well a table of facts tells two classes apart, for patients that the fit did not see.

The AUC is formed within each fold and averaged over their pairs: pooled over the folds, guesses of
different fits are compared, which pulls the AUC of a weak fact below its true value (Forman and
Scholz, SIGKDD Explor 2010;12:49).
"""

import numpy as np
from numpy.typing import NDArray

from measures.estimate import Estimate
from measures.roc import Placements, area_limits, placements

Numbers = NDArray[np.float64]
Folds = NDArray[np.intp]

FOLDS = 5
PERMUTATIONS = 499
_RIDGE = 1.0


def cross_validated_auc(
    truth: Numbers, guesses: Numbers, folds: Folds, patients: NDArray[np.str_]
) -> Estimate:
    """The AUC of guesses about patients that the fit of their fold did not see.

    Interval: logit, from the variance between patients of each fold's area, diseased and healthy
    pictures of a patient together (Obuchowski, Biometrics 1997;53:567). The fits are taken as
    given, so it is somewhat too narrow.

    truth: 0/1; guesses; folds: a patient in one; patients; all of shape (pictures,). Not estimable
    where no fold holds both classes.

    >>> found = cross_validated_auc(
    ...     np.array([1.0, 0, 1, 0]), np.array([0.9, 0.1, 0.2, 0.1]), np.array([0, 0, 1, 1]),
    ...     np.array(["a", "b", "c", "d"]))
    >>> found.value
    1.0
    """
    pairs = area = variance = 0.0
    fewest = 0
    for fold in np.unique(folds):
        there = folds == fold
        m, n = int(truth[there].sum()), int((1 - truth[there]).sum())
        if not m * n:
            continue
        placed = placements(truth[there], guesses[there])
        pairs, area = pairs + m * n, area + m * n * placed.area
        variance += (m * n) ** 2 * _spread(truth[there], placed, patients[there])
        fewest += min(m, n)
    if not pairs:
        return Estimate.not_estimable("auc", "no fold holds both classes", n=len(truth))
    low, high, method = area_limits(
        area / pairs, variance / pairs**2, named="within folds, Obuchowski", pairs=fewest
    )
    return Estimate("auc", len(truth), area / pairs, low, high, method=method)


def _spread(truth: Numbers, placed: Placements, patients: NDArray[np.str_]) -> float:
    sick = truth == 1
    off = np.empty(len(truth))
    off[sick] = (placed.diseased - placed.area) / sick.sum()
    off[~sick] = (placed.healthy - placed.area) / (~sick).sum()
    sums = np.bincount(np.unique(patients, return_inverse=True)[1], weights=off)
    return float(sums @ sums) * sums.size / max(sums.size - 1, 1)


def patient_folds(patients: NDArray[np.str_], *, seed: int) -> Folds:
    """The fold of each picture: by patient, and without a look at the labels."""
    from sklearn.model_selection import GroupKFold

    folds = np.empty(len(patients), dtype=np.intp)
    parts = GroupKFold(FOLDS, shuffle=True, random_state=seed).split(patients, groups=patients)
    for number, (_, there) in enumerate(parts):
        folds[there] = number
    return folds


def rearranged(truth: Numbers, patients: NDArray[np.str_], *, seed: int) -> Numbers:
    """The labels, then the labels exchanged between whole patients with as many pictures each.

    Shape (pictures, 1 + PERMUTATIONS). Patients are exchangeable where facts say nothing of the
    finding, however alike the pictures of one are.
    """
    rng = np.random.default_rng([seed, 11])
    labels = np.repeat(truth[:, None], 1 + PERMUTATIONS, axis=1)
    order = np.argsort(patients, kind="stable")
    _, starts, sizes = np.unique(patients[order], return_index=True, return_counts=True)
    for size in np.unique(sizes):
        places = order[starts[sizes == size][:, None] + np.arange(size)]
        drawn = np.argsort(rng.random((PERMUTATIONS, len(places))), axis=1)
        labels[places, 1:] = truth[places][drawn].transpose(1, 2, 0)
    return labels


def guesses_of(design: Numbers, labels: Numbers, folds: Folds) -> Numbers:
    """Ridge guesses of each arrangement of the labels by the fit that did not see the patient."""
    from sklearn.linear_model import Ridge

    found = np.empty_like(labels)
    for fold in np.unique(folds):
        there = folds == fold
        fitted = Ridge(alpha=_RIDGE).fit(design[~there], labels[~there])
        found[there] = fitted.predict(design[there])
    return found.round(9)  # equal facts, equal guesses, whatever the order of summation


def areas_within(guesses: Numbers, labels: Numbers, folds: Folds) -> Numbers:
    """The same AUC as :func:`cross_validated_auc` of each arrangement; shape (arrangements,)."""
    from scipy.stats import rankdata

    above, pairs = np.zeros(labels.shape[1]), np.zeros(labels.shape[1])
    for fold in np.unique(folds):
        there = folds == fold
        ranks, sick = rankdata(guesses[there], axis=0), labels[there]
        m = sick.sum(axis=0)
        above += (ranks * sick).sum(axis=0) - m * (m + 1.0) / 2.0
        pairs += m * (len(sick) - m)
    areas: Numbers = above / np.maximum(pairs, 1.0)
    return areas

"""Does a version serve the declared subgroups differently, by more than chance?

Pure: scores, truths and labels in, estimates and p-values out.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from measures.binary import sensitivity, specificity
from measures.clusters import Resampling
from measures.estimate import Estimate
from measures.fairness import gap, worst_group
from measures.group_tests import auc_homogeneity, share_homogeneity
from measures.multiplicity import benjamini_hochberg, holm
from measures.significance import SignificanceTest
from measures.subgroups import by_group

Row = Mapping[str, Any]
RESAMPLING = Resampling(seed=20)
"""Of every interval and test of a validation that draws at random."""


@dataclass(frozen=True)
class Asked:
    """What is asked of a test set beside its studies.

    operating_point: the version's threshold. groups: for each declared subgroup one label a study,
    '' where not recorded. prevalences: each above 0 and below 1.
    """

    operating_point: float
    groups: Mapping[str, Any]
    prevalences: Sequence[float]
    minimum_n: int
    resampling: Resampling = RESAMPLING


def columns_of(rows: Sequence[Row]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Truth, score and decision of these studies."""
    return (
        np.array([int(row["truth"]) for row in rows], dtype=np.int8),
        np.array([float(row["score"]) for row in rows]),
        np.array([int(row["decision"]) for row in rows], dtype=np.int8),
    )


def group_differences(
    rows: Sequence[Row], asked: Asked
) -> tuple[list[Estimate], list[dict[str, Any]]]:
    """Whether sensitivity, specificity and AUC differ between the declared subgroups by more than
    chance, with the largest gap and the worst group; p-values by Holm and Benjamini-Hochberg over
    all questions asked.

    Groups with fewer than the minimum of diseased studies (healthy ones for specificity) are left
    out, and the method of the gap counts them.
    """
    truth, score, decision = columns_of(rows)
    found: list[Estimate] = []
    told: list[dict[str, Any]] = []
    shares: tuple[Callable[..., Estimate], ...] = (sensitivity, specificity)
    for name, column in asked.groups.items():
        labels = np.asarray(column, dtype=object)
        known = labels != ""
        sick, labels = truth[known], labels[known]
        if len(set(labels.tolist())) < 2:
            continue
        for share in shares:
            single = by_group(share, sick, decision[known], labels, minimum=asked.minimum_n)
            worst = worst_group(single)
            worst = replace(worst, subgroup=f"{name}={worst.subgroup}" if worst.estimable else name)
            found += [gap(single).for_subgroup(name), worst]
            test = share_homogeneity(single, resampling=asked.resampling)
            told.append(_question(name, found[-2].measure.removesuffix("_gap"), test, worst))
        enough = _enough(sick, labels, asked.minimum_n)
        test = auc_homogeneity(sick[enough], score[known][enough], labels[enough])
        told.append(_question(name, "auc", test, None))
    _adjust(told)
    return found, told


def _question(
    name: str, measure: str, test: SignificanceTest, worst: Estimate | None
) -> dict[str, Any]:
    return {
        "characteristic": name, "measure": measure, "test": test.test, "n": test.n,
        "p": test.p_value, "reason": test.reason, "worst": worst.subgroup if worst else "",
    }  # fmt: skip


def _enough(truth: np.ndarray, labels: np.ndarray, minimum_n: int) -> np.ndarray:
    """Studies of groups with enough of both classes for an AUC whose variance can be trusted."""
    large = [
        name for name in set(labels.tolist())
        if min(int((truth[labels == name] == side).sum()) for side in (0, 1)) >= minimum_n
    ]
    return np.isin(labels, np.array(large, dtype=object))


def _adjust(told: list[dict[str, Any]]) -> None:
    """Write the adjusted p-values beside the plain ones."""
    asked = [one for one in told if one["p"] is not None]
    for name, adjusted in (("holm", holm), ("benjamini_hochberg", benjamini_hochberg)):
        for one in told:
            one[name] = None
        for one, p in zip(asked, adjusted([one["p"] for one in asked]), strict=True):
            one[name] = float(p)

"""Does a version serve the declared subgroups differently, by more than chance?

Pure: scores, truths and labels in, estimates and p-values out.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from measures.binary import sensitivity
from measures.clusters import Resampling
from measures.estimate import Estimate
from measures.fairness import gap, worst_group
from measures.group_tests import auc_homogeneity, share_homogeneity
from measures.multiplicity import benjamini_hochberg, holm
from measures.significance import SignificanceTest
from measures.subgroups import by_group
from models.tasks.base import Outcomes, Share, Task
from models.tasks.two_classes import present, settled

RESAMPLING = Resampling(seed=20)
"""Of every interval and test of a validation that draws at random."""


@dataclass(frozen=True)
class Asked:
    """What is asked of a test set beside its studies.

    operating_point: the version's threshold. prevalences: each above 0 and below 1.
    """

    operating_point: float
    prevalences: Sequence[float]
    minimum_n: int
    resampling: Resampling = RESAMPLING


def group_differences(
    task: Task, outcomes: Outcomes, asked: Asked
) -> tuple[list[Estimate], list[dict[str, Any]]]:
    """Whether the task's shares and the AUC of studies differ between the declared subgroups by
    more than chance, with the largest gap and the worst group; p-values by Holm and
    Benjamini-Hochberg over all questions asked.

    Groups with fewer than the minimum of the studies that a share counts are left out, and the
    method of the gap counts them. outcomes: with subgroups, '' where not recorded.
    """
    found: list[Estimate] = []
    told: list[dict[str, Any]] = []
    shares = task.shares(outcomes)
    for name, column in outcomes.subgroups.items():
        labels = np.asarray(column, dtype=object)
        known = labels != ""
        labels = labels[known]
        if len(set(labels.tolist())) < 2:
            continue
        for share in shares:
            single = share_by_group(share, known, labels, asked.minimum_n)
            worst = worst_group(single)
            worst = replace(worst, subgroup=f"{name}={worst.subgroup}" if worst.estimable else name)
            found += [gap(single).for_subgroup(name), worst]
            test = share_homogeneity(single, resampling=asked.resampling)
            told.append(_question(name, share.measure, test, worst))
        if "auc" in task.measures:
            sick, score = present(outcomes)[known].astype(int), np.asarray(outcomes.score)[known]
            enough = settled(outcomes)[known]
            enough[enough] = _enough(sick[enough], labels[enough], asked.minimum_n)
            test = auc_homogeneity(sick[enough], score[enough], labels[enough])
            told.append(_question(name, "auc", test, None))
    _adjust(told)
    return found, told


def share_by_group(
    share: Share, known: np.ndarray, labels: np.ndarray, minimum: int
) -> dict[str, Estimate]:
    """The share in each group: right, of the studies that it counts.

    known: of shape (studies,), those whose group is known; labels: the group of each of them.
    """
    counted, right = share.counted[known].astype(int), share.right[known].astype(int)

    def named(truth: Any, said: Any) -> Estimate:
        return replace(sensitivity(truth, said), measure=share.measure)

    return by_group(named, counted, right, labels, minimum=minimum)


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

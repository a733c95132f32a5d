"""What a network is to learn, one small objective a task: the loss, and how classes are weighed."""

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from models.artefacts import Columns
from models.params import TaskParams
from records.errors import InvalidInput
from records.finding_states import ABSENT, PRESENT, UNKNOWN, read_states

if TYPE_CHECKING:
    from torch import Tensor

Numbers = NDArray[np.float64]
Weights = NDArray[np.float32]
Classes = NDArray[np.int64]


class Objective(Protocol):
    """Truth as numbers of classes, shape (studies,), or as states of findings, shape (studies,
    findings); raw outputs as the network gives them."""

    @property
    def classes(self) -> tuple[str, ...]:
        """What must be found in training and tuning studies, by number."""
        ...

    def truth(self, index: Columns) -> Classes:
        """The truth of studies from the facts about them."""
        ...

    def counts(self, truth: Classes) -> Classes:
        """How many studies show each of :attr:`classes`."""
        ...

    def weights(self, truth: Classes) -> Weights:
        """Weights of the truth's shape, with which all classes count alike."""
        ...

    def loss(self, logit: "Tensor", truth: Classes, weights: Weights, smoothing: float) -> "Tensor":
        """Weighted mean cross-entropy with label smoothing, of one batch."""
        ...

    def held_out(self, logit: Numbers, truth: Classes) -> dict[str, float]:
        """Of studies that the network does not learn from: ``tuning``, the plain mean
        cross-entropy, and ``tuning_auc``, of the finding or the mean of each class against the
        rest. Only watched."""
        ...


class _ByNumber:
    """What objectives have in common whose truth is the number of a class."""

    classes: tuple[str, ...]

    def truth(self, index: Columns) -> Classes:
        """See :class:`Objective`; shape (studies,)."""
        return index["finding"].astype(np.int64)

    def counts(self, truth: Classes) -> Classes:
        """See :class:`Objective`."""
        return np.bincount(truth, minlength=len(self.classes))

    def weights(self, truth: Classes) -> Weights:
        """See :class:`Objective`."""
        return class_weights(truth, len(self.classes))


class OneFinding(_ByNumber):
    """A finding that is there or not: one raw output, the log odds."""

    classes = ("without the finding", "with the finding")

    def loss(self, logit: "Tensor", truth: Classes, weights: Weights, smoothing: float) -> "Tensor":
        """See :class:`Objective`; logit: shape (studies,)."""
        import torch
        from torch.nn import functional

        soft = truth.astype(np.float32) * (1 - smoothing) + smoothing / 2
        return functional.binary_cross_entropy_with_logits(
            logit, torch.from_numpy(soft).to(logit.device),
            weight=torch.from_numpy(weights).to(logit.device),
        )

    def held_out(self, logit: Numbers, truth: Classes) -> dict[str, float]:
        """See :class:`Objective`."""
        loss = float(np.mean(np.logaddexp(0.0, logit) - truth * logit))
        return {"tuning": loss, "tuning_auc": _auc(truth, logit)}


class ExclusiveClasses(_ByNumber):
    """One of several classes: a raw output each."""

    def __init__(self, classes: tuple[str, ...]) -> None:
        self.classes = classes

    def loss(self, logit: "Tensor", truth: Classes, weights: Weights, smoothing: float) -> "Tensor":
        """See :class:`Objective`; logit: shape (studies, classes)."""
        import torch
        from torch.nn import functional

        each = functional.cross_entropy(
            logit, torch.from_numpy(truth).to(logit.device), label_smoothing=smoothing,
            reduction="none",
        )
        return (each * torch.from_numpy(weights).to(logit.device)).mean()

    def held_out(self, logit: Numbers, truth: Classes) -> dict[str, float]:
        """See :class:`Objective`."""
        own, whole = logit[np.arange(len(truth)), truth], np.logaddexp.reduce(logit, axis=1)
        areas = [_auc(truth == code, logit[:, code] - whole) for code in range(logit.shape[1])]
        return {"tuning": float(np.mean(whole - own)), "tuning_auc": float(np.mean(areas))}


class CoexistingFindings:
    """Findings that may be present together: a raw output each, its log odds.

    What is not known of a finding (state -1) is masked: it weighs nothing in the loss.
    """

    def __init__(self, findings: tuple[str, ...], none: str) -> None:
        self.findings, self.none = findings, none
        self.classes = tuple(
            f"{side} {name}" for name in findings for side in ("without", "with")
        )

    def truth(self, index: Columns) -> Classes:
        """See :class:`Objective`; shape (studies, findings)."""
        read = [read_states(text, self.findings, self.none) for text in index["findings"].tolist()]
        return np.array(read, dtype=np.int64).reshape(-1, len(self.findings))

    def counts(self, truth: Classes) -> Classes:
        """See :class:`Objective`."""
        sides = (ABSENT, PRESENT)
        return np.array([int((column == side).sum()) for column in truth.T for side in sides])

    def weights(self, truth: Classes) -> Weights:
        """See :class:`Objective`; of each finding among the studies of which it is known."""
        found: Weights = np.zeros(truth.shape, np.float32)
        for at, column in enumerate(truth.T):
            known = column != UNKNOWN
            found[known, at] = class_weights(column[known], 2)
        return found

    def loss(self, logit: "Tensor", truth: Classes, weights: Weights, smoothing: float) -> "Tensor":
        """See :class:`Objective`; logit: shape (studies, findings)."""
        import torch
        from torch.nn import functional

        known = truth != UNKNOWN
        soft = np.where(known, truth, 0).astype(np.float32) * (1 - smoothing) + smoothing / 2
        masked = torch.from_numpy((weights * known).astype(np.float32)).to(logit.device)
        whole = functional.binary_cross_entropy_with_logits(
            logit, torch.from_numpy(soft.astype(np.float32)).to(logit.device), weight=masked,
            reduction="sum",
        )
        return whole / max(int(known.sum()), 1)

    def held_out(self, logit: Numbers, truth: Classes) -> dict[str, float]:
        """See :class:`Objective`."""
        known = truth != UNKNOWN
        each = np.logaddexp(0.0, logit) - np.where(known, truth, 0) * logit
        areas = [
            _auc(truth[known[:, at], at] == PRESENT, logit[known[:, at], at])
            for at in range(truth.shape[1])
        ]
        return {"tuning": float(np.mean(each[known])), "tuning_auc": float(np.mean(areas))}


def _auc(truth: NDArray[Any], score: Numbers) -> float:
    """The area alone, by ranks: for a curve that is watched, not for a figure that is told."""
    from scipy.stats import rankdata

    present = truth.astype(bool)
    diseased, healthy = int(present.sum()), int((~present).sum())
    ranks = rankdata(score)[present].sum() - diseased * (diseased + 1) / 2
    return float(ranks / (diseased * healthy))


def objective_of(task: TaskParams) -> Objective:
    """The objective of a device's task."""
    if task.coexisting:
        return CoexistingFindings(task.classes[1:], task.classes[0])
    return ExclusiveClasses(task.classes) if task.classes else OneFinding()


def require_every_class(objective: Objective, truth: Classes, split: str) -> None:
    """Refuse a split that lacks a class: it could be neither learned nor calibrated.

    Raises InvalidInput naming the split and the class.
    """
    for name, count in zip(objective.classes, objective.counts(truth), strict=True):
        if not count:
            raise InvalidInput(
                f"The {split} split has {len(truth)} studies, and none of them is '{name}'.",
                hint="Add studies, or freeze the dataset with another split.",
            )


def class_weights(truth: Classes, classes: int) -> Weights:
    """Weights of mean 1, one a study, with which all classes count alike, however rare one is.

    >>> class_weights(np.array([0, 0, 0, 1, 1, 2, 2, 2]), 3).astype(float).round(2).tolist()
    [0.89, 0.89, 0.89, 1.33, 1.33, 0.89, 0.89, 0.89]
    """
    counts = np.bincount(truth, minlength=classes)
    share: Weights = (len(truth) / (classes * counts[truth])).astype(np.float32)
    return share

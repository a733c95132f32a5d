"""What a network is to learn, one small objective a task: the loss, and how classes are weighed."""

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from models.params import TaskParams
from records.errors import InvalidInput

if TYPE_CHECKING:
    from torch import Tensor

Numbers = NDArray[np.float64]
Weights = NDArray[np.float32]
Classes = NDArray[np.int64]


class Objective(Protocol):
    """Truth as numbers of classes, shape (studies,); raw outputs as the network gives them."""

    @property
    def classes(self) -> tuple[str, ...]:
        """What must be found in training and tuning studies, by number."""
        ...

    def loss(self, logit: "Tensor", truth: Classes, weights: Weights, smoothing: float) -> "Tensor":
        """Weighted mean cross-entropy with label smoothing, of one batch."""
        ...

    def held_out(self, logit: Numbers, truth: Classes) -> dict[str, float]:
        """Of studies that the network does not learn from: ``tuning``, the plain mean
        cross-entropy, and ``tuning_auc``, of the finding or the mean of each class against the
        rest. Only watched."""
        ...


class OneFinding:
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


class ExclusiveClasses:
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


def _auc(truth: NDArray[Any], score: Numbers) -> float:
    """The area alone, by ranks: for a curve that is watched, not for a figure that is told."""
    from scipy.stats import rankdata

    present = truth.astype(bool)
    diseased, healthy = int(present.sum()), int((~present).sum())
    ranks = rankdata(score)[present].sum() - diseased * (diseased + 1) / 2
    return float(ranks / (diseased * healthy))


def objective_of(task: TaskParams) -> Objective:
    """The objective of a device's task."""
    return ExclusiveClasses(task.classes) if task.classes else OneFinding()


def require_every_class(objective: Objective, truth: Classes, split: str) -> None:
    """Refuse a split that lacks a class: it could be neither learned nor calibrated.

    Raises InvalidInput naming the split and the class.
    """
    counts = np.bincount(truth, minlength=len(objective.classes))
    for name, count in zip(objective.classes, counts, strict=True):
        if not count:
            raise InvalidInput(
                f"The {split} split has {truth.size} studies, and none of them is '{name}'.",
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

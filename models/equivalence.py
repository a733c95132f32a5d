"""Whether what serves answers as what was trained, study by study: ONNX Runtime against torch, or
against scikit-learn."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.artefacts import read_json
from models.tasks import Calibration, Task
from records.errors import Refused

EQUIVALENCE = "equivalence.json"
LARGEST = 1e-5
"""Largest difference of a logit with which an exported model may serve."""
LARGEST_OF_PIXEL = 1e-4
"""The same of a pixel or cell, where a structure is outlined or lesions are marked: the largest of
some million, each behind many more sums; it moves a probability by 0.000025 at most."""


@dataclass(frozen=True, slots=True)
class Equivalence:
    """Largest differences over the studies of a split, and decisions that came out otherwise."""

    studies: int
    logit: float
    score: float
    decisions_changed: int
    allowed: float = LARGEST

    @property
    def equal(self) -> bool:
        """Whether the two may stand for each other."""
        return self.logit <= self.allowed and self.decisions_changed == 0


def compared(
    trained: NDArray[np.float64], served: NDArray[np.float64], task: Task, fitted: Calibration
) -> Equivalence:
    """The same studies' logits by the two engines: shape (studies,), (studies, classes) or, of
    outlines, (studies, side, side), of marks (studies, maps, cells, cells)."""
    allowed = LARGEST_OF_PIXEL if trained.ndim > 2 else LARGEST
    if trained.size == 0:
        return Equivalence(0, 0.0, 0.0, 0, allowed)
    one, other = task.decode(trained, fitted), task.decode(served, fitted)
    return Equivalence(
        studies=len(trained),
        logit=float(np.abs(trained - served).max()),
        score=float(np.abs(one.score - other.score).max()),
        decisions_changed=int((one.decision != other.decision).sum()),
        allowed=allowed,
    )


def record_of(
    found: dict[str, Equivalence], onnx_digest: str, *, trained_in: str = "torch"
) -> dict[str, Any]:
    """What is written down of the comparison, split by split. trained_in: the library."""
    return {
        "compared": f"ONNX Runtime against {trained_in}",
        "onnx_digest": onnx_digest,
        "largest_allowed": max(one.allowed for one in found.values()),
        "equal": all(one.equal for one in found.values()),
        "splits": {split: asdict(one) for split, one in found.items()},
    }


def require_equivalence(model: Path, onnx_digest: str) -> dict[str, Any]:
    """The recorded comparison of a model folder, if the exported file may serve.

    Raises Refused when it may not, or when another file was compared.
    """
    found = read_json(model / EQUIVALENCE)
    if found["onnx_digest"] != onnx_digest:
        raise Refused("Another ONNX file was compared with the trained network than is here.")
    if not found["equal"]:
        worst = max(one["logit"] for one in found["splits"].values())
        changed = sum(one["decisions_changed"] for one in found["splits"].values())
        raise Refused(
            f"The exported model does not answer as the trained one: largest difference of a logit "
            f"{worst:.2g} (allowed {found['largest_allowed']:g}), {changed} decisions changed.",
            hint="It cannot serve; nothing was recorded. Report this with the model folder.",
        )
    return found

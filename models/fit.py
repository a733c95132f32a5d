"""Second stage: the network learns from the training split, the same way every time."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from models.arithmetic import network_outputs
from models.artefacts import Columns
from models.augmentation import varied
from models.decode import load_decoded
from models.objectives import (
    Classes,
    Objective,
    Weights,
    objective_of,
    require_every_class,
)
from models.params import FitParams, Params
from models.progress import Report
from models.training_run import TrainingRun, last_features

if TYPE_CHECKING:
    from torch import Tensor


def fit_model(
    decoded: Path,
    model: Path,
    *,
    params: Params,
    report: Report | None = None,
    checkpoints: Path | None = None,
) -> str:
    """Train the network and return its weights' hash; the same seed gives the same hash on the
    same machine, also after it was killed and went on from its checkpoint.

    The number of epochs is fixed beforehand (:meth:`FitParams.epochs`) and the last epoch is the
    model: nothing is chosen by looking at the tuning split, which calibration needs unspent. Its
    loss and AUC are written down after every epoch all the same.

    checkpoints: the folder for them, see :class:`models.training_run.TrainingRun`. Writes
    ``weights.pt``, ``training.json``, ``curve.csv``, ``cost.json`` and ``feature_reference.npz``
    into ``model``.
    Raises InvalidInput when training or tuning studies lack one of the classes.
    """
    arrays, index = load_decoded(decoded)
    objective = objective_of(params.task)
    training, tuning = (_split(arrays, index, name, objective) for name in ("train", "tuning"))
    run = TrainingRun(decoded, model, params, report, checkpoints)
    return run.completed(
        _Findings(objective, training, tuning, params.fit), training[0], tuning[0],
        features=last_features,
    )  # fmt: skip


_Split = tuple[NDArray[np.uint8], Classes]


def _split(
    arrays: NDArray[np.uint8], index: Columns, name: str, objective: Objective
) -> _Split:
    rows = index["split"] == name
    truth = objective.truth({name: column[rows] for name, column in index.items()})
    require_every_class(objective, truth, name)
    return arrays[rows], truth


@dataclass(slots=True, eq=False)
class _Findings:
    """A lesson (:class:`models.epochs.Lesson`): pictures beside the number of their class."""

    objective: Objective
    training: _Split
    tuning: _Split
    fit: FitParams
    weights: Weights | None = None

    @property
    def count(self) -> int:
        return len(self.training[1])

    def loss(self, network: Any, rows: NDArray[np.int64], rng: np.random.Generator) -> "Tensor":
        pictures, truth = self.training
        seen = varied(pictures[rows], self.fit, rng)
        logit = network(seen.to(next(network.parameters()).device, non_blocking=True))[0]
        weights = self._weights()[rows]
        return self.objective.loss(logit, truth[rows], weights, self.fit.label_smoothing)

    def held_out(self, network: Any) -> dict[str, float]:
        pictures, truth = self.tuning
        logit, _ = network_outputs(network, pictures)
        return self.objective.held_out(logit, truth)

    def _weights(self) -> Weights:
        if self.weights is None:
            truth = self.training[1]
            even = np.ones(truth.shape, np.float32)
            self.weights = self.objective.weights(truth) if self.fit.balanced else even
        return self.weights

"""Second stage for marks: the network learns from pictures and the boxes of their lesions."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from imaging.boxes import BoxedPicture
from models.arithmetic import network_outputs
from models.artefacts import Columns
from models.augmentation import varied_with_boxes
from models.box_grid import in_square, target_maps
from models.decode import load_decoded
from models.params import FitParams, Params
from models.progress import Report
from models.training_run import TrainingRun, last_features
from records.errors import InvalidInput

if TYPE_CHECKING:
    from torch import Tensor

Numbers = NDArray[np.float64]
_BOX_SHARE = 0.5  # weight of the boxes' sides beside the centres


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """Pictures (n, side, side), and of each the boxes in its square, (boxes, 4)."""

    pictures: NDArray[np.uint8]
    boxes: list[Numbers]


def fit_marks(
    decoded: Path,
    model: Path,
    *,
    params: Params,
    report: Report | None = None,
    checkpoints: Path | None = None,
) -> str:
    """Train the network on boxes and return its weights' hash; as :func:`models.fit.fit_model`:
    epochs are fixed, the last one is the model, nothing is chosen by the tuning split.

    Writes the same files.
    Raises InvalidInput when a split has no lesion or the network gives no marks.
    """
    if params.fit.network != "centre":
        raise InvalidInput(
            f"The network {params.fit.network!r} gives no marks.",
            hint="Set fit.network to centre in the device's parameters.",
        )
    arrays, index = load_decoded(decoded)
    training, tuning = (_part(arrays, index, name) for name in ("train", "tuning"))
    run = TrainingRun(decoded, model, params, report, checkpoints)
    return run.completed(
        _Marks(training, tuning, params.fit), training.pictures, tuning.pictures,
        features=last_features,
    )  # fmt: skip


def mark_loss(maps: "Tensor", target: "Tensor", counts: "Tensor") -> "Tensor":
    """Focal loss of the centres, and the mean distance of the boxes' sides around them.

    Focal: cells beside a centre that are called one cost less the nearer they lie, and most of the
    many empty cells next to nothing (exponents 2 and 4; Zhou et al. 2019, equation 1). Sides: in
    cells and in logarithms of size, weighted by ``counts`` (models.box_grid.target_maps).
    maps, target: (n, 5, cells, cells); counts: (n, cells, cells).
    """
    from torch.nn import functional

    truth, odds = target[:, 0], maps[:, 0]
    chance = odds.sigmoid()
    centre = truth >= 1
    right = functional.logsigmoid(odds) * (1 - chance) ** 2
    wrong = functional.logsigmoid(-odds) * chance**2 * (1 - truth) ** 4
    lesions = centre.sum().clamp(min=1)
    centres = -(right * centre + wrong * ~centre).sum() / lesions
    apart = (maps[:, 1:] - target[:, 1:]).abs().mean(dim=1)
    return centres + _BOX_SHARE * (apart * counts).sum() / counts.sum().clamp(min=1e-6)


def _part(arrays: NDArray[np.uint8], index: Columns, name: str) -> _Part:
    rows = np.flatnonzero(index["split"] == name)
    if rows.size == 0 or "lesions" not in index or not index["finding"][rows].any():
        raise InvalidInput(
            f"The {name} split has no study with a lesion.",
            hint="Freeze a dataset whose studies have boxes.",
        )
    size = arrays.shape[-1]
    pictures = map(BoxedPicture.of, index["lesions"][rows].tolist())
    boxes = [in_square(one.boxes, (one.rows, one.columns), size) for one in pictures]
    return _Part(arrays[rows], boxes)


@dataclass(frozen=True, slots=True, eq=False)
class _Marks:
    """A lesson (:class:`models.epochs.Lesson`): pictures beside their boxes."""

    training: _Part
    tuning: _Part
    fit: FitParams

    @property
    def count(self) -> int:
        return len(self.training.pictures)

    def loss(self, network: Any, rows: NDArray[np.int64], rng: np.random.Generator) -> "Tensor":
        device = next(network.parameters()).device
        seen, boxes = varied_with_boxes(
            self.training.pictures[rows], [self.training.boxes[row] for row in rows], self.fit, rng
        )
        target, counts = _tensors(boxes, seen.shape[-1])
        return mark_loss(network(seen.to(device))[0], target.to(device), counts.to(device))

    def held_out(self, network: Any) -> dict[str, float]:
        """The loss of the tuning studies."""
        import torch

        maps, _ = network_outputs(network, self.tuning.pictures)
        target, counts = _tensors(self.tuning.boxes, self.tuning.pictures.shape[-1])
        return {"tuning": float(mark_loss(torch.from_numpy(maps).float(), target, counts))}


def _tensors(boxes: list[Numbers], size: int) -> "tuple[Tensor, Tensor]":
    import torch

    target, counts = target_maps(boxes, size)
    return torch.from_numpy(target).float(), torch.from_numpy(counts).float()

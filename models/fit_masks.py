"""Second stage for outlines: the network learns from pictures and their true masks."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from models.arithmetic import network_outputs, to_tensor
from models.artefacts import Columns
from models.augmentation import varied_with_masks
from models.decode import load_decoded
from models.engine import BATCH
from models.mask_grid import network_mask
from models.params import FitParams, Params
from models.progress import Report
from models.training_run import TrainingRun
from models.true_masks import true_masks
from records.errors import InvalidInput

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """Pictures (n, side, side) and the share of each pixel that is inside, both 256 levels."""

    pictures: NDArray[np.uint8]
    masks: NDArray[np.uint8]


def fit_masks(
    decoded: Path,
    model: Path,
    *,
    params: Params,
    report: Report | None = None,
    checkpoints: Path | None = None,
) -> str:
    """Train the network on outlines and return its weights' hash; as :func:`models.fit.fit_model`:
    epochs are fixed, the last one is the model, nothing is chosen by the tuning split.

    Writes the same files. Raises InvalidInput when a split is empty or the network gives no map.
    """
    if params.fit.network != "unet":
        raise InvalidInput(
            f"The network {params.fit.network!r} gives no outline.",
            hint="Set fit.network to unet in the device's parameters.",
        )
    arrays, index = load_decoded(decoded)
    training, tuning = (_part(decoded, arrays, index, name) for name in ("train", "tuning"))
    run = TrainingRun(decoded, model, params, report, checkpoints)
    return run.completed(
        _Outlines(training, tuning, params.fit), training.pictures, tuning.pictures,
        features=_features,
    )  # fmt: skip


def mask_loss(logit: "Tensor", inside: "Tensor") -> "Tensor":
    """Binary cross-entropy plus 1 less the soft Dice of each picture, the means over pictures.

    The one is steady where masks are far apart, the other does not mind how small the structure
    is (Isensee et al., Nat Methods 2021;18:203). logit, inside: (n, side, side); inside from 0
    to 1, the share of each pixel that lies in the true outline.
    """
    from torch.nn import functional

    probability = logit.sigmoid()
    both = (probability * inside).sum(dim=(1, 2))
    either = probability.sum(dim=(1, 2)) + inside.sum(dim=(1, 2))
    dice = (2 * both + 1) / (either + 1)
    return functional.binary_cross_entropy_with_logits(logit, inside) + (1 - dice).mean()


def _part(decoded: Path, arrays: NDArray[np.uint8], index: Columns, name: str) -> _Part:
    rows = np.flatnonzero(index["split"] == name)
    if rows.size == 0 or "region" not in index:
        raise InvalidInput(
            f"The {name} split has no study with an outline.",
            hint="Freeze a dataset whose studies have masks.",
        )
    size = arrays.shape[-1]
    masks = true_masks(decoded, index["region"][rows].tolist())
    return _Part(arrays[rows], np.stack([network_mask(mask, size) for mask in masks]))


@dataclass(frozen=True, slots=True, eq=False)
class _Outlines:
    """A lesson (:class:`models.epochs.Lesson`): pictures beside their masks."""

    training: _Part
    tuning: _Part
    fit: FitParams

    @property
    def count(self) -> int:
        return len(self.training.pictures)

    def loss(self, network: Any, rows: NDArray[np.int64], rng: np.random.Generator) -> "Tensor":
        device = next(network.parameters()).device
        seen, inside = varied_with_masks(
            self.training.pictures[rows], self.training.masks[rows], self.fit, rng
        )
        return mask_loss(network(seen.to(device))[0], inside.to(device))

    def held_out(self, network: Any) -> dict[str, float]:
        """The loss, and the mean Dice on the network's own grid at a probability of a half."""
        import torch

        logit, _ = network_outputs(network, self.tuning.pictures)
        inside = torch.from_numpy(self.tuning.masks).double().div(255.0)
        loss = float(mask_loss(torch.from_numpy(logit), inside))
        said, true = logit >= 0, self.tuning.masks >= 128
        both, either = ((said & true).sum(axis=(1, 2)), said.sum((1, 2)) + true.sum((1, 2)))
        return {"tuning": loss, "tuning_dice": float(np.mean((2 * both + 1) / (either + 1)))}


def _features(network: Any, pictures: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Features (n, channels) alone: the maps of a whole training split would fill the memory."""
    import torch

    network.eval()
    found = []
    with torch.inference_mode():
        for start in range(0, len(pictures), BATCH):
            seen = network(to_tensor(pictures[start : start + BATCH]))[1]
            found.append(seen.double().numpy())
    return np.concatenate(found)

"""Second stage for lesions of volumes: the network learns from slices and their true masks.

Most slices show nothing. Those that show a lesion are each seen once an epoch, and beside each one
that shows none, drawn anew.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from models.arithmetic import network_outputs
from models.augmentation import varied_with_masks
from models.decode_volumes import DecodedVolume, decoded_volumes, true_volumes
from models.lesion_volumes import FEATURE_STEP, Slices, with_neighbours
from models.mask_grid import network_mask
from models.params import FitParams, Params
from models.progress import Report
from models.training_run import TrainingRun
from records.errors import InvalidInput

if TYPE_CHECKING:
    from torch import Tensor

WATCHED = 64
"""Tuning slices of each kind on which the training is watched; nothing is chosen by them."""


def fit_lesions(
    decoded: Path,
    model: Path,
    *,
    params: Params,
    report: Report | None = None,
    checkpoints: Path | None = None,
) -> str:
    """Train the network on slices and return its weights' hash; as :func:`models.fit_masks`.

    Writes the same files. Raises InvalidInput when a split shows no lesion, or no slice without
    one, or the network gives no map.
    """
    if params.fit.network != "unet":
        raise InvalidInput(
            f"The network {params.fit.network!r} gives no outline.",
            hint="Set fit.network to unet in the device's parameters.",
        )
    training, tuning = (_part(decoded, name, params) for name in ("train", "tuning"))
    run = TrainingRun(decoded, model, params, report, checkpoints)
    context = params.fit.context
    return run.completed(
        _Outlines(training, tuning, params.fit),
        training.studies, tuning.studies,  # type: ignore[arg-type]
        features=lambda network, studies: _features(network, studies, context),  # type: ignore[arg-type]
    )  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """The slices of a split. studies: the pictures of each, (slices, side, side). shown, empty:
    study and slice of those with and without a lesion, shape (slices, 2). masks: of those with one,
    the share of each pixel that is inside, 256 levels."""

    studies: list[Slices]
    shown: NDArray[np.intp]
    empty: NDArray[np.intp]
    masks: NDArray[np.uint8]

    def pictures(self, places: NDArray[np.intp], context: int) -> Slices:
        """The slices at these places beside their neighbours."""
        return np.concatenate([
            with_neighbours(self.studies[study], np.array([at]), context)
            for study, at in places.tolist()
        ])  # fmt: skip


def _part(decoded: Path, name: str, params: Params) -> _Part:
    studies = decoded_volumes(decoded, (name,))
    size = params.decode.input_size
    shown, empty, masks = [], [], []
    for number, (_, truth) in enumerate(_with_truth(decoded, studies)):
        for at, inside in enumerate(truth):
            if inside.any():
                shown.append((number, at))
                masks.append(network_mask(inside, size))
            else:
                empty.append((number, at))
    if not shown or not empty:
        raise InvalidInput(
            f"The {name} split has no slice {'with' if not shown else 'without'} a lesion.",
            hint="Freeze a dataset whose studies have outlines, and slices beside the lesions.",
        )
    with_one, without = (np.array(one, dtype=np.intp) for one in (shown, empty))
    return _Part([one.prepared.pictures for one in studies], with_one, without, np.stack(masks))


def _with_truth(decoded: Path, studies: Sequence[DecodedVolume]) -> Any:
    return zip(studies, true_volumes(decoded, studies), strict=True)


@dataclass(frozen=True, slots=True, eq=False)
class _Outlines:
    """A lesson (:class:`models.epochs.Lesson`): slices beside their masks."""

    training: _Part
    tuning: _Part
    fit: FitParams

    @property
    def count(self) -> int:
        return 2 * len(self.training.shown)

    def loss(self, network: Any, rows: NDArray[np.int64], rng: np.random.Generator) -> "Tensor":
        part = self.training
        with_one = rows < len(part.shown)
        drawn = part.empty[rng.integers(0, len(part.empty), len(rows))]
        chosen = np.where(with_one, rows, 0)
        places = np.where(with_one[:, None], part.shown[chosen], drawn)
        masks = np.where(with_one[:, None, None], part.masks[chosen], np.uint8(0))
        seen, inside = varied_with_masks(
            *_cut_out(part.pictures(places, self.fit.context), masks, rng), self.fit, rng
        )
        device = next(network.parameters()).device
        return lesion_loss(network(seen.to(device))[0], inside.to(device))

    def held_out(self, network: Any) -> dict[str, float]:
        """The loss, and the mean Dice on the network's own grid at a probability of a half, of the
        tuning slices with a lesion and as many without one, evenly spaced, :data:`WATCHED` each at
        most."""
        import torch

        part = self.tuning
        shown, empty = (
            np.unique(np.linspace(0, len(some) - 1, WATCHED).round().astype(int))
            for some in (part.shown, part.empty)
        )
        places = np.concatenate([part.shown[shown], part.empty[empty]])
        masks = np.zeros((len(places), *part.masks.shape[1:]), dtype=np.uint8)
        masks[: len(shown)] = part.masks[shown]
        losses, dice = [], []
        for start in range(0, len(places), 64):
            some = slice(start, start + 64)
            logit, _ = network_outputs(network, part.pictures(places[some], self.fit.context))
            inside = torch.from_numpy(masks[some]).double().div(255.0)
            losses.append(float(lesion_loss(torch.from_numpy(logit), inside)) * len(logit))
            said, true = logit >= 0, masks[some] >= 128
            both, either = (said & true).sum((1, 2)), said.sum((1, 2)) + true.sum((1, 2))
            dice += ((2 * both + 1) / (either + 1)).tolist()
        return {"tuning": sum(losses) / len(places), "tuning_dice": float(np.mean(dice))}


def _cut_out(
    pictures: Slices, masks: NDArray[np.uint8], rng: np.random.Generator
) -> tuple[Slices, NDArray[np.uint8]]:
    """A square of half the side of each slice, around a pixel of its lesion or anywhere: a quarter
    of the work, and the lesion is four times as large a part of what is learnt from."""
    side = masks.shape[-1]
    half = side // 2
    corners = []
    for mask in masks:
        filled = np.argwhere(mask >= 128)
        middle = filled[rng.integers(len(filled))] if len(filled) else rng.integers(0, side, 2)
        moved = middle - half // 2 + rng.integers(-half // 4, half // 4 + 1, 2)
        corners.append(np.clip(moved, 0, side - half))
    cut = [(..., slice(row, row + half), slice(column, column + half)) for row, column in corners]
    return (
        np.stack([one[at] for one, at in zip(pictures, cut, strict=True)]),
        np.stack([one[at] for one, at in zip(masks, cut, strict=True)]),
    )


def lesion_loss(logit: "Tensor", inside: "Tensor") -> "Tensor":
    """Half the binary cross-entropy of the pixels inside and of those outside, each the mean of its
    own, plus 1 less the soft Dice of the whole batch.

    A lesion is one pixel in a thousand: in a plain mean, and in the Dice of slices without one, the
    network learns to outline nothing (Isensee et al., Nat Methods 2021;18:203 take the batch as one
    for that reason). logit, inside: (n, rows, columns); inside from 0 to 1.
    """
    from torch.nn import functional

    each = functional.binary_cross_entropy_with_logits(logit, inside, reduction="none")
    within, beside = inside.sum() + 1, (1 - inside).sum() + 1
    entropy = 0.5 * ((each * inside).sum() / within + (each * (1 - inside)).sum() / beside)
    probability = logit.sigmoid()
    both, either = (probability * inside).sum(), probability.sum() + inside.sum()
    return entropy + 1 - (2 * both + 1) / (either + 1)


def _features(network: Any, studies: Sequence[Slices], context: int) -> NDArray[np.float64]:
    """Features of each study: the mean over some of its slices."""
    return np.stack([
        network_outputs(
            network, with_neighbours(one, np.arange(0, len(one), FEATURE_STEP), context)
        )[1].mean(axis=0)
        for one in studies
    ])  # fmt: skip

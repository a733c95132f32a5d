"""Second stage for outlines: the network learns from pictures and their true masks."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from models.accelerator import training_device
from models.arithmetic import PREDICTING_THREADS, network_outputs, repeatable, to_tensor
from models.artefacts import FEATURE_REFERENCE, Columns
from models.augmentation import varied_with_masks
from models.decode import load_decoded
from models.engine import BATCH
from models.familiarity import learn_reference
from models.fit import rate_share, record_training
from models.mask_grid import network_mask
from models.networks import build_network
from models.params import Params
from models.progress import Report, nobody_watches
from models.true_masks import true_masks
from records.errors import InvalidInput

if TYPE_CHECKING:
    from torch import Tensor

_LOOK_EVERY = 4  # epochs between two looks at the tuning loss, which nothing depends on


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """Pictures (n, side, side) and the share of each pixel that is inside, both 256 levels."""

    pictures: NDArray[np.uint8]
    masks: NDArray[np.uint8]


def fit_masks(decoded: Path, model: Path, *, params: Params, report: Report | None = None) -> str:
    """Train the network on outlines and return its weights' hash; as :func:`models.fit.fit_model`:
    epochs are fixed, the last one is the model, nothing is chosen by the tuning split.

    Writes ``weights.pt``, ``training.json`` and ``feature_reference.npz``.
    Raises InvalidInput when a split is empty or the network gives no map.
    """
    if params.fit.network != "unet":
        raise InvalidInput(
            f"The network {params.fit.network!r} gives no outline.",
            hint="Set fit.network to unet in the device's parameters.",
        )
    arrays, index = load_decoded(decoded)
    training, tuning = (_part(decoded, arrays, index, name) for name in ("train", "tuning"))
    device = training_device()
    with repeatable(threads=params.threads, seed=params.seed):
        network = build_network(params.fit).to(device)
        losses = _learn(network, training, tuning, params, report or nobody_watches)
        network.to("cpu")
        seen = _features(network, training.pictures)
    with repeatable(threads=PREDICTING_THREADS):
        held_out = _features(network, tuning.pictures)
    learn_reference(seen, held_out).save(model / FEATURE_REFERENCE)
    counts = {"train": len(training.pictures), "tuning": len(tuning.pictures)}
    return record_training(network, model, {"epochs": losses, "studies": counts}, device)


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


def _learn(
    network: Any, training: _Part, tuning: _Part, params: Params, report: Report
) -> list[dict[str, float]]:
    import torch

    fit, rng = params.fit, np.random.default_rng(params.seed)
    device = next(network.parameters()).device
    count = len(training.pictures)
    size, epochs = min(fit.batch_size, count), fit.epochs(count)
    batches = count // size
    optimizer = torch.optim.AdamW(network.parameters(), lr=0.0, weight_decay=fit.weight_decay)
    losses: list[dict[str, float]] = []
    for epoch in range(epochs):
        network.train()
        order, total = rng.permutation(count), 0.0
        for batch in range(batches):
            rows = order[batch * size : (batch + 1) * size]
            share = rate_share(epoch * batches + batch, epochs * batches)
            optimizer.param_groups[0]["lr"] = fit.learning_rate * share
            seen, inside = varied_with_masks(
                training.pictures[rows], training.masks[rows], fit, rng
            )
            loss = mask_loss(network(seen.to(device))[0], inside.to(device))
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            total += float(loss.detach())
        losses.append({"epoch": epoch + 1, "train": round(total / batches, 6)})
        if epoch % _LOOK_EVERY == _LOOK_EVERY - 1 or epoch == epochs - 1:
            losses[-1]["tuning"] = round(_held_out(network, tuning), 6)
        report(f"epoch {epoch + 1} of {epochs}: loss {total / batches:.3f}")
    return losses


def _held_out(network: Any, tuning: _Part) -> float:
    import torch

    logit, _ = network_outputs(network, tuning.pictures)
    inside = torch.from_numpy(tuning.masks).double().div(255.0)
    return float(mask_loss(torch.from_numpy(logit), inside))


def _features(network: Any, pictures: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Features (n, channels) alone: the maps of a whole training split would fill the memory."""
    import torch

    network.eval()
    found = []
    with torch.inference_mode():
        for start in range(0, len(pictures), BATCH):
            _, seen = network(to_tensor(pictures[start : start + BATCH]))
            found.append(seen.double().numpy())
    return np.concatenate(found)

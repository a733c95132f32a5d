"""Second stage: the network learns from the training split, the same way every time."""

from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from models.accelerator import described, training_device
from models.arithmetic import PREDICTING_THREADS, network_outputs, repeatable
from models.artefacts import (
    FEATURE_REFERENCE,
    TRAINING,
    Columns,
    write_json,
)
from models.augmentation import varied
from models.decode import load_decoded
from models.familiarity import learn_reference
from models.networks import build_network
from models.params import FitParams, Params
from models.progress import Report, nobody_watches
from models.weights import save_weights
from records.errors import InvalidInput

if TYPE_CHECKING:
    from torch import Tensor

_PACKAGES = ("torch", "numpy", "pydicom")
_LOOK_EVERY = 4  # epochs between two looks at the tuning loss, which nothing depends on
_WARM_UP = 0.25  # share of the steps in which the learning rate rises


def fit_model(decoded: Path, model: Path, *, params: Params, report: Report | None = None) -> str:
    """Train the network and return its weights' hash; the same seed gives the same hash on the
    same machine.

    The number of epochs is fixed beforehand (:meth:`FitParams.epochs`) and the last epoch is the
    model: nothing is chosen by looking at the tuning split, which calibration needs unspent. Its
    loss is written down now and then all the same.

    Writes ``weights.pt``, ``training.json`` and ``feature_reference.npz`` into ``model``.
    Raises InvalidInput when training or tuning studies lack one of the two classes.
    """
    arrays, index = load_decoded(decoded)
    training, tuning = (_split(arrays, index, name) for name in ("train", "tuning"))
    device = training_device()
    with repeatable(threads=params.threads, seed=params.seed):
        network = build_network(params.fit).to(device)
        losses = _learn(network, training, tuning, params, report or nobody_watches)
        network.to("cpu")
        _, seen = network_outputs(network, training[0])
    with repeatable(threads=PREDICTING_THREADS):
        _, held_out = network_outputs(network, tuning[0])
    learn_reference(seen, held_out).save(model / FEATURE_REFERENCE)
    counts = {"train": len(training[0]), "tuning": len(tuning[0])}
    return record_training(network, model, {"epochs": losses, "studies": counts}, device)


def record_training(network: Any, model: Path, found: dict[str, Any], device: str) -> str:
    """Write ``weights.pt``, and ``training.json`` with what was found; the weights' hash."""
    import torch

    name = save_weights(model, network.state_dict())
    machine = {
        "software": {package: version(package) for package in _PACKAGES},
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),
        "trained_on": described(device),
    }
    write_json(model / TRAINING, {"weights_hash": name, **found, **machine})
    return name


_Split = tuple[NDArray[np.uint8], NDArray[np.float32]]


def _split(arrays: NDArray[np.uint8], index: Columns, name: str) -> _Split:
    rows = index["split"] == name
    truth = index["finding"][rows].astype(np.float32)
    if np.unique(truth).size < 2:
        raise InvalidInput(
            f"The {name} split has {truth.size} studies, but not both with and without the "
            "finding.",
            hint="Add studies, or freeze the dataset with another split.",
        )
    return arrays[rows], truth


def _learn(
    network: Any, training: _Split, tuning: _Split, params: Params, report: Report
) -> list[dict[str, float]]:
    import torch

    fit, rng = params.fit, np.random.default_rng(params.seed)
    pictures, truth = training
    epochs, size = fit.epochs(len(truth)), min(fit.batch_size, len(truth))
    steps = epochs * (len(truth) // size)
    optimizer = torch.optim.AdamW(network.parameters(), lr=0.0, weight_decay=fit.weight_decay)
    weights = _class_weights(truth) if fit.balanced else np.ones_like(truth)
    losses: list[dict[str, float]] = []
    for epoch in range(epochs):
        network.train()
        order, total = rng.permutation(len(truth)), 0.0
        batches = len(truth) // size
        for batch in range(batches):
            rows = order[batch * size : (batch + 1) * size]
            rate = fit.learning_rate * rate_share(epoch * batches + batch, steps)
            optimizer.param_groups[0]["lr"] = rate
            seen = varied(pictures[rows], fit, rng)
            loss = _loss(network, seen, truth[rows], weights[rows], fit)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            total += float(loss.detach())
        losses.append({"epoch": epoch + 1, "train": round(total / batches, 6)})
        if epoch % _LOOK_EVERY == _LOOK_EVERY - 1 or epoch == epochs - 1:
            logit, _ = network_outputs(network, tuning[0])
            held_out = float(np.mean(np.logaddexp(0.0, logit) - tuning[1] * logit))
            losses[-1]["tuning"] = round(held_out, 6)
        report(f"epoch {epoch + 1} of {epochs}: loss {total / batches:.3f}")
    return losses


def rate_share(step: int, steps: int) -> float:
    """Learning rate at a step, as a share: up along a cosine, then down (Smith, 2018)."""
    top = max(1.0, _WARM_UP * steps)
    if step < top:
        return float(0.04 + 0.96 * (1 - np.cos(np.pi * step / top)) / 2)
    return float((1 + np.cos(np.pi * (step - top) / max(1.0, steps - top))) / 2)


def _class_weights(truth: NDArray[np.float32]) -> NDArray[np.float32]:
    """Weights of mean 1 with which both classes count alike, however rare one of them is."""
    share = truth.mean()
    weights: NDArray[np.float32] = np.where(truth > 0, 0.5 / share, 0.5 / (1 - share))
    return weights.astype(np.float32)


def _loss(
    network: Any,
    pictures: "Tensor",
    truth: NDArray[np.float32],
    weights: NDArray[np.float32],
    fit: FitParams,
) -> "Tensor":
    import torch
    from torch.nn import functional

    device = next(network.parameters()).device
    target = torch.from_numpy(truth * (1 - fit.label_smoothing) + fit.label_smoothing / 2)
    logit = network(pictures.to(device, non_blocking=True))[0]
    return functional.binary_cross_entropy_with_logits(
        logit, target.to(device), weight=torch.from_numpy(weights).to(device)
    )

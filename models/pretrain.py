"""An encoder learns from pictures alone, without any truth: VICReg.

Bardes, Ponce and LeCun, ICLR 2022 (variance, invariance, covariance): two varied views of a picture
shall have the same features (invariance), every feature shall vary over the pictures (variance),
and no two features shall say the same (covariance). It needs neither pairs of unlike pictures nor
a second network, so it works with small batches and is simple to repeat.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from models.accelerator import described, training_device
from models.arithmetic import repeatable
from models.augmentation import varied
from models.encoders import encoder_bytes, encoder_state
from models.epochs import Watch, learn
from models.networks import build_network
from models.params import Params
from models.progress import Report, nobody_watches
from models.training_cost import Meter
from records.errors import Refused

if TYPE_CHECKING:
    from torch import Tensor

METHOD: Final = "VICReg (Bardes, Ponce and LeCun, ICLR 2022)"
LEAST: Final = 64
"""Fewer pictures teach nothing that the labelled ones would not."""
_BATCH: Final = 64
_RATE: Final = 0.002
_PROJECTED: Final = 256
_WEIGHTS: Final = (25.0, 25.0, 1.0)
_HELD_OUT: Final = 0.1
_VARIED: Final = {
    "shift": 0.15, "scale": 0.35, "rotation": 10.0, "contrast": 0.4, "brightness": 0.2,
    "gamma": 0.4, "flip": 0.0,
}  # fmt: skip
"""Two views of one picture differ more than two takes do; no mirror image, which moves the heart.
Where the device varies more, its own value counts."""


def pretrained(
    pictures: NDArray[np.uint8], params: Params, *, epochs: int, facts: Mapping[str, Any],
    report: Report = nobody_watches,
) -> bytes:  # fmt: skip
    """The encoder's file; the same pictures, parameters and machine give the same weights.

    pictures: (n, side, side), of ``decode.input_size``, without any truth. params: seed, threads,
    and of ``fit`` network and width. A tenth of the pictures, drawn by the seed, only shows whether
    it learns. facts: what else is to be known of it; loss, cost and settings are added.

    Raises Refused with fewer than 64 pictures.
    """
    if len(pictures) < LEAST:
        raise Refused(
            f"{len(pictures)} pictures are too few to pre-train with: {LEAST} are needed."
        )
    fit = replace(
        params.fit, ensemble=1, test_time_augmentation=False, batch_size=_BATCH,
        learning_rate=_RATE, min_epochs=epochs, max_epochs=epochs,
        **{name: max(value, getattr(params.fit, name)) for name, value in _VARIED.items()
           if name != "flip"},
    )  # fmt: skip
    device, order = training_device(), np.random.default_rng(params.seed).permutation(len(pictures))
    held = max(2, round(_HELD_OUT * len(pictures)))
    watch = Watch(Meter(device), report)
    with repeatable(threads=params.threads, seed=params.seed):
        network = _projected(build_network(fit)).to(device)
        lesson = _Views(pictures[order[held:]], pictures[order[:held]], fit, params.seed)
        learn(network, lesson, fit, seed=params.seed, watch=watch)
        state = encoder_state(network.to("cpu").encoder)
    rows = [{name: row[name] for name in ("epoch", "train", "tuning")} for row in watch.rows]
    return encoder_bytes(state, {
        **facts, "method": METHOD, "pictures": len(pictures), "network": fit.network,
        "width": fit.width, "input_size": params.decode.input_size, "epochs": epochs,
        "seed": params.seed, "threads": params.threads, "trained_on": described(device),
        "loss_at_first_and_last": [rows[0], rows[-1]],
    })  # fmt: skip


def _projected(encoder: Any) -> Any:
    """The encoder with the projector behind its features, which is thrown away afterwards."""
    from torch import nn

    class Projected(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encoder = encoder
            self.projector = nn.Sequential(
                nn.Linear(encoder.features_given, _PROJECTED, bias=False),
                nn.BatchNorm1d(_PROJECTED), nn.ReLU(), nn.Linear(_PROJECTED, _PROJECTED),
            )  # fmt: skip

        def forward(self, pictures: Any) -> Any:
            return self.projector(self.encoder.features(pictures))

    return Projected()


@dataclass(frozen=True, slots=True, eq=False)
class _Views:
    """A lesson (:class:`models.epochs.Lesson`): two views of each picture."""

    training: NDArray[np.uint8]
    tuning: NDArray[np.uint8]
    fit: Any
    seed: int

    @property
    def count(self) -> int:
        return len(self.training)

    def loss(self, network: Any, rows: NDArray[np.int64], rng: np.random.Generator) -> "Tensor":
        return _two_views(network, self.training[rows], self.fit, rng)

    def held_out(self, network: Any) -> dict[str, float]:
        import torch

        network.eval()
        rng = np.random.default_rng([self.seed, 5])  # every epoch the same views
        with torch.inference_mode():
            return {"tuning": float(_two_views(network, self.tuning, self.fit, rng))}


def _two_views(
    network: Any, pictures: NDArray[np.uint8], fit: Any, rng: np.random.Generator
) -> "Tensor":
    device = next(network.parameters()).device
    first, second = (network(varied(pictures, fit, rng).to(device)) for _ in range(2))
    return vicreg_loss(first, second)


def vicreg_loss(first: "Tensor", second: "Tensor") -> "Tensor":
    """Invariance, variance and covariance of two views' features (n, d), weighed 25, 25 and 1.

    >>> import torch
    >>> same = torch.tensor([[2.0, 2.0], [-2.0, -2.0]])
    >>> round(float(vicreg_loss(same, same)), 1)  # nothing but the covariance of the two: 8 each
    128.0
    """
    from torch.nn import functional

    apart = functional.mse_loss(first, second)
    spread, shared = first.new_zeros(()), first.new_zeros(())
    for one in (first, second):
        centred = one - one.mean(dim=0)
        deviation = (centred.square().sum(dim=0) / (len(one) - 1) + 1e-4).sqrt()
        spread = spread + functional.relu(1 - deviation).mean() / 2
        covariance = centred.T @ centred / (len(one) - 1)
        off = covariance.square().sum() - covariance.diagonal().square().sum()
        shared = shared + off / one.shape[1]
    whole: Tensor = _WEIGHTS[0] * apart + _WEIGHTS[1] * spread + _WEIGHTS[2] * shared
    return whole

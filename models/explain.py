"""Where in a picture an output of a network comes from: maps on the picture's own grid.

Integrated gradients: Sundararajan et al., ICML 2017; Grad-CAM: Selvaraju et al., ICCV 2017; both
by captum. A map says what moved this output of this network, not where a disease is.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.arithmetic import PREDICTING_THREADS, repeatable, to_tensor
from models.engine import BATCH
from models.preparation import network_input
from records.errors import InvalidInput

INTEGRATED_GRADIENTS: Final = "integrated_gradients"
GRAD_CAM: Final = "grad_cam"
METHODS: Final = (INTEGRATED_GRADIENTS, GRAD_CAM)
STEPS: Final = 64
BASELINE: Final = "a black picture (level 0 everywhere)"
_BLACK: Final = -2.0  # level 0 as to_tensor gives it
_NOTHING: Final = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class Attribution:
    """One output's map of one picture.

    values: rows x columns of the picture. Integrated gradients: signed, in units of the raw output
    (logit) for each pixel of the network's picture; positive raised the output above that of the
    baseline. Grad-CAM: 0 or more, in no unit, only for what raised it. gap: sum of the
    attributions less the output's difference to the baseline, in logits (None for Grad-CAM, which
    promises no sum). reason: why the map says nothing, or empty.
    """

    method: str
    target: int
    values: NDArray[np.float64] = field(repr=False)
    output: float
    gap: float | None
    reason: str = ""


def explain(
    network: Any, pictures: Sequence[NDArray[Any]], *, size: int, method: str, target: int = 0,
    steps: int = STEPS,
) -> list[Attribution]:  # fmt: skip
    """A map for each picture, on its own grid, in the order given.

    pictures: 2-D, in [0, 1], bone bright, any size; size: side of the network's picture; target:
    number of the output. Raises ValueError for an unknown method, output, or unreadable picture.
    """
    if method not in METHODS:
        raise ValueError(f"unknown method {method!r}; known: {', '.join(METHODS)}")
    if steps < 2:
        raise ValueError(f"integrated gradients need 2 steps or more, not {steps}")
    found: list[Attribution] = []
    with repeatable(threads=PREDICTING_THREADS):
        for start in range(0, len(pictures), BATCH):
            some = pictures[start : start + BATCH]
            batch = to_tensor(np.stack([network_input(one, size) for one in some]))
            maps, outputs, gaps = _attributed(network.eval(), batch, method, target, steps)
            found += [
                _attribution(method, target, on_grid(values, one.shape), output, gap)
                for values, one, output, gap in zip(maps, some, outputs, gaps, strict=True)
            ]
    return found


def _attributed(network: Any, batch: Any, method: str, target: int, steps: int) -> Any:
    import torch
    from captum.attr import IntegratedGradients, LayerAttribution, LayerGradCam

    outputs = _raw_outputs(network)
    with torch.no_grad():
        raw = outputs(batch)
    if not 0 <= target < raw.shape[1]:
        raise ValueError(f"the network has outputs 0 to {raw.shape[1] - 1}, not {target}")
    gaps: list[float | None] = [None] * len(batch)
    if method == INTEGRATED_GRADIENTS:
        maps, delta = IntegratedGradients(outputs).attribute(
            batch, baselines=_BLACK, target=target, n_steps=steps, method="gausslegendre",
            internal_batch_size=max(BATCH, len(batch)), return_convergence_delta=True,
        )  # fmt: skip
        gaps = [float(one) for one in delta]
    else:
        cam = LayerGradCam(outputs, last_block(network))
        seen = cam.attribute(batch, target=target, relu_attributions=True)
        maps = LayerAttribution.interpolate(seen, batch.shape[2:], interpolate_mode="bilinear")
    return maps.detach().double().sum(dim=1).numpy(), raw[:, target].tolist(), gaps


def _raw_outputs(network: Any) -> Any:
    """The network as captum calls it: (n, outputs) alone, without features."""
    from torch import nn

    class RawOutputs(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.network = network

        def forward(self, pictures: Any) -> Any:
            found = self.network(pictures)
            raw = found[0] if isinstance(found, tuple) else found
            if raw.ndim > 2:  # a map of outputs: its mean stands for the picture
                raw = raw.flatten(2).mean(dim=2)
            return raw.unsqueeze(1) if raw.ndim == 1 else raw

    return RawOutputs().eval()


def last_block(network: Any) -> Any:
    """The last block of a network that has blocks, otherwise its last convolution."""
    from torch import nn

    from models.networks.ensemble import Ensemble
    from models.networks.several_views import SeveralViews

    if isinstance(network, Ensemble | SeveralViews):
        kind = "is an ensemble" if isinstance(network, Ensemble) else "joins several views"
        raise InvalidInput(
            f"{GRAD_CAM} looks into one network's reading of one picture, and this {kind}.",
            hint=f"Ask for {INTEGRATED_GRADIENTS}.",
        )
    if isinstance(blocks := getattr(network, "blocks", None), nn.Sequential):
        return blocks[-1]
    layers = [one for one in network.modules() if isinstance(one, nn.Conv2d)]
    if not layers:
        raise ValueError("the network has no convolution, which Grad-CAM needs")
    return layers[-1]


def on_grid(values: NDArray[np.float64], shape: tuple[int, ...]) -> NDArray[np.float64]:
    """A map of the network's square on the picture's grid, its black margins cut away."""
    import torch

    side = values.shape[0]
    rows, columns = (max(1, min(side, round(one * side / max(shape)))) for one in shape)
    top, left = (side - rows) // 2, (side - columns) // 2
    cut = torch.from_numpy(values[top : top + rows, left : left + columns].copy())
    grown = torch.nn.functional.interpolate(
        cut[None, None], size=tuple(shape), mode="bilinear", align_corners=False
    )
    result: NDArray[np.float64] = grown[0, 0].numpy()
    return result


def _attribution(
    method: str, target: int, values: NDArray[np.float64], output: float, gap: float | None
) -> Attribution:
    silent = values.max(initial=0.0) <= _NOTHING
    reason = "nothing in the picture raised the output" if silent else ""
    if np.ptp(values) <= _NOTHING and not reason:
        reason = "the map is the same everywhere"
    return Attribution(method, target, values, output, gap, reason)

"""Second stage for enhancement: the network learns the noise from pairs of one anatomy."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from models.arithmetic import PREDICTING_THREADS, repeatable
from models.artefacts import FEATURE_REFERENCE
from models.decode import load_decoded
from models.dose_pairs import Pair, load_pairs
from models.familiarity import learn_reference
from models.params import FitParams, Params
from models.preprocessing import full_size
from models.progress import Report
from models.training_run import TrainingRun
from records.errors import InvalidInput

if TYPE_CHECKING:
    from torch import Tensor

NETWORK = "denoiser"
_SOFT = 1e-3  # of the grey range: below it the loss is quadratic
_WATCHED = 16  # tuning pairs whose loss is told after every epoch


def fit_pairs(
    decoded: Path,
    model: Path,
    *,
    params: Params,
    report: Report | None = None,
    checkpoints: Path | None = None,
) -> str:
    """Train the network on pairs and return its weights' hash; as :func:`models.fit.fit_model`:
    epochs are fixed, the last one is the model, nothing is chosen by the tuning split.

    It learns from squares of ``decode.input_size`` pixels, cut anew from each picture in every
    epoch. Nothing rewards a picture that only looks real: the loss is the distance to the picture
    at full dose. Writes the same files.

    Raises InvalidInput when a split is empty, a picture is smaller than the square, or the network
    gives no picture.
    """
    if params.fit.network != NETWORK:
        raise InvalidInput(
            f"The network {params.fit.network!r} enhances no picture.",
            hint=f"Set fit.network to {NETWORK} in the device's parameters.",
        )
    side = params.decode.input_size
    training, tuning = (_part(decoded, name, side) for name in ("train", "tuning"))
    run = TrainingRun(decoded, model, params, report, checkpoints)
    with repeatable(threads=params.threads, seed=params.seed):
        network = run.trained(_Pairs(training, tuning[:_WATCHED], params.fit, side))
        seen = features_of(network, training)
    with repeatable(threads=PREDICTING_THREADS):
        held_out = features_of(network, tuning)
    learn_reference(seen, held_out).save(model / FEATURE_REFERENCE)
    return run.record(network, {"train": len(training), "tuning": len(tuning)})


def noise_loss(noise: "Tensor", low: "Tensor", full: "Tensor") -> "Tensor":
    """How far the enhanced pictures lie from those at full dose: Charbonnier's loss, the mean.

    It is the absolute difference, rounded off near 0 (Charbonnier et al., ICIP 1994): one wrong
    pixel does not outweigh many. noise, low, full: (n, rows, columns), from 0 to 1.
    """
    apart = low - noise - full
    return (apart.square() + _SOFT**2).sqrt().mean()


def noise_of(network: Any, low: NDArray[np.float32]) -> NDArray[np.float64]:
    """The noise that a trained network in torch finds in one picture (rows, columns)."""
    return _heard(network, low)[0]


def features_of(network: Any, pairs: Sequence[Pair]) -> NDArray[np.float64]:
    """What the network sees in each picture at low dose, (pairs, channels)."""
    return np.stack([_heard(network, one.low)[1] for one in pairs])


def _heard(
    network: Any, low: NDArray[np.float32]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    import torch

    network.eval()
    device = next(network.parameters()).device
    with torch.inference_mode():
        noise, seen = network(torch.from_numpy(full_size().values(low[None])).to(device))
    return noise[0].double().cpu().numpy(), seen[0].double().cpu().numpy()


def _part(decoded: Path, name: str, side: int) -> list[Pair]:
    _, index = load_decoded(decoded)
    rows = np.flatnonzero(index["split"] == name)
    if rows.size == 0 or "region" not in index:
        raise InvalidInput(
            f"The {name} split has no study with a picture at full dose.",
            hint="Freeze a dataset of pairs.",
        )
    pairs = load_pairs(decoded, index, rows.tolist())
    smallest = min(min(one.low.shape) for one in pairs)
    if smallest < side:
        raise InvalidInput(
            f"A picture of the {name} split is {smallest} pixels wide or high, and the network "
            f"learns from squares of {side}.",
            hint="Set decode.input_size to the smaller number, or take the picture out.",
        )
    return pairs


@dataclass(frozen=True, slots=True, eq=False)
class _Pairs:
    """A lesson (:class:`models.epochs.Lesson`): squares of pairs, cut and exposed anew.

    No mirror images: they move the heart. Gain and level change both pictures alike, so that what
    is noise stays noise.
    """

    training: list[Pair]
    tuning: list[Pair]
    fit: FitParams
    side: int

    @property
    def count(self) -> int:
        return len(self.training)

    def loss(self, network: Any, rows: NDArray[np.int64], rng: np.random.Generator) -> "Tensor":
        import torch

        device = next(network.parameters()).device
        cut = np.stack([self._square(self.training[row], rng) for row in rows])
        gain = 1 + rng.uniform(-self.fit.contrast, self.fit.contrast, (len(rows), 1, 1, 1))
        level = rng.uniform(-self.fit.brightness, self.fit.brightness, (len(rows), 1, 1, 1))
        both = torch.from_numpy((cut * gain + level).astype(np.float32)).to(device)
        noise = network(both[:, :1].contiguous(memory_format=torch.channels_last))[0]
        return noise_loss(noise, both[:, 0], both[:, 1])

    def held_out(self, network: Any) -> dict[str, float]:
        """The loss of the first tuning pairs, each whole."""
        import torch

        each = [
            float(noise_loss(*(
                torch.from_numpy(np.asarray(one, dtype=np.float64))
                for one in (noise_of(network, pair.low), pair.low, pair.full)
            )))
            for pair in self.tuning
        ]  # fmt: skip
        return {"tuning": float(np.mean(each))}

    def _square(self, pair: Pair, rng: np.random.Generator) -> NDArray[np.float32]:
        top, left = (int(rng.integers(0, size - self.side + 1)) for size in pair.low.shape)
        place = (slice(top, top + self.side), slice(left, left + self.side))
        return np.stack([pair.low[place], pair.full[place]])

"""Torch set so that the same inputs give the same bits, and put back as it was afterwards."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from models.engine import BATCH, THREADS
from models.facts import Facts
from models.preparation import Picture
from models.preprocessing import own_preprocessing

if TYPE_CHECKING:
    from torch import Tensor

PREDICTING_THREADS = THREADS
_SIDE = 32  # pixels that every network takes


@contextmanager
def repeatable(*, threads: int, seed: int | None = None) -> Iterator[None]:
    """Inside, torch's sums are made in one fixed order; with a seed, its draws are fixed too.

    The number of threads belongs to the promise: one and two threads give different weights.
    Torch's own settings and random state are restored on leaving.
    """
    import torch

    before = (
        torch.get_num_threads(),
        torch.are_deterministic_algorithms_enabled(),
        torch.get_rng_state(),
    )
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True)
    if seed is not None:
        torch.manual_seed(seed)
    try:
        yield
    finally:
        torch.set_num_threads(before[0])
        torch.use_deterministic_algorithms(before[1])
        torch.set_rng_state(before[2])


def to_tensor(pictures: NDArray[np.uint8]) -> "Tensor":
    """Pictures (n, side, side) of 256 levels as the network's input, as declared."""
    import torch

    values = torch.from_numpy(own_preprocessing(pictures.shape[-1]).values(pictures))
    return values.contiguous(memory_format=torch.channels_last)


def network_outputs(
    network: Any, pictures: NDArray[np.uint8] | list[Picture], facts: Facts | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Logits (n,) or (n, outputs), and features (n, channels), by a network that no longer learns.

    For training, and to compare with what serves (:mod:`models.engine`). facts: (n, columns), of a
    network that takes them; None: all are missing.
    """
    import torch

    network.eval()
    device = next(network.parameters()).device
    logits, features = [], []
    with torch.inference_mode():
        # of no picture the outputs of an empty one, cut to none
        for start in range(0, max(1, len(pictures)), BATCH):
            some = list(pictures[start : start + BATCH]) or [np.zeros((_SIDE, _SIDE), np.uint8)]
            batch = to_tensor(np.stack(some))
            told = () if facts is None or not len(pictures) else (
                torch.from_numpy(facts[start : start + BATCH]).to(device),
            )
            out, seen = network(batch.to(device), *told)[:2]
            logits.append(out.double().cpu().numpy())
            features.append(seen.double().cpu().numpy())
    count = len(pictures)
    return np.concatenate(logits)[:count], np.concatenate(features)[:count]

"""A model's weights have a name, their hash, and are never loaded under another."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from records.errors import IntegrityBroken, NotFound

WEIGHTS = "weights.pt"


class WeightsAltered(IntegrityBroken):
    """The weights on disk are not the ones that were asked for: never predict with them."""


def weights_hash(state: Mapping[str, Any]) -> str:
    """The name of a set of weights: SHA-256 over names, kinds, shapes and bytes of all tensors.

    The names are sorted, so the order of the mapping does not matter; where and how the weights
    are stored does not matter either.
    """
    digest = hashlib.sha256()
    for name in sorted(state):
        values = state[name].detach().cpu().contiguous().numpy()
        digest.update(f"{name} {values.dtype.str} {values.shape}\n".encode())
        digest.update(values.tobytes())
    return digest.hexdigest()


def load_weights(folder: Path, expected_hash: str) -> dict[str, Any]:
    """The weights in a model folder, after checking that they are the ones expected.

    Only tensors are read (``weights_only``), so a file cannot bring code with it.

    Raises WeightsAltered on another hash or an unreadable file, NotFound without a file.
    """
    import pickle

    import torch

    path = folder / WEIGHTS
    if not path.is_file():
        raise NotFound(f"There are no weights in the model folder {folder.name}.")
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        found = weights_hash(state)
    except (RuntimeError, pickle.UnpicklingError, EOFError, AttributeError, ValueError) as wrong:
        raise WeightsAltered(
            f"The weights of {expected_hash[:12]}… cannot be read ({type(wrong).__name__}).",
            hint="Fetch the model from the vault again and report this.",
        ) from wrong
    if found != expected_hash:
        raise WeightsAltered(
            f"The weights on disk are {found[:12]}…, expected {expected_hash[:12]}….",
            hint="Fetch the model from the vault again and report this.",
        )
    return state


def save_weights(folder: Path, state: Mapping[str, Any]) -> str:
    """Write the weights of a model into its folder; returns their hash."""
    import torch

    from models.artefacts import replaced

    with replaced(folder / WEIGHTS) as part, part.open("wb") as file:
        torch.save({name: state[name].detach().clone() for name in sorted(state)}, file)
    return weights_hash(state)

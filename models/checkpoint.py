"""A training that was killed goes on where it stood, to the weights that it would have had."""

import hashlib
import io
import json
import pickle
import shutil
from dataclasses import asdict, dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from models.accelerator import described
from models.artefacts import ARRAYS, INDEX, replaced
from models.code import code_digest
from models.params import Params
from models.true_masks import MASKS
from records.settings import REPOSITORY
from records.vault import file_digest

CHECKPOINTS = "checkpoints"
PACKAGES = ("torch", "numpy", "pydicom")
"""The libraries that decide how weights come out; written down with every training."""

State = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Checkpoints:
    """Where a training run keeps what it needs to go on, one file a network.

    identity: digest of all that decides how the weights come out (:func:`training_identity`).
    every: epochs between two checkpoints; the last epoch is always kept. A killed run repeats
    fewer epochs than this.
    """

    folder: Path
    identity: str
    every: int = 1

    def due(self, epoch: int, epochs: int) -> bool:
        """Whether a checkpoint is written after this epoch, the first being 1."""
        return epoch % self.every == 0 or epoch == epochs

    def save(self, member: int, state: State) -> None:
        """Write whole or not at all; the file of the epoch before stays until then."""
        import torch

        content = io.BytesIO()
        torch.save({**state, "identity": self.identity}, content)
        written = content.getvalue()
        with replaced(self._path(member)) as part:
            part.write_bytes(hashlib.sha256(written).hexdigest().encode() + b"\n" + written)

    def load(self, member: int) -> tuple[State | None, str]:
        """What :meth:`save` wrote for this very training, else None and why it is not used.

        Nothing is said where there is no file. Only tensors and plain values are read.
        """
        path = self._path(member)
        if not path.is_file():
            return None, ""
        digest, _, written = path.read_bytes().partition(b"\n")
        if hashlib.sha256(written).hexdigest().encode() != digest:
            return None, "it was not written whole"
        try:
            state = _read(written)
        except (RuntimeError, pickle.UnpicklingError, EOFError, ValueError) as wrong:
            return None, f"it cannot be read ({type(wrong).__name__})"
        if state.pop("identity", None) != self.identity:
            return None, "it is of other data, parameters, code, libraries or seed"
        return state, ""

    def clear(self) -> None:
        """Take the checkpoints away: the training has ended well."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _path(self, member: int) -> Path:
        return self.folder / f"member-{member + 1}.pt"


def training_identity(decoded: Path, params: Params, device: str) -> str:
    """One digest over data, parameters, seed, code, libraries and machine of a training.

    Two trainings of the same digest end with the same weights; so one may finish the other.
    """
    import torch

    facts = {
        "params": {
            "seed": params.seed, "threads": params.threads, "fit": asdict(params.fit),
            "task": asdict(params.task), "input_size": params.decode.input_size,
        },
        "data": {name: _digest_of(decoded / name) for name in (ARRAYS, INDEX, MASKS)},
        "code": _code(),
        "software": {name: version(name) for name in PACKAGES},
        "machine": [described(device), torch.backends.cpu.get_cpu_capability()],
    }  # fmt: skip
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def drawn_so_far(rng: np.random.Generator) -> State:
    """The state of every generator that a training draws from."""
    import torch

    state: State = {
        "numpy": json.dumps(rng.bit_generator.state), "torch": torch.get_rng_state()
    }  # fmt: skip
    if torch.cuda.is_available():
        state["cuda"] = torch.cuda.get_rng_state()
    return state


def draw_on(rng: np.random.Generator, state: State) -> None:
    """Put the generators where :func:`drawn_so_far` found them."""
    import torch

    rng.bit_generator.state = json.loads(state["numpy"])
    torch.set_rng_state(state["torch"])
    if "cuda" in state:
        torch.cuda.set_rng_state(state["cuda"])


def _read(written: bytes) -> State:
    import torch

    state: State = torch.load(io.BytesIO(written), map_location="cpu", weights_only=True)
    return state


@cache  # the code that runs is the code that was loaded
def _code() -> str:
    return code_digest(REPOSITORY).digest


def _digest_of(path: Path) -> str:
    return file_digest(path) if path.is_file() else ""

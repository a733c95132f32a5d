"""Where a network learns: on a GPU when one is found, else on the processor.

Only training moves. Calibration, scoring and daily prediction stay on the processor, in one fixed
order of sums, so that a released model answers with the same numbers wherever it is installed.
Sums stay in 32 bits: bfloat16 gained nothing on an H100 for networks of this size (0.98 of the
time), and would be another configuration to validate.
"""

import os

from records.errors import Unavailable
from records.settings import current_settings

__all__ = ["described", "training_device"]

_WORKSPACE = "CUBLAS_WORKSPACE_CONFIG"


def training_device() -> str:
    """``"cuda"`` when a GPU is found, or as RADVIGIL_TRAINING_DEVICE says; else ``"cpu"``.

    The same seed gives the same weights on the same machine; a GPU and a processor, or two kinds
    of GPU, give different ones. Raises Unavailable when a GPU is demanded and none is there.
    """
    import torch

    wanted = current_settings().training_device
    if wanted == "cpu":
        return "cpu"
    if torch.cuda.is_available():
        # cuBLAS adds in a fixed order only with this, read when it is first used
        os.environ.setdefault(_WORKSPACE, ":4096:8")
        return "cuda"
    if wanted == "cuda":
        raise Unavailable(
            "RADVIGIL_TRAINING_DEVICE asks for a GPU, and torch finds none.",
            hint="Unset it, or install a driver and a CUDA build of torch.",
        )
    return "cpu"


def described(device: str) -> str:
    """The device by its maker's name, for the record of a training run."""
    import torch

    return torch.cuda.get_device_name() if device == "cuda" else "processor"

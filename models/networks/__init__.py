"""Architectures, one a file; named here, imported only when one is built (they need torch)."""

from importlib import import_module
from typing import TYPE_CHECKING

from models.params import FitParams

if TYPE_CHECKING:
    from models.networks.residual import ResidualNetwork

NETWORKS = {"residual": "models.networks.residual", "unet": "models.networks.unet"}


def build_network(fit: FitParams, outputs: int = 1) -> "ResidualNetwork":
    """A new network of the architecture that the parameters name, its weights from torch's seed.

    outputs: raw outputs a picture, as the task has classes (:attr:`TaskParams.outputs`).

    Raises ValueError, listing the known architectures, for any other name.
    """
    if fit.network not in NETWORKS:
        known = ", ".join(sorted(NETWORKS))
        raise ValueError(f"unknown network {fit.network!r}; known: {known}")
    module = import_module(NETWORKS[fit.network])
    network: ResidualNetwork = module.build(fit, outputs)
    return network

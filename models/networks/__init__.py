"""Architectures, one a file; named here, imported only when one is built (they need torch)."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from models.params import FitParams

if TYPE_CHECKING:
    from models.networks.residual import ResidualNetwork

NETWORKS = {
    "centre": "models.networks.centre", "residual": "models.networks.residual",
    "unet": "models.networks.unet",
}


UNCERTAINTY = "uncertainty"
"""The third output of an ensemble, the spread between its members; also its name on record."""


def build_network(fit: FitParams, outputs: int = 1) -> Any:
    """A new network as the parameters say: one of :func:`build_member`, or an ensemble of them.

    It gives raw outputs and features; an ensemble, third, the spread between its members.
    """
    members = [build_member(fit, outputs) for _ in range(fit.ensemble)]
    return members[0] if fit.ensemble == 1 else joined_network(members)


def joined_network(members: "list[ResidualNetwork]") -> Any:
    """The trained networks as an ensemble."""
    from models.networks.ensemble import Ensemble

    return Ensemble(members)


def build_member(fit: FitParams, outputs: int = 1) -> "ResidualNetwork":
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

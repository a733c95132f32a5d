"""Architectures, one a file; named here, imported only when one is built (they need torch)."""

from importlib import import_module
from typing import Any

from models.params import FitParams

NETWORKS = {
    "centre": "models.networks.centre", "denoiser": "models.networks.denoiser",
    "joint": "models.networks.joint", "residual": "models.networks.residual",
    "resnet18": "models.networks.resnet18", "unet": "models.networks.unet",
}


UNCERTAINTY = "uncertainty"
"""The third output where several answers are joined, their spread; also its name on record."""


def build_network(fit: FitParams, outputs: int = 1, facts: int = 0) -> Any:
    """A new network as the parameters say: one of :func:`build_member`, or an ensemble of them.

    It gives raw outputs and features; an ensemble, or a network that answers for several views
    (:mod:`models.networks.several_views`), third, the spread between their answers.
    """
    members = [build_member(fit, outputs, facts) for _ in range(fit.ensemble)]
    return members[0] if fit.ensemble == 1 else joined_network(members)


def joined_network(members: list[Any]) -> Any:
    """The trained networks as an ensemble."""
    from models.networks.ensemble import Ensemble

    return Ensemble(members)


def build_member(fit: FitParams, outputs: int = 1, facts: int = 0) -> Any:
    """A new network of the architecture that the parameters name, its weights from torch's seed.

    outputs: raw outputs a picture, as the task has classes (:attr:`TaskParams.outputs`). facts:
    columns of clinical facts beside the picture, which the network ``joint`` alone takes.

    Raises ValueError, listing the known architectures, for any other name, and where facts and
    network do not fit.
    """
    if fit.network not in NETWORKS:
        known = ", ".join(sorted(NETWORKS))
        raise ValueError(f"unknown network {fit.network!r}; known: {known}")
    module = import_module(NETWORKS[fit.network])
    if (fit.network == "joint") != bool(facts):
        raise ValueError(f"network {fit.network!r} and {facts} columns of facts do not fit")
    network = module.build(fit, facts or outputs)
    if not fit.test_time_augmentation:
        return network
    from models.networks.several_views import SeveralViews

    return SeveralViews(network, share=fit.shift / 2)

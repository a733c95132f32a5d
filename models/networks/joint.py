"""The residual network for the picture, joined with clinical facts that may be missing: one risk.

The risk is the log of a hazard ratio. A fact is told by its standardised value, 0 where it is
missing, and by whether it is missing. What it is standardised by is learnt from the training part
and lies in the network, so that it is served with it.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.networks.residual import ResidualNetwork
from models.params import FitParams

_HIDDEN = 16


class JointNetwork(nn.Module):
    """Pictures and facts in; one raw risk each out."""

    centre: Tensor
    spread: Tensor

    def __init__(self, width: int, facts: int) -> None:
        super().__init__()
        self.picture = ResidualNetwork(width)
        self.facts = nn.Linear(2 * facts, _HIDDEN)
        self.facts_alone = nn.Linear(_HIDDEN, 1)
        self.features_given = 4 * width
        self.register_buffer("centre", torch.zeros(facts))
        self.register_buffer("spread", torch.ones(facts))

    def forward(self, pictures: Tensor, facts: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Risks (n,) and features of the pictures (n, 4 * width).

        pictures: (n, 1, side, side); facts: (n, columns), NaN where missing; None: all missing.
        """
        if facts is None:
            blank = self.centre.new_full((1, self.centre.shape[0]), float("nan"))
            facts = blank.expand(pictures.shape[0], -1)
        seen, features = self.picture(pictures)
        missing = torch.isnan(facts)
        value = torch.where(missing, self.centre, facts).sub(self.centre).div(self.spread)
        told = torch.cat((value, missing.to(value.dtype)), dim=1)
        known: Tensor = self.facts_alone(functional.relu(self.facts(told)))
        return seen + known.squeeze(1), features


def build(fit: FitParams, facts: int) -> JointNetwork:
    """A network of the width that the parameters give, for so many columns of facts."""
    network = JointNetwork(fit.width, facts)
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]

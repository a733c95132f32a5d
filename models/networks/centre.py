"""A small centre-point network: how likely each cell of a grid holds the middle of a lesion.

After Zhou et al., Objects as Points (2019): a map of how likely a lesion's centre lies in each
cell, and beside it where the centre and how large the lesion is. Built of the same blocks as the
other networks; a cell is :data:`STRIDE` pixels of the network's picture.
"""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.box_grid import CHANNELS
from models.networks.residual import ResidualBlock
from models.params import FitParams

_RARE = -4.6  # a centre in one cell of a hundred, as the log of its odds (Lin et al., ICCV 2017)


class CentreNetwork(nn.Module):
    """Pictures in; for each cell the log odds of a centre and four numbers of its box."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.stem = nn.Conv2d(1, width, 5, stride=2, padding=2, bias=False)
        self.stem_norm = nn.BatchNorm2d(width)
        widths = [width, 2 * width, 3 * width, 4 * width]
        self.down = nn.ModuleList(
            ResidualBlock(before, after)
            for before, after in pairwise(widths)
        )
        self.up = nn.ModuleList(
            ResidualBlock(below + beside, beside, stride=1)
            for below, beside in zip(widths[:1:-1], widths[-2:0:-1], strict=True)
        )
        self.last = nn.Conv2d(widths[1], widths[1], 3, padding=1, bias=False)
        self.last_norm = nn.BatchNorm2d(widths[1])
        self.head = nn.Conv2d(widths[1], CHANNELS, 1)
        self.features_given = widths[-1]
        self.head.bias = nn.Parameter(torch.tensor([_RARE] + [0.0] * (CHANNELS - 1)))

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Maps (n, 5, cells, cells) and features (n, channels) of pictures (n, 1, side, side).

        side: a multiple of 16; cells: side / 4.
        """
        layer = functional.relu(self.stem_norm(self.stem(pictures)))
        seen: list[Tensor] = []
        for block in self.down:
            layer = block(layer)
            seen.append(layer)
        features = layer.mean(dim=(2, 3))
        for block, beside in zip(self.up, seen[-2::-1], strict=True):
            larger = functional.interpolate(layer, scale_factor=2.0, mode="nearest")
            layer = block(torch.cat((larger, beside), dim=1))
        layer = functional.relu(self.last_norm(self.last(layer)))
        maps: Tensor = self.head(layer)
        return maps, features


def build(fit: FitParams, outputs: int = 1) -> CentreNetwork:
    """A network of the width that the parameters give, ready for channels-last pictures.

    Raises ValueError for more than one kind of lesion.
    """
    if outputs != 1:
        raise ValueError(f"the centre-point network marks one kind of lesion, not {outputs}")
    network = CentreNetwork(fit.width)
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]

"""A small U-Net for outlining one structure in one grey picture, or slice beside its neighbours.

After Ronneberger et al., MICCAI 2015, with batch normalisation, one addition beside each pair of
layers, and the picture's side halved four times. Widths double to four times the first.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.networks.residual import ResidualBlock
from models.params import FitParams

HALVINGS = 4


class UNet(nn.Module):
    """Pictures in; for each pixel one raw output (logit), and the features of the whole picture."""

    def __init__(self, width: int, channels: int = 1) -> None:
        super().__init__()
        widths = [width * min(2**level, 8) for level in range(HALVINGS + 1)]
        self.down = nn.ModuleList(
            ResidualBlock(before, after, stride=1)
            for before, after in zip([channels, *widths[:-1]], widths, strict=True)
        )
        self.up = nn.ModuleList(
            ResidualBlock(below + beside, beside, stride=1)
            for below, beside in zip(widths[:0:-1], widths[-2::-1], strict=True)
        )
        self.head = nn.Conv2d(widths[0], 1, 1)
        self.features_given = widths[-1]

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Logits (n, side, side) and features (n, channels) of pictures (n, 1, side, side), or
        of slices with their neighbours as further channels.

        side: a multiple of 16.
        """
        seen: list[Tensor] = []
        layer = pictures
        for number, block in enumerate(self.down):
            layer = block(layer if number == 0 else functional.max_pool2d(layer, 2))
            seen.append(layer)
        features = layer.mean(dim=(2, 3))
        for block, beside in zip(self.up, seen[-2::-1], strict=True):
            larger = functional.interpolate(layer, scale_factor=2.0, mode="nearest")
            layer = block(torch.cat((larger, beside), dim=1))
        logits: Tensor = self.head(layer)
        return logits.squeeze(1), features


def build(fit: FitParams, outputs: int = 1) -> UNet:
    """A network of the width that the parameters give, ready for channels-last pictures.

    Raises ValueError for more than one structure.
    """
    if outputs != 1:
        raise ValueError(f"the U-Net outlines one structure, not {outputs}")
    network = UNet(fit.width, 1 + 2 * fit.context)
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]

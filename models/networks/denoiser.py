"""A small network that says which part of a grey picture is noise.

After Zhang et al. (DnCNN), IEEE Trans Image Process 2017;26:3142: layers of one size, the network
learns the noise and not the picture. Without batch normalisation: what it takes away of a picture
depends on no other picture. Every other layer reads further apart, so that it sees 19 pixels a
side and more. It takes pictures of any size.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.params import FitParams

DILATIONS = (1, 1, 2, 1, 2, 1)
SMALLEST = 8
"""Pixels a side below which a picture says nothing of its noise."""


class Denoiser(nn.Module):
    """Pictures in; for each pixel the noise in it, and the features of the whole picture."""

    def __init__(self, width: int) -> None:
        super().__init__()
        counts = [1] + [width] * len(DILATIONS)
        self.layers = nn.ModuleList(
            nn.Conv2d(before, after, 3, padding=apart, dilation=apart)
            for before, after, apart in zip(counts, counts[1:], DILATIONS, strict=False)
        )
        self.head = nn.Conv2d(width, 1, 3, padding=1)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)  # type: ignore[arg-type]
        self.features_given = width

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Noise (n, rows, columns) and features (n, channels) of pictures (n, 1, rows, columns)."""
        layer = pictures
        for one in self.layers:
            layer = functional.relu(one(layer))
        noise: Tensor = self.head(layer)
        return noise.squeeze(1), layer.mean(dim=(2, 3))


def build(fit: FitParams, outputs: int = 1) -> Denoiser:
    """A network of the width that the parameters give, which takes nothing away yet.

    Raises ValueError for more than one output.
    """
    if outputs != 1:
        raise ValueError(f"the denoiser says one thing of a pixel, not {outputs}")
    network = Denoiser(fit.width)
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]

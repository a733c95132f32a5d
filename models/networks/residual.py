"""A small residual network for one grey picture, some 120,000 weights at the usual width.

After He et al., CVPR 2016 (basic blocks): a 5 x 5 layer that halves the picture, three blocks that
each halve it again, the average of every channel, one weighted sum. Small on purpose: it trains in
seconds on two CPU threads and answers in well under a millisecond.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.params import FitParams


class ResidualBlock(nn.Module):
    """Two 3 x 3 layers beside a short cut; a stride of 2 halves the picture, one of 1 keeps it."""

    def __init__(self, channels: int, out_channels: int, stride: int = 2) -> None:
        super().__init__()
        self.stride = stride
        self.first = nn.Conv2d(channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.first_norm = nn.BatchNorm2d(out_channels)
        self.second = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.second_norm = nn.BatchNorm2d(out_channels)
        self.short_cut = nn.Conv2d(channels, out_channels, 1, bias=False)

    def forward(self, pictures: Tensor) -> Tensor:
        """Pictures (n, channels, side, side) to (n, out_channels, side / stride, same)."""
        path = functional.relu(self.first_norm(self.first(pictures)))
        path = self.second_norm(self.second(path))
        beside = pictures
        if self.stride > 1:
            beside = functional.avg_pool2d(pictures, self.stride, ceil_mode=True)
        return functional.relu(path + self.short_cut(beside))


class ResidualNetwork(nn.Module):
    """Pictures in, one raw output (logit) each out, or one for each class."""

    encoder_parts = ("stem", "stem_norm", "blocks")

    def __init__(self, width: int, outputs: int = 1) -> None:
        super().__init__()
        self.features_given = 4 * width
        self.stem = nn.Conv2d(1, width, 5, stride=2, padding=2, bias=False)
        self.stem_norm = nn.BatchNorm2d(width)
        self.blocks = nn.Sequential(
            ResidualBlock(width, 2 * width),
            ResidualBlock(2 * width, 3 * width),
            ResidualBlock(3 * width, 4 * width),
        )
        self.head = nn.Linear(4 * width, outputs)

    def features(self, pictures: Tensor) -> Tensor:
        """What the network saw, before it decides: (n, 4 * width) averages of its channels."""
        first = functional.relu(self.stem_norm(self.stem(pictures)))
        seen: Tensor = self.blocks(first)
        return seen.mean(dim=(2, 3))

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Logits (n,) or (n, outputs), features (n, 4 * width) of pictures (n, 1, side, side)."""
        features = self.features(pictures)
        logits: Tensor = self.head(features)
        return (logits.squeeze(1) if self.head.out_features == 1 else logits), features


def build(fit: FitParams, outputs: int = 1) -> ResidualNetwork:
    """A network of the width that the parameters give, ready for channels-last pictures."""
    network = ResidualNetwork(fit.width, outputs)
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]

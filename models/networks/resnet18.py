"""ResNet-18 (He et al., CVPR 2016), its parts named as in public weights, for one grey picture.

Weights that others publish as safetensors or ONNX under the names of torchvision and timm
(``conv1``, ``bn1``, ``layer1`` to ``layer4``, ``fc``) are its encoder. They were learnt on three
channels; a grey picture is the same in all three, so the first layer's weights are added up over
the channels. A width of 64 is the published network, some 11 million weights; thinner ones are for
small sets.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.params import FitParams


class BasicBlock(nn.Module):
    """Two 3 x 3 layers beside a short cut, which is a layer of its own where the shape changes."""

    def __init__(self, channels: int, out_channels: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.downsample = nn.Sequential()
        if stride > 1 or channels != out_channels:
            self.downsample = nn.Sequential(
                nn.Conv2d(channels, out_channels, 1, stride=stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, pictures: Tensor) -> Tensor:
        """Pictures (n, channels, side, side) to (n, out_channels, side / stride, same)."""
        path = functional.relu(self.bn1(self.conv1(pictures)))
        return functional.relu(self.bn2(self.conv2(path)) + self.downsample(pictures))


class ResNet18(nn.Module):
    """Pictures in, one raw output (logit) each out, or one for each class."""

    encoder_parts = ("conv1", "bn1", "layer1", "layer2", "layer3", "layer4")

    def __init__(self, width: int, outputs: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, width, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.layer1 = _stage(width, width, 1)
        self.layer2 = _stage(width, 2 * width, 2)
        self.layer3 = _stage(2 * width, 4 * width, 2)
        self.layer4 = _stage(4 * width, 8 * width, 2)
        self.fc = nn.Linear(8 * width, outputs)
        self.features_given = 8 * width

    @property
    def blocks(self) -> nn.Sequential:
        """The last stage: what Grad-CAM looks into."""
        return self.layer4

    def features(self, pictures: Tensor) -> Tensor:
        """What the network saw, before it decides: (n, 8 * width) averages of its channels."""
        first = functional.relu(self.bn1(self.conv1(pictures)))
        seen: Tensor = functional.max_pool2d(first, 3, stride=2, padding=1)
        for stage in (self.layer1, self.layer2, self.layer3, self.layer4):
            seen = stage(seen)
        return seen.mean(dim=(2, 3))

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Logits (n,) or (n, outputs), features (n, 8 * width) of pictures (n, 1, side, side)."""
        features = self.features(pictures)
        logits: Tensor = self.fc(features)
        return (logits.squeeze(1) if self.fc.out_features == 1 else logits), features


def _stage(channels: int, out_channels: int, stride: int) -> nn.Sequential:
    return nn.Sequential(
        BasicBlock(channels, out_channels, stride), BasicBlock(out_channels, out_channels, 1)
    )


def build(fit: FitParams, outputs: int = 1) -> ResNet18:
    """A network of the width that the parameters give, ready for channels-last pictures."""
    network = ResNet18(fit.width, outputs)
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]

"""The report's networks written by hand, as a person writes them in PyTorch: the oracle for what cnnspec builds.

Nothing here knows cnnspec. Modules are registered in the order in which they run (in a residual block the main path
first, then its projection), so weights move to another module of the same structure by the order of ``state_dict()``.

    LeNet   AlexNet   VGG(VGG16 | VGG19)   GoogLeNet ─ Inception ─ ConvBNReLU   ResNet ─ BasicBlock | Bottleneck

All take N×1×28×28 and give N×10 logits. Quirks of the report are kept and marked with "as reported".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F  # noqa: N812 -- its name in every PyTorch program
from torch import Tensor, nn

REPORTED_PARAMETERS = {
    "lenet": 61_706,
    "alexnet": 771_130,
    "vgg16": 1_349_818,
    "vgg19": 1_792_570,
    "googlenet": 97_488,
    "resnet18": 11_521_226,
    "resnet34": 22_190_026,
    "resnet50": 37_961_674,
    "resnet101": 74_814_410,
    "resnet152": 105_168_842,
}


class LeNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, kernel_size=5, padding=2)
        self.conv2 = nn.Conv2d(6, 16, kernel_size=5)
        self.fc1 = nn.Linear(400, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = torch.flatten(x, 1)
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        logits: Tensor = self.fc3(x)
        return logits


class AlexNet(nn.Module):
    def __init__(self, dropout: float = 0.0) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 24, kernel_size=3, stride=1, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(kernel_size=2, stride=2),
            nn.LocalResponseNorm(3),
            nn.Conv2d(24, 64, kernel_size=3, stride=1, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(kernel_size=2, stride=2),
            nn.LocalResponseNorm(3),
            nn.Conv2d(64, 96, kernel_size=3, stride=1, padding=1),
            nn.ReLU(),
            nn.Conv2d(96, 96, kernel_size=3, stride=1, padding=1),
            nn.ReLU(),
            nn.Conv2d(96, 64, kernel_size=3, stride=1, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(kernel_size=2, stride=2),
        )
        self.classifier = nn.Sequential(
            nn.Dropout(dropout),
            nn.Linear(576, 512),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(512, 512),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(512, 10),
        )

    def forward(self, x: Tensor) -> Tensor:
        x = self.features(x)
        x = torch.flatten(x, 1)
        logits: Tensor = self.classifier(x)
        return logits


class VGG(nn.Module):
    """``config`` lists channels of 3×3 convolutions and, between them, pools as (kernel_size, stride, padding)."""

    def __init__(self, config: Sequence[int | tuple[int, int, int]], dropout: float = 0.0) -> None:
        super().__init__()
        self.features = self._make_features(config)
        self.classifier = nn.Sequential(
            nn.Dropout(dropout),
            nn.Linear(1152, 256),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(256, 256),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(256, 256),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(256, 10),
        )

    @staticmethod
    def _make_features(config: Sequence[int | tuple[int, int, int]]) -> nn.Sequential:
        layers: list[nn.Module] = []
        in_channels = 1
        for item in config:
            if isinstance(item, tuple):
                layers.append(nn.MaxPool2d(*item))
            else:
                layers += [nn.Conv2d(in_channels, item, kernel_size=3, padding=1), nn.ReLU()]
                in_channels = item
        return nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        x = self.features(x)
        x = torch.flatten(x, 1)
        logits: Tensor = self.classifier(x)
        return logits


# As reported: the first two pools have stride 1 and padding 1, so the map grows, 28 -> 29 -> 30.
_GROW, _HALVE = (2, 1, 1), (2, 2, 0)
VGG16_CONFIG = (16, 16, _GROW, 32, 32, _GROW, 64, 64, 64, _HALVE, 128, 128, 128, _HALVE, 128, 128, 128, _HALVE)
VGG19_CONFIG = (*VGG16_CONFIG, 128, 128, 128, (3, 1, 1))


def vgg16(dropout: float = 0.0) -> VGG:
    return VGG(VGG16_CONFIG, dropout)


def vgg19(dropout: float = 0.0) -> VGG:
    return VGG(VGG19_CONFIG, dropout)


class ConvBNReLU(nn.Module):
    """As reported: the convolution keeps its bias although BatchNorm follows."""

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int, padding: int = 0) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, kernel_size, padding=padding)
        self.bn = nn.BatchNorm2d(out_channels)
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.relu(self.bn(self.conv(x)))
        return out


class Inception(nn.Module):
    def __init__(
        self, in_channels: int, ch1x1: int, ch3x3: tuple[int, int], ch5x5: tuple[int, int], pool_proj: int
    ) -> None:
        super().__init__()
        self.branch1 = ConvBNReLU(in_channels, ch1x1, kernel_size=1)
        self.branch2 = nn.Sequential(
            ConvBNReLU(in_channels, ch3x3[0], kernel_size=1),
            ConvBNReLU(ch3x3[0], ch3x3[1], kernel_size=3, padding=1),
        )
        self.branch3 = nn.Sequential(
            ConvBNReLU(in_channels, ch5x5[0], kernel_size=1),
            ConvBNReLU(ch5x5[0], ch5x5[1], kernel_size=5, padding=2),
        )
        self.branch4 = nn.Sequential(
            nn.MaxPool2d(kernel_size=3, stride=1, padding=1),
            ConvBNReLU(in_channels, pool_proj, kernel_size=1),
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.branch1(x), self.branch2(x), self.branch3(x), self.branch4(x)], 1)


class GoogLeNet(nn.Module):
    """Without the auxiliary heads, which the report never trains."""

    def __init__(self, dropout: float = 0.0) -> None:
        super().__init__()
        self.conv1 = ConvBNReLU(1, 8, kernel_size=7, padding=3)
        self.maxpool1 = nn.MaxPool2d(kernel_size=3, stride=2, padding=1)
        self.conv2 = ConvBNReLU(8, 8, kernel_size=1)
        self.conv3 = ConvBNReLU(8, 24, kernel_size=3, padding=1)
        self.maxpool2 = nn.MaxPool2d(kernel_size=3, stride=2, padding=1)
        self.inception3a = Inception(24, 8, (12, 16), (2, 4), 4)
        self.inception3b = Inception(32, 16, (16, 24), (4, 12), 8)
        self.maxpool3 = nn.MaxPool2d(kernel_size=3, stride=2)
        self.inception4a = Inception(60, 24, (12, 26), (2, 6), 8)
        self.inception4b = Inception(64, 20, (14, 28), (3, 8), 8)
        self.inception4c = Inception(64, 16, (16, 32), (3, 8), 8)
        self.inception4d = Inception(64, 14, (18, 36), (4, 8), 8)
        self.inception4e = Inception(66, 32, (20, 40), (4, 16), 16)
        self.maxpool4 = nn.MaxPool2d(kernel_size=3, stride=2)
        self.inception5a = Inception(104, 32, (20, 40), (4, 16), 16)
        self.inception5b = Inception(104, 48, (24, 48), (6, 16), 16)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.dropout = nn.Dropout(dropout)
        self.fc = nn.Linear(128, 10)
        self.relu = nn.ReLU()  # as reported: no logit can be negative

    def forward(self, x: Tensor) -> Tensor:
        x = self.maxpool1(self.conv1(x))
        x = self.maxpool2(self.conv3(self.conv2(x)))
        x = self.maxpool3(self.inception3b(self.inception3a(x)))
        x = self.inception4c(self.inception4b(self.inception4a(x)))
        x = self.maxpool4(self.inception4e(self.inception4d(x)))
        x = self.inception5b(self.inception5a(x))
        x = torch.flatten(self.avgpool(x), 1)
        logits: Tensor = self.relu(self.fc(self.dropout(x)))
        return logits


def projection(in_channels: int, out_channels: int, stride: int) -> nn.Sequential | None:
    """The shortcut of a block that changes its map; None where the identity will do."""
    if stride == 1 and in_channels == out_channels:
        return None
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, kernel_size=1, stride=stride, bias=False),
        nn.BatchNorm2d(out_channels),
    )


class BasicBlock(nn.Module):
    expansion = 1

    def __init__(self, in_channels: int, width: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, width, kernel_size=3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU()
        self.conv2 = nn.Conv2d(width, width, kernel_size=3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample = projection(in_channels, width, stride)

    def forward(self, x: Tensor) -> Tensor:
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        identity = x if self.downsample is None else self.downsample(x)
        total: Tensor = self.relu(out + identity)
        return total


class Bottleneck(nn.Module):
    """The stride stands on the 3×3 convolution, as in torchvision."""

    expansion = 4

    def __init__(self, in_channels: int, width: int, stride: int = 1) -> None:
        super().__init__()
        out_channels = width * self.expansion
        self.conv1 = nn.Conv2d(in_channels, width, kernel_size=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, kernel_size=3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, out_channels, kernel_size=1, bias=False)
        self.bn3 = nn.BatchNorm2d(out_channels)
        self.relu = nn.ReLU()
        self.downsample = projection(in_channels, out_channels, stride)

    def forward(self, x: Tensor) -> Tensor:
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.relu(self.bn2(self.conv2(out)))
        out = self.bn3(self.conv3(out))
        identity = x if self.downsample is None else self.downsample(x)
        total: Tensor = self.relu(out + identity)
        return total


class ResNet(nn.Module):
    def __init__(self, block: type[BasicBlock | Bottleneck], depths: Sequence[int]) -> None:
        super().__init__()
        self.in_channels = 64
        self.conv1 = nn.Conv2d(1, 64, kernel_size=7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU()
        self.maxpool = nn.MaxPool2d(kernel_size=3, stride=1, padding=1)
        self.layer1 = self._make_layer(block, 64, depths[0], stride=1)
        self.layer2 = self._make_layer(block, 128, depths[1], stride=2)
        self.layer3 = self._make_layer(block, 256, depths[2], stride=2)
        self.layer4 = self._make_layer(block, 512, depths[3], stride=2)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(512 * block.expansion, 10)

    def _make_layer(self, block: type[BasicBlock | Bottleneck], width: int, depth: int, stride: int) -> nn.Sequential:
        blocks = []
        for _ in range(depth):
            # As reported: every block of a stage gets the stage's stride, not only the first.
            blocks.append(block(self.in_channels, width, stride))
            self.in_channels = width * block.expansion
        return nn.Sequential(*blocks)

    def forward(self, x: Tensor) -> Tensor:
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        x = torch.flatten(self.avgpool(x), 1)
        logits: Tensor = self.fc(x)
        return logits


def resnet18() -> ResNet:
    return ResNet(BasicBlock, [2, 2, 2, 2])


def resnet34() -> ResNet:
    return ResNet(BasicBlock, [3, 4, 6, 3])


def resnet50() -> ResNet:
    return ResNet(Bottleneck, [3, 4, 6, 3])


def resnet101() -> ResNet:
    return ResNet(Bottleneck, [3, 4, 23, 3])


def resnet152() -> ResNet:
    return ResNet(Bottleneck, [3, 8, 36, 3])


NETWORKS: dict[str, Callable[[], nn.Module]] = {
    "lenet": LeNet,
    "alexnet": AlexNet,
    "vgg16": vgg16,
    "vgg19": vgg19,
    "googlenet": GoogLeNet,
    "resnet18": resnet18,
    "resnet34": resnet34,
    "resnet50": resnet50,
    "resnet101": resnet101,
    "resnet152": resnet152,
}


def copy_weights(source: nn.Module, target: nn.Module) -> None:
    """Gives ``target`` the state of ``source``, tensor by tensor in order of registration; keys may differ."""
    theirs, ours = source.state_dict(), target.state_dict()
    pairs = list(zip(theirs.items(), ours.items(), strict=True))
    for (their_key, value), (our_key, place) in pairs:
        if value.shape != place.shape:
            raise ValueError(f"{their_key} is {tuple(value.shape)}, {our_key} is {tuple(place.shape)}")
    target.load_state_dict({our_key: value for (_, value), (our_key, _) in pairs})

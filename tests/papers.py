"""Networks of papers that torchvision has not, written by hand as a person writes them in PyTorch: an oracle.

Nothing here knows cnnspec. Modules are registered in the order in which ours have their tensors, so weights move by the
order of ``state_dict()``.

    LeNet5   VGG(table 1)   CifarResNet   UNet   Generator   Autoencoder
"""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812 -- its name in every PyTorch program
from torch import Tensor, nn

# LeCun et al. 1998, table I: for each map of C3, the maps of S2 that it takes.
TABLE_1 = (
    *((0, 1, 2), (1, 2, 3), (2, 3, 4), (3, 4, 5), (0, 4, 5), (0, 1, 5)),
    *((0, 1, 2, 3), (1, 2, 3, 4), (2, 3, 4, 5), (0, 3, 4, 5), (0, 1, 4, 5), (0, 1, 2, 5)),
    *((0, 1, 3, 4), (1, 2, 4, 5), (0, 2, 3, 5)),
    (0, 1, 2, 3, 4, 5),
)


class Subsampling(nn.Module):
    def __init__(self, maps: int) -> None:
        super().__init__()
        self.coefficient = nn.Parameter(torch.ones(maps))
        self.bias = nn.Parameter(torch.zeros(maps))

    def forward(self, x: Tensor) -> Tensor:
        total = x[:, :, ::2, ::2] + x[:, :, 1::2, ::2] + x[:, :, ::2, 1::2] + x[:, :, 1::2, 1::2]
        return torch.tanh(total * self.coefficient[:, None, None] + self.bias[:, None, None])


class LeNet5(nn.Module):
    """C3 is one small convolution for each of its maps."""

    def __init__(self) -> None:
        super().__init__()
        self.c1 = nn.Conv2d(1, 6, 5)
        self.s2 = Subsampling(6)
        self.c3 = nn.ModuleList(nn.Conv2d(len(maps), 1, 5) for maps in TABLE_1)
        self.s4 = Subsampling(16)
        self.c5 = nn.Conv2d(16, 120, 5)
        self.f6 = nn.Linear(120, 84)
        self.output = nn.Linear(84, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.s2(torch.tanh(self.c1(x)))
        x = torch.cat([conv(x[:, list(maps)]) for conv, maps in zip(self.c3, TABLE_1, strict=True)], 1)
        x = self.s4(torch.tanh(x))
        x = torch.tanh(self.c5(x)).flatten(1)
        logits: Tensor = self.output(torch.tanh(self.f6(x)))
        return logits


# Simonyan and Zisserman 2015, table 1: channels of 3×3 convolutions, 1×1 with a minus sign, poolings.
VGG = {
    "vgg_a": "64 M 128 M 256 256 M 512 512 M 512 512 M",
    "vgg_a_lrn": "64 LRN M 128 M 256 256 M 512 512 M 512 512 M",
    "vgg_b": "64 64 M 128 128 M 256 256 M 512 512 M 512 512 M",
    "vgg_c": "64 64 M 128 128 M 256 256 -256 M 512 512 -512 M 512 512 -512 M",
    "vgg_d": "64 64 M 128 128 M 256 256 256 M 512 512 512 M 512 512 512 M",
    "vgg_e": "64 64 M 128 128 M 256 256 256 256 M 512 512 512 512 M 512 512 512 512 M",
}


class ResponseNorm(nn.Module):
    """Krizhevsky et al. 2012, section 3.3: b = a / (k + α·Σ a²)^β over n = 5 channels."""

    def forward(self, x: Tensor) -> Tensor:
        padded = F.pad(x**2, (0, 0, 0, 0, 2, 2))
        total = sum(padded[:, i : i + x.shape[1]] for i in range(5))
        return x / (2 + 1e-4 * total) ** 0.75


def vgg(name: str) -> nn.Sequential:
    layers: list[nn.Module] = []
    channels = 3
    for word in VGG[name].split():
        if word == "M":
            layers.append(nn.MaxPool2d(2))
        elif word == "LRN":
            layers.append(ResponseNorm())
        else:
            size = 1 if word.startswith("-") else 3
            layers += [nn.Conv2d(channels, abs(int(word)), size, padding=size // 2), nn.ReLU()]
            channels = abs(int(word))
    head = [nn.Flatten(), nn.Linear(512 * 7 * 7, 4096), nn.ReLU(), nn.Dropout(), nn.Linear(4096, 4096), nn.ReLU()]
    return nn.Sequential(*layers, *head, nn.Dropout(), nn.Linear(4096, 1000))


class CifarBlock(nn.Module):
    """Its shortcut takes every second place, and has zeros for the channels that are new."""

    def __init__(self, channels: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.stride, self.more = stride, width - channels

    def forward(self, x: Tensor) -> Tensor:
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        shortcut = F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, 0, self.more))
        return F.relu(y + shortcut)


class CifarResNet(nn.Module):
    def __init__(self, n: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        widths = [16] * (n + 1) + [32] * n + [64] * n
        strides = [1] * n + [2] + [1] * (n - 1) + [2] + [1] * (n - 1)
        self.blocks = nn.Sequential(*map(CifarBlock, widths, widths[1:], strides))
        self.fc = nn.Linear(64, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.blocks(F.relu(self.bn1(self.conv1(x))))
        logits: Tensor = self.fc(x.mean((2, 3)))
        return logits


def double_conv(channels: int, width: int, padding: int) -> nn.Sequential:
    first, second = nn.Conv2d(channels, width, 3, padding=padding), nn.Conv2d(width, width, 3, padding=padding)
    return nn.Sequential(first, nn.ReLU(), second, nn.ReLU())


class UNet(nn.Module):
    def __init__(self, padding: int) -> None:
        super().__init__()
        widths = [64, 128, 256, 512, 1024]
        self.down = nn.ModuleList(double_conv(*pair, padding) for pair in zip([1, *widths], widths, strict=False))
        self.up = nn.ModuleList(
            nn.ModuleList([nn.ConvTranspose2d(2 * width, width, 2, stride=2), double_conv(2 * width, width, padding)])
            for width in reversed(widths[:-1])
        )
        self.classifier = nn.Conv2d(64, 2, 1)
        self.dropout = nn.Dropout()

    def forward(self, x: Tensor) -> Tensor:
        kept = []
        for level, stage in enumerate(self.down):
            x = stage(x if level == 0 else F.max_pool2d(x, 2))
            x = self.dropout(x) if level >= 3 else x
            kept.append(x)
        for (up, stage), skip in zip(self.up, kept[-2::-1], strict=True):
            x = up(x)
            cut = (skip.shape[2] - x.shape[2]) // 2
            x = stage(torch.cat([skip[:, :, cut : cut + x.shape[2], cut : cut + x.shape[3]], x], 1))
        scores: Tensor = self.classifier(x)
        return scores


def generator() -> nn.Sequential:
    layers: list[nn.Module] = []
    for channels, width in ((100, 1024), (1024, 512), (512, 256), (256, 128)):
        stride, padding = (1, 0) if channels == 100 else (2, 1)
        conv = nn.ConvTranspose2d(channels, width, 4, stride, padding, bias=False)
        layers += [conv, nn.BatchNorm2d(width), nn.ReLU()]
    return nn.Sequential(
        nn.Unflatten(1, (100, 1, 1)), *layers, nn.ConvTranspose2d(128, 3, 4, 2, 1, bias=False), nn.Tanh()
    )


class Residual(nn.Module):
    """Two convolutions with their norms, and a projection: down with a stride, or up with a transposed one."""

    def __init__(self, channels: int, width: int, *, up: bool) -> None:
        super().__init__()
        self.conv1 = (
            nn.ConvTranspose2d(channels, width, 4, 2, 1, bias=False)
            if up
            else nn.Conv2d(channels, width, 3, 2, 1, bias=False)
        )
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.project = nn.Conv2d(channels, width, 1, 1 if up else 2, bias=False)
        self.bn3 = nn.BatchNorm2d(width)
        self.up = up

    def forward(self, x: Tensor) -> Tensor:
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        shortcut = x.repeat_interleave(2, 2).repeat_interleave(2, 3) if self.up else x
        return F.relu(y + self.bn3(self.project(shortcut)))


class Autoencoder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(1, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU())
        self.down = nn.Sequential(Residual(16, 32, up=False), Residual(32, 64, up=False))
        self.code = nn.Linear(64 * 7 * 7, 32)
        self.grow = nn.Linear(32, 64 * 7 * 7)
        self.up = nn.Sequential(Residual(64, 32, up=True), Residual(32, 16, up=True))
        self.image = nn.Conv2d(16, 1, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        code = self.code(self.down(self.stem(x)).flatten(1))
        return torch.sigmoid(self.image(self.up(self.grow(code).view(-1, 64, 7, 7))))

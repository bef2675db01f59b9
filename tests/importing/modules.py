"""Networks as people write them: by hand, in many styles. Each takes 3×32×32 where nothing else is said."""

from __future__ import annotations

from collections import OrderedDict

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn


class Plain(nn.Module):
    """Layers as attributes, functions between them."""

    def __init__(self, num_classes: int = 10) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 6, 5)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(16 * 5 * 5, 120)
        self.fc2 = nn.Linear(120, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), (2, 2))
        x = x.view(x.size(0), -1)
        x = F.dropout(F.relu(self.fc1(x)), 0.3, self.training)
        return self.fc2(x)


class PreAct(nn.Module):
    """A pre-activation block whose shortcut is an empty Sequential where nothing changes."""

    def __init__(self, in_planes: int, planes: int, stride: int = 1) -> None:
        super().__init__()
        self.bn1 = nn.BatchNorm2d(in_planes)
        self.conv1 = nn.Conv2d(in_planes, planes, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, 3, 1, 1, bias=False)
        self.shortcut = nn.Sequential()
        if stride != 1 or in_planes != planes:
            self.shortcut = nn.Sequential(nn.Conv2d(in_planes, planes, 1, stride, bias=False))

    def forward(self, x: Tensor) -> Tensor:
        out = self.conv1(F.relu(self.bn1(x)))
        out = self.conv2(F.relu(self.bn2(out)))
        out += self.shortcut(x)
        return out


class Residual(nn.Module):
    """Stages that a method makes."""

    def __init__(self, depths: tuple[int, ...] = (2, 3), num_classes: int = 10) -> None:
        super().__init__()
        self.in_planes = 8
        self.stem = nn.Conv2d(3, 8, 3, padding=1)
        self.layer1 = self.stage(8, depths[0], 1)
        self.layer2 = self.stage(16, depths[1], 2)
        self.head = nn.Linear(16, num_classes)

    def stage(self, planes: int, depth: int, stride: int) -> nn.Sequential:
        blocks = []
        for number in range(depth):
            blocks.append(PreAct(self.in_planes, planes, stride if number == 0 else 1))
            self.in_planes = planes
        return nn.Sequential(*blocks)

    def forward(self, x: Tensor) -> Tensor:
        x = self.layer2(self.layer1(self.stem(x)))
        return self.head(x.mean([2, 3]))


class DoubleConv(nn.Module):
    def __init__(self, inc: int, out: int) -> None:
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(inc, out, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(out, out, 3, padding=1),
            nn.ReLU(inplace=True),
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.net(x)


class Up(nn.Module):
    """Takes two tensors: what comes from below, and what skipped over."""

    def __init__(self, inc: int, out: int) -> None:
        super().__init__()
        self.up = nn.ConvTranspose2d(inc, out, 2, stride=2)
        self.conv = DoubleConv(2 * out, out)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        x = self.up(x)
        return self.conv(torch.cat([skip, x], dim=1))


class UNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.inc = DoubleConv(3, 8)
        self.down1 = nn.Sequential(nn.MaxPool2d(2), DoubleConv(8, 16))
        self.down2 = nn.Sequential(nn.MaxPool2d(2), DoubleConv(16, 32))
        self.down3 = nn.Sequential(nn.MaxPool2d(2), DoubleConv(32, 64))
        self.up1 = Up(64, 32)
        self.up2 = Up(32, 16)
        self.up3 = Up(16, 8)
        self.outc = nn.Conv2d(8, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        x1 = self.inc(x)
        x2 = self.down1(x1)
        x3 = self.down2(x2)
        x4 = self.down3(x3)
        x = self.up1(x4, x3)
        x = self.up2(x, x2)
        x = self.up3(x, x1)
        return self.outc(x)


class FlatUNet(nn.Module):
    """A U-Net in one forward, with bilinear upsampling."""

    def __init__(self) -> None:
        super().__init__()
        self.enc1 = nn.Conv2d(3, 8, 3, padding=1)
        self.enc2 = nn.Conv2d(8, 16, 3, padding=1)
        self.enc3 = nn.Conv2d(16, 32, 3, padding=1)
        self.dec2 = nn.Conv2d(48, 16, 3, padding=1)
        self.dec1 = nn.Conv2d(24, 8, 3, padding=1)
        self.last = nn.Conv2d(8, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        e1 = torch.relu(self.enc1(x))
        e2 = torch.relu(self.enc2(F.max_pool2d(e1, 2)))
        e3 = torch.relu(self.enc3(F.max_pool2d(e2, 2)))
        d2 = F.interpolate(e3, scale_factor=2, mode="bilinear", align_corners=False)
        d2 = self.dec2(torch.cat((d2, e2), 1)).relu()
        d1 = F.interpolate(d2, size=(32, 32), mode="nearest")
        d1 = self.dec1(torch.cat((d1, e1), 1)).relu()
        return torch.sigmoid(self.last(d1))


class Encoder(nn.Module):
    """Gives what it made and what it was before the pooling."""

    def __init__(self, inc: int, out: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inc, out, 3, padding=1)
        self.pool = nn.MaxPool2d(2)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        skip = self.conv(x).relu()
        return self.pool(skip), skip


class TwoOutputsInside(nn.Module):
    """A module that returns a pair; the second is used far below."""

    def __init__(self) -> None:
        super().__init__()
        self.down = Encoder(3, 8)
        self.middle = nn.Conv2d(8, 8, 3, padding=1)
        self.up = nn.ConvTranspose2d(8, 8, 2, stride=2)
        self.out = nn.Conv2d(16, 4, 1)

    def forward(self, x: Tensor) -> Tensor:
        x, skip = self.down(x)
        x = self.up(self.middle(x))
        return self.out(torch.cat([x, skip], 1))


class ListLoop(nn.Module):
    """Modules in a list, with functions between them."""

    def __init__(self, depth: int = 4) -> None:
        super().__init__()
        self.convs = nn.ModuleList(nn.Conv2d(3 if i == 0 else 8, 8, 3, padding=1) for i in range(depth))
        self.norms = nn.ModuleList(nn.BatchNorm2d(8) for _ in range(depth))
        self.head = nn.Conv2d(8, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        for conv in self.convs:
            x = F.relu(conv(x))
        return self.head(x)


class OneList(nn.Module):
    """A list whose layers add to what they get."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 1)
        self.layers = nn.ModuleList(nn.Conv2d(8, 8, 3, padding=1) for _ in range(3))
        self.head = nn.Linear(8, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        for layer in self.layers:
            x = x + F.gelu(layer(x))
        return self.head(F.adaptive_avg_pool2d(x, 1).flatten(1))


class Branches(nn.Module):
    """A dict of modules, all on the same tensor."""

    def __init__(self) -> None:
        super().__init__()
        self.branches = nn.ModuleDict(
            OrderedDict(narrow=nn.Conv2d(3, 4, 1), wide=nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4)))
        )
        self.fuse = nn.Conv2d(8, 8, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.fuse(torch.cat([branch(x) for branch in self.branches.values()], dim=1))


class Swish(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x * torch.sigmoid(x)


class Gate(nn.Module):
    """Squeeze and excitation with linear layers."""

    def __init__(self, channels: int, reduction: int = 4) -> None:
        super().__init__()
        self.fc = nn.Sequential(
            nn.Linear(channels, channels // reduction),
            nn.ReLU(),
            nn.Linear(channels // reduction, channels),
            nn.Sigmoid(),
        )

    def forward(self, x: Tensor) -> Tensor:
        b, c, _, _ = x.size()
        y = x.mean(dim=(2, 3))
        y = self.fc(y).view(b, c, 1, 1)
        return x * y


class Gated(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(3, 8, 3, padding=1), Swish(), Gate(8), nn.Conv2d(8, 16, 3, 2, 1), Swish(), Gate(16), Swish()
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.body(x)


class Conv2dSame(nn.Conv2d):
    """A convolution that pads by itself."""

    def forward(self, x: Tensor) -> Tensor:
        x = F.pad(x, (0, 1, 0, 1))
        return F.conv2d(x, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups)


class OwnLayers(nn.Module):
    """Subclasses of torch's layers: one that does more, one that does the same."""

    class Quiet(nn.Linear):
        """Only initialises otherwise."""

        def reset_parameters(self) -> None:
            nn.init.zeros_(self.weight)

    def __init__(self) -> None:
        super().__init__()
        self.conv = Conv2dSame(3, 8, 3, stride=2)
        self.act = nn.PReLU(8)
        self.fc = self.Quiet(8, 4)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.act(self.conv(x)).amax((2, 3)))


class Shuffle(nn.Module):
    """Channels split, changed and dealt out anew by hand."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 1)
        self.conv = nn.Conv2d(4, 4, 3, padding=1, groups=4)

    def forward(self, x: Tensor) -> Tensor:
        a, b = self.stem(x).split(4, dim=1)
        x = torch.cat((a, self.conv(b)), 1)
        n, c, h, w = x.shape
        x = x.view(n, 2, c // 2, h, w).transpose(1, 2).contiguous().view(n, -1, h, w)
        return x[:, 2:6] + x[:, :4]


class Nested(nn.Module):
    """Containers in containers, some of which nobody calls."""

    def __init__(self) -> None:
        super().__init__()
        self.trunk = nn.Module()
        self.trunk.stem = nn.Conv2d(3, 8, 3, padding=1)
        self.trunk.blocks = nn.ModuleList([nn.ModuleList([nn.Conv2d(8, 8, 1), nn.BatchNorm2d(8)]) for _ in range(2)])
        self.head = nn.ModuleDict({"pool": nn.AdaptiveAvgPool2d((1, 1)), "fc": nn.Linear(8, 3)})

    def forward(self, x: Tensor) -> Tensor:
        x = self.trunk.stem(x)
        for conv, norm in self.trunk.blocks:
            x = norm(conv(x))
        return self.head["fc"](self.head["pool"](x).squeeze(-1).squeeze(-1))


class ByShape(nn.Module):
    """Control flow by shapes and settings, which a spec needs not know of."""

    def __init__(self, depth: int = 3, wide: bool = True) -> None:
        super().__init__()
        self.depth = depth
        self.convs = nn.ModuleList([nn.Conv2d(3 if i == 0 else 4, 4, 3) for i in range(depth)])
        self.extra = nn.Conv2d(4, 4, 1) if wide else None

    def forward(self, x: Tensor) -> Tensor:
        assert x.dim() == 4, "a batch"
        for i in range(self.depth):
            x = self.convs[i](x)
            if x.shape[-1] > 28:
                x = F.max_pool2d(x, 2)
        if self.extra is not None:
            x = self.extra(x)
        return torch.flatten(x, 1)


class Attention2d(nn.Module):
    """Spatial attention: one map of factors for all channels."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, padding=1)
        self.mask = nn.Conv2d(8, 1, 7, padding=3)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        return x * torch.sigmoid(self.mask(x)) + x


class Scaled(nn.Module):
    """Blocks with a parameter of their own."""

    class Block(nn.Module):
        def __init__(self, dim: int) -> None:
            super().__init__()
            self.gamma = nn.Parameter(torch.full((dim, 1, 1), 0.1))
            self.dw = nn.Conv2d(dim, dim, 3, padding=1, groups=dim)
            self.norm = nn.GroupNorm(2, dim)

        def forward(self, x: Tensor) -> Tensor:
            return x + self.gamma * self.norm(self.dw(x))

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 4, 4)
        self.blocks = nn.Sequential(*(self.Block(8) for _ in range(3)))

    def forward(self, x: Tensor) -> Tensor:
        return self.blocks(self.stem(x))


def mobilenet(width: int = 8) -> nn.Sequential:
    """MobileNet by functions: plain sequences, repeated."""

    def depthwise(inp: int, oup: int, stride: int) -> nn.Sequential:
        return nn.Sequential(
            nn.Conv2d(inp, inp, 3, stride, 1, groups=inp, bias=False),
            nn.BatchNorm2d(inp),
            nn.ReLU(inplace=True),
            nn.Conv2d(inp, oup, 1, bias=False),
            nn.BatchNorm2d(oup),
            nn.ReLU(inplace=True),
        )

    return nn.Sequential(
        nn.Sequential(nn.Conv2d(3, width, 3, 2, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU(inplace=True)),
        depthwise(width, 2 * width, 1),
        depthwise(2 * width, 4 * width, 2),
        depthwise(4 * width, 4 * width, 1),
        depthwise(4 * width, 8 * width, 2),
        *(depthwise(8 * width, 8 * width, 1) for _ in range(3)),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(8 * width, 10),
    )


class Dense(nn.Module):
    """Each layer takes all before it, in one loop."""

    def __init__(self, depth: int = 4, growth: int = 4) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, padding=1)
        self.layers = nn.ModuleList(nn.Conv2d(8 + i * growth, growth, 3, padding=1) for i in range(depth))

    def forward(self, x: Tensor) -> Tensor:
        features = [self.stem(x)]
        for layer in self.layers:
            features.append(torch.relu(layer(torch.cat(features, 1))))
        return torch.cat(features, 1)


class Pyramid(nn.Module):
    """Paths that cross: no join of parallel paths says it."""

    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Conv2d(3, 8, 3, 2, 1)
        self.b = nn.Conv2d(8, 8, 3, 2, 1)
        self.la = nn.Conv2d(8, 4, 1)
        self.lb = nn.Conv2d(8, 4, 1)
        self.out = nn.Conv2d(4, 4, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        a = self.a(x)
        b = self.b(a)
        pb = self.lb(b)
        pa = self.la(a) + F.interpolate(pb, scale_factor=2)
        return self.out(F.max_pool2d(pa, 2) + pb)


class Lazy(nn.Module):
    """Layers that learn their inputs' sizes when they first run."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.LazyConv2d(4, 3)
        self.fc = nn.LazyLinear(3)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.conv(x).flatten(1))


class Siamese(nn.Module):
    """One tower for two images."""

    def __init__(self) -> None:
        super().__init__()
        self.tower = nn.Sequential(nn.Conv2d(1, 8, 3, 2, 1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.out = nn.Linear(16, 2)

    def forward(self, left: Tensor, right: Tensor) -> Tensor:
        return self.out(torch.cat([self.tower(left), self.tower(right)], 1))


class Again(nn.Module):
    """The same layers again and again."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 1)
        self.conv = nn.Conv2d(8, 8, 3, padding=1)
        self.bn = nn.BatchNorm2d(8)
        self.out = nn.Conv2d(8, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        for _ in range(3):
            x = F.relu(self.bn(self.conv(x)))
        return self.out(x)


class Levels(nn.Module):
    """Gives maps of several sizes by name."""

    def __init__(self) -> None:
        super().__init__()
        self.c1 = nn.Conv2d(3, 8, 3, 2, 1)
        self.c2 = nn.Conv2d(8, 16, 3, 2, 1)
        self.head = nn.Conv2d(8, 4, 3, padding=1)

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        fine = self.c1(x)
        coarse = self.c2(fine)
        return {"fine": self.head(fine), "coarse": coarse}


class Headed(nn.Module):
    """A head that only training runs, which gives its output beside the network's own."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1), nn.BatchNorm2d(8), nn.ReLU())
        self.side = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 5))
        self.body = nn.Conv2d(8, 8, 3, 2, 1)
        self.fc = nn.Linear(8, 5)

    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        x = self.stem(x)
        side = self.side(x) if self.training else None
        x = self.fc(self.body(x).mean((2, 3)))
        return x if side is None else (x, side)


class Noisy(nn.Module):
    """Does more in training than a spec says."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, x: Tensor) -> Tensor:
        if self.training:
            x = x + torch.randn_like(x)
        return self.conv(x)


class Leaf(nn.Module):
    def __init__(self, inc: int, out: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inc, out, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x).relu()


class Tree(nn.Module):
    """A class that holds copies of itself: one block for each level."""

    class Node(nn.Module):
        def __init__(self, depth: int, inc: int, out: int) -> None:
            super().__init__()
            make = Leaf if depth == 1 else lambda i, o: Tree.Node(depth - 1, i, o)
            self.near, self.far = make(inc, out), make(out, out)
            self.join = nn.Conv2d(2 * out, out, 1)

        def forward(self, x: Tensor) -> Tensor:
            near = self.near(x)
            return self.join(torch.cat([near, self.far(near)], 1))

    def __init__(self) -> None:
        super().__init__()
        self.low = Tree.Node(1, 3, 4)
        self.high = Tree.Node(3, 4, 8)

    def forward(self, x: Tensor) -> Tensor:
        return self.high(self.low(x))


class Around(nn.Module):
    """Classes that hold each other, in both orders."""

    class Beside(nn.Module):
        def __init__(self, *branches: nn.Module) -> None:
            super().__init__()
            self.branches = nn.ModuleList(branches)

        def forward(self, x: Tensor) -> Tensor:
            return torch.cat([branch(x) for branch in self.branches], 1)

    class Mixed(nn.Module):
        def __init__(self, inner: nn.Module, inc: int, out: int) -> None:
            super().__init__()
            self.inner, self.norm, self.mix = inner, nn.BatchNorm2d(inc), nn.Conv2d(inc, out, 1)

        def forward(self, x: Tensor) -> Tensor:
            return self.mix(self.norm(self.inner(x))).relu()

    def __init__(self) -> None:
        super().__init__()
        pair = self.Beside(nn.Conv2d(3, 4, 1), nn.Conv2d(3, 4, 3, padding=1))
        self.first = self.Beside(nn.Conv2d(3, 8, 1), self.Mixed(pair, 8, 8))
        inner = self.Mixed(nn.Conv2d(16, 8, 1), 8, 8)
        self.second = self.Mixed(self.Beside(inner, nn.Conv2d(16, 8, 1)), 16, 4)

    def forward(self, x: Tensor) -> Tensor:
        return self.second(self.first(x))


class SkipInSkip(nn.Module):
    """A U-Net of skips in skips, in containers of torch."""

    class Skip(nn.Module):
        def __init__(self, inner: nn.Module) -> None:
            super().__init__()
            self.inner = inner

        def forward(self, x: Tensor) -> Tensor:
            return torch.cat((x, self.inner(x)), 1)

    def __init__(self) -> None:
        super().__init__()
        inner: nn.Module = nn.Conv2d(16, 16, 3, padding=1)
        for width in (8, 4):
            down = nn.Conv2d(width, 2 * width, 3, 2, 1)
            inner = nn.Sequential(down, self.Skip(inner), nn.ConvTranspose2d(4 * width, width, 2, 2))
        self.stem, self.body = nn.Conv2d(3, 4, 1), inner

    def forward(self, x: Tensor) -> Tensor:
        return self.body(self.stem(x))


class Doubled(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return F.interpolate(x, scale_factor=2)


class WeightlessLists(nn.Module):
    """Lists whose members have no weights: one walked by hand, one with nothing between its members."""

    def __init__(self) -> None:
        super().__init__()
        self.ups = nn.ModuleList([Doubled(), Doubled()])
        self.downs = nn.ModuleList([nn.MaxPool2d(2), nn.AvgPool2d(2)])
        self.one, self.two = nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(4, 4, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.two(self.ups[0](self.one(x)))
        return self.downs[1](self.downs[0](torch.tanh(self.ups[1](x))))


class InStep(nn.Module):
    """A list of layers and one of modules without weights, walked together."""

    class Halved(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return F.max_pool2d(x, 2).relu()

    def __init__(self) -> None:
        super().__init__()
        self.halves = nn.ModuleList(self.Halved() for _ in range(3))
        self.convs = nn.ModuleList(nn.Conv2d(3 if i == 0 else 8, 8, 3, padding=1) for i in range(3))

    def forward(self, x: Tensor) -> Tensor:
        for half, conv in zip(self.halves, self.convs, strict=True):
            x = half(conv(x))
        return x


class Pieces(nn.Module):
    """A list each member of which goes on from the last piece; all pieces are joined. Copies differ in depth."""

    class Cell(nn.Module):
        def __init__(self, inc: int, out: int, depth: int) -> None:
            super().__init__()
            half = out // 2
            self.enter = nn.Conv2d(inc, out, 1)
            self.steps = nn.ModuleList(nn.Conv2d(half, half, 3, padding=1) for _ in range(depth))
            self.leave = nn.Conv2d((2 + depth) * half, out, 1)

        def forward(self, x: Tensor) -> Tensor:
            pieces = [*self.enter(x).chunk(2, 1)]
            for step in self.steps:
                pieces.append(step(pieces[-1]))
            return self.leave(torch.cat(pieces, 1))

    def __init__(self) -> None:
        super().__init__()
        self.cells = nn.Sequential(self.Cell(3, 8, 1), self.Cell(8, 16, 2), self.Cell(16, 8, 2))

    def forward(self, x: Tensor) -> Tensor:
        return self.cells(x)


class TwoPaths(nn.Module):
    """A projection that only some copies have, whose output is read twice further down."""

    class Cell(nn.Module):
        def __init__(self, inc: int, more: int, *, widen: bool) -> None:
            super().__init__()
            self.widen = nn.Conv2d(inc, 8 + 2 * more, 1) if widen else None
            self.conv = nn.Conv2d(inc, 8 + more, 3, padding=1)

        def forward(self, x: Tensor) -> Tensor:
            side = x if self.widen is None else self.widen(x)
            y = self.conv(x)
            return torch.cat([side[:, :8] + y[:, :8], side[:, 8:], y[:, 8:]], 1)

    def __init__(self) -> None:
        super().__init__()
        self.cells = nn.Sequential(
            self.Cell(3, 4, widen=True), self.Cell(20, 4, widen=False), self.Cell(24, 4, widen=False)
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.cells(x)


class FirstChannels(nn.Module):
    """A residual over the first channels alone, where there is one at all."""

    class Block(nn.Module):
        def __init__(self, inc: int, out: int, stride: int) -> None:
            super().__init__()
            self.conv, self.norm = nn.Conv2d(inc, out, 3, stride, 1, bias=False), nn.BatchNorm2d(out)
            self.kept = inc if stride == 1 and inc <= out else None

        def forward(self, x: Tensor) -> Tensor:
            y = self.norm(self.conv(x))
            return y if self.kept is None else torch.cat([y[:, : self.kept] + x, y[:, self.kept :]], 1)

    def __init__(self) -> None:
        super().__init__()
        sizes = [(3, 8, 2), (8, 12, 1), (12, 12, 1), (12, 20, 2)]
        self.blocks = nn.Sequential(*(self.Block(*size) for size in sizes))

    def forward(self, x: Tensor) -> Tensor:
        return self.blocks(x)


class Underscored(nn.Module):
    """Attributes that begin with `_`, as their author means them to be private."""

    def __init__(self) -> None:
        super().__init__()
        self._stem = nn.Conv2d(3, 4, 3)
        self._blocks = nn.ModuleList([Leaf(4, 4), Leaf(4, 4)])

    def forward(self, x: Tensor) -> Tensor:
        x = self._stem(x).relu()
        for block in self._blocks:
            x = block(x)
        return x


class SharedInBlocks(nn.Module):
    """A module that each of two blocks calls twice."""

    class Cascade(nn.Module):
        def __init__(self, channels: int) -> None:
            super().__init__()
            self.step = nn.Sequential(nn.Conv2d(channels, channels, 3, padding=1), nn.ReLU())
            self.mix = nn.Conv2d(2 * channels, channels, 1)

        def forward(self, x: Tensor) -> Tensor:
            once = self.step(x)
            return self.mix(torch.cat([once, self.step(once)], 1))

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.one, self.two = nn.Conv2d(3, 4, 1), self.Cascade(4), self.Cascade(4)

    def forward(self, x: Tensor) -> Tensor:
        return self.two(self.one(self.stem(x)))


class Identities(nn.Module):
    """Modules that do nothing: none is written but the one that keeps a number of a sequence."""

    class NormAct(nn.BatchNorm2d):
        def __init__(self, channels: int) -> None:
            super().__init__(channels)
            self.drop, self.act = nn.Identity(), nn.ReLU()

        def forward(self, x: Tensor) -> Tensor:
            return self.act(self.drop(super().forward(x)))

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm, self.drop_path = nn.Conv2d(3, 4, 3), self.NormAct(4), nn.Identity()
        self.tail = nn.Sequential(nn.Conv2d(4, 4, 1), nn.Identity(), nn.Conv2d(4, 4, 1), nn.Identity())

    def forward(self, x: Tensor) -> Tensor:
        return self.tail(self.drop_path(self.norm(self.conv(x))))


class SometimesResidual(nn.Module):
    """Blocks some of which add their input; others pad in their middle."""

    class Block(nn.Module):
        def __init__(self, inc: int, out: int, stride: int) -> None:
            super().__init__()
            self.expand, self.norm1 = nn.Conv2d(inc, 2 * inc, 1, bias=False), nn.BatchNorm2d(2 * inc)
            self.depth = nn.Conv2d(2 * inc, 2 * inc, 3, stride, 2 - stride, groups=2 * inc, bias=False)
            self.project, self.norm2 = nn.Conv2d(2 * inc, out, 1, bias=False), nn.BatchNorm2d(out)
            self.stride, self.adds = stride, stride == 1 and inc == out

        def forward(self, x: Tensor) -> Tensor:
            y = F.relu6(self.norm1(self.expand(x)))
            if self.stride == 2:
                y = F.pad(y, (0, 1, 0, 1))
            y = self.norm2(self.project(self.depth(y)))
            return x + y if self.adds else y

    def __init__(self) -> None:
        super().__init__()
        sizes = [(3, 4, 2), (4, 4, 1), (4, 4, 1), (4, 8, 1), (8, 12, 2), (12, 12, 1)]
        self.blocks = nn.Sequential(*(self.Block(*size) for size in sizes))

    def forward(self, x: Tensor) -> Tensor:
        return self.blocks(x)


class Hides(nn.Module):
    """A scope in which a line has the name of one around it, and takes the output of both."""

    class Root(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.step, self.join = nn.Conv2d(4, 4, 3, padding=1), nn.Conv2d(12, 4, 1)

        def forward(self, x: Tensor, *others: Tensor) -> Tensor:
            step = self.step(x).relu()
            return self.join(torch.cat([step, *others], 1)) + step

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.step, self.root = nn.Conv2d(3, 4, 1), nn.Conv2d(4, 4, 1), self.Root()

    def forward(self, x: Tensor) -> Tensor:
        stem = self.stem(x)
        step = self.step(stem)
        return self.root(torch.tanh(step), stem, step)


class SizeOfInput(nn.Module):
    """Computes paddings and a size from the size of its input: another network at other sizes, which a note says."""

    def __init__(self) -> None:
        super().__init__()
        self.down, self.out = nn.Conv2d(3, 4, 3, 2), nn.Conv2d(4, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[-2:]
        y = F.pad(x, (0, 1 - width % 2, 0, 1 - height % 2))
        return F.interpolate(self.out(self.down(y)), size=(height, width), mode="bilinear")


class OneAhead(nn.Module):
    """Attention to channels by a convolution along them: sizes of 1 come and go, and factors are expanded."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.along = nn.Conv2d(3, 8, 3, padding=1), nn.Conv1d(1, 1, 3, padding=1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        y = self.along(x.mean((2, 3)).view(x.shape[0], 1, -1)).sigmoid()
        return x * y.view(x.shape[0], -1, 1, 1).expand_as(x)


class OddNames(nn.Module):
    """Inputs and outputs with names that lines have, or that no line can have."""

    def __init__(self) -> None:
        super().__init__()
        self.mask, self.out = nn.Conv2d(1, 4, 1), nn.Conv2d(4, 4, 1)

    def forward(self, image: Tensor, mask: Tensor) -> dict[str, Tensor]:
        x = self.mask(image) * mask
        return {"in": x, "at 1/1": self.out(x)}


class SideBySide(nn.Module):
    """Layers of a list that all take the same tensor; one output is taken twice."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 4, 1)
        self.sides = nn.ModuleList(nn.Conv2d(4, 4, 3, padding=1) for _ in range(4))

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        sides = [side(x) for side in self.sides]
        return torch.cat([*sides, sides[0]], 1)


class SometimesActive(nn.Module):
    """Sequences that end with an activation in some copies."""

    class Ghost(nn.Module):
        def __init__(self, inc: int, out: int, *, last: bool) -> None:
            super().__init__()
            acts = [] if last else [nn.ReLU()]
            self.first = nn.Sequential(nn.Conv2d(inc, out, 1, bias=False), nn.BatchNorm2d(out), *acts)
            self.cheap = nn.Sequential(nn.Conv2d(out, out, 3, 1, 1, groups=out, bias=False), nn.BatchNorm2d(out), *acts)

        def forward(self, x: Tensor) -> Tensor:
            x = self.first(x)
            return torch.cat([x, self.cheap(x)], 1)

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = self.Ghost(3, 4, last=False), self.Ghost(8, 8, last=False)
        self.three = self.Ghost(16, 4, last=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.three(self.two(self.one(x)))


class NegatedFlag(nn.Module):
    """A setting of the constructor that takes something away."""

    class Block(nn.Module):
        def __init__(self, channels: int, *, plain: bool = False) -> None:
            super().__init__()
            self.conv, self.plain = nn.Conv2d(channels, channels, 3, padding=1), plain
            self.gate = None if plain else nn.Conv2d(channels, channels, 1)

        def forward(self, x: Tensor) -> Tensor:
            y = self.conv(x).relu()
            return y if self.gate is None else y * torch.sigmoid(self.gate(y))

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 4, 1)
        self.blocks = nn.Sequential(self.Block(4), self.Block(4, plain=True), self.Block(4))

    def forward(self, x: Tensor) -> Tensor:
        return self.blocks(self.stem(x))

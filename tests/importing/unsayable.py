"""Networks that a spec cannot say. What is told of each stands in a golden file beside this one."""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn


class ByValue(nn.Module):
    """Decides by the numbers in a tensor, twice."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        if x.mean() > 0:
            x = torch.relu(x)
        scale = float(x.max())
        return x if scale > 1 else self.conv(x[:, :3])


class Functions(nn.Module):
    """Calls that no layer does, each told where it stands; what follows from them is not."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, padding=1)
        self.mix = nn.Conv2d(8, 8, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x) * 0.5
        x = torch.relu(x) + 1
        y = torch.fft.fft2(x).real
        z = self.mix(x - x.mean(dim=1, keepdim=True))
        return torch.cat([y, z], dim=2)


class Modules(nn.Module):
    """Modules of torch that no layer is."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(3, 8, 4, 4), nn.ReLU())
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)
        self.fold = nn.Unfold(2)

    def forward(self, x: Tensor) -> Tensor:
        x = self.features(x).flatten(2).transpose(1, 2)
        y, _ = self.attention(x, x, x)
        return self.fold(y)


class Computed(nn.Module):
    """Weights that are worked out before they are used, and ones of other names."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(8, 3, 3, 3))
        self.gain = nn.Parameter(torch.ones(1))
        self.kernel = nn.Parameter(torch.randn(8, 8, 1, 1))
        self.register_buffer("mean", torch.zeros(3, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.mean
        x = F.conv2d(x, self.weight * self.gain)
        return F.conv2d(x, self.kernel)


class Drops(nn.Module):
    """A dropout that also drops in evaluation."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(3 * 32 * 32, 10)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(F.dropout(x.flatten(1)))


class Mixes(nn.Module):
    """A view that mixes the images of a batch."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(32 * 32, 10)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(x.view(-1, 32 * 32))


class Skips(nn.Module):
    """A list whose members hand on tensors from its middle."""

    def __init__(self) -> None:
        super().__init__()
        self.down = nn.ModuleList([nn.Conv2d(3, 8, 3, 2, 1), nn.Conv2d(8, 8, 3, 2, 1)])
        self.up = nn.ModuleList([nn.ConvTranspose2d(8, 8, 2, 2), nn.ConvTranspose2d(16, 8, 2, 2)])

    def forward(self, x: Tensor) -> Tensor:
        skips = []
        for layer in self.down:
            x = layer(x)
            skips.append(x)
        x = self.up[0](x)
        return self.up[1](torch.cat([x, skips[0]], 1))


class TwoNames(nn.Module):
    """One layer under two names."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Conv2d(3, 3, 3, padding=1)
        self.decoder = self.encoder

    def forward(self, x: Tensor) -> Tensor:
        return self.decoder(torch.relu(self.encoder(x)))


class Hidden(nn.Module):
    """A layer in a plain list, which no state dict holds."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = [nn.Conv2d(3, 8, 3)]

    def forward(self, x: Tensor) -> Tensor:
        return self.layers[0](x)


class Raises(nn.Module):
    """Raises where it is built."""

    def __init__(self, width: int = 8) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, width, 3)
        self.settle(width)

    def settle(self, width: int) -> None:
        if width < 64:
            raise ValueError(f"a width of {width} is too small")

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x)


class RaisesInForward(nn.Module):
    """Takes another shape than the one that is given."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 8, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x)


class Hooked(nn.Module):
    """A layer with a hook."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3)
        self.conv.register_forward_hook(lambda module, args, output: output * 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x)


class Stops(nn.Module):
    """Stops a gradient, and counts in another type."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, padding=1)
        self.side = nn.Conv2d(8, 8, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        return x + self.side(x.detach()) + self.side(x.double().float())


class Elsewhere(nn.Module):
    """A module that calls another's layer."""

    class Tail(nn.Module):
        def __init__(self, other: nn.Module) -> None:
            super().__init__()
            self.other = [other]
            self.conv = nn.Conv2d(8, 8, 1)

        def forward(self, x: Tensor) -> Tensor:
            return self.conv(self.other[0].inner(x))

    class Head(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first = nn.Conv2d(3, 8, 1)
            self.inner = nn.Conv2d(8, 8, 1)

        def forward(self, x: Tensor) -> Tensor:
            return self.first(x)

    def __init__(self) -> None:
        super().__init__()
        self.head = self.Head()
        self.middle = nn.BatchNorm2d(8)
        self.tail = self.Tail(self.head)

    def forward(self, x: Tensor) -> Tensor:
        return self.tail(self.middle(self.head(x)))


class Maps(nn.Module):
    """A module that returns a list of maps, and a list of layers that are called in step with another."""

    class Trunk(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.one, self.two = nn.Conv2d(3, 4, 3, 2, 1), nn.Conv2d(4, 4, 3, 2, 1)

        def forward(self, x: Tensor) -> list[Tensor]:
            one = self.one(x)
            return [one, self.two(one)]

    def __init__(self) -> None:
        super().__init__()
        self.trunk = self.Trunk()
        self.convs = nn.ModuleList([nn.Conv2d(4, 4, 1), nn.Conv2d(4, 4, 1)])
        self.norms = nn.ModuleList([nn.BatchNorm2d(4), nn.BatchNorm2d(4)])

    def forward(self, x: Tensor) -> Tensor:
        maps = self.trunk(x)
        made = [norm(conv(y)) for conv, norm, y in zip(self.convs, self.norms, maps, strict=True)]
        return made[0] + F.interpolate(made[1], scale_factor=2)


class Weights(nn.Module):
    """Weights that are computed, of four kinds, and a fixed filter."""

    class Standardized(nn.Conv2d):
        def forward(self, x: Tensor) -> Tensor:
            flat = self.weight.reshape(1, self.out_channels, -1)
            weight = F.batch_norm(flat, None, None, training=True, momentum=0.0).reshape_as(self.weight)
            return F.conv2d(x, weight, self.bias)

    def __init__(self) -> None:
        super().__init__()
        self.standardized = self.Standardized(3, 4, 1)
        self.spectral = nn.utils.spectral_norm(nn.Conv2d(4, 4, 1))
        self.normed = nn.utils.parametrizations.weight_norm(nn.Conv2d(4, 4, 1))
        self.scale = nn.Parameter(torch.ones(4))
        self.register_buffer("blur", torch.full((4, 1, 3, 3), 1 / 9), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        x = self.normed(self.spectral(self.standardized(x)))
        return F.conv2d(x * self.scale.view(1, -1, 1, 1), self.blur, groups=4)


class Arithmetic(nn.Module):
    """Differences, quotients, products of matrices and a pad that no layer makes."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Conv2d(3, 4, 1), nn.Conv2d(3, 4, 1)

    def forward(self, x: Tensor) -> Tensor:
        a, b = self.a(x), self.b(x)
        y = a - b
        y = y / 2
        z = a @ torch.stack([y, b], 1).sum(1)
        return F.max_pool2d(F.pad(z, (0, 1, 0, 1), value=float("-inf")), 3, 2)


class Reserved(nn.Module):
    """Names that no id can have."""

    def __init__(self) -> None:
        super().__init__()
        self.input = nn.Conv2d(3, 4, 1)
        self.blocks = nn.ModuleDict({"class": nn.Conv2d(4, 4, 1)})

    def forward(self, x: Tensor) -> Tensor:
        return self.blocks["class"](self.input(x))


class Overwrites(nn.Module):
    """Changes a tensor in place of which a part is read afterwards."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.out = nn.Conv2d(3, 8, 1), nn.Conv2d(12, 4, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        first = x[:, :4]
        x.relu_()
        return self.out(torch.cat([first, x], 1))


class Deep(nn.Module):
    """Sound as a module, and nested deeper than a spec may be."""

    def __init__(self) -> None:
        super().__init__()
        inner: nn.Module = nn.Conv2d(3, 4, 1)
        for _ in range(40):
            inner = nn.Sequential(inner)
        self.inner = inner

    def forward(self, x: Tensor) -> Tensor:
        return self.inner(x)

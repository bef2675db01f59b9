"""What the source brings along because torch does not have it."""

from __future__ import annotations

import re

HELPERS = {
    "make_divisible": '''
def make_divisible(value: float, divisor: int = 8, minimum: float | None = None) -> int:
    """The multiple of ``divisor`` nearest to ``value``, at most a tenth below it."""
    rounded = max(minimum or divisor, int(value + divisor / 2) // divisor * divisor)
    return int(rounded + divisor if rounded < 0.9 * value else rounded)
''',
    "Slice": '''
class Slice(nn.Module):
    """Channels ``start`` to ``end``, the last excluded."""

    def __init__(self, start: int = 0, end: int | None = None) -> None:
        super().__init__()
        self.start = start
        self.end = end

    def forward(self, x: Tensor) -> Tensor:
        return x[:, self.start : self.end]
''',
    "LayerNorm2d": '''
class LayerNorm2d(nn.LayerNorm):
    """Layer normalisation over the channels of N×C×H×W."""

    def forward(self, x: Tensor) -> Tensor:
        x = x.permute(0, 2, 3, 1)
        x = F.layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)
        return x.permute(0, 3, 1, 2)
''',
}


def needed_by(body: str) -> list[str]:
    """The helpers that a source names."""
    return [text.strip() for name, text in HELPERS.items() if re.search(rf"(?<!\.)\b{name}\b", body)]

"""Specs that extend one another, without files."""

from __future__ import annotations

from cnnspec.engine.checking import check_source, examine
from cnnspec.engine.diagnostics import Diagnostic, Source, plain
from cnnspec.engine.network import Graph
from cnnspec.engine.spec.extends import with_bases

BASE = """
cnnspec: 1
input: [3, 32, 32]
params: {width: 8, act: ReLU}
layers:
  - Conv2d: {out_channels: $width, kernel_size: 3, padding: 1}
    id: stem
  - BatchNorm2d
  - $act
  - Cell: {width: $(width * 2)}
    repeat: 2
  - Unit: {width: $(width * 2)}
    id: unit$(index + 1)
    repeat: 3
  - layers:
      - MaxPool2d: {kernel_size: 2}
      - ReLU
    id: pooled
  - Concat:
      narrow:
        - Conv2d: {out_channels: 4, kernel_size: 1}
      wide:
        - Conv2d: {out_channels: 4, kernel_size: 3, padding: 1}
        - ReLU
    id: mixed
  - AdaptiveAvgPool2d: {output_size: 1}
  - Flatten
  - Linear: {out_features: 10}
    id: fc
blocks:
  Cell:
    params: {width: int}
    layers:
      - Conv2d: {out_channels: $width, kernel_size: 3, padding: 1, bias: false}
      - BatchNorm2d
      - ReLU
  Unit:
    params: {width: int}
    layers:
      - Add:
          - - Conv2d: {out_channels: $width, kernel_size: 3, padding: 1}
              id: conv
            - ReLU
          - []
"""


def sources(*texts: str) -> Source:
    """The last of some texts, of which each extends the one before it under any name that it likes."""
    names = [f"{number}.yaml" for number in range(len(texts))]
    *bases, own = [Source(name, text.lstrip()) for name, text in zip(names, texts, strict=True)]
    return with_bases(own, tuple(reversed(bases)))


def patch(text: str, base: str = "base.yaml") -> str:
    """A spec that extends another with these patches."""
    return f"cnnspec: 1\nextends: {base}\npatch:\n{text}"


def graph_of(*texts: str, variant: str | None = None) -> Graph:
    """The graph of the last text, which is sound."""
    examined = examine(sources(*texts), variant)
    assert not examined.errors, "\n".join(map(plain, examined.errors))
    return examined.graphs[0]


def check(*texts: str) -> tuple[Diagnostic, ...]:
    """What the checker says of the last text."""
    return check_source(sources(*texts))


def lines(graph: Graph) -> list[str]:
    """``stem Conv2d`` for each layer, in order."""
    return [f"{node.key} {node.type}" for node in graph.nodes]

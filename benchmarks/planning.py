"""Planning a sweep over depths and kernel sizes, of whose points a third cannot be built: milliseconds a point."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.caches import forget
from benchmarks.finding import Finding, Goal
from benchmarks.timing import alternate
from cnnspec.engine.sweep_file.axes import settings_of
from cnnspec.pytorch.sweep.plan import PlannedPoint
from cnnspec.pytorch.sweep.start import plan, read_file

SPEC = """\
cnnspec: 1
input: [1, 28, 28]
params: {depths: [2, 2, 2], size: 3}
layers:
  - layers: [Conv2d: {out_channels: 16, kernel_size: $size}, BatchNorm2d, ReLU]
    repeat: $(depths[0])
  - MaxPool2d: {kernel_size: 2}
  - layers: [Conv2d: {out_channels: 32, kernel_size: $size}, BatchNorm2d, ReLU]
    repeat: $(depths[1])
  - MaxPool2d: {kernel_size: 2}
  - BasicBlock: {width: 64}
    repeat: $(depths[2])
  - AdaptiveAvgPool2d: {output_size: 1}
  - Flatten
  - Linear: {out_features: 10}
"""
DEPTHS = [list(depths) for depths in product((1, 2, 3), (1, 2), (2, 16))]
SWEEP = f"""\
cnnspec_sweep: 1
spec: deep.yaml
recipe: {{data: digits}}
axes:
  params.depths: {DEPTHS}
  params.size: [3, 5, 8]
  optimizer.Adam.lr: [0.001, 0.0001]
"""


def measure(quick: bool) -> Iterator[Finding]:
    with TemporaryDirectory() as base:
        folder = Path(base)
        (folder / "deep.yaml").write_text(SPEC)
        (folder / "sweep.yaml").write_text(SWEEP)
        points = planned(folder)
        wrong = [point for point in points if point.is_left_out]
        assert all(point.span and point.span.source.name.endswith("deep.yaml") for point in wrong)
        rounds = alternate({"plan": lambda: planned(folder)}, 3 if quick else 15, forget)
    found = rounds.spread("plan")
    each = 1000 / len(points)
    yield Finding(
        what=f"plan {len(points)} points, of which {len(wrong)} cannot be built: each",
        against="",
        value=type(found)(found.median * each, found.low * each, found.high * each, found.n),
        value_unit="ms",
        goal=Goal(20),
        note="in a process with everything imported: depths, kernel sizes and rates of a network of up to 16 blocks",
    )


def planned(folder: Path) -> tuple[PlannedPoint, ...]:
    return plan(read_file(str(folder / "sweep.yaml")), settings_of([])).points

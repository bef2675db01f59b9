"""Records -> docs/reference/parity.md: what is compared, a row for each builder, and the lengths of the texts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib.metadata import version
from pathlib import Path

from tests.parity.kinds import EQUAL, KINDS
from tests.parity.lengths import Length, blocks
from tests.parity.measure import Record

PAGE = Path(__file__).parent.parent.parent / "docs" / "reference" / "parity.md"

HEAD = """\
# Parity with torchvision

Each convolutional classifier of torchvision {torchvision} beside the spec of the same name, on torch {torch}.
`make parity` compares them and writes this page.

{summary}

- **state**: how many tensors the state dict has, and whether its keys, their order and shapes are torchvision's, and
  what these do not show: epsilons, momenta, dropouts. Its weights are loaded with `strict=True` before anything runs.
- **eval**, **train**: outputs for images of the size in the first column, equal to the bit, and in training the same
  running statistics afterwards. Fresh norms are given random statistics and weights first, so that each has something
  to do; a seed gives both sides the same dropouts.
- **seed**: how many tensors have the same initial values where both sides are built under one seed.
- **params**, **MACs**, **smallest**: those of the graph, which no network was built for, beside torchvision's
  `num_params`, `_ops` (in thousand millions) and `min_size`.
{kinds}
"""
NOTES = """\
torchvision's `min_size` of the three `efficientnet_v2` is 33; its own networks take a single pixel, and that is what is
compared. GoogLeNet's `num_params` is without its aux heads.
"""
LENGTHS = """\
## Length

Lines of code: without blank lines and comments; of torchvision's files without imports, docstrings and the classes that
list published weights as well. Those files build on `torchvision.ops.misc`, the specs on {blocks} lines of built-in
blocks.

| spec | builders | lines | torchvision | share |
| --- | ---: | ---: | ---: | ---: |
"""


def page(records: Sequence[Record], lengths: Sequence[Length]) -> str:
    head = HEAD.format(
        torch=version("torch"), torchvision=version("torchvision"), summary=summary(records), kinds=kinds()
    )
    return "\n".join([head, *table(records), "", NOTES, *length_table(lengths), ""])


def summary(records: Sequence[Record]) -> str:
    whole = sum(record.initial == record.tensors for record in records)
    equal = sum(record.is_equal for record in records)
    return (
        f"{equal} of {len(records)} are equal in every column but the seed's; the same seed gives the same initial\n"
        f"weights for {whole}."
    )


def kinds() -> str:
    return "\n".join(f"- **{k.name}**: {k.about}{'' if k.each else '; one network of each family'}." for k in KINDS)


def table(records: Iterable[Record]) -> Iterable[str]:
    names = ("builder", "state", "eval", "train", "seed", "params", "MACs", "smallest", *(kind.name for kind in KINDS))
    yield f"| {' | '.join(names)} |"
    yield f"| {' | '.join('---' for _ in names)} |"
    for record in records:
        yield f"| {' | '.join(cells(record))} |"


def cells(record: Record) -> list[str]:
    return [
        f"{record.name} at {record.size}",
        f"{record.tensors} {mark(record.state)}",
        mark(record.evaluation),
        mark(record.training),
        f"{record.initial} of {record.tensors}" if record.initial < record.tensors else "all",
        f"{record.params:,} {mark(record.params == record.params_published)}",
        f"{record.macs / 1e9:.3f} G {mark(round(record.macs / 1e9, 3) == record.ops_published)}",
        f"{record.smallest} {mark(record.smallest == record.smallest_published)}",
        *(word(record.kinds.get(kind.name, "")) for kind in KINDS),
    ]


def mark(equal: bool) -> str:
    return "✓" if equal else "differs"


def word(verdict: str) -> str:
    return verdict.replace(EQUAL, "✓").replace(",", "") or "–"


def length_table(lengths: Sequence[Length]) -> Iterable[str]:
    yield LENGTHS.format(blocks=blocks()).rstrip("\n")
    total = Length("all", *(sum(getattr(row, name) for row in lengths) for name in ("builders", "spec", "python")))
    for row in (*lengths, total):
        yield f"| {row.family} | {row.builders} | {row.spec} | {row.python} | {row.spec / row.python:.0%} |"

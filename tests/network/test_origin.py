"""Labels at the lines that decide a size: changing the line changes the answer."""

from __future__ import annotations

import random
import re

import pytest

from cnnspec.engine.checking import apply, diagnose
from cnnspec.engine.diagnostics import Diagnostic, Edit, Label, Source

WIDTHS = (8, 16, 24)
BLOCKS = """\
blocks:
  Same: {params: {c: int}, layers: [Conv2d: {out_channels: $c, kernel_size: 3, padding: 1}, ReLU]}
  Half: {params: {c: int}, layers: [Conv2d: {out_channels: $c, kernel_size: 3, stride: 2, padding: 1}, ReLU]}
  Step: {params: {c: int, s: 1}, layers: [ConvNormAct: {out_channels: $c, stride: $s}]}
  Deep: {params: {c: int, s: 1}, layers: [BatchNorm2d, Step: {c: $c, s: $s}, ReLU]}
  SameFixed: {layers: [Same: {c: 8}]}
  HalfFixed: {layers: [Half: {c: 8}]}
"""
SWAPS = {"Same": "Half", "Half": "Same", "SameFixed": "HalfFixed", "HalfFixed": "SameFixed"}


def line(draw: random.Random) -> str:
    """A line of a path: one that sets the channels, one that changes the size, or one that does neither."""
    width, stride = draw.choice(WIDTHS), draw.choice((1, 1, 2))
    return draw.choice(
        (
            f"Conv2d: {{out_channels: {width}, kernel_size: 3, stride: {stride}, padding: 1}}",
            f"Same: {{c: {width}}}",
            f"Half: {{c: {width}}}",
            f"Step: {{c: {width}, s: {stride}}}",
            f"Deep: {{c: {width}, s: {stride}}}",
            f"Step: {{c: {width}}}",
            "SameFixed",
            "HalfFixed",
            "ReLU",
            "BatchNorm2d",
        )
    )


def conflict(draw: random.Random) -> str:
    """A network of two paths that are joined, in the form of paths or of ids."""
    stem = [line(draw) for _ in range(draw.randrange(3))]
    one, two = ([line(draw) for _ in range(draw.randrange(1, 5))] for _ in range(2))
    join = draw.choice(("Add", "Multiply", "Concat"))
    lines = [f"  - {text}" for text in stem]
    if draw.random() < 0.5:
        lines += [
            f"  - {join}:",
            *(f"      {'- -' if not i else '  -'} {text}" for path in (one, two) for i, text in enumerate(path)),
        ]
    else:
        lines += [*(f"  - {text}" for text in one[:-1]), with_id(one[-1], "first")]
        lines += [
            *(f"  - {text}" for text in two[:-1]),
            with_id(two[-1], "second"),
            f"  - {join}:\n    from: [first, second]",
        ]
    return "\n".join(("cnnspec: 1", "input: [3, 64, 64]", "layers:", *lines, BLOCKS))


def with_id(text: str, name: str) -> str:
    return f"  - {text if ':' in text else text + ':'}\n    id: {name}"


def join_of(source: Source) -> Diagnostic | None:
    found = [d for d in diagnose(source) if d.code == "shape-mismatch"]
    return found[0] if found else None


def obeyed(source: Source, label: Label, sizes: str) -> Source:
    """The text with another value at a label: of the other path's channels, or of another stride."""
    span, text = label.span, label.span.text
    if "×" not in sizes and (match := re.fullmatch(r"((?:out_channels|c): )\d+", text)):
        return apply(source, [Edit(span, f"{match[1]}{sizes}")])
    if match := re.fullmatch(r"((?:stride|s): )([12])", text):
        return apply(source, [Edit(span, f"{match[1]}{3 - int(match[2])}")])
    rest = source.line(span.line)[span.column - 1 :]
    if sizes != "×" and text in ("SameFixed", "HalfFixed"):
        step = f"Step: {{c: {sizes}, s: {2 if text == 'HalfFixed' else 1}}}"
        return apply(source, [Edit(source.span(span.line, span.column, len(rest.rstrip("]}"))), step)])
    if text in SWAPS:
        return apply(source, [Edit(span, SWAPS[text])])
    if text in ("ReLU", "BatchNorm2d"):
        changed = "MaxPool2d: {kernel_size: 2}"
    elif match := re.search(r"stride: ([12])", rest):
        changed = rest.replace(match[0], f"stride: {3 - int(match[1])}")
    else:
        word = {"Step": "s", "Deep": "s", "Conv2d": "stride"}[text]
        changed = rest.replace("}", f", {word}: 2}}", 1)
    return apply(source, [Edit(source.span(span.line, span.column, len(rest)), changed)])


def other_size(found: Diagnostic, label: Label) -> str:
    """The size along which the other path differs."""
    shapes = re.findall(r"\d+×\d+×\d+", found.primary.text)
    first = "first path" in label.text
    return shapes[1 if first else 0].split("×")[0] if not is_of_sizes(label) else "×"


def is_of_sizes(label: Label) -> bool:
    return "×" in label.text


@pytest.mark.parametrize("seed", range(8))
def test_obeying_a_label_changes_the_answer(seed: int) -> None:
    """Each label's line changes what is joined; of those that tell of channels, or of sizes, one brings them nearer."""
    draw = random.Random(seed)
    conflicts = 0
    while conflicts < 12:
        source = Source("spec.yaml", conflict(draw))
        found = join_of(source)
        if found is None:
            continue
        conflicts += 1
        labels = [label for label in found.labels if "path" in label.text and not label.span.text.startswith("[")]
        assert labels, source.text
        for of_sizes in (False, True):
            check(source, found, [label for label in labels if is_of_sizes(label) == of_sizes], of_sizes=of_sizes)


def check(source: Source, found: Diagnostic, labels: list[Label], *, of_sizes: bool) -> None:
    before = gap(found, of_sizes=of_sizes)
    gaps = []
    for label in labels:
        text = obeyed(source, label, other_size(found, label))
        after = join_of(text)
        assert after is None or after.message != found.message, f"{source.text}\n{label}\n→\n{text.text}"
        gaps.append(gap(after, of_sizes=of_sizes))
    assert not labels or min(gaps) < before, f"{source.text}\n{found.message}\n{labels}"


def gap(found: Diagnostic | None, *, of_sizes: bool) -> int:
    """How far two shapes are apart in their channels, or in their heights."""
    if found is None:
        return 0
    one, two = (shape.split("×") for shape in re.findall(r"\d+×\d+×\d+", found.primary.text))
    return abs(int(one[of_sizes]) - int(two[of_sizes]))

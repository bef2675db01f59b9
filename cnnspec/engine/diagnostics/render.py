"""Diagnostics as people and programs read them: the only place that lays a message out.

error[code]: message
  --> file:line:column
  |
6 |   - MaxPool2d: {kernel_size: 4}
  |     --------- a secondary label
7 |   - Conv2d: {out_channels: 64, kernel_size: 5}
  |                                ^^^^^^^^^^^^^^ the primary label
  |
  = in: how the line was reached
  = note: the arithmetic
  = help: the repair
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING

from rich.cells import cell_len

from cnnspec.engine.diagnostics.diagnostic import Diagnostic, Label
from cnnspec.engine.diagnostics.escape import printable
from cnnspec.engine.diagnostics.source import Source, Span
from cnnspec.engine.diagnostics.wrap import wrapped

if TYPE_CHECKING:
    from rich.text import Text

MAX_WIDTH = 160  # characters of a source line that are shown
STYLES = {"error": "bold red", "warning": "bold yellow", "rule": "blue", "label": "cyan"}


def plain(diagnostic: Diagnostic) -> str:
    """The message without colour, ending in a line break."""
    return render(diagnostic).plain


def render(diagnostic: Diagnostic, width: int | None = None) -> Text:
    """The message with its styles; nothing of the spec's own text is taken for markup or for control codes.

    With a ``width`` in columns, prose is broken there; lines of the source never are.
    """
    from rich.text import Text  # which a sound text goes without

    out = Text()
    heading = f"{diagnostic.severity}[{diagnostic.code}]"
    out.append(heading, STYLES[diagnostic.severity])
    out.append(f": {wrapped(printable(diagnostic.message), width, len(heading) + 2)}\n", "bold")
    labels = [diagnostic.primary, *diagnostic.labels]
    gutter = max(len(str(label.span.line)) for label in labels)
    for source, group in _by_source(labels):
        _excerpt(out, source, group, diagnostic, gutter, width)
    for word, text in _trailer(diagnostic):
        out.append(f"{' ' * gutter} = ", STYLES["rule"])
        out.append(f"{word}: ", "bold")
        out.append(f"{wrapped(printable(text), width, gutter + len(word) + 5)}\n")
    return out


def _by_source(labels: list[Label]) -> list[tuple[Source, list[Label]]]:
    """The primary label's source first, the others in the order in which they come up."""
    sources = list(dict.fromkeys(label.span.source for label in labels))
    return [(source, [label for label in labels if label.span.source is source]) for source in sources]


def _trailer(diagnostic: Diagnostic) -> Iterator[tuple[str, str]]:
    path = provenance(diagnostic)
    if path:
        yield "in", path
    for note in diagnostic.notes:
        yield "note", note
    if diagnostic.help:
        yield "help", diagnostic.help


def provenance(diagnostic: Diagnostic) -> str:
    """``specs/resnet.yaml:31, block Bottleneck, 3rd of layer4, variant resnet50``, innermost first."""
    frames = list(diagnostic.trace or ())
    if not frames:
        return ""
    here = (diagnostic.span.source.name, diagnostic.span.line)
    place = next((f.span for f in frames if f.span and (f.span.source.name, f.span.line) != here), None)
    runs = groupby(frame.text for frame in frames if frame.text)
    words = [word if times == 1 else f"{word} {times} times" for word, times in ((w, len(list(g))) for w, g in runs)]
    return ", ".join(([f"{place.source.name}:{place.line}"] if place else []) + words)


def _excerpt(
    out: Text, source: Source, labels: list[Label], diagnostic: Diagnostic, gutter: int, width: int | None
) -> None:
    first = diagnostic.primary if diagnostic.primary in labels else labels[0]
    arrow = "-->" if first is diagnostic.primary else ":::"
    out.append(f"{' ' * gutter} {arrow} ", STYLES["rule"])
    out.append(f"{printable(str(first.span))}\n")
    out.append(f"{' ' * gutter} |\n", STYLES["rule"])
    last = None
    ordered = sorted(labels, key=lambda label: (label.span.line, label.span.column))
    for line, group in groupby(ordered, key=lambda label: label.span.line):
        if last is not None and line > last + 1:
            out.append("...\n", STYLES["rule"])
        _line(out, list(group), diagnostic, gutter, width)
        last = line
    out.append(f"{' ' * gutter} |\n", STYLES["rule"])


def _line(out: Text, labels: list[Label], diagnostic: Diagnostic, gutter: int, columns: int | None) -> None:
    """A line of the source with what is said below it; of a very long one, the part around the first label."""
    number = labels[0].span.line
    text = labels[0].span.source.line(number)
    start = 0 if len(text) <= MAX_WIDTH else max(labels[0].span.column - 1 - MAX_WIDTH // 2, 0)
    out.append(f"{number:>{gutter}} | ", STYLES["rule"])
    out.append(
        f"{'…' if start else ''}{_shown(text[start : start + MAX_WIDTH])}{'…' if text[start + MAX_WIDTH :] else ''}\n"
    )
    for label in labels:
        column = label.span.column - 1 - start
        if not start or 0 <= column < MAX_WIDTH:
            before = cell_len(_shown(text[start : start + column])) + bool(start)
            width = cell_len(_shown(text[start + column : min(_end(label.span, text), start + MAX_WIDTH)]))
            _underline(out, label, before, max(width, 1), diagnostic, gutter, columns)


def _underline(
    out: Text, label: Label, before: int, width: int, diagnostic: Diagnostic, gutter: int, columns: int | None
) -> None:
    primary = label is diagnostic.primary
    style = STYLES[diagnostic.severity if primary else "label"]
    mark = ("^" if primary else "-") * width
    said = wrapped(printable(label.text), columns, gutter + 4 + before + width).split("\n")
    for number, part in enumerate(said):
        out.append(f"{' ' * gutter} | ", STYLES["rule"])
        out.append(f"{' ' * before}{' ' * width if number else mark} {part.strip()}".rstrip() + "\n", style)


def _end(span: Span, line: str) -> int:
    return span.end_column - 1 if span.end_line == span.line else len(line.rstrip())


def _shown(text: str) -> str:
    return printable(text.replace("\t", "    "))

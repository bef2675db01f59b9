"""Workflow commands of GitHub Actions, read back by a parser that does as the runner does."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import example, given
from hypothesis import strategies as st

from cnnspec.engine.diagnostics import Diagnostic, Label, Source, printable
from cnnspec.engine.diagnostics.github import as_github, command
from cnnspec.engine.diagnostics.source import Span


@dataclass(frozen=True)
class Command:
    name: str
    properties: dict[str, str]
    message: str


def parse(line: str) -> Command:
    """A command as the runner takes it apart: at the first `::`, at the first blank, at commas, at the first `=`."""
    assert line.startswith("::")
    head, separator, data = line[2:].partition("::")
    assert separator
    name, _, rest = head.partition(" ")
    properties = dict(pair.split("=", 1) for pair in rest.split(",") if pair)
    return Command(name, {key: unescape(value, ":,") for key, value in properties.items()}, unescape(data))


def unescape(text: str, more: str = "") -> str:
    """The runner's order: `%25` last, so that an escaped escape stays one."""
    for character in ("\r", "\n", *more, "%"):
        text = text.replace(f"%{ord(character):02X}", character)
    return text


texts = st.text(st.sampled_from("ab:,=%\r\n0A2C5D \\\x1b[é×;"), max_size=30) | st.text(max_size=30)


@given(message=texts, file=texts, title=texts)
@example(message="100%0A", file="a,line=1::b.yaml", title="%25")
@example(message="::error::", file="a\n::warning::b", title="x\r")
def test_a_command_reads_back_as_what_was_said(message: str, file: str, title: str) -> None:
    """Whatever a message, a file or a title holds, the runner sees one printable command on one line."""
    line = command("error", message, file=file, title=title)
    assert line.isprintable()
    expected = "\n".join(printable(part) for part in message.split("\n"))
    assert parse(line) == Command("error", {"file": printable(file), "title": printable(title)}, expected)


def test_a_diagnostic_is_an_annotation_at_its_place() -> None:
    """The lines and columns are those of the primary label; the message holds the notes and the help."""
    source = Source("specs/a b.yaml", "cnnspec: 1\nlayers: [Cov2d]\n")
    found = Diagnostic(
        "unknown-layer", "no layer is called `Cov2d`", Label(source.span(2, 10, 5), "here"), (), ("a note",), "a help"
    )
    assert parse(as_github(found)) == Command(
        "error",
        {
            "file": "specs/a b.yaml",
            "line": "2",
            "endLine": "2",
            "col": "10",
            "endColumn": "15",
            "title": "cnnspec: unknown-layer",
        },
        "no layer is called `Cov2d`\nhere\nnote: a note\nhelp: a help",
    )


def test_columns_of_several_lines_are_left_out() -> None:
    """GitHub refuses columns where an annotation spans lines."""
    source = Source("a.yaml", "a\nb\n")
    said = parse(as_github(Diagnostic("x", "y", Label(Span(source, 1, 1, 2, 2)), severity="warning")))
    assert said.name == "warning"
    assert said.properties == {"file": "a.yaml", "line": "1", "endLine": "2", "title": "cnnspec: x"}

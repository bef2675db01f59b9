"""`cnnspec explain`, and the document of all pages."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from cnnspec.cli.output import console, write
from cnnspec.cli.tables import print_at
from cnnspec.engine.checking import check_source
from cnnspec.engine.diagnostics import Diagnostic, Source, UsageError, did_you_mean, plain, render
from cnnspec.engine.explanations import Page, codes, page, raw

EXAMPLE = {"error": "This fails", "warning": "This gives a warning"}


class ExplainFormat(StrEnum):
    text = "text"
    markdown = "markdown"


def complete_code(incomplete: str) -> list[str]:
    """The codes that begin so."""
    return [code for code in codes() if code.startswith(incomplete)]


def explain(
    code: Annotated[
        str | None,
        typer.Argument(metavar="[CODE]", help="A code, such as window-too-large.", autocompletion=complete_code),
    ] = None,
    format: Annotated[
        ExplainFormat, typer.Option("--format", help="The output format: text for the terminal, or Markdown.")
    ] = ExplainFormat.text,
) -> None:
    """Explain a message by its code: what happened, why it matters, how to fix it, and an example.

    Without a code, list all codes: errors first, then warnings.
    """
    if code is None:
        _list()
        return
    try:
        found = page(code)
    except KeyError:
        near = did_you_mean(code, codes())
        raise UsageError(f"no message has the code `{code}`", near or "`cnnspec explain` lists the codes") from None
    if format is ExplainFormat.markdown:
        write(raw(code))
    else:
        _show(found)


def _list() -> None:
    width = max(len(code) for code in codes())
    for severity in ("error", "warning"):
        console().print(f"{severity}s")
        for found in map(page, codes()):
            if found.severity == severity:
                console().print(f"  {found.code:<{width}}  {found.title}")
        console().print()
    console().print("`cnnspec explain CODE` shows one, with an example and the same fixed.")


def _show(found: Page) -> None:
    from rich.markdown import Markdown
    from rich.text import Text

    say = console().print
    say(Text.assemble((f"{found.severity}[{found.code}]", "bold"), f": {found.title}\n"))
    print_at(console().width, Markdown(found.text))
    if found.failing:
        say(f"\n{EXAMPLE[found.severity]}:\n\n{_indented(found.failing)}")
        said = messages(found)
        if said:
            say("with the message\n")
        for diagnostic in said:
            say(Text("\n").join(Text("    ") + line if line else line for line in render(diagnostic).split("\n")))
        say(f"\nFixed:\n\n{_indented(found.fixed)}")


def _indented(text: str) -> str:
    return "".join(f"    {line}" if line.strip() else line for line in text.splitlines(keepends=True))


def messages(found: Page) -> tuple[Diagnostic, ...]:
    """What the checker says of the page's failing example; no module is run to explain a message."""
    if found.language != "yaml":
        return ()
    return check_source(Source("example.yaml", found.failing))


def document() -> str:
    """All pages as one Markdown document with an index: docs/reference/errors.md."""
    pages = [page(code) for code in codes()]
    lines = [HEAD]
    for severity in ("error", "warning"):
        rows = [f"| [`{p.code}`](#{p.code}) | {p.title} |" for p in pages if p.severity == severity]
        lines.append("\n".join([f"## {severity.capitalize()}s\n", "| code | |", "| --- | --- |", *rows]) + "\n")
    return "\n".join([*lines, *map(_section, pages)])


HEAD = """\
# Messages

Every message of the checker and of `cnnspec import` has a code. `cnnspec explain CODE` prints these pages. Each
example is checked by the tests, and each message is what the checker prints for it.
"""


def _section(found: Page) -> str:
    parts = [f"## {found.code}\n\n{found.severity.capitalize()}: {found.title}.\n\n{found.text}\n"]
    if found.failing:
        said = "\n".join(plain(diagnostic) for diagnostic in messages(found))
        parts.append(f"{EXAMPLE[found.severity]}:\n\n```{found.language}\n{found.failing}```\n")
        parts += [f"```text\n{said}```\n"] if said else []
        parts.append(f"Fixed:\n\n```{found.language}\n{found.fixed}```\n")
    return "\n".join(parts)

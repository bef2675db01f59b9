"""One text checked, as `cnnspec check` was asked to."""

from __future__ import annotations

import codecs
import os
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from cnnspec.cli.check_targets import Target
from cnnspec.cli.stdin import STDIN_NAME, standard_input
from cnnspec.cli.streams import unnameable
from cnnspec.engine.checking import check_source
from cnnspec.engine.diagnostics import CnnspecError, Diagnostic, OutputError, Source, SpecError, UsageError
from cnnspec.engine.files import replacing
from cnnspec.engine.safe_open import read_bounded
from cnnspec.engine.spec.budget import Budget
from cnnspec.engine.spec.roots import leads_out, open_checked
from cnnspec.engine.spec.shipped import ENDINGS, MAX_BYTES, display
from cnnspec.engine.syntax.marks import kind

# Writes a text back to its file: whole or not at all, with the file's permissions and line ends.


def rewrite(path: Path, before: Source, text: str) -> None:
    """Puts ``text`` in the place of what was read from a file.

    Raises OutputError where the file is a link, holds another text by now, or cannot be written.
    """
    if path.is_symlink():
        raise OutputError(f"`{path}` is a link and is not rewritten", f"name the file itself: {os.path.realpath(path)}")
    try:
        data, was = read_bounded(path, MAX_BYTES, follow=False), path.stat()
        if data.decode("utf-8-sig") != before.text:
            raise OutputError(f"`{path}` has changed in the meantime, so it is not rewritten", "check it again")
    except OSError as error:
        raise OutputError(f"`{path}` cannot be written: {error.strerror}") from None
    mark = codecs.BOM_UTF8 if data.startswith(codecs.BOM_UTF8) else b""
    with replacing(path, like=was) as put:
        put(mark + with_line_ends(before.text, text).encode())


def with_line_ends(before: str, text: str) -> str:
    """The text with the line ends that it had: where every line ended as on Windows, the new ones do."""
    if before.count("\r\n") != before.count("\n") or "\n" not in before:
        return text
    return text.replace("\r\n", "\n").replace("\n", "\r\n")


def as_diff(before: Source, text: str) -> str:
    """What would change, as a unified diff; nothing where nothing does."""
    from difflib import unified_diff

    lines = unified_diff(
        before.text.splitlines(keepends=True),
        with_line_ends(before.text, text).splitlines(keepends=True),
        before.name,
        before.name,
    )
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


class Fix(StrEnum):
    """What becomes of the safe repairs of warnings."""

    leave = "leave"
    write = "write"
    show = "show"


class CheckOptions(Struct, frozen=True):
    """How texts are checked. ``stdin_name`` is what messages call standard input."""

    variant: str | None = None
    strict: bool = False
    fix: Fix = Fix.leave
    budget: Budget | None = None
    stdin_name: str = STDIN_NAME


class Checked(Struct, frozen=True):
    """What was found in one text: diagnostics, warnings that were fixed, or why it could not be checked at all."""

    name: str
    file: str
    kind: str = "spec"
    diagnostics: tuple[Diagnostic, ...] = ()
    fixed: tuple[Diagnostic, ...] = ()
    diff: str = ""
    failure: CnnspecError | None = None

    @property
    def exit_code(self) -> int:
        if self.failure:
            return self.failure.exit_code
        return SpecError.exit_code if any(d.severity == "error" for d in self.diagnostics) else 0


def check_target(target: Target, options: CheckOptions) -> Checked:
    """Checks one text; what hinders that is part of the answer, so that the others are checked all the same."""
    name = target.name if target.path else options.stdin_name
    file = _file(target) or name
    try:
        return _check(Checked(name, file), target, options)
    except SpecError as error:
        return Checked(name, file, diagnostics=error.diagnostics)
    except CnnspecError as error:
        return Checked(name, file, failure=error)
    except UnicodeEncodeError as error:  # of a name in the text
        return Checked(name, file, failure=unnameable(error))


def _file(target: Target) -> str:
    """What messages call the file of a target; one outside of the roots is called as the link to it."""
    if target.path is None:
        return ""
    return target.path.as_posix() if leads_out(target.path, target.roots) else display(target.path)


def _check(blank: Checked, target: Target, options: CheckOptions) -> Checked:
    source = _opened(target, blank.file)
    blank = replace(blank, kind=kind(source))
    if options.fix is not Fix.leave:
        from cnnspec.engine.fixing import fix

        fixed = fix(source)
        after = replace(source, text=with_line_ends(source.text, fixed.text))
        if options.fix is Fix.show:
            blank = replace(blank, diff=as_diff(source, after.text))
        elif fixed.applied:
            _write(target, source, after.text)
            blank = replace(blank, fixed=fixed.applied)
        source = after
    found = check_source(source, options.variant or target.variant, options.budget)
    return replace(blank, diagnostics=_strict(found) if options.strict else found)


def _opened(target: Target, name: str) -> Source:
    """The text of a target, whose names lead into its roots alone."""
    if target.path is None:
        return replace(standard_input(name), roots=target.roots)
    return open_checked(target.path, name, target.roots)


def _write(target: Target, before: Source, text: str) -> None:
    assert target.path is not None
    if not target.name.endswith(ENDINGS) and not Path(target.name).is_file():
        help = f"`cnnspec zoo {target.name} > mine.yaml` makes a copy that you can change"
        raise UsageError(f"`{target.name}` ships with cnnspec, so it is not rewritten", help)
    rewrite(target.path, before, text)


def _strict(diagnostics: Sequence[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Warnings as errors."""
    return tuple(replace(diagnostic, severity="error") for diagnostic in diagnostics)

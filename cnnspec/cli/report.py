"""What `cnnspec check` prints of all that it found, in each of its formats."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from cnnspec import __version__
from cnnspec.cli.checked import Checked
from cnnspec.cli.output import say, show, show_error, write
from cnnspec.diagnostics import CnnspecError, Diagnostic, as_json, count, listing, printable_json, printable_lines

if TYPE_CHECKING:
    from cnnspec.diagnostics.sarif import Rule


class Format(StrEnum):
    text = "text"
    json = "json"
    sarif = "sarif"
    github = "github"
    gitlab = "gitlab"


def report(
    format: Format, results: Sequence[Checked], skipped: Sequence[Path], failures: Sequence[CnnspecError]
) -> None:
    """Prints everything; what could not be checked is said on standard error."""
    failed = [*failures, *(result.failure for result in results if result.failure)]
    for error in failed:
        show_error(error)
    told = once(results)
    found = [diagnostic for diagnostics in told for diagnostic in diagnostics]
    match format:
        case Format.text:
            _text(results, told)
        case Format.json:
            _json(results)
        case Format.sarif:
            _sarif(found, failed, exit_code(results, failures))
        case Format.github:
            _github(found, failed)
        case Format.gitlab:
            from cnnspec.diagnostics.gitlab import as_gitlab

            write(printable_json(json.dumps(as_gitlab(found), ensure_ascii=False, indent=1)))
    if format in (Format.text, Format.github):
        said = summary(results, len(skipped), len(failed))
        if said:
            (say if format is Format.text else write)(said)


def once(results: Sequence[Checked]) -> list[tuple[Diagnostic, ...]]:
    """The diagnostics of each result. What is wrong with a text that others extend is told of the text itself."""
    homes = {result.file: {d.identity for d in result.diagnostics} for result in results}
    seen: set[tuple[object, ...]] = set()
    told = []
    for result in results:
        kept = [d for d in result.diagnostics if d.identity not in seen and not _is_told_at_home(d, result, homes)]
        seen |= {d.identity for d in kept}
        told.append(tuple(kept))
    return told


def _is_told_at_home(d: Diagnostic, result: Checked, homes: Mapping[str, set[tuple[str, str, int, int]]]) -> bool:
    home = d.span.source.name
    return home != result.file and d.identity in homes.get(home, ())


def exit_code(results: Sequence[Checked], failures: Sequence[CnnspecError]) -> int:
    """The worst of all: 7 unreadable, 3 errors, 2 names that are none, 0."""
    return max([0, *(result.exit_code for result in results), *(error.exit_code for error in failures)])


def _text(results: Sequence[Checked], told: Sequence[Sequence[Diagnostic]]) -> None:
    for result, diagnostics in zip(results, told, strict=True):
        if result.diff:
            sys.stdout.write(printable_lines(result.diff))
        show(diagnostics)
        if not result.diagnostics and not result.failure:
            say(f"{result.name}: sound")
        elif result.diagnostics and not diagnostics:
            where = listing(sorted({d.span.source.name for d in result.diagnostics}))
            say(f"{result.name}: as {where}, which it extends")


def _json(results: Sequence[Checked]) -> None:
    """A line for each spec."""
    for result in results:
        if not result.failure:
            record: dict[str, object] = {"file": _file(result), "diagnostics": as_json(result.diagnostics)}
            if result.fixed:
                record["fixed"] = as_json(result.fixed)
            write(printable_json(json.dumps(record, ensure_ascii=False)))


def _file(result: Checked) -> str:
    """What the record is of: of a spec that is wrong the file that messages name, which they may leave for its base."""
    return result.file if result.diagnostics else result.name


def _sarif(found: Sequence[Diagnostic], failed: Sequence[CnnspecError], code: int) -> None:
    from cnnspec.diagnostics.sarif import as_sarif

    write(json.dumps(as_sarif(found, __version__, _rule, code, [str(error) for error in failed]), indent=1))


def _rule(code: str) -> Rule | None:
    """The explanation of a code, as `cnnspec explain` prints it; none for a code that has no page."""
    from cnnspec.diagnostics.sarif import Rule
    from cnnspec.explanations import page

    try:
        found = page(code)
    except KeyError:
        return None
    examples = [("Example", found.failing), ("Mended", found.mended)]
    shown = [f"**{name}**\n\n```yaml\n{spec.rstrip()}\n```" for name, spec in examples if spec]
    return Rule(found.title, "\n\n".join([found.text, *shown]))


def _github(found: Sequence[Diagnostic], failed: Sequence[CnnspecError]) -> None:
    from cnnspec.diagnostics.github import as_github, command

    for diagnostic in found:
        write(as_github(diagnostic))
    for error in failed:
        write(command("error", str(error), title="cnnspec"))


def _kinds(severities: Sequence[str]) -> str:
    """``3 errors and 1 warning``."""
    return " and ".join(count(severities.count(kind), kind) for kind in ("error", "warning") if kind in severities)


def summary(results: Sequence[Checked], skipped: int, failed: int) -> str:
    """``3 errors and 1 warning in 2 specs, 10 sound, 4 other files skipped``; nothing where one spec is sound."""
    checked = [result for result in results if not result.failure]
    wrong = [result for result in checked if result.diagnostics]
    right = [result for result in checked if not result.diagnostics]
    sound, fixed = len(right), [diagnostic.severity for result in results for diagnostic in result.fixed]
    found = [diagnostic.severity for diagnostics in once(wrong) for diagnostic in diagnostics]
    parts = [f"{_kinds(found)} in {_counted(wrong)}"] if wrong else []
    if sound and (wrong or skipped or failed or fixed or sound > 1):
        parts.append(f"{sound:,} sound" if wrong else f"{_counted(right)}, all sound" if sound > 1 else "1 sound")
    parts += [f"{_kinds(fixed)} fixed"] if fixed else []
    parts += [f"{count(skipped, 'other file')} skipped"] if skipped else []
    parts += [f"{failed:,} not checked"] if failed and parts else []
    return ", ".join(parts)


def _counted(results: Sequence[Checked]) -> str:
    """``2 specs``, ``1 recipe``; ``3 files`` where they are of several kinds."""
    kinds = {result.kind for result in results}
    return count(len(results), kinds.pop() if len(kinds) == 1 else "file")

"""`cnnspec check`."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cnnspec.cli.check_targets import Gathered, gather
from cnnspec.cli.check_text import Checked, CheckOptions, Fix, check_target
from cnnspec.cli.options import Variant, complete_any
from cnnspec.cli.output import say, show, show_error, write
from cnnspec.cli.stdin import STDIN_NAME
from cnnspec.engine.diagnostics import (
    CnnspecError,
    Diagnostic,
    UsageError,
    as_json,
    count,
    listing,
    printable_json,
    printable_lines,
)
from cnnspec.engine.spec.budget import Budget, given
from cnnspec.engine.spec.shipped import STDIN
from cnnspec.version import __version__

if TYPE_CHECKING:
    from cnnspec.engine.diagnostics.sarif import SarifRule


# What `cnnspec check` prints of all that it found, in each of its formats.


class CheckFormat(StrEnum):
    text = "text"
    json = "json"
    sarif = "sarif"
    github = "github"
    gitlab = "gitlab"


def report(
    format: CheckFormat, results: Sequence[Checked], skipped: Sequence[Path], failures: Sequence[CnnspecError]
) -> None:
    """Prints everything; what could not be checked is said on standard error."""
    failed = [*failures, *(result.failure for result in results if result.failure)]
    for error in failed:
        show_error(error)
    told = once(results)
    found = [diagnostic for diagnostics in told for diagnostic in diagnostics]
    match format:
        case CheckFormat.text:
            _text(results, told)
        case CheckFormat.json:
            _json(results)
        case CheckFormat.sarif:
            _sarif(found, failed, exit_code(results, failures))
        case CheckFormat.github:
            _github(found, failed)
        case CheckFormat.gitlab:
            from cnnspec.engine.diagnostics.gitlab import as_gitlab

            write(printable_json(json.dumps(as_gitlab(found), ensure_ascii=False, indent=1)))
    if format in (CheckFormat.text, CheckFormat.github):
        said = summary(results, len(skipped), len(failed))
        if said:
            (say if format is CheckFormat.text else write)(said)


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
            say(f"{result.name}: OK")
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
    from cnnspec.engine.diagnostics.sarif import as_sarif

    write(json.dumps(as_sarif(found, __version__, _rule, code, [str(error) for error in failed]), indent=1))


def _rule(code: str) -> SarifRule | None:
    """The explanation of a code, as `cnnspec explain` prints it; none for a code that has no page."""
    from cnnspec.engine.diagnostics.sarif import SarifRule
    from cnnspec.engine.explanations import page

    try:
        found = page(code)
    except KeyError:
        return None
    examples = [("Example", found.failing), ("Fixed", found.fixed)]
    shown = [f"**{name}**\n\n```yaml\n{spec.rstrip()}\n```" for name, spec in examples if spec]
    return SarifRule(found.title, "\n\n".join([found.text, *shown]))


def _github(found: Sequence[Diagnostic], failed: Sequence[CnnspecError]) -> None:
    from cnnspec.engine.diagnostics.github import as_github, command

    for diagnostic in found:
        write(as_github(diagnostic))
    for error in failed:
        write(command("error", str(error), title="cnnspec"))


def _kinds(severities: Sequence[str]) -> str:
    """``3 errors and 1 warning``."""
    return " and ".join(count(severities.count(kind), kind) for kind in ("error", "warning") if kind in severities)


def summary(results: Sequence[Checked], skipped: int, failed: int) -> str:
    """``3 errors and 1 warning in 2 specs, 10 OK, 4 other files skipped``; nothing where one spec is valid."""
    checked = [result for result in results if not result.failure]
    wrong = [result for result in checked if result.diagnostics]
    right = [result for result in checked if not result.diagnostics]
    sound, fixed = len(right), [diagnostic.severity for result in results for diagnostic in result.fixed]
    found = [diagnostic.severity for diagnostics in once(wrong) for diagnostic in diagnostics]
    parts = [f"{_kinds(found)} in {_counted(wrong)}"] if wrong else []
    if sound and (wrong or skipped or failed or fixed or sound > 1):
        parts.append(f"{sound:,} OK" if wrong else f"{_counted(right)}, all OK" if sound > 1 else "1 OK")
    parts += [f"{_kinds(fixed)} fixed"] if fixed else []
    parts += [f"{count(skipped, 'other file')} skipped"] if skipped else []
    parts += [f"{failed:,} not checked"] if failed and parts else []
    return ", ".join(parts)


def _counted(results: Sequence[Checked]) -> str:
    """``2 specs``, ``1 recipe``; ``3 files`` where they are of several kinds."""
    kinds = {result.kind for result in results}
    return count(len(results), kinds.pop() if len(kinds) == 1 else "file")


Names = Annotated[
    list[str],
    typer.Argument(
        metavar="FILE|FOLDER|NAME...",
        help="Specs, recipes and sweeps by path or shipped name, folders of them, or - for standard input.",
        autocompletion=complete_any,
    ),
]
Formats = Annotated[CheckFormat, typer.Option("--format", help="The output format.")]
Strict = Annotated[bool, typer.Option("--strict", help="Treat warnings as errors.")]
FIX = "Apply the safe fixes to the files: those that are right for every variant."
Repair = Annotated[bool, typer.Option("--fix", help=FIX)]
Diff = Annotated[bool, typer.Option("--diff", help="Show what --fix would change, and write nothing.")]
Watch = Annotated[bool, typer.Option("--watch", help="Check again whenever a file is saved, until Ctrl-C.")]
Params = Annotated[str | None, typer.Option("--max-params", metavar="N", help="Fail above this many params: 12M.")]
Macs = Annotated[
    str | None, typer.Option("--max-macs", metavar="N", help="Fail above this many MACs for one input: 2G.")
]
Memory = Annotated[
    str | None,
    typer.Option("--max-memory", metavar="BYTES", help="Fail above this memory for one input: 500MB."),
]
Smallest = Annotated[
    str | None, typer.Option("--min-input", metavar="N", help="Fail if the network needs an input larger than N×N.")
]
SkipOthers = Annotated[bool, typer.Option("--skip-others", help="Skip named files that have no key `cnnspec:`.")]
Verbose = Annotated[bool, typer.Option("--verbose", help="Print the names of skipped files.")]
ROOT = "Also allow references to files in this folder, not only in the checked folder."
Root = Annotated[Path | None, typer.Option("--root", metavar="DIR", help=ROOT, show_default=False)]
StdinName = Annotated[str, typer.Option("--stdin-name", metavar="FILE", help="The name of standard input in messages.")]


def check(
    names: Names,
    variant: Variant = None,
    format: Formats = CheckFormat.text,
    strict: Strict = False,
    fix: Repair = False,
    diff: Diff = False,
    watch: Watch = False,
    max_params: Params = None,
    max_macs: Macs = None,
    max_memory: Memory = None,
    min_input: Smallest = None,
    skip_others: SkipOthers = False,
    verbose: Verbose = False,
    root: Root = None,
    stdin_name: StdinName = STDIN_NAME,
) -> None:
    """Check specs, recipes and sweeps: report every error with its line, column and fix.

    Every variant of a spec is checked. In a folder, this checks every .yaml or .yml file with the key `cnnspec:` at
    its top. The network is neither built nor run, and torch is not needed. The exit code is 0 if all files are
    valid, 3 if there are errors, and 7 if a file cannot be read. `--format json` prints one line for each spec.
    """
    bounds = {"max_params": max_params, "max_macs": max_macs, "max_memory": max_memory, "min_input": min_input}
    mode = Fix.show if diff else Fix.write if fix else Fix.leave
    options = CheckOptions(variant, strict, mode, _budget(bounds), stdin_name)
    _refuse_together(names, format, mode, watch)

    def look() -> Gathered:
        return gather(names, skip_others=skip_others, root=root)

    def run(gathered: Gathered) -> int:
        return _run(gathered, options, format, verbose)

    if watch:
        from cnnspec.cli.watch import watch as keep_checking

        keep_checking(names, look, run, headings=format is CheckFormat.text)
    raise typer.Exit(run(look()))


def _run(gathered: Gathered, options: CheckOptions, format: CheckFormat, verbose: bool) -> int:
    """Checks and prints everything once, and gives the exit code."""
    results = [check_target(target, options) for target in gathered.targets]
    for path in gathered.skipped if verbose and format is CheckFormat.text else ():
        say(f"{path}: skipped, it has no key `cnnspec:`")
    report(format, results, gathered.skipped, gathered.failures)
    return exit_code(results, gathered.failures)


def _budget(bounds: dict[str, str | None]) -> Budget | None:
    """The bounds that are given. Raises UsageError for a figure that is none."""
    stated = {name: value for name, value in bounds.items() if value is not None}
    return given(stated, lambda name: f"`--{name.replace('_', '-')}`") if stated else None


def _refuse_together(names: Sequence[str], format: CheckFormat, mode: Fix, watch: bool) -> None:
    """Raises UsageError for options that do not go together."""
    if mode is Fix.write and STDIN in names:
        raise UsageError("--fix rewrites files, and standard input is none", "--diff shows what would change")
    if mode is Fix.show and format is not CheckFormat.text:
        raise UsageError(f"--diff prints text, not {format}")
    if watch and (STDIN in names or mode is not Fix.leave or format not in (CheckFormat.text, CheckFormat.json)):
        help = "it excludes -, --fix and --diff, and needs --format text or json"
        raise UsageError("--watch checks files again, prints, and changes nothing", help)

"""A spec is untrusted: whatever a text asks for, it is answered at its place, with bounded work and memory."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest
from rich.console import Console

from cnnspec.engine.checking import examine
from cnnspec.engine.diagnostics import UsageError, render
from cnnspec.engine.safe_open import open_regular
from cnnspec.engine.spec import find
from cnnspec.engine.spec.shipped import open_source
from cnnspec.engine.syntax.meter import MAX_STEPS, Meter
from tests.cli.runner import run
from tests.conftest import REPOSITORY
from tests.hostile import child
from tests.hostile.answers import Answer, answered, found_in
from tests.hostile.base_cases import BASES
from tests.hostile.case import HEAD, Case
from tests.hostile.file_cases import FILES, FileCase, fifo
from tests.hostile.name_cases import NAMES
from tests.hostile.table import PAGE, listed
from tests.hostile.text_cases import TEXTS
from tests.hostile.work_cases import WORK

CASES = (*TEXTS, *WORK, *NAMES)
SPECS = REPOSITORY / "specs"
MEGABYTES = 200
MAX_PRINTED = 400_000  # characters of all messages about one text
OVERSHOOT = 1.05  # what is being done when the work runs out is done
UNSAFE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def identify(case: Case | FileCase) -> str:
    return case.name


@pytest.mark.parametrize("case", [case for case in CASES if not case.heavy], ids=identify)
def test_hostile_text_is_answered(case: Case) -> None:
    """It gets its code at its place (work ends at any line) or is sound; work and what is printed stay in bounds."""
    assert_as_it_should_be(case, answered(case.data))


def test_heavy_texts_are_answered(tmp_path: Path) -> None:
    """So are the heavy ones, one after another in one process, which stays below 200 MB, and none ends it."""
    heavy = [case for case in CASES if case.heavy]
    paths = [tmp_path / f"{index}.yaml" for index in range(len(heavy))]
    for path, case in zip(paths, heavy, strict=True):
        path.write_bytes(case.data)
    ended = child.run(*map(str, paths), module="tests.hostile.answers")
    assert (ended.exit_code, ended.stderr) == (0, "")
    for case, line in zip(heavy, ended.stdout.splitlines(), strict=True):
        assert_as_it_should_be(case, Answer(**json.loads(line)))
    assert ended.megabytes < MEGABYTES


def assert_as_it_should_be(case: Case, answer: Answer) -> None:
    places = [place for code, place in answer.found if code == case.code]
    told = (case.place in places if case.place else places) if case.code else not answer.found
    assert told, (case.name, answer.found[:3])
    assert answer.steps <= MAX_STEPS * OVERSHOOT, case.name
    assert answer.printed < MAX_PRINTED, case.name


def test_shipped_texts_stay_inside() -> None:
    """Every file of networks that ships is sound under all its variants, and leaves a tenth of the work undone."""
    files = [path for path in sorted(SPECS.rglob("*.yaml")) if path.parent.name != "sweeps"]
    examined = {path.name: examine(open_source(path, path.name)) for path in files}
    assert not [name for name, found in examined.items() if found.errors]
    assert max(found.steps for found in examined.values()) < 0.9 * MAX_STEPS


def test_a_chain_of_ten_thousand_layers_stays_inside() -> None:
    """Each layer stands in a line of its own."""
    lines = "  - Conv2d: {out_channels: 8, kernel_size: 3, padding: 1}\n  - ReLU\n" * 5_000
    errors, steps = found_in(f"{HEAD}layers:\n{lines}".encode())
    assert not errors
    assert steps < 0.9 * MAX_STEPS


@pytest.mark.parametrize("name", ["googlenet", "mnist/googlenet_fixed"])
def test_work_may_run_out_at_any_step(name: str) -> None:
    """Wherever the work ends, at a line, at an aux head or in `init`, that is told and nothing is raised."""
    found = find(name)
    source = open_source(found.path, found.title)
    total = examine(source, found.variant).steps
    for limit in range(0, total, max(total // 25, 1)):
        errors = examine(source, found.variant, Meter(limit=limit)).errors
        assert [error.code for error in errors] == ["too-much-work"], limit


@pytest.mark.parametrize("case", [*FILES, *BASES], ids=identify)
def test_hostile_file_is_answered(case: FileCase, tmp_path: Path) -> None:
    """A file that is none ends with a message and its exit code; none is waited for, none is read without end."""
    argument = case.make(tmp_path)
    for format in ("text", "json"):
        result = run("check", "--format", format, "--", argument)
        assert result.exit_code == case.exit_code
        assert format == "json" or case.says in result.output
        assert not UNSAFE.search(result.output)
        assert "Traceback" not in result.output


@pytest.mark.parametrize("case", NAMES, ids=identify)
def test_names_are_printed_escaped(case: Case, tmp_path: Path) -> None:
    """Neither a terminal nor a program gets a control character, and no markup of a name is taken for ours."""
    path = tmp_path / "t.yaml"
    path.write_bytes(case.data)
    for format in ("text", "json", "github", "sarif"):
        result = run("check", "--format", format, str(path))
        assert result.exit_code == 3
        assert not UNSAFE.search(result.output)
    for diagnostic in found_in(case.data)[0]:
        out = io.StringIO()
        Console(file=out, force_terminal=True, markup=False, highlight=False).print(render(diagnostic))
        styled = re.sub(r"\x1b\[[\d;]*m", "", out.getvalue())
        assert not UNSAFE.search(styled)
        assert ("[red]" in styled) == ("[red]" in case.data.decode())


@pytest.mark.parametrize("format", ["table", "json", "markdown", "csv"])
def test_tables_are_printed_escaped(format: str, tmp_path: Path) -> None:
    """Ids and file names reach a table escaped; markup in them is text."""
    path = tmp_path / "[red]\u202e\x1b[31m.yaml"
    path.write_text(f'{HEAD}name: "\\e[2J"\nlayers:\n  - ReLU:\n    id: "[red]x[/red]"\n  - Flatten\n')
    result = run("summary", str(path), "--format", format)
    assert result.exit_code == 0
    assert "[red]x[/red]" in re.sub(r"\\([][])", r"\1", result.stdout)
    assert not UNSAFE.search(result.output)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--set", "num_classes=!!python/object/apply:os.system [ls]"),
        ("--set", "num_classes=" + "9" * 10_000),
        ("--set", "num_classes=" + "[" * 10_000),
        ("--set", "num_classes=\x1b[2J"),
        ("--set", "num_classes=&a [*a]"),
        ("--set", "\x1b[2J=1"),
        ("--set", "__class__=1"),
        ("--set", "\u202e=1"),
        ("--input", "9" * 10_000),
        ("--input", "1,\x1b[2J,3"),
        ("--input", ",".join(["1"] * 10_000)),
        ("--variant", "\x1b[2J\u202e"),
    ],
)
def test_hostile_settings_are_answered(arguments: tuple[str, str]) -> None:
    """What comes from the command line is as untrusted as a text."""
    result = run("summary", "first", *arguments)
    assert result.exit_code in (2, 3)
    assert "Traceback" not in result.output
    assert len(result.output) < 30_000
    assert not UNSAFE.search(result.output)


def test_what_takes_the_place_of_a_file_is_not_waited_for(tmp_path: Path) -> None:
    """A pipe that is there only when the file is opened, after it was looked at, is refused and not read."""
    pipe = Path(fifo(tmp_path))
    for opener in (open_regular, open_source):
        with pytest.raises(UsageError, match="regular"):
            opener(pipe)


def test_nothing_is_left_open(tmp_path: Path) -> None:
    """A refused file is closed."""
    pipe, before = Path(fifo(tmp_path)), len(list(Path("/dev/fd").iterdir()))
    with pytest.raises(UsageError):
        open_regular(pipe)
    assert len(list(Path("/dev/fd").iterdir())) == before


def test_the_page_lists_every_case() -> None:
    """docs/explanation/security.md names each case with its answer, and no other."""
    answers = {case.name: case.code or "exit 0" for case in CASES}
    answers |= {case.name: case.says if case.exit_code == 3 else f"exit {case.exit_code}" for case in (*FILES, *BASES)}
    assert listed(PAGE.read_text()).keys() == answers.keys()


def test_json_stays_json(tmp_path: Path) -> None:
    """What is escaped in JSON is read back as it was."""
    path = tmp_path / "t.yaml"
    path.write_text(f'{HEAD}layers:\n  - "\\u202e\\e[2J\U000e0001"\n')
    record = json.loads(run("check", "--format", "json", str(path)).stdout)
    assert "\u202e\x1b[2J\U000e0001" in record["diagnostics"][0]["message"]

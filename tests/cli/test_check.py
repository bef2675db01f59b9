"""`cnnspec check`: what it checks, what it prints in each format, and how it ends."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import Any

import pytest

from cnnspec.cli.check_targets import gather
from cnnspec.cli.check_text import with_line_ends
from tests.cli.runner import Result, run

SOUND = "cnnspec: 1\ninput: [1, 8, 8]\nlayers:\n  - Flatten\n  - Linear: {out_features: 4}\n"
WRONG = SOUND.replace("Flatten", "Flaten")
WARNED = (
    "cnnspec: 1\ninput: [1, 8, 8] # as in the paper\nlayers:\n"
    "  - Conv2d: {out_channels: 4, kernel_size: 3}   # wide\n  - BatchNorm2d\n  - ReLU\n"
)
FIXED = WARNED.replace("kernel_size: 3}", "kernel_size: 3, bias: false}")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def put(folder: Path, **texts: str) -> None:
    """Files by their names; `__` stands for a slash."""
    for name, text in texts.items():
        path = folder / f"{name.replace('__', '/')}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def last_line(result: Result) -> str:
    return result.stdout.splitlines()[-1]


# ------------------------------------------------------------------------------------------- what is checked


def test_a_folder_is_every_spec_below_it(here: Path) -> None:
    """Specs at any depth, in order of their paths; other YAML and hidden or installed folders are left out."""
    put(here, b=SOUND, a__deep__x=SOUND, other="services: {}\n", node_modules__x=WRONG)
    put(here / ".hidden", x=WRONG)
    (here / "a" / "y.yml").write_text(SOUND)
    (here / "a" / "spec.txt").write_text(WRONG)
    result = run("check", ".")
    assert result.stdout.splitlines() == [
        "b.yaml: OK",
        "a/y.yml: OK",
        "a/deep/x.yaml: OK",
        "3 specs, all OK, 1 other file skipped",
    ]
    assert result.exit_code == 0
    assert "other.yaml: skipped, it has no key `cnnspec:`" in run("check", ".", "--verbose").stdout


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        (SOUND, True),
        ("\ufeff" + SOUND, True),
        ("# a comment\n\n" + SOUND.replace("\n", "\r\n"), True),
        ("input: [1]\nlayers: []\n'cnnspec' : 1\n", True),
        ("{cnnspec: 1, input: [8], layers: []}", True),
        ("cnnspec: 1\nlayers: [\n", True),
        ("# cnnspec: ignore[x]\na: 1\n", False),
        ("a:\n  cnnspec: 1\n", False),
        ("cnnspecs: 1\n", False),
        ("cnnspec:1\n", False),
        ("- cnnspec: 1\n", False),
        ("", False),
    ],
)
def test_a_spec_is_known_by_its_key(here: Path, text: str, is_one: bool) -> None:
    """What counts is the key at the top, however broken the rest is."""
    (here / "x.yaml").write_text(text, encoding="utf-8")
    assert bool(gather(["."]).targets) is is_one
    assert bool(gather(["x.yaml"], skip_others=True).targets) is is_one
    assert gather(["x.yaml"]).targets


def test_a_file_that_is_named_is_checked_whatever_it_holds(here: Path) -> None:
    """Only --skip-others passes by what has no key, and finding nothing then is no mistake."""
    put(here, x="services: {}\n")
    assert "the spec needs the key `cnnspec`" in run("check", "x.yaml").stdout
    result = run("check", "x.yaml", "--skip-others")
    assert (result.exit_code, result.stdout) == (0, "1 other file skipped\n")


def test_the_same_file_is_checked_once(here: Path) -> None:
    """By whichever ways it is named: itself, its folder, a link, a path in a circle."""
    put(here, a__x=SOUND)
    (here / "link.yaml").symlink_to("a/x.yaml")
    (here / "a" / "loop").symlink_to("..")
    result = run("check", "a/x.yaml", ".", "a", "a/../a/x.yaml", "link.yaml")
    assert result.stdout == "a/x.yaml: OK\n"


def test_a_folder_without_specs_is_said(here: Path) -> None:
    """Checking nothing is a mistake of use."""
    put(here, a__x="b: 1\n")
    (here / "empty").mkdir()
    result = run("check", "a", "empty")
    assert result.exit_code == 2
    assert result.stderr.count("there is no spec in the folder") == 2


def test_a_shipped_name_goes_before_a_folder_of_that_name(here: Path) -> None:
    """`first` is the shipped spec; `./first` and `first/` are the folder."""
    put(here, first__x=SOUND)
    assert run("check", "first").stdout.startswith(("first: OK", "warning"))
    assert run("check", "./first").stdout == run("check", "first/").stdout == "first/x.yaml: OK\n"


def test_files_of_no_regular_kind_are_passed_by(here: Path) -> None:
    """A pipe that nobody writes to, and a link to nothing, hold nothing up."""
    put(here, x=SOUND)
    os.mkfifo(here / "pipe.yaml")
    (here / "gone.yaml").symlink_to("nowhere")
    assert run("check", ".").stdout == "x.yaml: OK\n"
    assert run("check", "pipe.yaml").exit_code == 2


def from_stdin(monkeypatch: pytest.MonkeyPatch, data: bytes, *arguments: str) -> Result:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))
    return run("check", "-", *arguments)


def test_standard_input(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An editor pipes its text in and says what it is called."""
    assert from_stdin(monkeypatch, SOUND.encode()).stdout == "<stdin>: OK\n"
    assert "--> specs/x.yaml:4:5" in from_stdin(monkeypatch, WRONG.encode(), "--stdin-name", "specs/x.yaml").stdout
    assert "error[not-utf8]" in from_stdin(monkeypatch, b"cnnspec: \xff\n").stdout
    assert from_stdin(monkeypatch, b"#" * 5_000_000).exit_code == 3


# ------------------------------------------------------------------------------------ the last line, the exit code


def test_the_last_line_counts(here: Path) -> None:
    """Errors and warnings in how many specs, how many are sound, skipped, and not checked."""
    put(here, a=SOUND, b=WRONG, c=WARNED, d=SOUND, e="x: 1\n")
    result = run("check", ".", "nowhere.yaml")
    assert last_line(result) == "1 error and 1 warning in 2 specs, 2 OK, 1 other file skipped, 1 not checked"
    assert result.exit_code == 3
    assert last_line(run("check", "c.yaml")) == "1 warning in 1 spec"


def test_the_last_line_says_what_was_checked(here: Path) -> None:
    put(here, a="cnnspec_recipe: 1\nepocs: 3\n", b="cnnspec_sweep: 1\nspec: mnist/lenet\naxs: {}\n", c=WRONG, d=SOUND)
    assert last_line(run("check", "a.yaml")) == "1 error in 1 recipe"
    assert last_line(run("check", "a.yaml", "c.yaml")) == "2 errors in 2 files"
    assert last_line(run("check", "b.yaml", "d.yaml")).endswith(" in 1 sweep, 1 OK")
    put(here, a="cnnspec_recipe: 1\n", b="cnnspec_recipe: 1\nepochs: 2\n")
    assert last_line(run("check", "a.yaml", "b.yaml")) == "2 recipes, all OK"
    assert last_line(run("check", "a.yaml", "b.yaml", "d.yaml")) == "3 files, all OK"


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is unreadable to root")
def test_an_unreadable_file_ends_with_7(here: Path) -> None:
    """All the others are checked all the same."""
    put(here, a=SOUND, b=WRONG)
    (here / "a.yaml").chmod(0)
    result = run("check", "a.yaml", "b.yaml")
    assert result.exit_code == 7
    assert "error[unknown-layer]" in result.stdout


def test_the_worst_exit_code_wins(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """7 for what cannot be read, 3 for errors, 2 for a name that is none, 0."""
    put(here, a=SOUND, b=WRONG, c=SOUND)
    real = os.open

    def refuse(path: object, *rest: Any, **more: Any) -> int:
        if str(path).endswith("c.yaml"):
            raise PermissionError(13, "Permission denied")
        return real(path, *rest, **more)  # type: ignore[call-overload, no-any-return]

    monkeypatch.setattr(os, "open", refuse)
    codes = [run("check", *names.split()).exit_code for names in ("a.yaml", "a.yaml no.yaml", "no.yaml b.yaml", ".")]
    assert codes == [0, 2, 3, 7]
    assert "`c.yaml` cannot be read: Permission denied" in run("check", "c.yaml").stderr


def test_warnings_are_errors_under_strict(here: Path) -> None:
    """A warning alone ends with 0; --strict shows it as an error and ends with 3."""
    put(here, a=WARNED)
    plain, strict = run("check", "a.yaml"), run("check", "a.yaml", "--strict")
    assert (plain.exit_code, strict.exit_code) == (0, 3)
    assert "warning[bias-before-norm]" in plain.stdout
    assert strict.stdout == plain.stdout.replace("warning[", "error[").replace("1 warning", "1 error")


# ------------------------------------------------------------------------------------------------- the formats


def records(*arguments: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in run("check", "--format", "json", *arguments).stdout.splitlines()]


def test_json_tells_all_there_is(here: Path) -> None:
    """Labels, notes, the way to the line, and fixes whose edits make the text sound."""
    text = (
        "cnnspec: 1\ninput: [1, 8, 8]\nlayers:\n  - Block: {k: 3}\n    repeat: 2\nblocks:\n  Block:\n"
        "    params: {k: int}\n    layers:\n      - MaxPool2d: {kernel_size: $k}\n"
    )
    put(here, a=text, b=WARNED)
    first, second = records("a.yaml", "b.yaml")
    (found,) = first["diagnostics"]
    assert found["labels"][0]["text"]
    assert {"file", "line", "column", "end_line", "end_column", "text"} == set(found["labels"][0])
    assert found["notes"][0].startswith("floor(")
    frame = found["trace"][0]
    assert (frame["text"], frame["line"]) == ("block Block", 4)
    (warning,) = second["diagnostics"]
    (fix,) = warning["fixes"]
    assert fix["safe"]
    (edit,) = fix["edits"]
    lines = WARNED.split("\n")
    line = lines[edit["line"] - 1]
    lines[edit["line"] - 1] = line[: edit["column"] - 1] + edit["text"] + line[edit["end_column"] - 1 :]
    assert sorted("\n".join(lines)) == sorted(FIXED)


def test_sarif_is_one_log_of_everything(here: Path) -> None:
    """One run with the results of all specs, and what could not be checked."""
    put(here, a=WRONG, b=WARNED, c=SOUND)
    result = run("check", ".", "nowhere.yaml", "--format", "sarif")
    (log,) = json.loads(result.stdout)["runs"]
    assert [r["ruleId"] for r in log["results"]] == ["unknown-layer", "bias-before-norm"]
    assert [r["level"] for r in log["results"]] == ["error", "warning"]
    assert log["invocations"][0]["exitCode"] == result.exit_code == 3
    assert "nowhere.yaml" in log["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"]
    (alone,) = json.loads(run("check", "nowhere", "--format", "sarif").stdout)["runs"]
    told = alone["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"]
    assert told.splitlines()[0] == "no spec is called `nowhere`"  # and the help in a line of its own


def test_github_and_gitlab(here: Path) -> None:
    """An annotation for each finding and each failure; a report for GitLab."""
    put(here, a=WRONG, b=WARNED)
    lines = run("check", ".", "nowhere.yaml", "--format", "github").stdout.splitlines()
    assert [line.split(",")[0] for line in lines[:2]] == ["::error file=a.yaml", "::warning file=b.yaml"]
    assert lines[2] == "::error title=cnnspec::there is no file `nowhere.yaml`"
    assert lines[3] == "1 error and 1 warning in 2 specs, 1 not checked"
    report = json.loads(run("check", ".", "--format", "gitlab").stdout)
    assert [(r["severity"], r["location"]["path"]) for r in report] == [("major", "a.yaml"), ("minor", "b.yaml")]


# ------------------------------------------------------------------------------------------------------- fixes


def test_fix_makes_the_safe_repairs(here: Path) -> None:
    """Comments, layout and permissions stay; what was repaired is counted."""
    put(here, a=WARNED, b=SOUND)
    (here / "a.yaml").chmod(0o640)
    result = run("check", ".", "--fix")
    assert result.stdout.splitlines() == ["a.yaml: OK", "b.yaml: OK", "2 specs, all OK, 1 warning fixed"]
    assert (here / "a.yaml").read_text().count("bias: false") == 1
    assert sorted((here / "a.yaml").read_text()) == sorted(FIXED)
    assert (here / "a.yaml").stat().st_mode & 0o777 == 0o640
    assert sorted(path.name for path in here.iterdir()) == ["a.yaml", "b.yaml"]
    assert run("check", "a.yaml", "--fix").stdout == "a.yaml: OK\n"


def test_fix_keeps_line_ends_and_the_byte_order_mark(here: Path) -> None:
    """A file from Windows stays one."""
    data = b"\xef\xbb\xbf" + WARNED.replace("\n", "\r\n").encode()
    (here / "a.yaml").write_bytes(data)
    run("check", "a.yaml", "--fix")
    after = (here / "a.yaml").read_bytes()
    assert after.startswith(b"\xef\xbb\xbf")
    assert b"bias: false" in after
    assert after.count(b"\r\n") == after.count(b"\n") == data.count(b"\n")


@pytest.mark.parametrize(
    ("before", "text", "after"),
    [
        ("a\r\nb\r\n", "a\r\nx\nb\r\n", "a\r\nx\r\nb\r\n"),
        ("a\nb\r\n", "a\nx\nb\r\n", "a\nx\nb\r\n"),
        ("a\n", "a\nx\n", "a\nx\n"),
        ("a", "x\na", "x\na"),
    ],
)
def test_new_lines_end_as_the_others_do(before: str, text: str, after: str) -> None:
    """Where every line ended as on Windows, so do those that a repair brings; a mixture is left as it is."""
    assert with_line_ends(before, text) == after


def test_diff_shows_and_writes_nothing(here: Path) -> None:
    """What --fix would do, as a patch."""
    put(here, a=WARNED)
    result = run("check", "a.yaml", "--diff")
    assert (here / "a.yaml").read_text() == WARNED
    assert "--- a.yaml\n+++ a.yaml\n" in result.stdout
    changed = [line for line in result.stdout.splitlines() if line[:1] in "+-" and line[:3] not in ("---", "+++")]
    assert [line[0] for line in changed] == ["-", "+"]
    assert "bias: false" in changed[1]


def test_fix_leaves_links_and_shipped_specs_alone(here: Path) -> None:
    """A link might lead anywhere, and the package's own specs are not the user's."""
    put(here, a__x=WARNED)
    (here / "link.yaml").symlink_to("a/x.yaml")
    result = run("check", "link.yaml", "--fix")
    assert (result.exit_code, (here / "a" / "x.yaml").read_text()) == (7, WARNED)
    assert "is a link and is not rewritten" in result.stderr
    assert (here / "link.yaml").is_symlink()


def test_a_failed_write_leaves_the_file_whole(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk ends with 7; the old text is there and nothing beside it."""
    put(here, a=WARNED)

    def fsync(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fsync)
    result = run("check", "a.yaml", "--fix")
    assert result.exit_code == 7
    assert "No space left on device" in result.stderr
    assert [(path.name, path.read_text()) for path in here.iterdir()] == [("a.yaml", WARNED)]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-", "--fix"], "standard input is none"),
        (["a.yaml", "--diff", "--format", "json"], "--diff prints text"),
        (["a.yaml", "--watch", "--format", "sarif"], "--watch checks files again"),
        (["-", "--watch"], "--watch checks files again"),
        (["a.yaml", "--watch", "--fix"], "--watch checks files again"),
        (
            ["a.yaml", "--max-params", "many"],
            "`--max-params` takes a number of params, for example 500k or 12M, not `many`",
        ),
        (["a.yaml", "--max-macs", "2g"], "did you mean `2G`?"),
        (["a.yaml", "--max-params", "0"], "`--max-params` is more than zero"),
        (["a.yaml", "--max-memory", "-1"], "`--max-memory` takes a number of bytes"),
    ],
)
def test_what_makes_no_sense_is_refused(here: Path, arguments: list[str], said: str) -> None:
    """Before anything is checked."""
    put(here, a=SOUND)
    result = run("check", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr

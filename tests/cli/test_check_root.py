"""What a checked text names is read inside the folder that is checked, and nowhere else."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import pytest

import cnnspec
from cnnspec.engine.diagnostics import SpecError
from cnnspec.engine.sweep_file.model import Settings
from cnnspec.pytorch.sweep.start import plan, read_file
from tests.cli.runner import run

SECRET = "tok_3f9a8d7c6b5a4938"
SMALL = "cnnspec: 1\nname: small\ninput: [1, 8, 8]\nlayers: [Flatten, {Linear: {out_features: 10}}]\n"
SWEEP = "cnnspec_sweep: 1\nspec: {}\nrecipe: {}\naxes: {{seed: [0]}}\n"
RECIPE = "cnnspec_recipe: 1\ndata: digits\n"
FORMATS = ("text", "json", "github", "gitlab", "sarif")


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a spec and a recipe; outside of it lie files with a secret, sound or not, and a sound pair."""
    for name, text in {
        "outside.yaml": f"KEY: {SECRET}\n",
        "token": SECRET,
        "sound.yaml": f"# {SECRET}\n{SMALL}",
        "recipe.yaml": f"# {SECRET}\n{RECIPE}",
        "repo/own.yaml": SMALL,
        "repo/how.yaml": RECIPE,
        "repo/deep/own.yaml": SMALL,
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "repo" / "way").symlink_to("..")
    (tmp_path / "repo" / "linked").symlink_to("../token")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "repo"


def put(repo: Path, name: str, spec: str = "own.yaml", recipe: str = "how.yaml") -> None:
    (repo / name).write_text(SWEEP.format(spec, recipe))


OUTSIDE = ["../outside.yaml", "../token", "/etc/hostname", "deep/../../sound.yaml", "way/outside.yaml", "way/token"]


@pytest.mark.parametrize("name", [*OUTSIDE, "linked", "../nothing.yaml", "way/nothing", "/dev/zero", "../repo2/x.yaml"])
@pytest.mark.parametrize("key", ["spec", "recipe"])
def test_what_a_sweep_names_outside_is_not_opened(
    key: str, name: str, repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It gets `outside-folder` at its name, whether it is there or not; no format quotes a word of it."""
    put(repo, "s.yaml", **{key: name})
    opened: list[str] = []
    real = os.open
    monkeypatch.setattr(os, "open", lambda path, *rest, **more: opened.append(str(path)) or real(path, *rest, **more))
    result = run("check", "repo", "--format", "json")
    [found] = [record for record in map(json.loads, result.stdout.splitlines()) if record["diagnostics"]]
    [diagnostic] = found["diagnostics"]
    assert (result.exit_code, found["file"], diagnostic["code"]) == (3, "repo/s.yaml", "outside-folder")
    assert (diagnostic["line"], diagnostic["column"]) == ((2, 7) if key == "spec" else (3, 9))
    assert os.path.realpath(repo / name) not in {os.path.realpath(path) for path in opened}


def test_no_format_quotes_it(repo: Path) -> None:
    """Neither of a file that is named nor of a link in the folder."""
    for number, name in enumerate(OUTSIDE):
        put(repo, f"{number}.yaml", spec=f"[own.yaml, {{name: b, spec: {name}, recipe: {name}}}]", recipe=name)
    text = SWEEP.format("own.yaml", "how.yaml")
    (repo / "axis.yaml").write_text(text.replace("seed: [0]", "recipe: [../token]"))
    (repo / "link.yaml").symlink_to("../sound.yaml")
    (repo / "broken.yaml").symlink_to("../outside.yaml")
    for format in FORMATS:
        for names in (["repo"], [f"repo/{path.name}" for path in sorted(repo.glob("*.yaml"))]):
            result = run("check", "--format", format, *names)
            assert (result.exit_code, SECRET in result.output) == (3, False), (format, names)
            assert "outside-folder" in result.output or format == "github"


def test_links_count_as_what_they_lead_to(repo: Path) -> None:
    """A checked file that is a link out of the folder is not read, also where files are named; one within is."""
    (repo / "link.yaml").symlink_to("../sound.yaml")
    (repo / "within.yaml").symlink_to("deep/own.yaml")
    put(repo, "s.yaml", spec="within.yaml")
    result = run("check", "repo")
    assert result.stdout.count("error[outside-folder]: this link leads out of the checked folder") == 1
    assert "1 error in 1 spec, 4 OK" in result.stdout
    for more in ([], ["--skip-others"]):
        assert run("check", "repo/link.yaml", *more).exit_code == 3
    assert run("check", "repo/link.yaml", "--root", ".").stdout == "repo/link.yaml: OK\n"


def test_a_root_widens(repo: Path) -> None:
    """`--root` adds a folder; a folder that is named counts for its files, however these are named as well."""
    put(repo, "s.yaml", "../sound.yaml", "../recipe.yaml")
    put(repo, "deep/t.yaml", "../own.yaml", "../how.yaml")
    assert run("check", "repo").exit_code == 3
    assert run("check", "repo", "--root", ".").exit_code == 0
    assert run("check", "repo/deep/t.yaml").exit_code == 3
    assert run("check", "repo/deep/t.yaml", "--root", "repo").exit_code == 0
    assert run("check", "repo/deep/t.yaml", "repo/deep", ".").exit_code == 0
    assert run("check", "repo/deep/t.yaml", "repo").stdout.count("deep/t.yaml: OK") == 1
    missing = run("check", "repo", "--root", "nowhere")
    assert (missing.exit_code, "`nowhere` is not a folder" in missing.stderr) == (2, True)


def test_shipped_names_are_allowed_and_go_first(repo: Path) -> None:
    """Whatever lies under such a name in the working folder."""
    (repo / "mnist").mkdir()
    (repo / "mnist" / "lenet").symlink_to("../../token")
    Path("mnist").symlink_to("repo/mnist")
    put(repo, "s.yaml", "mnist/lenet", "mnist/lenet")
    assert run("check", "repo/s.yaml").stdout == "repo/s.yaml: OK\n"
    assert run("check", "mnist/lenet").stdout == "mnist/lenet: OK\n"


def test_standard_input_has_no_folder(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It names what ships; `--root` gives it a folder."""
    text = SWEEP.format("repo/own.yaml", "repo/how.yaml").encode()
    for more, code in (([], 3), (["--stdin-name", "repo/s.yaml"], 3), (["--root", "repo"], 0)):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text)))
        assert run("check", "-", *more).exit_code == code, more


def test_python_checks_as_the_command_does(repo: Path) -> None:
    """`cnnspec.check` has the same roots."""
    put(repo, "s.yaml", "../sound.yaml")
    (repo / "link.yaml").symlink_to("../sound.yaml")
    assert [d.code for d in cnnspec.check(repo / "s.yaml")] == ["outside-folder"]
    assert cnnspec.check(repo / "s.yaml", root=repo.parent) == ()
    with pytest.raises(SpecError, match="leads out"):
        cnnspec.check(repo / "link.yaml")


@pytest.mark.parametrize("spec", ["own.yaml", "./own.yaml", "./net", "net", "../sound.yaml", "deep/net"])
def test_paths_are_from_the_folder_of_the_sweep(spec: str, repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With an ending or without, from wherever the command runs; the user's own sweep may lead anywhere."""
    for place in (repo / "net", repo / "deep" / "net"):
        place.write_text(SMALL)
    text = SWEEP.format(spec, "./recipe").replace("seed: [0]", "recipe: [./recipe, how.yaml]")
    (repo / "recipe").write_text(f"{RECIPE}epochs: 3\n")
    (repo / "s.yaml").write_text(text.replace("recipe: ./recipe\n", ""))
    for folder in (repo, repo / "deep", repo.parent):
        monkeypatch.chdir(folder)
        path = os.path.relpath(repo / "s.yaml")
        assert run("check", path).exit_code == (3 if spec.startswith("../") else 0)
        planning = plan(read_file(path), Settings())
        assert [point.reason for point in planning.points] == ["", ""]
        assert planning.points[0].setup is not None
        assert cnnspec.load(planning.points[0].setup.name).name == "small"

"""`cnnspec recipes` and `cnnspec sweeps`, and their names in `cnnspec check`."""

from __future__ import annotations

import pytest

from cnnspec.cli.options import complete_any
from cnnspec.engine.zoo import recipe_files, sweep_files
from tests.cli.runner import run

FILES = {"recipe": recipe_files, "sweep": sweep_files}


@pytest.mark.parametrize("kind", FILES)
def test_what_ships_is_listed_and_printed(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each name stands in the list with its description, and the text of each is that of its file."""
    monkeypatch.delenv("COLUMNS", raising=False)
    files = FILES[kind]()
    assert len(files) > 5
    listed = run(f"{kind}s")
    assert (listed.exit_code, listed.stderr) == (0, "")
    for name, path in files.items():
        text = path.read_text(encoding="utf-8")
        description = text.partition("description: ")[2].partition("\n")[0]
        (row,) = [line for line in listed.stdout.splitlines() if line.startswith(f" {name} ")]
        assert row.endswith(description)
        assert run(f"{kind}s", name).stdout == text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("recipes", "mnist/lenet_tund"), "no recipe is called `mnist/lenet_tund`\n  = help: did you mean"),
        (("sweeps", "x" * 9), "no sweep is called `xxxxxxxxx`\n  = help: `cnnspec sweeps` lists the names"),
        (("sweep", "lenet_rel", "--plan"), "there is no sweep `lenet_rel`\n  = help: did you mean `lenet_relu`?"),
        (
            ("train", "mnist/lenet", "--recipe", "x" * 9),
            "is called `xxxxxxxxx`\n  = help: `cnnspec recipes` lists the names",
        ),
        (("check", "lenet_sigmoidal"), "no spec is called `lenet_sigmoidal`\n  = help: did you mean `lenet_sigmoid`?"),
    ],
)
def test_names_that_are_none_lead_to_those_that_are(arguments: tuple[str, ...], message: str) -> None:
    """The nearest name, or the command that lists them."""
    result = run(*arguments)
    assert result.exit_code == 2
    assert message in result.stderr


def test_check_takes_the_names_of_recipes_and_sweeps() -> None:
    """By name, or with the kind in front where a spec has the name as well; completion offers them so."""
    names = [*(f"recipes/{name}" for name in recipe_files()), *(f"sweeps/{name}" for name in sweep_files())]
    assert [name for name in complete_any("") if name.startswith(("recipes/", "sweeps/"))] == names
    checked = run("check", "mnist/lenet_tuned", "recipes/mnist/lenet", "lenet_relu", "sweeps/alexnet", "mnist/lenet")
    assert (checked.exit_code, checked.stderr) == (0, "")
    assert checked.stdout.splitlines()[:2] == ["mnist/lenet_tuned: OK", "recipes/mnist/lenet: OK"]
    assert checked.stdout.splitlines()[-1] == "5 files, all OK"
    assert run("check", "recipes/mnist/lenet", "sweeps/alexnet").stdout.splitlines()[-1] == "2 files, all OK"

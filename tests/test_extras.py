"""Without an extra, a command says in one line which to install; nothing else of it is missed."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator, Sequence
from importlib.abc import MetaPathFinder
from types import ModuleType

import pytest

from cnnspec.extras import EXTRAS, INCLUDES, requiring
from tests.conftest import REPOSITORY

PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
DISTRIBUTIONS = {"PIL": "pillow", "psycopg": "psycopg[binary]", "ray": "ray[default]"}


class Refused(MetaPathFinder):
    """Finds no package of an extra, as where it is not installed."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> None:
        if name.partition(".")[0] in EXTRAS:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


@pytest.fixture(scope="module")
def engine_alone() -> Iterator[None]:
    """The modules of the package are imported again, with no package of any extra."""
    kept = dict(sys.modules)
    for name in [*sys.modules]:
        if name.partition(".")[0] in {*EXTRAS, "cnnspec"}:
            del sys.modules[name]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "meta_path", [Refused(), *sys.meta_path])
        yield
    for name in [n for n in sys.modules if n.partition(".")[0] in {*EXTRAS, "cnnspec"}]:
        del sys.modules[name]
    sys.modules.update(kept)


def required(extra: str) -> set[str]:
    """The distributions that an extra brings, with those of the extras that it includes."""
    found = set()
    for text in PROJECT["optional-dependencies"][extra]:
        name = text.partition(">=")[0]
        if name.startswith("cnnspec["):
            for inner in name.removeprefix("cnnspec[").removesuffix("]").split(","):
                found |= required(inner)
        else:
            found.add(name)
    return found


def test_each_package_is_brought_by_its_extra() -> None:
    """What a message says to install holds the package, and so do the extras that include it."""
    for package, extra in EXTRAS.items():
        name = DISTRIBUTIONS.get(package, package)
        assert name in required(extra)
        for wider, inner in INCLUDES.items():
            assert (extra not in inner) or name in required(wider)


def test_the_engine_needs_six_packages() -> None:
    """Nothing that builds or trains comes with `pip install cnnspec`."""
    names = {text.partition(">=")[0] for text in PROJECT["dependencies"]}
    assert names == {"msgspec", "pydantic", "pyyaml", "rich", "typer", "watchfiles"}
    assert [text for text in PROJECT["dependencies"] if "emscripten" in text] == [
        "watchfiles>=1.1; sys_platform != 'emscripten'"
    ]


@pytest.mark.parametrize(
    ("arguments", "package", "extra"),
    [
        (["train", "mnist/lenet"], "torch", "train"),
        (["eval", "runs/x"], "torch", "train"),
        (["predict", "runs/x", "a.png"], "torch", "train"),
        (["report", "runs/x"], "torch", "train"),
        (["compare", "runs/x"], "torch", "train"),
        (["sweep", "lenet_relu"], "optuna", "sweep"),
        (["import", "x.py:Net", "--input", "3,8,8"], "torch", "torch"),
        (["data", "check", "digits"], "numpy", "torch"),
        (["export", "mnist/lenet", "--to", "onnx", "--out", "x.onnx"], "torch", "onnx"),
        (["export", "mnist/lenet", "--to", "torch", "--out", "x.pt2"], "torch", "torch"),
        (["train", "mnist/lenet", "--tensorboard"], "tensorboard", "tensorboard"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
@pytest.mark.usefixtures("engine_alone")
def test_command_names_the_extra(
    arguments: list[str], package: str, extra: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line, exit code 2."""
    from cnnspec.cli.app import main

    monkeypatch.setattr(sys, "argv", ["cnnspec", *arguments])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert f"needs {package}, which is not installed: pip install 'cnnspec[{extra}]'" in line


@pytest.mark.usefixtures("engine_alone")
def test_a_plan_prices_points_and_says_that_times_need_torch(capsys: pytest.CaptureFixture[str]) -> None:
    """A sweep's networks are checked without what trains them."""
    from cnnspec.cli.app import main

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["cnnspec", "sweep", "lenet_relu", "--plan"])
        with pytest.raises(SystemExit) as end:
            main()
    assert end.value.code == 0
    printed = capsys.readouterr().out
    assert "61,706 params" in printed
    assert "needs torch, which is not installed: pip install 'cnnspec[train]'" in printed.splitlines()[-1]


@pytest.mark.usefixtures("engine_alone")
def test_calls_name_the_extra() -> None:
    """The Python side says the same as a UsageError."""
    import cnnspec as fresh

    for call, extra in (
        (lambda: fresh.build("mnist/lenet"), "torch"),
        (lambda: fresh.export("mnist/lenet", "onnx", "x.onnx"), "onnx"),
    ):
        with pytest.raises(fresh.UsageError, match=rf"cnnspec\[{extra}\]"):
            call()


def test_other_missing_modules_are_not_hidden() -> None:
    """A defect of the package itself, or of a user's file, keeps its own error."""
    with pytest.raises(ModuleNotFoundError, match="no_such_thing"), requiring("torch", "this"):
        import no_such_thing  # noqa: F401

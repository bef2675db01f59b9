"""`cnnspec zoo` and the index it reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import cnnspec
from cnnspec.cli import zoo as command
from cnnspec.engine import zoo
from cnnspec.engine.spec import known_specs
from tests.cli.runner import run


@pytest.fixture
def fresh() -> Iterator[None]:
    """The index is read again, and forgotten afterwards."""
    caches = (zoo.entries, known_specs)
    [cache.cache_clear() for cache in caches]
    yield
    [cache.cache_clear() for cache in caches]


def test_the_index_is_what_the_checker_finds(golden: Callable[[Path, str], None]) -> None:
    """Names, shapes, parameters and MACs of every shipped spec; `make golden` rewrites the file."""
    golden(zoo.specs_folder() / zoo.INDEX, command.index_text())


def test_zoo_lists_and_prints_every_spec() -> None:
    """Every shipped name is listed, and the text of each can be printed and is the spec."""
    listed = run("zoo").stdout
    names = {cnnspec.load(name).source.text: name for name in known_specs()}  # one of each file
    assert all(f" {name} " in listed for name in known_specs())
    assert {text: run("zoo", name).stdout for text, name in names.items()} == {text: text for text in names}


def test_listing_asks_the_index_and_not_the_checker(monkeypatch: pytest.MonkeyPatch, fresh: None) -> None:
    """Not one spec is read where all texts are those that were indexed."""
    monkeypatch.setattr("cnnspec.cli.zoo.described", lambda *_: pytest.fail("a spec is read"))
    monkeypatch.setattr("cnnspec.engine.spec.shipped.names_in", lambda *_: pytest.fail("a spec is read"))
    assert " mnist/resnet50 " in run("zoo").stdout
    assert "mnist/resnet50" in known_specs()


@pytest.mark.parametrize("index", [True, False])
def test_what_is_not_in_the_index_is_read(
    index: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh: None
) -> None:
    """A file that was edited since it was indexed, one that is new, and every file where there is no index."""
    text = "cnnspec: 1\ninput: [1, 8, 8]\nlayers: [Flatten, Linear: {out_features: 3}]\n"
    (tmp_path / "tiny.yaml").write_text(text)
    (tmp_path / "two.yaml").write_text(f"{text}variants: {{one: {{}}, more: {{}}}}\n")
    if index:
        stale = '{"tiny": {"sha256": "0", "specs": [{"name": "x", "input": "", "output": "", "params": 1, "macs": 1}]}}'
        (tmp_path / "index.json").write_text(stale)
    for module in ("cnnspec.engine.zoo", "cnnspec.engine.spec.shipped"):
        monkeypatch.setattr(f"{module}.specs_folder", lambda: tmp_path)
    rows = [line.split() for line in run("zoo").stdout.splitlines() if line.startswith(" ")]
    assert rows[2:] == [[name, "1×8×8", "3", "195", "192"] for name in ("tiny", "one", "more")]
    assert known_specs() == ("tiny", "one", "more")

"""The schema of sweep files says what the reader says."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from cnnspec.engine.diagnostics import Sink, Source
from cnnspec.engine.schema.sweep import FILE, schema
from cnnspec.engine.schema.text import text
from cnnspec.engine.spec.params import to_plain
from cnnspec.engine.sweep_file.read import KEYS
from cnnspec.engine.syntax import parse
from cnnspec.engine.syntax.marks import is_sweep
from tests.cli.runner import run
from tests.conftest import REPOSITORY
from tests.test_mistakes import FILES as MISTAKES

SHIPPED = sorted((REPOSITORY / "specs" / "sweeps").glob("*.yaml"))
WRONG = [path for path in MISTAKES if is_sweep(Source(path.name, path.read_text()))]
UNSEEN = {
    "sweep-files",
    "sweep-ends",
    "sweep-twice",
    "sweep-values",
}  # what is in other files, or for several keys together to make


@cache
def validator() -> Draft202012Validator:
    return Draft202012Validator(schema())


def problems(sweep: str) -> list[Any]:
    top = parse(Source("sweep", sweep), Sink())
    assert top is not None
    return list(validator().iter_errors(to_plain(top)))


def test_it_is_a_schema_of_its_draft() -> None:
    """The metaschema of draft 2020-12 admits it, and it has every key with a description."""
    Draft202012Validator.check_schema(schema())
    assert tuple(schema()["properties"]) == KEYS
    assert all(key["description"] for key in schema()["properties"].values())


def test_the_file_beside_the_sweeps_is_the_schema(golden: Callable[[Path, str], None]) -> None:
    """What editors read in a checkout is what the declarations say; `make golden` writes it anew."""
    golden(REPOSITORY / "specs" / "sweeps" / FILE, text(schema()) + "\n")
    assert run("schema", "--sweep").stdout == text(schema()) + "\n"


@pytest.mark.parametrize("path", SHIPPED, ids=[path.stem for path in SHIPPED])
def test_a_shipped_sweep_is_sound_and_leads_editors_to_the_schema(path: Path) -> None:
    """Each validates, checks clean, and names the schema's file in its first line."""
    found = path.read_text(encoding="utf-8")
    assert not problems(found)
    match = re.match(r"# yaml-language-server: \$schema=(\S+)\n", found)
    assert match
    assert (path.parent / match[1]).resolve() == REPOSITORY / "specs" / "sweeps" / FILE
    assert run("check", str(path)).exit_code == 0


@pytest.mark.parametrize("path", WRONG, ids=[path.stem for path in WRONG])
def test_a_mistake_is_refused_if_a_schema_can_see_it(path: Path) -> None:
    """Every mistake of writing is seen by the schema as well."""
    assert bool(problems(path.read_text())) == (path.stem not in UNSEEN)

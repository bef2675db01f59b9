"""Records that were made before, under ``build/parity``: a run that was cut off goes on where it was.

One holds as long as all that it is about: the network as the checker knows it, the code that builds and solves, the
comparison, torch and torchvision.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import cnnspec
from tests.parity.measure import Record

REPOSITORY = Path(__file__).parent.parent.parent
FOLDER = REPOSITORY / "build" / "parity"
CODE = ("cnnspec/emit/module*.py", "cnnspec/inputs/*.py", "cnnspec/importing/**/*.py", "tests/parity/*.py")


def kept(name: str) -> Record | None:
    """The record of a builder, if it still holds."""
    path = FOLDER / f"{name}.json"
    found = json.loads(path.read_text()) if path.exists() else {}
    return Record(**found["record"]) if found.get("of") == mark(name) else None


def keep(record: Record) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"of": mark(record.name), "record": record.as_json()})
    (FOLDER / f"{record.name}.json").write_text(text)


def mark(name: str) -> str:
    """A mark of all that a record is about."""
    mark = hashlib.sha256(f"torch {version('torch')}, torchvision {version('torchvision')}".encode())
    for path in sorted(path for pattern in CODE for path in REPOSITORY.glob(pattern)):
        mark.update(path.read_bytes())
    for line in lines(name):
        mark.update(line.encode())
    return mark.hexdigest()


def lines(name: str) -> Iterator[str]:
    """The network as the checker knows it."""
    graph = cnnspec.graph(name)
    for node in graph.nodes:
        yield f"{node.key} {node.layer.call(node.input_shapes[0])!r} {node.inputs} {node.shape} {node.macs} {node.aux}"
    for init in graph.init:
        yield f"{init.parameter} {init.call!r}"
    yield f"{graph.inputs} {graph.outputs} {[(head.name, head.output, head.value) for head in graph.aux]}"

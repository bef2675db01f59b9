"""What was found before, under ``build/parity``: a run that was cut off goes on where it was.

A part, the comparison with torchvision or the verdict of one kind, holds as long as all that it is about: the network
as the checker knows it, the code that builds it and that of the part, torch and torchvision.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import cnnspec
from tests.parity.kinds import KINDS

REPOSITORY = Path(__file__).parent.parent.parent
FOLDER = REPOSITORY / "build" / "parity"
NETWORK = "torchvision"  # the part that a Record is
BUILDING = ("cnnspec/pytorch/build/module*.py", "tests/parity/alike.py", "tests/parity/builders.py")
CODE = {
    NETWORK: ("cnnspec/engine/inputs/*.py", "tests/parity/measure.py"),
    **{kind.name: (*kind.code, "tests/parity/kinds.py") for kind in KINDS},
}


def kept(name: str) -> dict[str, Any]:
    """What was found of a builder, part by part, and still holds."""
    path = FOLDER / f"{name}.json"
    parts = json.loads(path.read_text()) if path.exists() else {}
    return {part: each["found"] for part, each in parts.items() if part in CODE and each["of"] == mark(name, part)}


def keep(name: str, found: Mapping[str, Any]) -> None:
    """Adds parts to those that hold."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    parts = {part: {"of": mark(name, part), "found": each} for part, each in (kept(name) | {**found}).items()}
    (FOLDER / f"{name}.json").write_text(json.dumps(parts, indent=1))


def mark(name: str, part: str) -> str:
    """A mark of all that a part is about."""
    mark = hashlib.sha256(f"torch {version('torch')}, torchvision {version('torchvision')}".encode())
    for path in sorted(path for pattern in (*BUILDING, *CODE[part]) for path in REPOSITORY.glob(pattern)):
        mark.update(path.read_bytes())
    for line in lines(name):
        mark.update(line.encode())
    return mark.hexdigest()


@cache
def lines(name: str) -> tuple[str, ...]:
    """The network as the checker knows it."""
    return tuple(_lines(name))


def _lines(name: str) -> Iterator[str]:
    graph = cnnspec.graph(name)
    for node in graph.nodes:
        call = node.layer.call(node.input_shapes[0])
        yield f"{node.key} {call!r} {node.inputs} {node.shape} {node.macs} {node.aux}"
    for init in graph.init:
        yield f"{init.parameter} {init.call!r}"
    yield f"{graph.inputs} {graph.outputs} {[(head.name, head.output, head.value) for head in graph.aux]}"

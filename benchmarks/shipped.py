"""Checking every shipped spec in one process, each file under its defaults and all of its variants."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.caches import forget
from benchmarks.finding import Finding
from benchmarks.timing import alternate
from cnnspec.engine.checking import check_source
from cnnspec.engine.spec import find, known_specs
from cnnspec.engine.spec.shipped import open_source


def measure(quick: bool) -> Iterator[Finding]:
    paths = sorted({find(name).path for name in known_specs()})
    sources = [open_source(path, path.name) for path in paths]
    rounds = alternate({"check": lambda: [check_source(source) for source in sources]}, 3 if quick else 21, forget)
    found = rounds.spread("check")
    yield Finding(
        what=f"check all shipped specs: {len(sources)} files, {len(known_specs())} networks",
        against="",
        value=type(found)(found.median * 1000, found.low * 1000, found.high * 1000, found.n),
        value_unit="ms",
        goal=None,
        note="in a process with everything imported; cnnspec's caches are emptied before each round",
    )

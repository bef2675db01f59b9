"""A sweep file -> a sweep that can run: its points planned, its folder begun, or found to be the same sweep's.

sweep.yaml ──read──► SweepFile ──plan──► Planning ──begin──► SWEEP/
                                                    ├─ new: written
                                                    ├─ the same: gone on with
                                                    └─ edited: refused with the difference, or extended
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cnnspec.engine.diagnostics import Sink, Source, SpecError, UsageError, did_you_mean
from cnnspec.engine.recipe import Recipe
from cnnspec.engine.recipe.overrides import settled
from cnnspec.engine.spec import find
from cnnspec.engine.spec.shipped import display, open_source
from cnnspec.engine.sweep_file import SweepFile, read
from cnnspec.engine.sweep_file.model import Settings
from cnnspec.engine.sweep_file.operations import as_data
from cnnspec.engine.syntax.marks import is_sweep
from cnnspec.engine.zoo import SWEEPS, sweep_files
from cnnspec.pytorch.sweep.folder import (
    KnownPoint,
    PointRecord,
    SweepPlan,
    differences,
    is_begun,
    read_plan,
    write_plan,
)
from cnnspec.pytorch.sweep.plan import PlannedPoint, Planner
from cnnspec.pytorch.sweep.record import RecordedAxis
from cnnspec.pytorch.sweep.resolve import Resolver
from cnnspec.pytorch.sweep.space import identity, is_known, known_points
from cnnspec.pytorch.train.free_settings import FREE
from cnnspec.version import __version__

MOST_LINES = 20


@dataclass(frozen=True, slots=True, eq=False)
class Planning:
    """A sweep that was read and planned; ``points`` are those that are known, none where a sampler asks for them."""

    file: SweepFile
    resolver: Resolver
    planner: Planner
    points: tuple[PlannedPoint, ...]

    @property
    def title(self) -> str:
        return self.file.name or Path(self.file.source.name).stem


def read_file(name: str) -> SweepFile:
    """The sweep file of a path, or of a shipped name such as `alexnet`. Raises SpecError and UsageError."""
    path = find_sweep(name)
    source, sink = open_source(path, display(path)), Sink()
    if not is_sweep(source):
        message = f"{path} is not a sweep file: it has no key `cnnspec_sweep`"
        raise UsageError(message, "docs/how-to/sweeps.md shows a sweep file")
    return _read(source, sink)


def _read(source: Source, sink: Sink) -> SweepFile:
    file = read(source, sink)
    if file is None:
        raise SpecError(sink.in_order())
    return file


def find_sweep(name: str) -> Path:
    """Raises UsageError for a name that is neither a file's nor a shipped sweep's."""
    if Path(name).is_file():
        return Path(name)
    shipped, wanted = sweep_files(), name.removeprefix(f"{SWEEPS}/")
    if wanted in shipped:
        return shipped[wanted]
    near = did_you_mean(wanted, shipped)
    raise UsageError(f"there is no sweep `{name}`", near or "`cnnspec sweeps` lists the names; a path ends in .yaml")


def plan(file: SweepFile, given: Settings) -> Planning:
    """All points that are known, checked and priced. ``given`` is what the command line sets."""
    resolver = Resolver(file, given)
    planner = Planner(resolver)
    points = planner.plan(enumerate(known_points(file), 1)) if is_known(file) else ()
    return Planning(file, resolver, planner, points)


def begin(folder: Path, planning: Planning, storage: str, records: dict[int, PointRecord], *, extend: bool) -> Planning:
    """Write the folder of a new sweep; of one that is there, refuse what is not the same, or extend it.

    Returns the points under the numbers that they have in the folder. Raises UsageError and CheckpointError.
    """
    if is_begun(folder):
        before = read_plan(folder)
        planning = _same(folder, before, planning, records, extend=extend)
        storage = storage or before.storage
    elif folder.exists() and any(path.name != "lock" for path in folder.iterdir()):
        raise UsageError(f"{folder} is not empty, and holds no sweep", "name another folder with --out")
    write_plan(folder, planning.file.source.text, _saved(planning, storage))
    return planning


def _saved(planning: Planning, storage: str) -> SweepPlan:
    file = planning.file
    axes = (
        RecordedAxis(a.name, a.values, (a.range.low, a.range.high), a.range.is_log)
        if a.range
        else RecordedAxis(a.name, a.values)
        for a in file.axes
    )
    points = [
        KnownPoint(number=p.number, values=dict(p.values), reason=said(p), params=p.params, macs=p.macs)
        for p in planning.points
    ]
    return SweepPlan(
        cnnspec=__version__,
        name=planning.title,
        objective=str(file.objective),
        direction=file.objective.direction,
        fixed=fixed(planning),
        rest=rest(file),
        axes=tuple(axes),
        storage=storage,
        points=tuple(points),
    )


def said(point: PlannedPoint) -> str:
    """Why a point is left out, and where that stands."""
    return f"{point.reason} ({point.span})" if point.span else point.reason


def fixed(planning: Planning) -> dict[str, Any]:
    """What every run of a sweep follows from, besides its axes."""
    file, resolver = planning.file, planning.resolver
    networks = {
        n.label: {"spec": n.spec, "variant": n.variant, "recipe": n.recipe, **_settings(n.settings)}
        for n in file.networks
    }
    recipes = {name or "": resolver.tree(name) for name in dict.fromkeys(n.recipe for n in file.networks)}
    resolved = {name: settled(tree, ()) for name, tree in recipes.items()}
    return {
        "networks": networks,
        "texts": {n.spec: _digest(n.spec) for n in file.networks},
        "recipes": {name: _kept(recipe.as_data()) for name, recipe in resolved.items() if isinstance(recipe, Recipe)},
        "set": _settings(file.settings.with_(resolver.given)),
        "objective": str(file.objective),
    }


def rest(file: SweepFile) -> dict[str, Any]:
    """What an extended sweep may have otherwise than before."""
    axes = {
        a.name: {"values": list(a.values), "when": {name: list(wanted) for name, wanted in a.when.items()}}
        | ({"range": [a.range.low, a.range.high, a.range.is_log, a.range.steps]} if a.range else {})
        for a in file.axes
    }
    bounds = {"runs": file.bounds.runs, "time": file.bounds.time}
    limits = {limit.name: limit.amount for limit in file.bounds.network.of(None)} if file.bounds.network else {}
    operations = {"sampler": as_data(file.sampler), "pruner": as_data(file.pruner)}
    return {"axes": axes, **operations, "choose": list(file.choose), "budget": {**bounds, **limits}}


def _settings(settings: Settings) -> dict[str, Any]:
    recipe = {setting.path: setting.text for setting in settings.recipe if setting.path not in FREE}
    return {"params": dict(settings.params), "recipe": recipe}


def _kept(data: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name not in FREE}


def _digest(spec: str) -> str:
    """What tells the text of a spec, and of all that it extends, from others."""
    from cnnspec.api import load

    found = find(spec)
    loaded = load(str(found.path))
    texts = [loaded.source.text, *(base.text for base in loaded.bases)]
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]


def _same(folder: Path, before: SweepPlan, now: Planning, records: dict[int, PointRecord], *, extend: bool) -> Planning:
    """Refuse another sweep than the folder's; give points the numbers that they have there."""
    other = list(_others(before.fixed, fixed(now)))
    if other:
        raise UsageError(f"{folder} holds another sweep", _lines(other, "name another folder with --out"))
    edited = list(differences(before.rest, rest(now.file)))
    if not edited:
        return _numbered(before, now)
    if not extend:
        raise UsageError(f"{folder} was begun otherwise", _lines(edited, "--extend takes the new points to the old"))
    if not is_known(now.file) and any(line.startswith(("axes", "sampler")) for line in edited):
        help = "of a sweep whose points a sampler asks for, `budget`, `pruner` and `choose` may change"
        raise UsageError(f"{folder} cannot be extended so", _lines(edited, help))
    kept = {identity(point.values) for point in now.points}
    gone = [r for r in records.values() if identity(r.values) not in kept] if is_known(now.file) else []
    if gone:
        lines = [f"point {record.number} is not among them: {identity(record.values)}" for record in gone]
        raise UsageError("an extended sweep has all the points that were run before", _lines(lines, ""))
    return _numbered(before, now)


def _others(before: dict[str, Any], now: dict[str, Any]) -> Iterator[str]:
    """What runs follow from and is not as it was; of a text, that it was edited."""
    texts, own = before["texts"], now["texts"]
    yield from (f"{name} was edited" for name in sorted({*texts} & {*own}) if texts[name] != own[name])
    yield from differences({**before, "texts": {}}, {**now, "texts": {}})


def _numbered(before: SweepPlan, now: Planning) -> Planning:
    """The points anew under the numbers that they have, and under the next ones."""
    numbers = {identity(point.values): point.number for point in before.points}
    last = max(numbers.values(), default=0)
    pairs = []
    for point in now.points:
        number = numbers.get(identity(point.values))
        if number is None:
            number = last = last + 1
        pairs.append((number, point.values))
    planner = Planner(now.resolver)
    planner.networks = now.planner.networks
    return Planning(now.file, now.resolver, planner, planner.plan(sorted(pairs, key=lambda pair: pair[0])))


def _lines(lines: list[str], help: str) -> str:
    more = [f"and {len(lines) - MOST_LINES} more"] if len(lines) > MOST_LINES else []
    return "\n".join(filter(None, [*lines[:MOST_LINES], *more, help]))

"""Node tree -> SweepFile: each mistake at its line and column, in the words of a spec's and of a recipe's.

cnnspec_sweep: 1
spec: mnist/alexnet                           a network, or a list of them
recipe: mnist/alexnet                         a name, a path, or a recipe's own keys
set: {epochs: 5}                              over the recipe, and with `params.` over the spec
axes:
  optimizer.Adam.lr: [0.001, 0.0005]          what differs between the points
sampler: grid
"""

from __future__ import annotations

import re
from typing import Any, get_args

from pydantic import BaseModel, Field

from cnnspec.engine.diagnostics import Edit, Repair, Sink, Source, choices, did_you_mean, listing, printable
from cnnspec.engine.recipe.model import VERSION as RECIPE_VERSION
from cnnspec.engine.recipe.operation import STRICT, Operation
from cnnspec.engine.recipe.operations import Kind, OperationReader
from cnnspec.engine.recipe.plain import plain
from cnnspec.engine.recipe.read import ENTRY
from cnnspec.engine.recipe.read import MARK as RECIPE_MARK
from cnnspec.engine.spec.budget import LIMITS, read_budget
from cnnspec.engine.spec.edits import insertion, rename, respell
from cnnspec.engine.spec.validation_errors import validate
from cnnspec.engine.sweep_file.axes import AxisReader
from cnnspec.engine.sweep_file.model import SPEC, Bounds, Figure, NetworkEntry, Objective, SweepFile, When
from cnnspec.engine.sweep_file.networks import NetworkReader
from cnnspec.engine.sweep_file.operations import PRUNER, SAMPLER, Grid
from cnnspec.engine.sweep_file.paths import recipe_path
from cnnspec.engine.sweep_file.validate import check_sound
from cnnspec.engine.syntax import Entry, LocatedMeter, Map, Meter, Node, OutOfWork, Scalar, Seq, parse, shown
from cnnspec.engine.syntax.marks import SWEEP

MARK = SWEEP
VERSION = 1
TEXTS = ("name", "description")
KEYS = (MARK, *TEXTS, "spec", "recipe", "set", "axes", "sampler", "pruner", "objective", "choose", "budget")
TIME = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?) ?(s|min|h|d)")
SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86400}
MAX_NAME = 100  # bytes
FIGURES = get_args(Figure)


class _Runs(BaseModel):
    model_config = STRICT

    runs: int = Field(ge=1, le=1_000_000)


def read(source: Source, sink: Sink, meter: Meter | None = None) -> SweepFile | None:
    """The sweep file of a text, or None where something is wrong with it, which goes to the sink.

    ``meter`` counts the work of reading it and of what it names.
    """
    meter = meter or Meter()
    before = len(sink)
    top = parse(source, sink, meter)
    if top is None:
        return None
    if not isinstance(top, Map):
        help = f"start with `{MARK}: {VERSION}`, then `spec:`, `recipe:` and `axes:`"
        sink.error("wrong-type", f"a sweep must be a mapping, not {shown(top)}", source.span(), help=help)
        return None
    work = LocatedMeter(meter, source.span())
    try:
        found = _SweepReader(sink, top, source, work).file()
        if len(sink) == before:
            check_sound(found, sink, work)
    except OutOfWork:
        work.tell(sink, "sweep")
        return None
    return found if len(sink) == before else None


class _SweepReader:
    """Reads the entries of one sweep file."""

    def __init__(self, sink: Sink, top: Map, source: Source, work: LocatedMeter) -> None:
        self.sink, self.top, self.source, self.work = sink, top, source, work
        self.axes = AxisReader(sink, work)
        self.networks = NetworkReader(sink, source, self.axes, work)
        self.operations = OperationReader(sink, work)

    def file(self) -> SweepFile:
        self.version()
        for entry in self.top:
            self.known(entry)
        networks, own = self.of_spec(), self.top.get("axes")
        axes = (*([networks[1]] if networks[1] else []), *self.axes.read(own, networks[1]))
        return SweepFile(
            source=self.source,
            name=self.name(),
            description=self.text("description"),
            networks=networks[0],
            recipe=self.recipe(),
            settings=self.axes.settings(self.top.entry("set")),
            axes=axes,
            sampler=self.operation("sampler", SAMPLER) or Grid(),
            pruner=self.operation("pruner", PRUNER),
            objective=self.objective(),
            choose=self.choose([axis.name for axis in axes]),
            bounds=self.bounds(),
            recipe_span=(self.top.get("recipe") or self.top).span,
        )

    def version(self) -> None:
        entry = self.top.entry(MARK)
        if entry is None:
            help = f"start with `{MARK}: {VERSION}`"
            repairs = (Repair(help, (insertion(self.source.span(), f"{MARK}: {VERSION}\n"),)),)
            self.sink.error("missing-key", f"the sweep needs the key `{MARK}`", self.source.span(), repairs=repairs)
        elif not isinstance(entry.value, Scalar) or type(entry.value.value) is not int or entry.value.value != VERSION:
            message = f"this cnnspec reads version {VERSION} of sweeps, not {shown(entry.value)}"
            repairs = (Repair(f"write `{MARK}: {VERSION}`", (Edit(entry.value.span, f"{VERSION}"),)),)
            self.sink.error("unknown-version", message, entry.span, repairs=repairs)

    def known(self, entry: Entry) -> None:
        name = entry.key.text
        self.work.spend(ENTRY, entry.key.span)
        if name not in KEYS and not self.sink.full:
            near = did_you_mean(name, KEYS)
            repairs = respell(entry.key.span, name, KEYS) if near else ()
            help = choices("the keys are", "keys", name, KEYS, "docs/how-to/sweeps.md and `cnnspec schema --sweep`")
            self.sink.error(
                "unknown-key", f"unknown key `{name}` in a sweep", entry.key.span, near, help=help, repairs=repairs
            )

    def of_spec(self) -> tuple[tuple[NetworkEntry, ...], Any]:
        """The networks, and the axis that they are where there are several."""
        entry = self.top.entry("spec")
        axes = self.top.get("axes")
        own = axes.entry(SPEC) if isinstance(axes, Map) else None
        if entry is not None and own is not None:
            message = "the networks are listed under `spec` and again as an axis"
            self.sink.error("duplicate-key", message, own.key.span, help="remove one of them")
        elif entry is None and own is None:
            help = "name one: `spec: mnist/lenet`; or several: `spec: [mnist/lenet, mnist/alexnet]`"
            self.sink.error("missing-key", "the sweep needs the key `spec`", self.source.span(), help=help)
        return self.networks.read(entry or own)

    def recipe(self) -> str | Map | None:
        node = self.top.get("recipe")
        if node is None or (isinstance(node, Scalar) and node.value is None):
            return None
        if isinstance(node, Map):
            word = Scalar(node.span, RECIPE_VERSION, str(RECIPE_VERSION))
            mark = Entry(Scalar(node.span, RECIPE_MARK, RECIPE_MARK), word)
            return node if node.entry(RECIPE_MARK) else Map(node.span, (mark, *node.entries), flow=True)
        if isinstance(node, Scalar) and isinstance(node.value, str):
            return recipe_path(self.source, node.text)
        message = f"`recipe` must be a name, a path or a mapping with the keys of a recipe, not {shown(node)}"
        self.sink.error("wrong-type", message, node.span)
        return None

    def name(self) -> str:
        """A name that a folder within another can have."""
        text = self.text("name")
        bad = [part for part in text.split("/") if part in ("", ".", "..") or len(part.encode()) > MAX_NAME]
        if text and (bad or not text.isprintable() or "\\" in text):
            node = self.top.get("name")
            assert node is not None
            message = f"`{printable(shown(node))}` cannot be the name of a sweep, because its folder has that name"
            self.sink.error("bad-name", message, node.span, help="for example `alexnet` or `mnist/alexnet`")
        return text

    def text(self, name: str) -> str:
        node = self.top.get(name)
        if node is None or (isinstance(node, Scalar) and isinstance(node.value, str)):
            return node.text if isinstance(node, Scalar) else ""
        self.sink.error("wrong-type", f"`{name}` must be text, not {shown(node)}", node.span)
        return ""

    def operation(self, name: str, kind: Kind) -> Operation | None:
        node = self.top.get(name)
        if node is None or (isinstance(node, Scalar) and node.value is None):
            return None
        return self.operations.operation(node, kind)

    def objective(self) -> Objective:
        """`val_loss`, or `{val_loss: best}`."""
        node = self.top.get("objective")
        if node is None:
            return Objective()
        figure, when = node, None
        if isinstance(node, Map) and len(node.entries) == 1:
            figure, when = node.entries[0].key, node.entries[0].value
        word = figure.value if isinstance(figure, Scalar) else None
        if word not in FIGURES:
            near = did_you_mean(str(word), FIGURES)
            repairs = respell(figure.span, str(word), FIGURES) if near else ()
            message = f"`objective` must be {listing([f'`{f}`' for f in FIGURES], 'or')}, not {shown(figure)}"
            self.sink.error("wrong-type", message, figure.span, near, repairs=repairs)
            return Objective()
        moment = "last" if when is None else when.value if isinstance(when, Scalar) else None
        if moment not in get_args(When):
            message = f"`{word}` must be `last` or `best`, not {shown(when or node)}"
            self.sink.error("wrong-type", message, (when or node).span)
            return Objective()
        return Objective(word, moment)  # type: ignore[arg-type]

    def choose(self, axes: list[str]) -> tuple[str, ...]:
        node = self.top.get("choose")
        if node is None:
            return ()
        items = node.items if isinstance(node, Seq) else None
        if items is None or not all(isinstance(item, Scalar) for item in items):
            written = node.span.text if isinstance(node, Scalar) else None
            repairs = rename(node.span, f"[{written}]" if written else None)
            message = f"`choose` must be a list of axes, not {shown(node)}"
            self.sink.error("wrong-type", message, node.span, repairs=repairs)
            return ()
        for item in items:
            self.work.spend(1 + len(axes) // 8, item.span)
            if str(plain(item)) not in axes and not self.sink.full:
                near = did_you_mean(str(plain(item)), axes)
                repairs = respell(item.span, str(plain(item)), axes) if near else ()
                self.sink.error("unknown-axis", f"no axis is called `{plain(item)}`", item.span, near, repairs=repairs)
        return tuple(str(plain(item)) for item in items)

    def bounds(self) -> Bounds:
        node = self.top.get("budget")
        if node is None:
            return Bounds()
        if not isinstance(node, Map):
            self.sink.error("wrong-type", f"`budget` must be a mapping, not {shown(node)}", node.span, help=BUDGET)
            return Bounds()
        for part in (part for part in node if part.key.text not in ("runs", "time", *LIMITS) and not self.sink.full):
            near = did_you_mean(part.key.text, ("runs", "time", *LIMITS))
            message = f"unknown key `{part.key.text}` in the budget of a sweep"
            self.sink.error("unknown-key", message, part.key.span, near, help=BUDGET)
        network = Map(node.span, tuple(e for e in node if e.key.text in LIMITS), node.flow)
        limits = read_budget(network, {}, self.sink) if network.entries else None
        return Bounds(self.runs(node.entry("runs")), self.time(node.get("time")), limits)

    def runs(self, entry: Entry | None) -> int | None:
        if entry is None:
            return None
        made = validate(_Runs, {"runs": plain(entry.value)}, {"runs": entry}, entry.span, "budget")
        if isinstance(made, _Runs):
            return made.runs
        for diagnostic in made:
            self.sink.add(diagnostic)
        return None

    def time(self, node: Node | None) -> float | None:
        if node is None:
            return None
        match = TIME.fullmatch(node.text) if isinstance(node, Scalar) else None
        if match is None or not float(match[1]):
            help = "for example 90s, 30min, 2h or 1d"
            self.sink.error(
                "wrong-type", f"`time` must be a number with a unit, not {shown(node)}", node.span, help=help
            )
            return None
        return float(match[1]) * SECONDS[match[2]]


BUDGET = f"write `budget: {{runs: 30, time: 2h}}`; of a network {listing([f'`{name}`' for name in LIMITS])}"

"""What a sweep names is there, and takes the values that are tried: told before anything is planned.

A value that no point could have is wrong; one that makes a network that cannot be built beside another is for the plan.
"""

from __future__ import annotations

from msgspec.structs import replace

from cnnspec.engine.diagnostics import (
    CnnspecError,
    Diagnostic,
    Label,
    Sink,
    Span,
    SpecError,
    UsageError,
    did_you_mean,
    listing,
)
from cnnspec.engine.diagnostics.words import more_lines
from cnnspec.engine.layers import REGISTRY
from cnnspec.engine.recipe import Recipe
from cnnspec.engine.recipe.overrides import settled
from cnnspec.engine.recipe.shipped import recipe_tree
from cnnspec.engine.spec import Spec, TypeMismatch, builtin_blocks, find
from cnnspec.engine.spec import read as read_spec
from cnnspec.engine.spec.edits import respell
from cnnspec.engine.spec.params import fitting, from_plain
from cnnspec.engine.spec.roots import leads_out, outside
from cnnspec.engine.spec.shipped import display, open_source
from cnnspec.engine.sweep_file.axes import settings_of
from cnnspec.engine.sweep_file.model import (
    INPUT,
    PARAMS,
    RECIPE,
    SPEC,
    VARIANT,
    Axis,
    NetworkEntry,
    Settings,
    SweepFile,
    flow,
    points,
)
from cnnspec.engine.sweep_file.operations import Grid, Random
from cnnspec.engine.sweep_file.paths import is_path, recipe_path
from cnnspec.engine.syntax import Entry, LocatedMeter, Map, Node, Seq
from cnnspec.engine.syntax.parse import READING

MOST_POINTS = 100_000  # of a grid, each of which is checked and priced before the first runs
# Steps of the meter: a file that is read, a value held against a param, a recipe resolved, a setting put into it.
READ, FITTED, SETTLED, SETTING = 2000, 10, 60, 60
TOGETHER = "impossible-setting"  # what one value does beside others may be right beside those of other axes


def check_sound(file: SweepFile, sink: Sink, work: LocatedMeter) -> None:
    """Says what is wrong. Raises OutOfWork."""
    _SweepChecker(file, sink, work).check()


class _SweepChecker:
    def __init__(self, file: SweepFile, sink: Sink, work: LocatedMeter) -> None:
        self.file, self.sink, self.work = file, sink, work
        self.specs: dict[str, Spec | None] = {}
        self.layers: dict[int, set[str]] = {}  # names that a param of a spec may hold
        self.trees: dict[str | None, Map | None] = {}
        self.own: tuple[Map | None, ...] = ()  # the recipe that is written in the sweep, once it was looked at
        for network in file.networks:
            if network.spec not in self.specs:
                self.specs[network.spec] = self.spec(network.spec, network.span)

    def check(self) -> None:
        trees = [self.tree(name) for name in self.recipes()]
        self.ends()
        before = len(self.sink)
        for network in self.file.networks:
            self.network(network, None if None in trees else self.tree(network.recipe or self.file.recipe))
        is_set = len(self.sink) == before
        for axis in self.file.axes:
            if axis.name.startswith(PARAMS):
                self.param(axis)
            elif axis.name == VARIANT:
                self.variant(axis)
            elif axis.name == INPUT:
                self.input(axis)
            elif axis.name == RECIPE:
                named = zip(axis.values, axis.spans, strict=True)
                trees += [self.tree(recipe_path(self.file.source, str(value)), span) for value, span in named]
            elif axis.name != SPEC and is_set and None not in trees:
                self.setting(axis, [tree for tree in trees if tree])

    def recipes(self) -> list[str | Map | None]:
        named = [network.recipe for network in self.file.networks if network.recipe]
        has_axis = any(axis.name == RECIPE for axis in self.file.axes)
        own = [] if has_axis or (named and len(named) == len(self.file.networks)) else [self.file.recipe]
        return [*own, *named]

    def spec(self, name: str, span: Span) -> Spec | None:
        """The spec of a name, read; None where that is told to be wrong."""
        self.work.spend(READ, span)
        if self.is_outside(name, span):
            return None
        try:
            found = find(name)
            sink = Sink()
            source = open_source(found.path, display(found.path))
            spec = read_spec(source, sink, builtin_blocks(), found.title, self.work.meter)
            if spec is None or len(sink):
                raise SpecError(sink.in_order())
        except SpecError as error:
            self.broken(error, span)
            return None
        except CnnspecError as error:
            self.sink.error("unknown-file", error.message, span, help=error.help)
            return None
        return replace(spec, variant=found.variant)

    def is_outside(self, name: str, span: Span) -> bool:
        """Whether a name leads out of the folder that is checked, which is told; such a file is not looked at."""
        is_out = is_path(name) and leads_out(name, self.file.source.roots)
        if is_out:
            self.sink.add(outside(span.text, span))
        return is_out

    def broken(self, error: SpecError, span: Span) -> None:
        first = error.diagnostics[0]
        labels = (Label(first.span, first.message),) if first.span.source is not span.source else ()
        message = f"{first.span.source.name} is not valid: {first.message}"
        self.sink.add(Diagnostic("unknown-file", message, Label(span), labels, help="`cnnspec check` shows all errors"))

    def tree(self, recipe: str | Map | None, span: Span | None = None) -> Map | None:
        """The tree of a recipe, sound by itself; None where that is told to be wrong."""
        if isinstance(recipe, Map):
            self.own = self.own or (self.settled(recipe),)
            return self.own[0]
        if recipe not in self.trees:
            self.trees[recipe] = self.read(recipe, span or self.recipe_span(recipe))
        return self.trees[recipe]

    def settled(self, recipe: Map) -> Map | None:
        found = settled(recipe, ())
        for diagnostic in found if not isinstance(found, Recipe) else ():
            self.sink.add(diagnostic)
        return recipe if isinstance(found, Recipe) else None

    def read(self, recipe: str | None, span: Span) -> Map | None:
        self.work.spend(READ, span)
        if recipe is not None and self.is_outside(recipe, span):
            return None
        try:
            return recipe_tree(recipe)
        except SpecError as error:
            self.broken(error, span)
        except CnnspecError as error:
            self.sink.error("unknown-file", error.message, span, help=error.help)
        return None

    def recipe_span(self, recipe: str | None) -> Span:
        own = (n.spans[RECIPE] for n in self.file.networks if n.recipe == recipe and RECIPE in n.spans)
        return next(own, self.file.recipe_span)

    def ends(self) -> None:
        """Points that are drawn or asked for have no end of their own, and a grid has no points within a range."""
        sampler, bounds = self.file.sampler, self.file.bounds
        ranges = [axis for axis in self.file.axes if axis.range]
        if isinstance(sampler, Grid):
            for axis in (axis for axis in ranges if axis.range and axis.range.steps is None):
                help = "add `steps: 5`, or use `sampler: random` or `sampler: TPE`"
                self.sink.error(
                    "bad-axis", f"a grid needs `steps` for the range of `{axis.name}`", axis.span, help=help
                )
            if bounds.runs is None and self.is_too_large():
                help = "give them fewer values, or the sweep a number of runs: `budget: {runs: 100}`"
                span = max(self.file.axes, key=lambda axis: len(axis.grid)).span
                self.sink.error("bad-axis", f"the axes make a grid of over {MOST_POINTS:,} points", span, help=help)
        elif bounds.runs is None and (bounds.time is None or isinstance(sampler, Random)):
            help = "add `budget: {runs: 30}`"
            message = "a sweep with a sampler needs a number of runs, or it would never end"
            self.sink.error("missing-key", message, self.file.source.span(), help=help)

    def is_too_large(self) -> bool:
        """Whether the grid has more points than are planned."""
        total = 0
        for number in points(self.file.axes):
            self.work.spend(1 + len(self.file.axes) // 4)
            total += number
            if total > MOST_POINTS:
                return True
        return False

    def param(self, axis: Axis) -> None:
        """A param that one of the networks has at least, and values that it takes."""
        name = axis.name.removeprefix(PARAMS)
        specs = [spec for spec in self.specs.values() if spec]
        having = [spec for spec in specs if name in spec.params]
        if specs and not having:
            known = sorted({param for spec in specs for param in spec.params})
            help = f"the params are {listing([f'`{p}`' for p in known])}" if known else "there are no params"
            near, repairs = did_you_mean(name, known), respell(axis.span, axis.name, [f"{PARAMS}{p}" for p in known])
            message = f"no network has a param `{name}`"
            self.sink.error("unknown-axis", message, axis.span, near, help=help, repairs=repairs if near else ())
        for value, span in axis.tried if having and not self.sink.full else ():
            self.work.spend(FITTED * len(having), span)
            said = [self.misfit(spec, name, value, axis.span) for spec in having]
            if all(said):
                labels = tuple(Label(spec.params[name].name.span, "declared here") for spec in having[:1])
                message = f"`{name}` {said[0]}; one value is {_shown(value)}"
                self.sink.add(Diagnostic("bad-axis", message, Label(span), labels))

    def misfit(self, spec: Spec, name: str, value: object, span: Span) -> str:
        """Why a param does not take a value; nothing where it does."""
        key = spec.params[name].name
        try:
            fitting(spec.params[name], from_plain(value, Entry(key, key)), self.known_layers(spec))
        except TypeMismatch as error:
            return str(error)
        return ""

    def known_layers(self, spec: Spec) -> set[str]:
        if id(spec) not in self.layers:
            self.layers[id(spec)] = {*REGISTRY, *spec.blocks}
        return self.layers[id(spec)]

    def variant(self, axis: Axis) -> None:
        specs = [spec for spec in self.specs.values() if spec]
        known = sorted({variant for spec in specs for variant in spec.variants})
        for value, span in axis.tried if specs else ():
            if value is not None and value not in known and not self.sink.full:
                help = f"the variants are {listing([f'`{v}`' for v in known])}" if known else "there are no variants"
                self.sink.error("bad-axis", f"no network has a variant `{value}`", span, help=help)

    def input(self, axis: Axis) -> None:
        for value, span in axis.tried:
            if not (isinstance(value, list) and value and all(type(size) is int and size > 0 for size in value)):
                message = f"`input` must be a list of positive sizes, not {_shown(value)}"
                self.sink.error("bad-axis", message, span, help="for example [1, 28, 28]")

    def setting(self, axis: Axis, trees: list[Map]) -> None:
        """A setting of the recipe, and values that it takes for itself."""
        chosen = [(name, wanted[0]) for name, wanted in axis.when.items() if name != SPEC and "params." not in name]
        wrong: dict[tuple[str, str], list[Span]] = {}
        for value, span in axis.tried:
            self.work.at = span
            settings = settings_of([*chosen, (axis.name, value)])
            said = self.refused_by_all(trees, self.file.settings.with_(settings))
            if said is not None:
                wrong.setdefault(said, []).append(span)
        for (message, help), spans in wrong.items():
            more = more_lines([span.line for span in spans])
            is_axis = 1 < len(spans) == len(axis.tried)  # whatever its value, so that the name is at fault
            at, notes = (axis.span, ()) if is_axis else (spans[0], (more,) if more else ())
            self.sink.error("bad-axis", message, at, help=help, notes=notes)

    def refused_by_all(self, trees: list[Map], settings: Settings) -> tuple[str, str] | None:
        """What is wrong with settings that go with none of the recipes, in the words of the first."""
        if self.sink.full:
            return None
        said = [self.refused(tree, settings) for tree in trees]
        return said[0] if all(said) and said else None

    def refused(self, tree: Map, settings: Settings) -> tuple[str, str] | None:
        self.work.spend(SETTLED + SETTING * len(settings.recipe) + READING * size(tree))
        try:
            found = settled(tree, settings.recipe)
        except UsageError as error:
            return error.message, error.help
        first = () if isinstance(found, Recipe) else [d for d in found if d.code != TOGETHER]
        return (first[0].message, first[0].primary.text or first[0].help) if first else None

    def network(self, network: NetworkEntry, tree: Map | None) -> None:
        """A network as it is set, by itself and with all others: its variant, its params, its recipe."""
        self.work.spend(len(self.file.settings.spans) + 1, network.span)
        settings, spec = self.file.settings.with_(network.settings), self.specs[network.spec]
        if spec is not None:
            self.set_variant(network, spec)
            self.set_params(settings, spec)
        if tree is not None:
            self.set_recipe(settings, tree)

    def set_variant(self, network: NetworkEntry, spec: Spec) -> None:
        if network.variant is not None and network.variant not in spec.variants:
            known = sorted(spec.variants)
            near, repairs = (
                did_you_mean(network.variant, known),
                respell(network.spans[VARIANT], network.variant, known),
            )
            help = f"the variants are {listing([f'`{v}`' for v in known])}" if known else "there are no variants"
            message = f"{spec.title} has no variant `{network.variant}`"
            self.sink.error("bad-axis", message, network.spans[VARIANT], near, help=help, repairs=repairs)

    def set_params(self, settings: Settings, spec: Spec) -> None:
        for param, value in settings.params.items():
            span = settings.spans[f"{PARAMS}{param}"]
            self.work.spend(FITTED, span)
            if self.sink.full:
                return
            if param not in spec.params:
                near = did_you_mean(param, spec.params)
                help = f"its params are {listing([f'`{p}`' for p in spec.params]) or 'none'}"
                self.sink.error("unknown-axis", f"{spec.title} has no param `{param}`", span, near, help=help)
            elif said := self.misfit(spec, param, value, span):
                self.sink.error("bad-axis", f"`{param}` {said}; it is set to {_shown(value)}", span)

    def set_recipe(self, settings: Settings, tree: Map) -> None:
        """Says the first setting that is refused, on top of those before it."""
        for number, setting in enumerate(settings.recipe, 1):
            said = self.refused(tree, Settings(recipe=settings.recipe[:number]))
            if said is not None:
                self.sink.error("bad-axis", said[0], settings.spans[setting.path], help=said[1])
                return


def size(node: Node) -> int:
    """The values that a tree holds, aliases written out, of which there are 60,000 at most."""
    match node:
        case Seq():
            return 1 + sum(map(size, node.items))
        case Map():
            return 1 + sum(1 + size(entry.value) for entry in node)
    return 1


def _shown(value: object) -> str:
    text = f"`{value}`" if isinstance(value, str) else flow(value)
    return text if len(text) <= 40 else f"{text[:39]}…"

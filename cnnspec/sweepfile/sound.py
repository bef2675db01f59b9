"""What a sweep names is there, and takes the values that are tried: told before anything is planned.

A value that no point could have is wrong; one that makes a network that cannot be built beside another is for the plan.
"""

from __future__ import annotations

from msgspec.structs import replace

from cnnspec.diagnostics import CnnspecError, Diagnostic, Label, Sink, Span, SpecError, UsageError, listing
from cnnspec.layers import REGISTRY
from cnnspec.recipe import Recipe
from cnnspec.recipe.find import recipe_tree
from cnnspec.recipe.given import settled
from cnnspec.spec import Spec, TypeMismatch, builtin_blocks, find
from cnnspec.spec import read as read_spec
from cnnspec.spec.params import fitting, from_plain
from cnnspec.spec.shipped import display, open_source
from cnnspec.sweepfile.axes import settings_of
from cnnspec.sweepfile.model import INPUT, PARAMS, RECIPE, SPEC, VARIANT, Axis, Settings, SweepFile
from cnnspec.sweepfile.operations import Grid, Random
from cnnspec.syntax import Entry, Map

TOGETHER = "impossible-setting"  # what one value does beside others may be right beside those of other axes


def check_sound(file: SweepFile, sink: Sink) -> None:
    """Says what is wrong."""
    _Checker(file, sink).check()


class _Checker:
    def __init__(self, file: SweepFile, sink: Sink) -> None:
        self.file, self.sink = file, sink
        self.specs = {network.spec: self.spec(network.spec, network.span) for network in file.networks}

    def check(self) -> None:
        trees = [self.tree(name) for name in self.recipes()]
        self.ends()
        for axis in self.file.axes:
            if axis.name.startswith(PARAMS):
                self.param(axis)
            elif axis.name == VARIANT:
                self.variant(axis)
            elif axis.name == INPUT:
                self.input(axis)
            elif axis.name == RECIPE:
                trees += [self.tree(str(value), span) for value, span in zip(axis.values, axis.spans, strict=True)]
            elif axis.name != SPEC and None not in trees:
                self.setting(axis, [tree for tree in trees if tree])
        for network in self.file.networks:
            self.set_params(self.file.settings.with_(network.settings), network.spec, network.span)
            self.set_recipe(network.recipe, network.settings)

    def recipes(self) -> list[str | Map | None]:
        named = [network.recipe for network in self.file.networks if network.recipe]
        has_axis = any(axis.name == RECIPE for axis in self.file.axes)
        own = [] if has_axis or (named and len(named) == len(self.file.networks)) else [self.file.recipe]
        return [*own, *named]

    def spec(self, name: str, span: Span) -> Spec | None:
        """The spec of a name, read; None where that is told to be wrong."""
        try:
            found = find(name)
            sink = Sink()
            spec = read_spec(open_source(found.path, display(found.path)), sink, builtin_blocks(), found.title)
            if spec is None or len(sink):
                raise SpecError(sink.in_order())
        except SpecError as error:
            self.broken(error, span)
            return None
        except CnnspecError as error:
            self.sink.error("unknown-file", error.message, span, help=error.help)
            return None
        return replace(spec, variant=found.variant)

    def broken(self, error: SpecError, span: Span) -> None:
        first = error.diagnostics[0]
        labels = (Label(first.span, first.message),) if first.span.source is not span.source else ()
        message = f"{first.span.source.name} is not sound: {first.message}"
        self.sink.add(Diagnostic("unknown-file", message, Label(span), labels, help="`cnnspec check` tells all of it"))

    def tree(self, recipe: str | Map | None, span: Span | None = None) -> Map | None:
        """The tree of a recipe, sound by itself; None where that is told to be wrong."""
        if isinstance(recipe, Map):
            found = settled(recipe, ())
            for diagnostic in found if not isinstance(found, Recipe) else ():
                self.sink.add(diagnostic)
            return recipe if isinstance(found, Recipe) else None
        span = span or self.recipe_span(recipe)
        try:
            return recipe_tree(recipe)
        except SpecError as error:
            self.broken(error, span)
        except CnnspecError as error:
            self.sink.error("unknown-file", error.message, span, help=error.help)
        return None

    def recipe_span(self, recipe: str | None) -> Span:
        return next((n.span for n in self.file.networks if n.recipe == recipe), self.file.recipe_span)

    def ends(self) -> None:
        """Points that are drawn or asked for have no end of their own, and a grid has no points within a range."""
        sampler, bounds = self.file.sampler, self.file.bounds
        ranges = [axis for axis in self.file.axes if axis.range]
        if isinstance(sampler, Grid):
            for axis in (axis for axis in ranges if axis.range and axis.range.steps is None):
                help = "add `steps: 5`, or draw from it with `sampler: random` or `sampler: TPE`"
                self.sink.error("bad-axis", f"a grid has no values in a range: `{axis.name}`", axis.span, help=help)
        elif bounds.runs is None and (bounds.time is None or isinstance(sampler, Random)):
            help = "add `budget: {runs: 30}`"
            message = "points that are drawn have no end: the sweep has no number of runs"
            self.sink.error("missing-key", message, self.file.source.span(), help=help)

    def param(self, axis: Axis) -> None:
        """A param that one of the networks has at least, and values that it takes."""
        name = axis.name.removeprefix(PARAMS)
        specs = [spec for spec in self.specs.values() if spec]
        having = [spec for spec in specs if name in spec.params]
        if specs and not having:
            known = sorted({param for spec in specs for param in spec.params})
            help = f"there are {listing([f'`{p}`' for p in known])}" if known else "there are none"
            self.sink.error("unknown-axis", f"no network has a param `{name}`", axis.span, help=help)
        ends = (axis.range.low, axis.range.high) if axis.range else ()
        for value in (*axis.values, *ends) if having else ():
            said = [self.misfit(spec, name, value, axis.span) for spec in having]
            if all(said):
                labels = tuple(Label(spec.params[name].name.span, "declared here") for spec in having[:1])
                message = f"`{name}` {said[0]}; one value is {_shown(value)}"
                self.sink.add(Diagnostic("bad-axis", message, Label(axis.place(value)), labels))

    def misfit(self, spec: Spec, name: str, value: object, span: Span) -> str:
        """Why a param does not take a value; nothing where it does."""
        key = spec.params[name].name
        try:
            fitting(spec.params[name], from_plain(value, Entry(key, key)), {*REGISTRY, *spec.blocks})
        except TypeMismatch as error:
            return str(error)
        return ""

    def variant(self, axis: Axis) -> None:
        specs = [spec for spec in self.specs.values() if spec]
        known = sorted({variant for spec in specs for variant in spec.variants})
        for value in axis.values if specs else ():
            if value is not None and value not in known:
                help = f"there are {listing([f'`{v}`' for v in known])}" if known else "there are none"
                self.sink.error("bad-axis", f"no network has a variant `{value}`", axis.place(value), help=help)

    def input(self, axis: Axis) -> None:
        for value in axis.values:
            if not (isinstance(value, list) and value and all(type(size) is int and size > 0 for size in value)):
                message = f"an input is a list of positive sizes, not {_shown(value)}"
                self.sink.error("bad-axis", message, axis.place(value), help="such as [1, 28, 28]")

    def setting(self, axis: Axis, trees: list[Map]) -> None:
        """A setting of the recipe, and values that it takes for itself."""
        chosen = [(name, wanted[0]) for name, wanted in axis.when.items() if name != SPEC and "params." not in name]
        ends = (axis.range.low, axis.range.high) if axis.range else ()
        for value in (*axis.values, *ends):
            settings = settings_of([*chosen, (axis.name, value)])
            self.tried(trees, self.file.settings.with_(settings), axis.place(value))

    def tried(self, trees: list[Map], settings: Settings, span: Span) -> None:
        """Says what is wrong with settings that go with none of the recipes."""
        said = [self.refused(tree, settings) for tree in trees]
        if said and all(said):
            assert said[0] is not None
            self.sink.error("bad-axis", said[0][0], span, help=said[0][1])

    @staticmethod
    def refused(tree: Map, settings: Settings) -> tuple[str, str] | None:
        try:
            found = settled(tree, settings.recipe)
        except UsageError as error:
            return error.message, error.help
        first = () if isinstance(found, Recipe) else [d for d in found if d.code != TOGETHER]
        return (first[0].message, first[0].primary.text or first[0].help) if first else None

    def set_params(self, settings: Settings, name: str, span: Span) -> None:
        spec = self.specs[name]
        for param, value in settings.params.items() if spec else ():
            assert spec is not None
            if param not in spec.params:
                known = listing([f"`{p}`" for p in spec.params]) or "none"
                help = f"its params are {known}"
                self.sink.error("unknown-axis", f"{spec.title} has no param `{param}`", span, help=help)
            elif said := self.misfit(spec, param, value, span):
                self.sink.error("bad-axis", f"`{param}` {said}; it is set to {_shown(value)}", span)

    def set_recipe(self, own: str | None, settings: Settings) -> None:
        if len(self.sink):
            return
        recipe = own or self.file.recipe
        tree = recipe if isinstance(recipe, Map) else recipe_tree(recipe)
        self.tried([tree], self.file.settings.with_(settings), self.recipe_span(own))


def _shown(value: object) -> str:
    text = repr(value) if not isinstance(value, str) else f"`{value}`"
    return text if len(text) <= 40 else f"{text[:39]}…"

"""The values of a point -> what a run is given: a spec as it is set, and a resolved recipe.

What is set for all, then for its network, then from the command line, then by its axes: the later goes over the former.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cnnspec.api import as_set, load
from cnnspec.engine.diagnostics import Diagnostic, SpecError
from cnnspec.engine.recipe import Recipe
from cnnspec.engine.recipe.overrides import settled
from cnnspec.engine.recipe.shipped import recipe_tree
from cnnspec.engine.spec import Spec
from cnnspec.engine.sweep_file import NetworkEntry, SweepFile
from cnnspec.engine.sweep_file.axes import settings_of
from cnnspec.engine.sweep_file.model import INPUT, RECIPE, SPEC, VARIANT, Settings
from cnnspec.engine.sweep_file.paths import recipe_path
from cnnspec.engine.syntax import Map


@dataclass(frozen=True, slots=True, eq=False)
class PointSetup:
    """A point made ready: the spec's name or path with what is set on it, the same loaded, and the recipe."""

    name: str
    variant: str | None
    input: tuple[int, ...] | None
    params: Mapping[str, Any]
    spec: Spec
    recipe: Recipe

    def as_job(self) -> dict[str, Any]:
        """All that another process needs to run it, as JSON holds it."""
        return {
            "spec": self.name,
            "variant": self.variant,
            "input": None if self.input is None else list(self.input),
            "params": dict(self.params),
            "recipe": self.recipe.as_data(),
        }


class Resolver:
    """Makes points ready; specs and recipes are read once. ``given`` is what the command line sets."""

    def __init__(self, file: SweepFile, given: Settings) -> None:
        self.file, self.given = file, given
        self.specs: dict[tuple[str, str | None], Spec] = {}
        self.trees: dict[str, Map] = {}

    def network(self, values: Mapping[str, Any]) -> NetworkEntry:
        """The network of a point."""
        label = values.get(SPEC, self.file.networks[0].label)
        return next(network for network in self.file.networks if network.label == label)

    def setup(self, values: Mapping[str, Any]) -> PointSetup:
        """A point made ready. Raises UsageError and SpecError where its values do not go with its network."""
        network = self.network(values)
        named = (SPEC, VARIANT, INPUT, RECIPE)
        axes = settings_of([(name, value) for name, value in values.items() if name not in named])
        settings = self.file.settings.with_(network.settings).with_(self.given).with_(axes)
        variant, sizes = values.get(VARIANT, network.variant), values.get(INPUT)
        input = None if sizes is None else tuple(sizes)
        spec = as_set(self.spec(network.spec, variant), None, input, settings.params)
        own = values.get(RECIPE)
        name = network.recipe if own is None else recipe_path(self.file.source, own)
        recipe = settled(self.tree(name), settings.recipe)
        if not isinstance(recipe, Recipe):
            raise SettingRefused(recipe)
        return PointSetup(network.spec, variant, input, settings.params, spec, recipe)

    def spec(self, name: str, variant: str | None) -> Spec:
        if (name, variant) not in self.specs:
            self.specs[name, variant] = load(name, variant)
        return self.specs[name, variant]

    def tree(self, name: str | None) -> Map:
        recipe = self.file.recipe if name is None else name
        if isinstance(recipe, Map):
            return recipe
        key = recipe or ""
        if key not in self.trees:
            self.trees[key] = recipe_tree(recipe)
        return self.trees[key]


class SettingRefused(SpecError):
    """Settings of a recipe that do not go together."""

    def __init__(self, found: tuple[Diagnostic, ...]) -> None:
        super().__init__(found)

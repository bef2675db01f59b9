"""Layers that installed packages offer: entry points of the group `cnnspec.layers`, each named as its layer is."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

from cnnspec.engine.layers import REGISTRY, Layer
from cnnspec.engine.plugins.fault import PluginFault, fault
from cnnspec.engine.plugins.register import PluginOrigin, register

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "cnnspec.layers"


@lru_cache(maxsize=1)
def offered() -> dict[str, EntryPoint]:
    """The layers on offer by name. Looking through a hundred packages takes about ten milliseconds."""
    from importlib.metadata import entry_points

    return {entry.name: entry for entry in entry_points(group=GROUP)}


def load_offered(taken: Collection[str], names: Iterable[str] | None = None) -> None:
    """Import those of some names that packages offer, or all that is offered, and register them. Raises PluginFault."""
    found = offered()
    for name in found if names is None else names:
        if name in found and name not in REGISTRY and name not in taken:
            _load(found[name], taken)


def _load(entry: EntryPoint, taken: Collection[str]) -> None:
    package = entry.dist.name if entry.dist else entry.module
    said = f"`{entry.name}` of the package {package}"
    try:
        layer = entry.load()
    except (Exception, SystemExit) as error:
        raise fault(f"{said} cannot be imported", error, "") from error
    if not (isinstance(layer, type) and issubclass(layer, Layer) and layer.__name__ == entry.name):
        help = f'the entry point is `{entry.name} = "module:{entry.name}"`, and leads to a subclass of Layer'
        raise PluginFault(f"{said} is not a layer of that name: {entry.value}", help)
    file = getattr(sys.modules.get(layer.__module__), "__file__", None) or ""
    register([layer], PluginOrigin(package, file), taken)

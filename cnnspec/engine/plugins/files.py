"""A Python file of layers, imported under its own name, so that pickle and import find what is in it."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection
from pathlib import Path
from types import ModuleType
from typing import TypeGuard

from cnnspec.engine.layers import Layer
from cnnspec.engine.plugins.fault import PluginFault, fault
from cnnspec.engine.plugins.register import PluginOrigin, register

NO_LAYERS = "a layer is a subclass of cnnspec.engine.layers.Layer; docs/how-to/plugins.md shows a whole one"
_LOADED: dict[Path, tuple[str, ...]] = {}


def load(path: str | os.PathLike[str], taken: Collection[str]) -> tuple[str, ...]:
    """Import a file and register its layers; one that is loaded already is left alone. The names of its layers.

    ``taken`` are names that its layers cannot have. Raises PluginFault, and has then registered nothing.
    """
    said, place = str(path), Path(path).expanduser().resolve()
    if place not in _LOADED:
        module = _imported(place, said)
        try:
            _LOADED[place] = register(_layers(module, said), PluginOrigin(said, str(place)), taken)
        except PluginFault:
            del sys.modules[module.__name__]  # it may be mended and loaded again
            raise
    return _LOADED[place]


def _layers(module: ModuleType, said: str) -> list[type[Layer]]:
    found = [value for value in vars(module).values() if _is_own(value, module)]
    if not found:
        raise PluginFault(f"{said} defines no layer", NO_LAYERS)
    return list(dict.fromkeys(found))


def _is_own(value: object, module: ModuleType) -> TypeGuard[type[Layer]]:
    is_layer = isinstance(value, type) and issubclass(value, Layer) and not value.__name__.startswith("_")
    return is_layer and getattr(value, "__module__", "") == module.__name__


def _imported(place: Path, said: str) -> ModuleType:
    name = place.stem
    _refuse_misnamed(name, place, said)
    from importlib import util  # only a plugin pays for it

    spec = util.spec_from_file_location(name, place)
    assert spec is not None
    assert spec.loader is not None
    module = util.module_from_spec(spec)
    sys.modules[name] = module
    if str(place.parent) not in sys.path:
        sys.path.append(str(place.parent))  # last, so that no file there takes the place of a library
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise fault(f"{said} cannot be imported", error, str(place)) from error
    return module


def _refuse_misnamed(name: str, place: Path, said: str) -> None:
    """A plugin called after a library would take its place for all that is imported afterwards."""
    if place.suffix != ".py":
        raise PluginFault(f"{said} is not a Python file", "a plugin is a file such as my_layers.py")
    if not place.is_file():
        raise PluginFault(f"there is no file {said}")
    if not name.isidentifier():
        raise PluginFault(f"{said} cannot be a module", "its name has letters, digits and `_`, such as my_layers.py")
    from importlib.util import find_spec

    known = sys.modules.get(name)
    found = known.__spec__ if known is not None else find_spec(name)
    if known is not None or (found is not None and found.origin != str(place)):
        where = f", {found.origin}" if found is not None and found.origin else ""
        raise PluginFault(f"{said} has the name of another module{where}", "give the file another name")

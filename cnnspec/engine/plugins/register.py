"""Layer classes of a plugin: looked at, guarded, and put beside those of cnnspec's own."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from functools import wraps
from typing import Any
from warnings import warn

from msgspec import Struct

from cnnspec.engine.diagnostics import CnnspecError, did_you_mean, listing
from cnnspec.engine.explanations import codes
from cnnspec.engine.layers import BUILT_IN, JOINS, REGISTRY, Layer, Refusal
from cnnspec.engine.layers.argument_types import takes
from cnnspec.engine.plugins.fault import PluginFault, fault

NAME = re.compile(r"[A-Z][A-Za-z0-9_]*")
METHODS = tuple(name for name, value in vars(Layer).items() if callable(value) and not name.startswith("_"))
ARGUMENTS = "an argument is an int, float, bool, str, Literal or None, a tuple or a union of them, bounded by Field"


class PluginWarning(UserWarning):
    """A layer of a plugin stands in the place of one of cnnspec's own."""


class PluginOrigin(Struct, frozen=True):
    """Where a layer comes from, in words, and the file that its class stands in."""

    words: str
    file: str


_ORIGINS: dict[type[Layer], PluginOrigin] = {}  # of the layers that are not cnnspec's own


def origin(layer: type[Layer]) -> PluginOrigin | None:
    """Where a layer of a plugin comes from; None for one of cnnspec's own."""
    return _ORIGINS.get(layer)


def register(layers: Collection[type[Layer]], place: PluginOrigin, taken: Collection[str]) -> tuple[str, ...]:
    """Put layers into the registry, all of them or none; ``taken`` are names of blocks. Raises PluginFault."""
    plugged = {name for name, layer in REGISTRY.items() if BUILT_IN.get(name) is not layer}
    for layer in layers:
        _check(layer, place, {*plugged, *JOINS, *taken})
    for layer in layers:
        _guard(layer, place)
        _ORIGINS[layer] = place
        REGISTRY[layer.__name__] = layer
    replaced = [layer.__name__ for layer in layers if layer.__name__ in BUILT_IN]
    if replaced:
        names = listing([f"`{name}`" for name in replaced])
        layer_of = "layers of those names" if len(replaced) > 1 else "layer of that name"
        warn(f"{names} of {place.words} replaces cnnspec's own {layer_of}", PluginWarning, stacklevel=2)
    return tuple(layer.__name__ for layer in layers)


def _check(layer: type[Layer], place: PluginOrigin, taken: Collection[str]) -> None:
    """Refuse what a spec could not name, or not give arguments to."""
    name = layer.__name__
    said = f"`{name}` of {place.words}"
    if name in taken:
        raise PluginFault(
            f"{said} has a name that is already in use", "`cnnspec layers` lists the names; give it another one"
        )
    if not NAME.fullmatch(name):
        raise PluginFault(
            f"{said} has a name that a spec cannot contain", "the name of a layer starts with a capital letter"
        )
    if layer.input_names and len(set(layer.input_names)) == len(layer.input_names) > 1:
        layer.inputs = len(layer.input_names)
    if layer.is_parameter or layer.inputs != max(len(layer.input_names), 1):
        help = 'name the inputs, `input_names = ("x", "gate")`; joins and bare parameters are cnnspec\'s own'
        raise PluginFault(f"{said} is not a module that takes one tensor, or several named tensors", help)
    try:
        layer.model_rebuild(raise_errors=True)
    except Exception as error:
        raise fault(f"the argument types of {said} are not supported", error, place.file) from error
    strange = [argument for argument in layer.model_fields if not _is_plain(layer, argument)]
    if strange:
        arguments = listing([f"`{argument}`" for argument in strange])
        raise PluginFault(f"a spec cannot pass {arguments} to {said}", ARGUMENTS)


def _is_plain(layer: type[Layer], argument: str) -> bool:
    """Whether there are words for what an argument takes."""
    try:
        return bool(takes(layer.model_fields[argument].annotation))
    except (KeyError, TypeError, AttributeError, ValueError):
        return False


def _guard(layer: type[Layer], place: PluginOrigin) -> None:
    """Lets the plugin's own methods fail as a PluginFault, wherever cnnspec calls them."""
    for base in layer.__mro__:
        if issubclass(base, Layer) and not base.__module__.startswith("cnnspec."):
            for name in METHODS:
                method = vars(base).get(name)
                if callable(method) and not hasattr(method, "__wrapped__"):
                    setattr(base, name, _guarded(method, place))


def _check_code(refusal: Refusal, said: str, place: PluginOrigin) -> None:
    """Raises PluginFault where a refusal has a code that nothing explains."""
    known = codes()
    if refusal.code not in known:
        help = did_you_mean(refusal.code, known) or "`cnnspec explain` lists the codes"
        raise PluginFault(f"{said} refuses with `{refusal.code}`, which is not a code; {help}", place.file)


def _guarded(method: Callable[..., Any], place: PluginOrigin) -> Callable[..., Any]:
    @wraps(method)
    def call(self: Layer, *given: Any, **named: Any) -> Any:
        try:
            return method(self, *given, **named)
        except Refusal as refusal:
            _check_code(refusal, f"`{type(self).__name__}` of {place.words}", place)
            raise
        except CnnspecError:
            raise
        except (Exception, SystemExit) as error:
            said = f"`{type(self).__name__}` of {place.words} fails in `{method.__name__}`"
            raise fault(said, error, place.file) from error

    return call

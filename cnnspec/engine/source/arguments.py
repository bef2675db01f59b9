"""The arguments of a class: the names that may become one, and those that do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cnnspec.engine.layers import Shape
from cnnspec.engine.network import Graph, Scope
from cnnspec.engine.source.names import SourceNames, evaluated
from cnnspec.engine.source.naming import spelled
from cnnspec.engine.source.solve import default_of
from cnnspec.engine.source.text import Doc, Prefixed, Text
from cnnspec.engine.source.values import Point, Slot, Type, annotation, frozen, is_constant, literal, only, same
from cnnspec.engine.spec import Param

NOTHING: Any = object()


@dataclass(frozen=True, slots=True, eq=False)
class SourceArgument:
    """An argument of a class: its values by instance, and what the spec calls it, if it does."""

    name: str
    values: Slot
    said: str | None
    default: Any = NOTHING
    is_size: bool = False  # the channels or features that a layer of the class gives

    @property
    def has_default(self) -> bool:
        return self.default is not NOTHING

    def written(self) -> Doc:
        """``stride: int = 1``."""
        if not self.has_default:
            return Text(f"{self.name}: {annotation(self.values.values())}")
        hint = annotation([*self.values.values(), self.default])
        return Prefixed(f"{self.name}: {hint} = ", literal(self.default))


def arriving_shapes(graph: Graph, scopes: Mapping[Point, Scope]) -> dict[Point, Shape]:
    """What reaches each instance; empty where it takes nothing."""
    return {point: graph.shape(scope.inputs[0]) if scope.inputs else Shape() for point, scope in scopes.items()}


def candidates(graph: Graph, scopes: Mapping[Point, Scope], declared: Mapping[str, Param]) -> dict[str, Slot]:
    """The channels that arrive, and the names of the spec in which instances differ."""
    found: dict[str, Slot] = {}
    shapes = arriving_shapes(graph, scopes)
    sizes = {point: shape[0] for point, shape in shapes.items() if shape}
    if len(sizes) == len(scopes) and not is_constant(sizes):
        found["in_features" if all(len(shape) == 1 for shape in shapes.values()) else "in_channels"] = sizes
    for name in only(scopes).opened.names:
        slot = {point: frozen(scope.opened.names.get(name)) for point, scope in scopes.items()}
        if not is_constant(slot) and not _follows(slot, scopes, declared.get(name), shapes):
            found[name] = slot
    return found


def _follows(slot: Slot, scopes: Mapping[Point, Scope], param: Param | None, shapes: Mapping[Point, Shape]) -> bool:
    """Whether a param has nowhere another value than its default gives, which follows from others."""
    default = default_of(param)
    if default is None or default.op == "literal":
        return False
    names = SourceNames(1, {}, {point: scope.opened.names for point, scope in scopes.items()})
    values = evaluated(default, names.spec_at, slot, lambda point: shapes[point])
    return values is not None and all(same(values[point], slot[point]) for point in slot)


def arguments(
    own: Mapping[str, Slot],
    read: frozenset[str],
    scopes: Mapping[Point, Scope],
    declared: Mapping[str, Param],
    sizes: list[Slot],
    *,
    is_root: bool = False,
) -> tuple[SourceArgument, ...]:
    """The names that the source reads, those without a default first, in the order of the spec."""
    order = {name: number for number, name in enumerate(declared)}
    found = []
    for name, slot in own.items():
        if spelled(name) in read:
            said = name if name in only(scopes).opened.names else None
            default = _default(declared.get(name), slot) if len(scopes) > 1 or not is_root else only(slot)
            is_size = any(all(same(slot[p], each.get(p)) for p in slot) for each in sizes)
            found.append(SourceArgument(spelled(name), slot, said, default, is_size))
    implicit = ("in_channels", "in_features")
    found.sort(key=lambda a: (a.has_default, -1 if a.name in implicit else order.get(a.said or "", len(order))))
    return tuple(found)


def _default(param: Param | None, slot: Slot) -> Any:
    """The default that the spec states; where no instance has it, the value that most have."""
    if param is None:
        return NOTHING
    values = list(slot.values())
    if param.default is None:
        return None if param.type.optional and None in values else NOTHING
    said = default_of(param)
    if said is not None and said.op != "literal":
        return NOTHING
    stated = [v for v in values if said is not None and _is(v, said.args[0])]
    return stated[0] if stated else max(values, key=lambda v: sum(same(v, other) for other in values))


def _is(value: Any, wanted: Any) -> bool:
    """Whether a value is what a literal in the spec says: a whole number may stand for a float, a text for a layer."""
    if isinstance(value, Type):
        return value == Type(wanted)
    return same(value, wanted) or (type(value) is float and type(wanted) is int and value == wanted)

"""Values at the points of a class -> the expression that gives them.

A value that is the same everywhere is a literal. Any other is what the spec says at its line, with what is the same
everywhere filled in; or what was found for the lines above; or a name of the same values; or a short formula. Each is
tried at every point.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from cnnspec.engine.source.code import expr, name, names_in, over, size, value
from cnnspec.engine.source.formulas import (
    comparisons,
    first_of,
    first_round,
    grown,
    known,
    multiples,
    numeric,
    pairs,
    step,
)
from cnnspec.engine.source.names import Arriving, SourceNames, evaluated, gives
from cnnspec.engine.source.simplify import simplified
from cnnspec.engine.source.values import Slot, is_constant, only
from cnnspec.engine.spec import Param
from cnnspec.engine.syntax import Node, Scalar, Seq, template
from cnnspec.engine.syntax.expr import Expr

SHORT = 3  # a sign and its two sides


def hint(node: Node | None) -> Expr | None:
    """What stands in the spec, as one expression; None for a text with several, and for a layer with arguments."""
    match node:
        case Scalar(text=text) if "$" in text:
            found = template(text)
            parts = found.parts if found else ()
            return parts[0] if len(parts) == 1 and isinstance(parts[0], Expr) else None
        case Scalar():
            return value(node.value)
        case Seq():
            items = tuple(map(hint, node.items))
            return None if None in items else expr("list", items)
    return None


def default_of(param: Param | None) -> Expr | None:
    """What a param follows from where it is not given."""
    return None if param is None else hint(param.default)


@dataclass(eq=False)
class LoopSolver:
    """Finds expressions for one class. ``declared`` are the params of its block, ``recent`` what was found last."""

    declared: Mapping[str, Param]
    recent: list[Expr] = field(default_factory=list)
    tells_rounds: bool = True  # whether `a if i == 0 else b` may be found

    # ------------------------------------------------------------------------------------- what the spec states

    def stated(self, slot: Slot, names: SourceNames, said: Expr | None, arriving: Arriving | None) -> Expr | None:
        """Values that the spec states: as ``said``, where that is known."""
        found = self._stated(slot, names, said, arriving)
        if found is not None and found.op != "literal":
            self.recent.append(found)
        return found

    def _stated(self, slot: Slot, names: SourceNames, said: Expr | None, arriving: Arriving | None) -> Expr | None:
        if said is not None and said.op == "name" and names.called(said.args[0]) and gives(said, names, slot):
            return said  # an argument of the class, perhaps one in which no two instances differ
        if is_constant(slot):
            return known(slot)
        reduced = None if said is None else self.reduced(said, slot, names, arriving)
        if reduced is None or not gives(reduced, names, slot):
            return self.inferred(slot, names)
        return shortened(reduced, slot, names)

    def reduced(self, said: Expr, slot: Slot, names: SourceNames, arriving: Arriving | None) -> Expr | None:
        """An expression of the spec over the names of the source; what is the same at all points is filled in."""
        values = evaluated(said, names.spec_at, slot, arriving)
        if values is None:
            return None
        if is_constant(values) and not any(map(names.called, names_in(said))):
            return known(values)
        if said.op == "name":
            return self._named(said.args[0], values, names, arriving)
        if said.op == "in":
            return self.inferred(values, names)
        if said.op == "if":
            condition = evaluated(said.args[1], names.spec_at, slot, arriving)
            if condition is not None and is_constant(condition):
                return self.reduced(said.args[0 if only(condition) else 2], slot, names, arriving)
        made = over(said, lambda part: self.reduced(part, slot, names, arriving))
        return None if made is None else simplified(made)

    def _named(self, said: str, values: Slot, names: SourceNames, arriving: Arriving | None) -> Expr | None:
        """A name of the spec: the same in the source, or what the param follows from."""
        called = names.called(said)
        if called is not None and gives(name(called), names, values):
            return name(called)
        default = default_of(self.declared.get(said))
        made = None if default is None else self.reduced(default, values, names, arriving)
        return made if made is not None and gives(made, names, values) else self.simple(values, names)

    # ------------------------------------------------------------------------------------ what follows from others

    def inferred(self, slot: Slot, names: SourceNames) -> Expr | None:
        """Values that follow from what arrives."""
        found = self.simple(slot, names) or self.linear(slot, names) or self.elementwise(slot, names)
        return found or (self.by_round(slot, names) if self.tells_rounds else None)

    def simple(self, slot: Slot, names: SourceNames) -> Expr | None:
        """A literal, what was found last, or what names give."""
        if is_constant(slot):
            return known(slot)
        recent = first_of(self.shortest_first(), names, slot)
        return recent if recent is not None and is_short(recent) else self.found(slot, names) or recent

    def shortest_first(self) -> list[Expr]:
        """What was found for the lines above; of equal length, the latest first."""
        latest_first = self.recent[::-1]
        return sorted(latest_first, key=size)

    @staticmethod
    def found(slot: Slot, names: SourceNames) -> Expr | None:
        """A name, or a short formula over names."""
        numbers = numeric(names, slot)
        return first_of((*map(name, names), *multiples(numbers), *pairs(numbers)), names, slot)

    def elementwise(self, slot: Slot, names: SourceNames) -> Expr | None:
        """A tuple put together of its elements."""
        lengths = {len(v) if isinstance(v, tuple) else 0 for v in slot.values()}
        if len(lengths) > 1 or lengths == {0}:
            return None
        elements = ({point: v[i] for point, v in slot.items()} for i in range(lengths.pop()))
        items = tuple(self.inferred(element, names) for element in elements)
        return None if None in items else expr("list", items)

    def linear(self, slot: Slot, names: SourceNames) -> Expr | None:
        """``start + step * i``: values that grow evenly from round to round."""
        for index in names.loops:
            by = step(slot, index, names)
            firsts = first_round(slot, index, names)
            if by is None or any(point[:-1] not in firsts for point in slot):
                continue
            start = self.simple({point: firsts[point[:-1]] for point in slot}, names)
            if start is not None and gives(grown(start, by, index), names, slot):
                return grown(start, by, index)
        return None

    def by_round(self, slot: Slot, names: SourceNames) -> Expr | None:
        """``a if i == 0 else b``: the first round differs from all others."""
        for index in names.loops:
            first = {point: v for point, v in slot.items() if names.at(index, point) == 0}
            rest = {point: v for point, v in slot.items() if point not in first}
            if first and rest:
                a, b = self.simple(first, names), self.simple(rest, names)
                if a is not None and b is not None:
                    return expr("if", a, expr("==", name(index), value(0)), b)
        return None

    # ---------------------------------------------------------------------------------------------- conditions

    def condition(self, slot: Slot, names: SourceNames, said: Iterable[Expr]) -> Expr | None:
        """When a line is there: as the spec says, or by comparing names.

        Where a line is left out no shape arrives, so what the spec calls ``in`` is tried as one name after another.
        """
        guesses = (guess for each in said for guess in self._guesses(each, names))
        return first_of(guesses, names, slot) or first_of(comparisons(names), names, slot)

    def _guesses(self, said: Expr, names: SourceNames) -> Iterator[Expr]:
        for arriving in map(name, names):
            made = self._spelled(said, names, arriving)
            if made is not None:
                yield made

    def _spelled(self, said: Expr, names: SourceNames, arriving: Expr) -> Expr | None:
        """An expression of the spec in the names of the source, whatever their values."""
        if said.op == "in":
            return arriving
        if said.op == "name":
            return self._spelled_name(said, names, arriving)
        made = over(said, lambda part: self._spelled(part, names, arriving))
        return None if made is None else simplified(made)

    def _spelled_name(self, said: Expr, names: SourceNames, arriving: Expr) -> Expr | None:
        called = names.called(said.args[0])
        if called is not None:
            return name(called)
        values = evaluated(said, names.spec_at, dict.fromkeys(names.spec))
        if values and is_constant(values):
            return known(values)
        default = default_of(self.declared.get(said.args[0]))
        return None if default is None else self._spelled(default, names, arriving)


def shortened(found: Expr, slot: Slot, names: SourceNames) -> Expr:
    """The shortest of what gives the same values over one of the names that an expression reads."""
    read = sorted(names_in(found) & set(names))
    shorter = [*map(name, read)] if size(found) > 1 else []
    shorter += multiples(read) if size(found) > SHORT else []
    return first_of(shorter, names, slot) or found


def is_short(found: Expr) -> bool:
    """Whether an expression has at most one sign."""
    return size(found) <= SHORT

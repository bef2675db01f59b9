"""Values at the points of a class -> the expression that gives them.

A value that is the same everywhere is a literal. Any other is what the spec says at its line, with what is the same
everywhere filled in; or what the lines above gave; or a name of the same values; or a small formula over one or two
names. Each is tried at every point, so that a guess never stands in the source.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import permutations
from typing import Any

from cnnspec.emit.source.code import expr, name, names_in, size, value
from cnnspec.emit.source.names import Names, evaluated, gives, is_constant
from cnnspec.emit.source.values import Point, Slot, same
from cnnspec.spec import Param
from cnnspec.syntax import Node, Scalar, Seq, template
from cnnspec.syntax.expr import Expr

Arriving = Callable[[Point], Any]  # the shape that reaches a line
SHORT = 3  # of an expression: a sign and its two sides
FACTORS = range(2, 17)


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


@dataclass(eq=False)
class Solver:
    """Finds expressions for one class. ``declared`` are the params of its block, ``recent`` what was found last."""

    declared: Mapping[str, Param]
    recent: list[Expr] = field(default_factory=list)
    tells_rounds: bool = True  # whether `a if i == 0 else b` may be found

    def stated(self, slot: Slot, names: Names, said: Expr | None, arriving: Arriving | None) -> Expr | None:
        """Values that the spec states, as ``said`` where that is known."""
        found = self._stated(slot, names, said, arriving)
        if found is not None and found.op != "literal":
            self.recent.append(found)
        return found

    def _stated(self, slot: Slot, names: Names, said: Expr | None, arriving: Arriving | None) -> Expr | None:
        if said is not None and said.op == "name" and self.is_free(said, names, slot):
            return said
        if is_constant(slot):
            return _only(slot)
        reduced = None if said is None else self.reduced(said, slot, names, arriving)
        if reduced is not None and gives(reduced, names, slot):
            return self.shortened(reduced, slot, names)
        return self.inferred(slot, names)

    @staticmethod
    def shortened(found: Expr, slot: Slot, names: Names) -> Expr:
        """The shortest of what gives the same values over one of the names that an expression reads."""
        read = sorted(names_in(found) & set(names))
        shorter = [] if size(found) == 1 else list(map(name, read))
        shorter += [] if size(found) <= SHORT else _formulas(read)
        return next((f for f in shorter if gives(f, names, slot)), found)

    @staticmethod
    def is_free(said: Expr, names: Names, slot: Slot) -> bool:
        """Whether a bare name is an argument of the class although no two instances differ in it."""
        return names.called(said.args[0]) == said.args[0] and gives(said, names, slot)

    def inferred(self, slot: Slot, names: Names) -> Expr | None:
        """Values that follow from what arrives."""
        if is_constant(slot):
            return _only(slot)
        recent = (found for found in reversed(self.recent) if gives(found, names, slot))
        found = next(recent, None) or self.found(slot, names) or self.linear(slot, names)
        found = found or self.elementwise(slot, names)
        return found or (self.by_round(slot, names) if self.tells_rounds else None)

    def found(self, slot: Slot, names: Names) -> Expr | None:
        """A name, or a formula over names, that has the values; a list is put together of its elements."""
        numeric = [n for n in names if all(type(v) in (int, float) for v in _values(n, names, slot))]
        candidates = (*map(name, names), *_formulas(numeric), *_pairs(numeric))
        return next((f for f in candidates if gives(f, names, slot)), None)

    def elementwise(self, slot: Slot, names: Names) -> Expr | None:
        lengths = {len(v) if isinstance(v, tuple) else -1 for v in slot.values()}
        if len(lengths) > 1 or lengths <= {-1, 0}:
            return None
        items = [
            self.inferred({point: v[i] for point, v in slot.items()}, names) for i in range(lengths.pop())
        ]
        return None if None in items else expr("list", tuple(items))

    def linear(self, slot: Slot, names: Names) -> Expr | None:
        """``start + step * i``, where the values grow evenly from round to round."""
        for index in names.loops:
            at = {point: names.at(index, point) for point in slot}
            firsts = {point[:-1]: v for point, v in slot.items() if at[point] == 0 and type(v) is int}
            steps = {v - firsts.get(p[:-1], v) for p, v in slot.items() if at[p] == 1 and type(v) is int}
            if len(steps) != 1 or not firsts:
                continue
            start = self.simple({p: firsts[p[:-1]] for p in slot if p[:-1] in firsts}, names)
            if start is None:
                continue
            step = steps.pop()
            grown = name(index) if step == 1 else expr("*", value(step), name(index))
            for found in (grown, expr("+", start, grown)):
                if gives(found, names, slot):
                    return found
        return None

    def by_round(self, slot: Slot, names: Names) -> Expr | None:
        """``a if i == 0 else b``, where the first round differs from all others."""
        for index in names.loops:
            first = {point: v for point, v in slot.items() if names.at(index, point) == 0}
            rest = {point: v for point, v in slot.items() if point not in first}
            if not first or not rest:
                continue
            a, b = (self.simple(part, names) for part in (first, rest))
            if a is not None and b is not None:
                return expr("if", a, expr("==", name(index), value(0)), b)
        return None

    def simple(self, slot: Slot, names: Names) -> Expr | None:
        if is_constant(slot):
            return _only(slot)
        recent = (found for found in reversed(self.recent) if gives(found, names, slot))
        return next(recent, None) or self.found(slot, names)

    def condition(self, slot: Slot, names: Names, said: Iterable[Expr], arriving: Arriving) -> Expr | None:
        """When a line is there: as the spec says, or by comparing two names."""
        for each in said:
            for reduced in self.guesses(each, names, arriving, slot):
                if gives(reduced, names, slot):
                    return reduced
        compared = (expr(sign, name(a), name(b)) for a, b in permutations(names, 2) for sign in ("==", "!="))
        absent = (expr(sign, name(a), value(None)) for a in names for sign in ("==", "!="))
        rounds = (expr(sign, name(i), value(0)) for i in names.loops for sign in ("==", ">"))
        candidates = (*map(name, names), *absent, *rounds, *compared)
        return next((found for found in candidates if gives(found, names, slot)), None)

    def guesses(self, said: Expr, names: Names, arriving: Arriving, slot: Slot) -> Iterator[Expr]:
        """A condition of the spec over the names of the source; where a line is left out no shape arrives at it."""
        there = {point: v for point, v in slot.items() if v}
        for channels in names:
            made = self.spelled(said, names, there, arriving, name(channels))
            if made is not None:
                yield made

    def spelled(
        self, said: Expr, names: Names, there: Slot, arriving: Arriving, channels: Expr, folds: bool = False
    ) -> Expr | None:
        """An expression with the names of the source put in place of the spec's, ``channels`` for what arrives."""
        if said.op == "in":
            return channels
        if said.op == "name":
            return self.named(said, names, {p: None for p in self.everywhere(names)})
        parts = []
        for arg in said.args:
            part = self.spelled(arg, names, there, arriving, channels) if isinstance(arg, Expr) else arg
            if part is None and isinstance(arg, Expr):
                return None
            parts.append(part)
        return simplified(expr(said.op, *parts))

    @staticmethod
    def everywhere(names: Names) -> Iterable[Point]:
        """Every point of a level."""
        return names.spec

    def named(self, said: Expr, names: Names, points: Slot) -> Expr | None:
        """What stands for a name of the spec: a name of the source, a literal, or what the param follows from."""
        called = names.called(said.args[0])
        if called is not None:
            return name(called)
        values = evaluated(said, names.spec_at, points)
        if values is not None and is_constant(values):
            return _only(values)
        param = self.declared.get(said.args[0])
        default = hint(param.default) if param is not None else None
        if default is None or values is None:
            return None
        return self.spelled(default, names, points, lambda p: None, name(next(iter(names), "")))

    def reduced(self, said: Expr, slot: Slot, names: Names, arriving: Arriving | None) -> Expr | None:
        """An expression of the spec with everything that is the same at all points filled in."""
        values = evaluated(said, names.spec_at, slot, arriving)
        if values is None:
            return None
        if is_constant(values):
            return _only(values)
        match said.op:
            case "name":
                return self._reduced_name(said, values, names, arriving)
            case "in":
                return self.inferred(values, names)
            case "if":
                condition = evaluated(said.args[1], names.spec_at, slot, arriving)
                if condition is not None and is_constant(condition):
                    taken = said.args[0 if next(iter(condition.values())) else 2]
                    return self.reduced(taken, slot, names, arriving)
        return self._rebuilt(said, slot, names, arriving)

    def _reduced_name(self, said: Expr, values: Slot, names: Names, arriving: Arriving | None) -> Expr | None:
        called = names.called(said.args[0])
        if called is not None and gives(name(called), names, values):
            return name(called)
        param = self.declared.get(said.args[0])
        default = hint(param.default) if param is not None else None
        if default is not None:
            made = self.reduced(default, values, names, arriving)
            if made is not None and gives(made, names, values):
                return made
        return self.found(values, names)

    def _rebuilt(self, said: Expr, slot: Slot, names: Names, arriving: Arriving | None) -> Expr | None:
        parts: list[Any] = []
        for arg in said.args:
            inner = [self._part(a, slot, names, arriving) for a in (arg if isinstance(arg, tuple) else (arg,))]
            if any(part is None and isinstance(a, Expr) for part, a in zip(inner, _as_tuple(arg), strict=True)):
                return None
            parts.append(tuple(inner) if isinstance(arg, tuple) else inner[0])
        return simplified(expr(said.op, *parts))

    def _part(self, arg: Any, slot: Slot, names: Names, arriving: Arriving | None) -> Any:
        return self.reduced(arg, slot, names, arriving) if isinstance(arg, Expr) else arg


def _as_tuple(arg: Any) -> tuple[Any, ...]:
    return arg if isinstance(arg, tuple) else (arg,)


def _only(slot: Slot) -> Expr:
    return value(next(iter(slot.values())))


def _values(of: str, names: Names, slot: Slot) -> list[Any]:
    try:
        return [names.at(of, point) for point in slot]
    except KeyError:
        return [None]


def _formulas(numeric: Iterable[str]) -> Iterator[Expr]:
    """A multiple or a part of one name."""
    for each in numeric:
        for factor in FACTORS:
            yield expr("*", value(factor), name(each))
            yield expr("//", name(each), value(factor))


def _pairs(numeric: Iterable[str]) -> Iterator[Expr]:
    """Sums, products and quotients of two names."""
    for a, b in permutations(numeric, 2):
        for sign in ("*", "+", "//"):
            yield expr(sign, name(a), name(b))


def simplified(found: Expr) -> Expr:
    """An expression without what adds nothing: factors of 1, conditions that are known."""
    match found.op, found.args:
        case ("*" | "//" | "/", (left, Expr(op="literal", args=(1,)))) if found.op != "/":
            return left
        case ("*", (Expr(op="literal", args=(1,)), right)):
            return right
        case ("+" | "-", (left, Expr(op="literal", args=(0,)))):
            return left
        case ("+", (Expr(op="literal", args=(0,)), right)):
            return right
        case ("and" | "or", (Expr(op="literal", args=(known,)), right)):
            return right if known is (found.op == "and") else value(known)
        case ("and" | "or", (left, Expr(op="literal", args=(known,)))):
            return left if known is (found.op == "and") else value(known)
        case ("if", (yes, Expr(op="literal", args=(known,)), no)):
            return yes if known else no
        case (_, args) if args and all(isinstance(a, Expr) and a.op == "literal" for a in args):
            return _folded(found)
    return found


def _folded(found: Expr) -> Expr:
    """The value of an expression over literals."""
    made = evaluated(found, _nothing, {(): None})
    return found if made is None else value(made[()])


def _nothing(name: str, point: Point) -> Any:
    raise KeyError(name)


def same_everywhere(one: Slot, other: Slot) -> bool:
    """Whether two slots hold the same values."""
    return one.keys() == other.keys() and all(same(one[point], other[point]) for point in one)

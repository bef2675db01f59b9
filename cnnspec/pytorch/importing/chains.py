"""Group -> items: the flow as chains, with joins over parallel paths where it is series-parallel and `from` elsewhere.

    start ─► … ─► cut ─┬─► path ─┬─► join = cut ─► … ─► end
                       └─► path ─┘

A cut is a value that all flow goes through. Between two cuts stands one line, or paths and the join that ends them; if
the paths are not apart, the lines stand in the order in which they run, each with the names of what it takes.
"""

from __future__ import annotations

from cnnspec.engine.layers import JOINS, Shape
from cnnspec.engine.spec.items import SCOPE, SHARE
from cnnspec.pytorch.importing.items import ImportedItem, walk
from cnnspec.pytorch.importing.program import Line, Path
from cnnspec.pytorch.importing.scopes import ScopeGroup

Part = Line | ScopeGroup
DEEPEST = 2  # joins within joins of one scope that are written as paths


def chain_of(group: ScopeGroup, shapes: dict[int, Shape], start: int | None = None) -> list[ImportedItem]:
    """The items of a scope, whose chain begins with the value ``start``."""
    start = start if start is not None else group.inputs[0] if group.inputs else -1
    return _Chains(group, shapes).whole(start)


class _Chains:
    def __init__(self, group: ScopeGroup, shapes: dict[int, Shape]) -> None:
        self.group = group
        self.shapes = shapes
        self.made = {_value(part): part for part in group.parts}
        self.order = {_value(part): i for i, part in enumerate(group.parts)}

    def whole(self, start: int) -> list[ImportedItem]:
        """The chain of the scope; what only other outputs need of it stands where it runs."""
        return self.chained(start, self.group.parts)

    def between(self, start: int, end: int) -> list[ImportedItem]:
        """The chain that leads from one value to another."""
        return self.chained(start, self.region(start, end))

    def chained(self, start: int, region: list[Part]) -> list[ImportedItem]:
        items: list[ImportedItem] = []
        for entry, segment in self.segments(start, region):
            items += self.parallel(entry, segment) or self.one_by_one(entry, segment)
        return items

    def region(self, start: int, end: int) -> list[Part]:
        """The parts that ``end`` needs behind ``start``, in the order in which they run."""
        needed, left = set(), [end]
        while left:
            value = left.pop()
            if value != start and value in self.made and value not in needed:
                needed.add(value)
                left += _inputs(self.made[value])
        return [self.made[value] for value in sorted(needed, key=self.order.__getitem__)]

    def segments(self, start: int, region: list[Part]) -> list[tuple[int, list[Part]]]:
        """The parts from cut to cut, with the value that each begins with."""
        last = {value: i for i, part in enumerate(region) for value in _inputs(part)}
        found: list[tuple[int, list[Part]]] = []
        entry, segment = start, []
        made = {start}
        for i, part in enumerate(region):
            segment.append(part)
            made.add(_value(part))
            if all(last.get(value, -1) <= i or value == _value(part) for value in made):
                found.append((entry, segment))
                entry, segment = _value(part), []
        return [*found, (entry, segment)] if segment else found

    # ------------------------------------------------------------------------------------------------------- a segment

    def parallel(self, entry: int, segment: list[Part]) -> list[ImportedItem] | None:
        """The segment as a join over paths, or as its only line; None where it is neither."""
        *inner, last = segment
        if isinstance(last, ScopeGroup) or last.type not in JOINS:
            return [self.item(last, entry)] if not inner and [*_inputs(last)] == [entry] else None
        regions = [self.region(entry, value) for value in last.inputs]
        together = [part for region in regions for part in region]
        known = {entry, *map(_value, inner)}
        apart = len(together) == len(inner) == len(set(together)) and all(v in known for v in last.inputs)
        if not apart or len(set(last.inputs)) < len(last.inputs):
            return None
        paths = [self.between(entry, value) for value in last.inputs]
        if max(map(_depth, paths)) >= DEEPEST:
            return None
        made = self.item(last, entry)
        made.paths, made.shape = paths, self.shapes[entry]
        return [made]

    def one_by_one(self, entry: int, segment: list[Part]) -> list[ImportedItem]:
        items, previous = [], entry
        for part in segment:
            items.append(self.taking(part, previous))
            previous = _value(part)
        return items

    def taking(self, part: Part, previous: int) -> ImportedItem:
        """A part behind the line that makes ``previous``, with the names of what else it takes."""
        inputs = _inputs(part)
        if isinstance(part, Line) and part.type in JOINS:
            made = self.item(part, previous)
            made.sources = tuple("prev" if value == previous else value for value in inputs)
            return made
        main = previous if previous in inputs or not inputs else inputs[0]
        made = self.item(part, main)
        made.sources = None if main == previous else (main,)
        return made

    def item(self, part: Part, entry: int) -> ImportedItem:
        shape = self.shapes[entry]
        if part.again:
            return ImportedItem(SHARE, share=part.path[-1] if part.path else "", value=_value(part), shape=shape)
        if isinstance(part, Line):
            return ImportedItem(
                op=part.type,
                args=dict(part.args),
                name=self.name(part),
                value=part.value,
                shape=part.input_shapes[0],
                out=part.shape,
                stateful=part.stateful,
                path=part.path or (),
            )
        body = chain_of(part, self.shapes, entry)
        stateful = any(line.stateful for line in part.lines())
        return ImportedItem(
            op=part.type if len(part.inputs) == 1 else SCOPE,
            name=part.name if stateful or not part.shared else None,
            body=body,
            value=part.output,
            shape=shape,
            out=self.shapes[part.output],
            stateful=stateful,
            path=part.path,
            entry=entry,
        )

    def name(self, line: Line) -> str | None:
        """What a line's module is called; a module without weights that is called again has no name."""
        if line.path is None or line.path[:-1] != self.group.path:
            return line.path[-1] if line.stateful and line.path else None
        times = sum(isinstance(part, Line) and part.path == line.path for part in self.group.parts)
        return line.path[-1] if line.stateful or times == 1 else None


def _value(part: Part) -> int:
    return part.output if isinstance(part, ScopeGroup) else part.value


def _inputs(part: Part) -> tuple[int, ...]:
    return part.inputs


def _depth(items: list[ImportedItem]) -> int:
    """How deep joins nest in a chain, scopes aside."""
    return max((1 + max(map(_depth, item.paths), default=0) for item in items if item.paths), default=0)


def shapes_of(lines: tuple[Line, ...], inputs: dict[str, Shape]) -> dict[int, Shape]:
    """The shape of every value."""
    found = {-1 - number: shape for number, shape in enumerate(inputs.values())}
    return found | {line.value: line.shape for line in lines}


__all__ = ["Path", "chain_of", "shapes_of", "walk"]

"""Sound specs, built forwards: each item is drawn until it takes the shape that reaches it.

Shapes are followed with cnnspec's own rules, which only decides what is written: the verdict is torch's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from pydantic import ValidationError

from cnnspec.engine.layers import JOINS, REGISTRY, Layer, Refusal, Shape
from tests.fuzz import values
from tests.fuzz.expressions import computed
from tests.fuzz.params import parametrize

FLOAT = "float32"
Item = dict[str, Any]
Accept = Callable[[Shape], bool]
PLAIN = [
    name
    for name, layer in REGISTRY.items()
    if layer.inputs == 1 and layer.role != "split" and layer.takes in ((), (FLOAT,))
]
CHANNELS = (1, 2, 3, 4, 6, 8)
SIZES = (1, 2, 3, 4, 5, 6, 7, 8)
MOST_NUMBERS = 2500  # of a tensor for one image
TRIES = 30


@dataclass
class Scope:
    """The ids that a line may name, and the shape behind each; ``made`` tells what shape the module of an id took."""

    ids: dict[str, Shape] = field(default_factory=dict)
    outer: Scope | None = None
    made: dict[str, tuple[Shape, Shape]] = field(default_factory=dict)

    def visible(self) -> dict[str, Shape]:
        return {**(self.outer.visible() if self.outer else {}), **self.ids}


class Writer:
    """Writes one spec. ``focus`` is a layer type that shall stand in it, with the argument ``wanted`` stated."""

    def __init__(self, random: Random, focus: str, wanted: str | None = None) -> None:
        self.random, self.focus, self.wanted = random, focus, wanted
        self.placed = False
        self.names = 0
        self.blocks: dict[str, dict[str, Any]] = {}
        self.calls: dict[str, tuple[Shape, Shape]] = {}

    def spec(self) -> dict[str, Any]:
        if FLOAT not in (REGISTRY[self.focus].takes or (FLOAT,)):
            return self.of_numbers()
        x = self.input()
        inputs = {"first": x, "second": self.input()} if self.chance(0.06) else {}
        scope = Scope({"input": x, **inputs})
        layers, y = self.chain(x, scope, self.random.randint(2, 5), depth=2)
        ids = scope.ids.keys() - {"input", *inputs}
        extra: dict[str, Any] = {}
        if ids and self.chance(0.15):
            extra = self.outputs(scope, sorted(ids)) if self.chance(0.4) else self.heads(scope, sorted(ids), y)
        params: dict[str, Any] = {}
        if self.chance(0.3):
            layers = parametrize(self.random, layers, params)
        head: dict[str, Any] = {"cnnspec": 1, "input": {n: list(shape) for n, shape in inputs.items()} or list(x)}
        head |= {"params": params, "variants": {"same": dict(params)}} if params else {}
        return head | {"layers": layers} | extra | ({"blocks": self.blocks} if self.blocks else {})

    def of_numbers(self) -> dict[str, Any]:
        """A network of whole numbers, which an embedding turns into vectors."""
        x, kind = Shape(self.random.choice(SIZES) for _ in range(self.random.randint(1, 3))), "int64"
        sizes: dict[str, Any] = {"sizes": list(x), "dtype": kind}
        found = None
        while found is None:
            found = self.plain(x, Scope(), [self.focus], lambda y: True, self.wanted)
        self.placed = True
        scope = Scope({"vectors": found[1]})
        layers, _ = self.chain(found[1], scope, self.random.randint(0, 3), depth=1)
        blocks = {"blocks": self.blocks} if self.blocks else {}
        return {"cnnspec": 1, "input": sizes, "layers": [{**found[0], "id": "vectors"}, *layers], **blocks}

    def outputs(self, scope: Scope, ids: list[str]) -> dict[str, Any]:
        """Some lines as the outputs of the network."""
        return {"outputs": {f"out{i}": self.random.choice(ids) for i in range(self.random.randint(1, 2))}}

    def heads(self, scope: Scope, ids: list[str], y: Shape) -> dict[str, Any]:
        """An aux head, whose output is like the network's wherever one can be written."""
        source = self.random.choice([i for i in ids if scope.ids[i] == y] or ids)
        x = scope.ids[source]
        layers = self.keeping(x, Scope()) if x == y else self.keeping(x, Scope(), lambda z: z == y)
        when = {"when": self.random.choice([True, False])} if self.chance(0.2) else {}
        return {"aux": {"head": {"from": source, "weight": 0.3, "layers": layers or [{"Tanh": {}}], **when}}}

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def input(self) -> Shape:
        ranks = REGISTRY[self.focus].ranks or (1, 2, 3, 3, 3, 4)
        rank = self.random.choice(ranks)
        sizes = SIZES if rank < 4 else SIZES[:6]
        return Shape((self.random.choice(CHANNELS), *(self.random.choice(sizes) for _ in range(rank - 1))))

    def name(self, stem: str = "n") -> str:
        self.names += 1
        return f"{stem}{self.names}"

    def chain(self, x: Shape, scope: Scope, length: int, depth: int) -> tuple[list[Any], Shape]:
        items: list[Any] = []
        for _ in range(length):
            item, x = self.item(x, scope, depth)
            items.append(item)
        return items, x

    def item(self, x: Shape, scope: Scope, depth: int) -> tuple[Any, Shape]:
        """One line. A kind that cannot be written here gives way to a layer."""
        if not self.placed and self.chance(0.4):
            found = self.focused(x, scope)
            if found:
                return found
        kinds = [self.layer] * 6 + [self.jump, self.absent, self.several, self.shared, self.parted, self.resized]
        if depth:
            kinds += [self.join, self.join, self.named, self.sequential, self.group, self.walk, self.call]
            kinds += [self.generated, self.gated, self.gated]
        kind = self.random.choice(kinds)
        return kind(x, scope, depth) or self.layer(x, scope, depth) or ({"Identity": {}}, x)

    def focused(self, x: Shape, scope: Scope) -> tuple[Any, Shape] | None:
        if self.focus in JOINS:
            found = self.paths(self.focus, x, scope, 1)
        elif self.focus not in PLAIN:
            found = (self.resized if REGISTRY[self.focus].input_names else self.parted)(x, scope, 1)
        else:
            found = self.plain(x, scope, [self.focus], lambda y: True, self.wanted)
        self.placed = found is not None
        return found

    def layer(self, x: Shape, scope: Scope, depth: int) -> tuple[Any, Shape] | None:
        return self.plain(x, scope, PLAIN, lambda y: True)

    def plain(
        self, x: Shape, scope: Scope, types: list[str], accept: Accept, wanted: str | None = None
    ) -> tuple[Any, Shape] | None:
        """A layer that takes ``x`` and whose output is accepted."""
        for _ in range(TRIES):
            name = self.random.choice(types)
            arguments = values.arguments(self.random, REGISTRY[name], wanted)
            made = fitting(name, arguments, x, self.chance(0.8))
            y = made and outcome(made, x)
            if made is not None and y is not None and accept(y):
                stated = {n: getattr(made, n) for n in arguments}
                return self.worded(name, computed(self.random, stated, x), x, y, scope), y
        return None

    def worded(self, name: str, arguments: dict[str, Any], x: Shape, y: Shape, scope: Scope) -> Item:
        item: Item = {name: arguments}
        if self.chance(0.25):
            item["id"] = self.name()
            scope.ids[item["id"]] = y
            scope.made[item["id"]] = (x, y)
        if self.chance(0.1):
            item["when"] = self.random.choice([True, "$(in.channels > 0)", "$(not false)"])
        return item

    def keeping(self, x: Shape, scope: Scope, accept: Accept | None = None) -> list[Any]:
        """None to two layers, after which the shape is accepted: the very same, if nothing else is said."""
        if accept is None:
            found = [self.plain(x, scope, PLAIN, lambda y: y == x) for _ in range(self.random.randint(0, 2))]
        else:
            found = [self.plain(x, scope, PLAIN, accept)]
        return [item for item, _ in filter(None, found)]

    def jump(self, x: Shape, scope: Scope, depth: int) -> tuple[Any, Shape] | None:
        """A layer that takes the output of an earlier line."""
        source = self.random.choice(sorted(scope.visible()))
        found = self.plain(scope.visible()[source], scope, PLAIN, lambda y: True)
        return found and ({**found[0], "from": source}, found[1])

    def shared(self, x: Shape, scope: Scope, depth: int) -> tuple[Any, Shape] | None:
        """The module of a line above once more, on a value of the shape that the line took."""
        reached = {"prev": x, **scope.visible()}
        fits = [(made, i) for made, (taken, _) in scope.made.items() for i, shape in reached.items() if shape == taken]
        if not fits:
            return None
        made, source = self.random.choice(fits)
        return {"share": made, "from": source}, scope.made[made][1]

    def absent(self, x: Shape, scope: Scope, depth: int) -> tuple[Any, Shape]:
        """A line that is not there."""
        found = self.plain(x, Scope(), PLAIN, lambda y: True)
        item = found[0] if found else {"ReLU": {}}
        return {**item, "when": self.random.choice([False, f"$(in.channels != {x[0]})"])}, x

    def several(self, x: Shape, scope: Scope, depth: int) -> tuple[Any, Shape] | None:
        """A layer that is repeated, with shapes that may differ from round to round."""
        times = self.random.randint(0, 3)
        for _ in range(TRIES):
            name = self.random.choice(PLAIN)
            arguments = values.arguments(self.random, REGISTRY[name])
            made = fitting(name, arguments, x, stating=False)
            y = made and repeated(made, x, times)
            if made is not None and y is not None:
                id = {"id": f"{self.name()}_$(index + 1)"} if self.chance(0.3) else {}
                return {name: {n: getattr(made, n) for n in arguments}, "repeat": times, **id}, y
        return None

    def parted(self, x: Shape, scope: Scope, depth: int) -> tuple[Any, Shape] | None:
        """A tensor in parts, of which later lines may take any."""
        name = self.focus if self.focus in ("Split", "Chunk") else self.random.choice(("Split", "Chunk"))
        if name == "Chunk":
            arguments: dict[str, Any] = {"chunks": self.random.randint(2, 3)}
        else:
            cut = self.random.randint(1, max(x[0] - 1, 1))
            arguments = {"split_size_or_sections": self.random.choice([cut, [cut, x[0] - cut]])}
        plain = {n: tuple(value) if isinstance(value, list) else value for n, value in arguments.items()}
        layer = fitting(name, plain, x, stating=False)
        try:
            given = layer.infer(x) if layer is not None else {}
        except Refusal:
            return None
        return self.taken(scope, {name: arguments, "id": self.name()}, given) if given else None

    def taken(self, scope: Scope, line: Item, given: dict[str, Shape]) -> tuple[Any, Shape]:
        """A line with several outputs, and one that takes one of them."""
        scope.ids |= {f"{line['id']}.{output}": shape for output, shape in given.items()}
        chosen = self.random.choice(list(given))
        reads = f"{line['id']}.{chosen}" if self.chance(0.5) else f"prev.{chosen}"
        return {"layers": [line, {"Identity": {}, "from": reads}]}, given[chosen]

    def resized(self, x: Shape, scope: Scope, depth: int) -> tuple[Any, Shape] | None:
        """A map with the size of another line's."""
        fits = [i for i, shape in scope.visible().items() if len(shape) == len(x) > 1]
        if not fits:
            return None
        like = self.random.choice(fits)
        mode = self.random.choice(
            ["nearest", "area", "nearest-exact", {2: "linear", 3: "bilinear", 4: "trilinear"}[len(x)]]
        )
        y = Shape((x[0], *scope.visible()[like][1:]))
        sources = self.random.choice([["prev", like], {"like": like, "input": "prev"}])
        return ({"ResizeLike": {"mode": mode}, "from": sources}, y) if y.elements <= MOST_NUMBERS else None

    def generated(self, x: Shape, scope: Scope, depth: int) -> tuple[Any, Shape] | None:
        """A join whose paths are the rounds of a loop, side by side."""
        conv = {1: "Linear", 2: "Conv1d", 3: "Conv2d", 4: "Conv3d"}.get(len(x))
        if conv is None:
            return None
        widths = [self.random.choice(CHANNELS) for _ in range(self.random.randint(2, 3))]
        arguments = {"out_features": "$v"} if len(x) == 1 else {"out_channels": "$v", "kernel_size": 1}
        lines: list[Any] = [{conv: arguments}, *([{"Tanh": {}}] if self.chance(0.3) else [])]
        path: Item = {"foreach": {"v": widths}, "layers": lines}
        total = sum(widths)
        if self.chance(0.3):
            path, total = (
                {"repeat": len(widths), "layers": self.keeping(x, Scope()) or [{"ReLU": {}}]},
                x[0] * len(widths),
            )
        for item in path["layers"]:
            if isinstance(item, dict):
                item.pop("id", None)
        if self.chance(0.4):
            return {"Concat": path}, Shape((total, *x[1:]))
        named = self.chance(0.4)
        other: list[Any] = []
        paths: Any = {f"{self.name('path')}_$(index)": path, self.name("path"): other} if named else [path, other]
        return {"Concat": paths}, Shape((total + x[0], *x[1:]))

    def gated(self, x: Shape, scope: Scope, depth: int) -> tuple[Any, Shape] | None:
        """A block of several inputs, by their names or in order, and often of several outputs."""
        other, z = self.random.choice(sorted(scope.visible().items()))
        inner = Scope({"input": x, "a": x, "b": z})
        items, y = self.chain(x, inner, self.random.randint(1, 3), depth - 1)
        name = self.name("Block")
        block: dict[str, Any] = {"input": ["a", "b"], "layers": items}
        self.blocks[name] = block
        sources = self.random.choice([["prev", other], {"b": other, "a": "prev"}])
        call: Item = {name: {}, "from": sources}
        made = sorted(inner.ids.keys() - {"input"})
        if self.chance(0.5):
            block["outputs"] = {f"out{n}": self.random.choice(made) for n in range(self.random.randint(2, 3))}
            given = {output: inner.ids[id] for output, id in block["outputs"].items()}
            return self.taken(scope, {**call, "id": self.name()}, given)
        return call, y

    def join(self, x: Shape, scope: Scope, depth: int) -> tuple[Any, Shape] | None:
        name = self.random.choice(sorted(JOINS))
        return (self.by_ids if self.chance(0.3) else self.paths)(name, x, scope, depth)

    def by_ids(self, name: str, x: Shape, scope: Scope, depth: int) -> tuple[Any, Shape] | None:
        """A join of earlier lines."""
        fits = [i for i, shape in scope.visible().items() if joined(name, x, shape)]
        if not fits:
            return None
        sources = [self.random.choice(fits) for _ in range(self.random.randint(1, 2))]
        y = joined(name, x, *(scope.visible()[i] for i in sources))
        return y and ({name: None, "from": ["prev", *sources]}, y)

    def paths(self, name: str, x: Shape, scope: Scope, depth: int) -> tuple[Any, Shape] | None:
        """A join of chains: all of one shape, or of what the join lets differ."""
        common = self.common(name, x)
        items, shapes = [], []
        for _ in range(self.random.randint(2, 3)):
            path, y = self.path(x, scope, common if self.chance(0.9) else lambda y: y == x)
            items.append({"when": True, "layers": path} if self.chance(0.1) else path)
            shapes.append(y)
        y = joined(name, *shapes)
        return y and ({name: items}, y)

    def common(self, name: str, x: Shape) -> Accept | None:
        """What the ends of the paths have to be like."""
        if name == "Concat":
            return lambda y: y[1:] == x[1:]
        if self.chance(0.5):
            return None
        return lambda y: len(y) == len(x) and all(b in (a, 1) for a, b in zip(x, y, strict=True))

    def path(self, x: Shape, scope: Scope, accept: Accept | None) -> tuple[list[Any], Shape]:
        items = self.keeping(x, scope)
        last = self.plain(x, scope, PLAIN, accept) if accept else None
        return ([*items, last[0]], last[1]) if last else (items, x)

    def named(self, x: Shape, scope: Scope, depth: int) -> tuple[Any, Shape] | None:
        """A join of named paths, each a scope of its own."""
        paths = {}
        for _ in range(2):
            inner = Scope(outer=scope)
            paths[self.name("path")] = self.path(x, inner, None)
        item = {self.random.choice(["Add", "Concat", "Multiply"]): {name: items for name, (items, _) in paths.items()}}
        scope.ids |= {name: y for name, (_, y) in paths.items()}
        y = joined(next(iter(item)), *(y for _, y in paths.values()))
        return y and (item, y)

    def sequential(self, x: Shape, scope: Scope, depth: int) -> tuple[Any, Shape]:
        items, y = self.chain(x, Scope(outer=scope), self.random.randint(1, 3), depth - 1)
        return {"Sequential": items}, y

    def group(self, x: Shape, scope: Scope, depth: int) -> tuple[Any, Shape]:
        """Lines that are repeated together; they keep the shape."""
        items = self.keeping(x, Scope()) or [{"ReLU": {}}]
        for item in items:
            item.pop("id", None)
        return {"layers": items, "repeat": self.random.randint(0, 3)}, x

    def walk(self, x: Shape, scope: Scope, depth: int) -> tuple[Any, Shape] | None:
        """A ``foreach`` over widths."""
        widths = [self.random.choice(CHANNELS) for _ in range(self.random.randint(1, 3))]
        conv = {1: "Linear", 2: "Conv1d", 3: "Conv2d", 4: "Conv3d"}.get(len(x))
        if conv is None:
            return None
        arguments = {"out_features": "$v"} if len(x) == 1 else {"out_channels": "$v", "kernel_size": 1}
        act = {self.random.choice(["Tanh", "GELU", "Softsign", "Identity"]): {}}
        return {"layers": [{conv: arguments}, act], "foreach": {"v": widths}}, Shape((widths[-1], *x[1:]))

    def call(self, x: Shape, scope: Scope, depth: int) -> tuple[Any, Shape] | None:
        """A block: one that takes this shape already, or a new one."""
        known = [name for name, (taken, _) in self.calls.items() if taken == x and name in self.blocks]
        if known and self.chance(0.5):
            name = self.random.choice(known)
            return {name: self.arguments_of(name)}, self.calls[name][1]
        name = self.name("Block")
        items, y = self.chain(x, Scope({"input": x}), self.random.randint(1, 3), depth - 1)
        params: dict[str, Any] = {}
        items = parametrize(self.random, items, params)
        self.calls[name] = (x, y)
        self.blocks[name] = {"params": params, "layers": items} if params else {"layers": items}
        return {name: self.arguments_of(name)}, y

    def arguments_of(self, name: str) -> dict[str, Any]:
        """The defaults stated once more, or left out."""
        params = self.blocks[name].get("params", {})
        return {n: value for n, value in params.items() if self.chance(0.5)}


def fitting(name: str, arguments: dict[str, Any], x: Shape, stating: bool) -> Layer | None:
    """The layer; with ``stating``, its inferred arguments are stated as they are inferred."""
    layer = REGISTRY[name]
    try:
        made = layer.model_validate(arguments)
        inferred = made.inferred(x) if stating and len(x) in (layer.ranks or (len(x),)) else {}
        right = {n: inferred[n] for n in arguments if n in inferred}
        return layer.model_validate(arguments | right)
    except (ValidationError, ZeroDivisionError):
        return None


def outcome(layer: Layer, *xs: Shape) -> Shape | None:
    """What comes out, if the layer takes it and it is small."""
    try:
        y = layer.infer(*xs)
    except Refusal:
        return None
    sizes = [y.elements, *(tensor.elements for tensor in layer.tensors(xs[0]).values())]
    return y if max(sizes) <= MOST_NUMBERS and len(y) <= 5 else None


def repeated(layer: Layer, x: Shape, times: int) -> Shape | None:
    for _ in range(times):
        y = outcome(layer, x)
        if y is None:
            return None
        x = y
    return x


def joined(name: str, *xs: Shape) -> Shape | None:
    return outcome(REGISTRY[name].model_validate({}), *xs)

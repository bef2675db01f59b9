"""Specs for what source code is hard to write from: conditions, ids that several lines have, loops, joins, odd names.

Every line keeps the shape of its input, so that lines can stand in any order, under any condition and in any block.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import Any

Item = dict[str, Any]
CHANNELS, SIZE = 4, 6
# Names that mean something in Python, in torch or in emitted source, and may still be an id or a param.
ODD = """
    x out out2 self cls super nn torch F Tensor math len range enumerate zip sum max min list tuple dict int float bool
    str type isinstance partial OrderedDict Callable NamedTuple layer layers module name names fan_in fan_out hidden
    channels in_channels out_channels in_features residual gated has_conv2d has_slice relu conv2d identity outputs
    logits make_divisible Slice LayerNorm2d Block Net exported i j weight bias value values start end v
""".split()
OF_PARAMS = "training forward modules half add_module class lambda None _modules x_ len_ Unit Stage".split()
ODD_PARAMS = [*ODD, *OF_PARAMS]
PLAIN = "_conv conv bn act se proj down up mix head stem a b c".split()
BLOCKS = ("Unit", "Stage", "Slice", "NetOutputs", "LayerNorm2d", "Add2", "Exception", "Tensor")


@dataclass
class Names:
    """What a line may name: ids whose lines are always there, params by their types, and whether it is in a loop."""

    params: dict[str, str] = field(default_factory=dict)
    ids: list[str] = field(default_factory=list)
    made: list[tuple[str, str | None]] = field(default_factory=list)  # modules, each with its condition
    taken: set[str] = field(default_factory=set)
    loop: bool = False

    def of(self, kind: str) -> list[str]:
        return [name for name, type_ in self.params.items() if type_ == kind]


class Structure:
    """Writes one spec; ``features`` counts what stands in it."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.blocks: dict[str, Any] = {}
        self.signatures: dict[str, dict[str, str]] = {}
        self.features: Counter[str] = Counter()

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def spec(self) -> Item:
        names = Names()
        for _ in range(self.random.randint(1, 3)):
            self.block()
        several = self.chance(0.15)
        inputs = {self.name(names, PLAIN): [CHANNELS, SIZE, SIZE] for _ in range(2)} if several else {}
        names.ids += inputs
        layers = self.chain(names, self.random.randint(2, 4), depth=2)
        layers += [self.called(names, block) for block in self.signatures for _ in range(self.random.randint(1, 3))]
        if self.chance(0.3) and not any("from" in item or "share" in item for item in layers):
            self.random.shuffle(layers)
        layers.append({"Conv2d": {"out_channels": CHANNELS, "kernel_size": 1}, "id": "last"})
        spec: Item = {"cnnspec": 1, "input": inputs or [CHANNELS, SIZE, SIZE], "layers": layers, "blocks": self.blocks}
        return spec | self.ends(names)

    def ends(self, names: Names) -> Item:
        """Several outputs, a head for training, or neither."""
        extra: Item = {}
        ids = [*names.ids, "last"]
        if self.chance(0.25):
            self.features["outputs"] += 1
            extra["outputs"] = {f"out{n}": self.random.choice(ids) for n in range(1, self.random.randint(2, 3))}
            extra["outputs"]["logits"] = "last"
        if self.chance(0.25):
            self.features["heads"] += 1
            head = {"from": self.random.choice(ids), "weight": 0.3, "layers": self.chain(Names(), 2, 0)}
            extra["aux"] = {self.name(names, [*PLAIN, *ODD]): head}
        return extra

    def name(self, names: Names, pool: list[str]) -> str:
        found = self.random.choice([name for name in pool if name not in names.taken] or [f"n{len(names.taken)}"])
        names.taken.add(found)
        return found

    # ------------------------------------------------------------------------------------------------- blocks

    def block(self) -> None:
        """A block with params of several types, which later blocks and the network call."""
        names = Names()
        pool = ODD_PARAMS if self.chance(0.5) else ["flag", "other", "depth", "width", "act", "wide"]
        kinds = self.random.choices(("bool", "bool", "int", "width", "layer"), k=self.random.randint(1, 4))
        names.params = {self.name(names, pool): kind for kind in kinds}
        names.taken = set()
        title = self.random.choice([each for each in BLOCKS if each not in self.blocks])
        layers = self.chain(names, self.random.randint(1, 4), depth=2)
        types = {"bool": "bool", "int": "int", "width": "int", "layer": "layer"}
        declared = {name: types[kind] for name, kind in names.params.items()}
        defaults = {"bool": False, "int": 1, "width": CHANNELS, "layer": "ReLU"}
        for name, kind in names.params.items():
            if self.chance(0.4):
                declared[name] = {"type": types[kind], "default": defaults[kind]}  # type: ignore[assignment]
        self.blocks[title] = {"params": declared, "layers": layers}
        self.signatures[title] = names.params

    def called(self, names: Names, block: str) -> Item:
        arguments = {name: self.argument(names, kind) for name, kind in self.signatures[block].items()}
        item: Item = {block: arguments}
        if self.chance(0.3):
            item["repeat"] = self.random.randint(1, 3)
            self.features["repeats"] += 1
        elif self.chance(0.3):
            item["id"] = self.name(names, [*PLAIN, *ODD])
            names.ids.append(item["id"])
        return item

    def argument(self, names: Names, kind: str) -> Any:
        known = names.of(kind)
        if known and self.chance(0.5):
            return f"$({self.random.choice(known)})" if kind != "bool" or self.chance(0.5) else f"$(not {known[0]})"
        if kind == "bool":
            return (
                f"$(index {self.random.choice(('==', '>'))} 0)" if names.loop and self.chance(0.5) else self.chance(0.5)
            )
        return {
            "int": self.random.randint(0, 3),
            "width": self.random.choice((CHANNELS, 8)),
            "layer": self.random.choice(("ReLU", "Tanh", "GELU", {"LeakyReLU": {"negative_slope": 0.3}})),
        }[kind]

    # -------------------------------------------------------------------------------------------------- lines

    def chain(self, names: Names, length: int, depth: int) -> list[Item]:
        return [item for _ in range(length) for item in self.item(names, depth)]

    def item(self, names: Names, depth: int) -> list[Item]:
        kinds = [self.layer, self.layer, self.layer, self.conditional, self.conditional, self.jump, self.shared]
        kinds += [self.repeated] * 2
        if depth:
            kinds += [self.alternatives] * 3 + [self.join] * 3 + [self.sequential, self.group, self.walk, self.nested]
        return self.random.choice(kinds)(names, depth)

    def module(self, names: Names, depth: int) -> Item:
        """One line that keeps the shape, without words beside it."""
        conv = {"out_channels": self.random.choice((CHANNELS, "$(in.channels)")), "kernel_size": 3, "padding": 1}
        if flags := names.of("bool"):
            conv |= {"bias": f"$({self.random.choice(flags)})"} if self.chance(0.3) else {}
        kinds: list[Item] = [
            {"Conv2d": conv},
            {"Conv2d": conv},
            {"BatchNorm2d": {}},
            {"ReLU": {}},
            {"ReLU": {"inplace": True}},
            {"Dropout": {"p": 0.3}},
            {"LayerScale": {"init_value": 0.5}},
            {"Identity": {}},
            {"MaxPool2d": {"kernel_size": 3, "stride": 1, "padding": 1}},
            {"LayerNorm2d": {}} if "LayerNorm2d" not in self.blocks else {"Tanh": {}},
        ]
        if widths := names.of("width"):
            narrow = {"Conv2d": {"out_channels": CHANNELS, "kernel_size": 1}}
            wide = {"Conv2d": {"out_channels": f"$({self.random.choice(widths)})", "kernel_size": 1}}
            kinds += [{"Sequential": [wide, {"ReLU": {}}, narrow]}] * 2
        if types := names.of("layer"):
            kinds += [{f"${self.random.choice(types)}": {}}] * 3
        if depth and self.signatures and self.chance(0.2):
            block = self.random.choice(list(self.signatures))
            return {block: {name: self.argument(names, kind) for name, kind in self.signatures[block].items()}}
        return dict(self.random.choice(kinds))

    def layer(self, names: Names, depth: int) -> list[Item]:
        item = self.module(names, depth)
        if self.chance(0.4):
            item["id"] = self.name(names, [*PLAIN, *ODD])
            names.ids.append(item["id"])
            names.made.append((item["id"], None))
        return [item]

    def condition(self, names: Names) -> str:
        found = [f"{name}" for name in names.of("bool")] * 2
        found += [f"{name} {sign} 1" for name in names.of("int") for sign in (">", "==")]
        found += [f"{name} == in.channels" for name in names.of("width")]
        found += ["index == 0", "index > 0"] if names.loop else []
        found += ["in.channels > 2"]
        self.features["conditions"] += 1
        one = self.random.choice(found)
        return f"{one} {self.random.choice(('and', 'or'))} {self.random.choice(found)}" if self.chance(0.15) else one

    def conditional(self, names: Names, depth: int) -> list[Item]:
        condition = self.condition(names)
        item = self.module(names, depth) | {"when": f"$({condition})"}
        if self.chance(0.4):
            item["id"] = self.name(names, [*PLAIN, *ODD])
            names.made.append((item["id"], condition))
        return [item]

    def alternatives(self, names: Names, depth: int) -> list[Item]:
        """Two lines of one id under opposite conditions."""
        self.features["shared ids"] += 1
        condition = self.condition(names)
        id = {"id": self.name(names, [*PLAIN, *ODD])} if self.chance(0.8) else {}
        ways = [f"$({condition})", f"$(not ({condition}))"]
        self.random.shuffle(ways)
        items = [self.module(names, depth) | id | {"when": way} for way in ways]
        if self.chance(0.3):
            items.insert(1, {"ReLU": {}})
        names.ids += id.values()
        return items

    def jump(self, names: Names, depth: int) -> list[Item]:
        """A join with an earlier line, or a line that takes its output."""
        if not names.ids:
            return self.layer(names, depth)
        source = self.random.choice(names.ids)
        item: Item = (
            {"Add": None, "from": ["prev", source]} if self.chance(0.6) else self.module(names, 0) | {"from": source}
        )
        return [item | ({"when": f"$({self.condition(names)})"} if self.chance(0.4) else {})]

    def shared(self, names: Names, depth: int) -> list[Item]:
        """The module of a line above once more, under its condition."""
        if not names.made:
            return self.layer(names, depth)
        self.features["shared modules"] += 1
        made, condition = self.random.choice(names.made)
        under = [] if condition is None else [condition]
        under += [self.condition(names)] if self.chance(0.4) else []
        when = {"when": f"$({' and '.join(f'({each})' for each in under)})"} if under else {}
        return [{"share": made, **when}]

    def repeated(self, names: Names, depth: int) -> list[Item]:
        self.features["repeats"] += 1
        times = f"$({self.random.choice(names.of('int'))})" if names.of("int") else self.random.randint(1, 3)
        id = {"id": f"{self.name(names, PLAIN)}$(index)"} if self.chance(0.4) else {}
        return [self.module(self.inside(names), 0) | {"repeat": times} | id]

    def inside(self, names: Names) -> Names:
        """The names in a loop: ids of its lines are not seen outside."""
        return Names(dict(names.params), [], [], names.taken, loop=True)

    def group(self, names: Names, depth: int) -> list[Item]:
        """Lines that are repeated together. They have no ids, which would come again in each round."""
        self.features["repeats"] += 1
        times = f"$({self.random.choice(names.of('int'))})" if names.of("int") else self.random.randint(1, 3)
        layers = self.chain(self.inside(names), 2, 0)
        plain = [
            {word: value for word, value in item.items() if word != "id"} for item in layers if "share" not in item
        ]
        return [{"layers": plain or [{"ReLU": {}}], "repeat": times}]

    def walk(self, names: Names, depth: int) -> list[Item]:
        """A walk over widths that ends at the channels it began with; its name may be a param's."""
        self.features["repeats"] += 1
        widths = [*self.random.choices((2, 4, 8), k=self.random.randint(0, 2)), CHANNELS]
        name = self.random.choice([*names.of("width"), "v", "i", "layers"])
        inner = {"Conv2d": {"out_channels": f"$({name})", "kernel_size": 1}}
        act: Item = {"ReLU": {}} | ({"when": f"$({self.condition(names)})"} if self.chance(0.5) else {})
        return [{"layers": [inner, act], "foreach": {name: widths}}]

    def sequential(self, names: Names, depth: int) -> list[Item]:
        inner = Names(dict(names.params), [], [], set(), names.loop)
        item: Item = {"Sequential": self.chain(inner, self.random.randint(1, 3), depth - 1)}
        if self.chance(0.6):
            item["id"] = self.name(names, [*PLAIN, *ODD])
            names.ids.append(item["id"])
        return [item]

    def nested(self, names: Names, depth: int) -> list[Item]:
        """A block, with arguments that follow from the params around it."""
        if not self.signatures:
            return self.layer(names, depth)
        return [self.called(names, self.random.choice(list(self.signatures)))]

    def join(self, names: Names, depth: int) -> list[Item]:
        kind = self.random.choice(("Add", "Add", "Multiply", "Concat"))
        paths: list[Any] = []
        for _ in range(2):
            inner = Names(dict(names.params), [*names.ids], [], names.taken, names.loop)
            path: Any = self.chain(inner, self.random.randint(0, 2), depth - 1)
            paths.append(path)
        if self.chance(0.3):
            paths.append({"when": f"$({self.condition(names)})", "layers": [{"ReLU": {}}]})
        item: Item = {kind: paths}
        if self.chance(0.3):
            item = {kind: {self.name(names, PLAIN): path for path in paths}}
        if kind != "Concat":
            return [item | ({"when": f"$({self.condition(names)})"} if self.chance(0.3) else {})]
        return [item, {"Conv2d": {"out_channels": CHANNELS, "kernel_size": 1}}]

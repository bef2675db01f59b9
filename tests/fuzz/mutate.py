"""Near misses: one change to a sound spec, of the kind that people make."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from random import Random
from typing import Any

from cnnspec.engine.layers import JOINS, REGISTRY

Spec = dict[str, Any]
Place = tuple[Any, Any]  # a list or mapping, and the index or key of what stands in it
WHOLE = (-1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12)
OTHERS: tuple[Any, ...] = (True, None, "text", 1.5, (2, 3), (1, 2, 3), "$(in.channels)", "$nothing", 0.0, -1.0)
OPERATIONS = frozenset(REGISTRY)


def near_miss(random: Random, spec: Spec, focus: str) -> Spec:
    """A copy with one change, or with two."""
    changed = deepcopy(spec)
    kinds: list[Callable[[Random, Spec, str], None]] = [number] * 8 + [retype] * 3 + [of_focus] * 4
    kinds += [in_place, order, order, order, size, size, size, value, drop, rename, word, rare, share]
    for _ in range(random.choice((1, 2))):
        random.choice(kinds)(random, changed, focus)
    return changed


def places(node: Any) -> Iterator[Place]:
    """Every value below a mapping or list, by where it stands."""
    pairs = list(node.items() if isinstance(node, dict) else enumerate(node))
    for key, value in pairs:
        yield node, key
        if isinstance(value, dict | list):
            yield from places(value)


def bodies(spec: Spec) -> Any:
    """What holds the lines: the head of the spec is left alone."""
    return {key: spec[key] for key in ("layers", "blocks", "params", "aux") if key in spec}


def items(spec: Spec) -> list[Place]:
    """The lines, by the list they stand in."""
    return [(node, key) for node, key in places(bodies(spec)) if isinstance(node, list) and is_item(node[key])]


def is_item(value: Any) -> bool:
    return isinstance(value, dict) and any(
        key[:1].isupper() or key.startswith("$") or key in ("layers", "share") for key in value
    )


def given(spec: Spec) -> list[Place]:
    """The arguments of layers."""
    calls = [(node[key], name) for node, key in items(spec) for name in node[key] if name in OPERATIONS - JOINS]
    return [(item[name], argument) for item, name in calls for argument in item[name] or {}]


def number(random: Random, spec: Spec, focus: str) -> None:
    """Another whole number in an argument, a param, or one of a list."""
    found = [(node, key) for node, key in [*given(spec), *places(spec.get("params", {}))] if whole(node[key])]
    if found:
        node, key = random.choice(found)
        old = node[key]
        node[key] = tuple(other(random, v) for v in old) if isinstance(old, tuple) else other(random, old)


def whole(value: Any) -> bool:
    return type(value) is int or (isinstance(value, tuple) and all(type(v) is int for v in value))


def other(random: Random, value: int) -> int:
    return random.choice((value + 1, value + 1, value * 2, value * 3, max(value - 1, 1), random.choice(WHOLE)))


def retype(random: Random, spec: Spec, focus: str) -> None:
    """Another layer type in a line's place, with the arguments of the line."""
    node, key = random.choice(items(spec))
    name = next((n for n in node[key] if n in OPERATIONS - JOINS), None)
    if name:
        alike = [n for n in REGISTRY if n not in JOINS and (n[:-2] == name[:-2] or not REGISTRY[n].model_fields)]
        new = random.choice([*alike, *sorted(OPERATIONS - JOINS), "Conv4d"])
        known = REGISTRY[new].model_fields if new in REGISTRY else node[key][name]
        arguments = {n: value for n, value in node[key][name].items() if n in known or random.random() < 0.05}
        node[key] = {new if n == name else n: arguments if n == name else v for n, v in node[key].items()}


def of_focus(random: Random, spec: Spec, focus: str) -> None:
    """Something about the layer type that the spec is written for."""
    lines = [node[key] for node, key in items(spec) if focus in node[key]]
    if not lines:
        return number(random, spec, focus)
    line = random.choice(lines)
    if focus in JOINS:
        line[focus] = random.choice([[[]], [], [[{"Conv2d": {"out_channels": 7, "kernel_size": 1}}], []]])
        return None
    arguments = line[focus]
    free = sorted(set(REGISTRY[focus].model_fields))
    if not free or random.random() < 0.1:
        line[focus] = {**arguments, "amount": 3}
    else:
        name = random.choice(free)
        line[focus] = {**arguments, name: random.choice((*WHOLE[2:] * 3, *WHOLE, *OTHERS, 40))}
    return None


def in_place(random: Random, spec: Spec, focus: str) -> None:
    """An activation in place, behind any line."""
    node, key = random.choice(items(spec))
    names = [name for name, layer in REGISTRY.items() if "inplace" in layer.model_fields and name != "Threshold"]
    node.insert(key + 1, {random.choice(names): {"inplace": True}})


def order(random: Random, spec: Spec, focus: str) -> None:
    """A line left out, written twice, or moved."""
    node, key = random.choice(items(spec))
    kind = random.choice(("out", "twice", "moved"))
    if kind == "twice":
        node.insert(key, deepcopy(node[key]))
    elif len(node) > 1:
        line = node.pop(key)
        if kind == "moved":
            node.insert(random.randrange(len(node) + 1), line)


def size(random: Random, spec: Spec, focus: str) -> None:
    """Another input."""
    sizes = spec["input"]
    if isinstance(sizes, dict):
        sizes = sizes["sizes"] if "sizes" in sizes else sizes[random.choice(list(sizes))]
    at = random.randrange(len(sizes))
    kind = random.choice(("other", "other", "more", "less"))
    if kind == "more":
        sizes.insert(at, random.choice((1, 2, 5)))
    elif kind == "less" and len(sizes) > 1:
        del sizes[at]
    else:
        sizes[at] = random.choice((1, 2, 3, 5, 7, 9, 0))


def value(random: Random, spec: Spec, focus: str) -> None:
    """A value of another type."""
    found = given(spec)
    if found:
        node, key = random.choice(found)
        node[key] = random.choice(OTHERS)


def drop(random: Random, spec: Spec, focus: str) -> None:
    """An argument left out."""
    found = given(spec)
    if found:
        node, key = random.choice(found)
        del node[key]


def rename(random: Random, spec: Spec, focus: str) -> None:
    """An argument misspelt."""
    found = given(spec)
    if found:
        node, key = random.choice(found)
        node[f"{key}s"] = node.pop(key)


def word(random: Random, spec: Spec, focus: str) -> None:
    """A word beside an operation."""
    node, key = random.choice(items(spec))
    words: list[dict[str, Any]] = [
        {"from": "nowhere"}, {"from": "input"}, {"from": ["prev", "input"]}, {"from": "n1"}, {"id": "n1"},
        {"id": "same", "repeat": 2}, {"repeat": 2}, {"repeat": -1}, {"when": 3}, {"when": "$(in.height > 2)"},
        {"when": False, "id": "gone"}, {"from": "gone"}, {"foreach": {"w": [1, 2], "v": [1]}}, {"id": "forward"},
        {"foreach": {"w": 3}}, {"id": "a.b"}, {"repeat": "many"},
    ]  # fmt: skip
    node[key] |= random.choice(words)


def share(random: Random, spec: Spec, focus: str) -> None:
    """The module of a line once more, further down in its list."""
    node, key = random.choice(items(spec))
    line = node[key]
    if "foreach" not in line and "layers" not in line and line.get("repeat", 1) == 1:
        id = line.setdefault("id", line.get("share", "again"))
        node.insert(random.randrange(key, len(node)) + 1, {"share": id})


def rare(random: Random, spec: Spec, focus: str) -> None:
    """What the language bounds."""
    node, key = random.choice(items(spec))
    kinds: list[Any] = [
        {"Again": {}},
        {"Deep0": {}},
        {"Add": {"a": [], "b": [], "a ": []}, "from": ["prev", "input"]},
        {"Add": None},
        {"Concat": [[]]},
        {"Slice": {"end": "$(in.channels + 1)"}},
        {"Upsample": {"size": 4, "scale_factor": 2.0}},
        {"share": "gone"},
        {"$act": {}, "foreach": {"act": ["ReLU", "Relu"]}},
        *[{"Tanh": {}}] * 10,
    ]
    blocks = spec.setdefault("blocks", {})
    blocks["Again"] = {"layers": [{"Again": {}}]}
    blocks |= {f"Deep{i}": {"layers": [{f"Deep{i + 1}": {}}]} for i in range(41)} | {"Deep41": {"layers": ["ReLU"]}}
    line = random.choice(kinds)
    used = next(iter(line)).rstrip("0123456789")
    for name in [n for n in blocks if n.rstrip("0123456789") in ("Again", "Deep") and n.rstrip("0123456789") != used]:
        del blocks[name]
    if not blocks:
        del spec["blocks"]
    node.insert(key, line)

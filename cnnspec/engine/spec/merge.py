"""A spec laid over what it extends: own keys go before those of the base; sections that map names are merged by name.

    base.yaml   params: {width: 64, num_classes: {type: int, default: 1000, min: 1}}
    mine.yaml   params: {num_classes: 10}
    together    params: {width: 64, num_classes: {type: int, default: 10, min: 1}}

All of it is a tree as YAML has it, and each node stays where it stands.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from cnnspec.engine.diagnostics import Sink
from cnnspec.engine.spec.computed import is_long_form, literal_type
from cnnspec.engine.spec.static import unknown_param
from cnnspec.engine.spec.types import MEANT, ParamType
from cnnspec.engine.syntax import Entry, Map, Node, Scalar, Seq, shown

NOT_INHERITED = ("cnnspec", "name", "description", "extends", "patch")
REPLACED = ("input", "layers", "source")  # as a whole, whatever they are


def lay_over(own: Map, base: Map, layers: Collection[str], sink: Sink) -> Map | None:
    """The two as one mapping, or None where a section cannot be merged, which is told.

    ``layers`` are what a param may name: a default that is one of them is a layer.
    """
    found = {entry.key.text: entry for entry in base if entry.key.text not in NOT_INHERITED}
    sound = True
    for entry in own:
        name = entry.key.text
        below = found.get(name)
        if below is None or name in REPLACED:
            found[name] = entry
        elif isinstance(entry.value, Map) and isinstance(below.value, Map):
            found[name] = Entry(entry.key, _section(name, entry.value, below.value, layers))
        else:
            sound = _is_mapping(below, sink) and _is_mapping(entry, sink)
    merged = (entry for name, entry in found.items() if name not in ("extends", "patch"))
    return Map(own.span, tuple(merged), own.flow) if sound else None


def _is_mapping(entry: Entry, sink: Sink) -> bool:
    if isinstance(entry.value, Map):
        return True
    sink.error("wrong-type", f"`{entry.key.text}` must be a mapping, not {shown(entry.value)}", entry.value.span)
    return False


def _section(name: str, own: Map, base: Map, layers: Collection[str]) -> Map:
    match name:
        case "params":
            return _params(own, base, layers)
        case "lint":
            return _joined(own, base)
        case "budget":
            return _budget(own, base)
        case "init":
            return _rules(own, base)
        case _:
            return _by_name(own, base)


def _by_name(own: Iterable[Entry], base: Map) -> Map:
    """Entries by name: an own one in the place of the base's, or behind all of these."""
    entries = {entry.key.text: entry for entry in base}
    entries |= {entry.key.text: entry for entry in own}
    return Map(base.span, tuple(entries.values()), base.flow)


def _rules(own: Map, base: Map) -> Map:
    """Own rules behind those of the base, since later ones go first; of one key for the tensors that they name."""
    entries = {entry.key.text: entry for entry in base}
    for entry in own:
        below = entries.pop(entry.key.text, None)
        if below and isinstance(entry.value, Map) and isinstance(below.value, Map):
            entry = Entry(entry.key, _by_name(entry.value, below.value))
        entries[entry.key.text] = entry
    return Map(base.span, tuple(entries.values()), base.flow)


def _joined(own: Map, base: Map) -> Map:
    """What either silences; each file's codes hold for its own lines."""
    return _by_name([_both(entry, base.get(entry.key.text)) for entry in own], base)


def _both(entry: Entry, below: Node | None) -> Entry:
    lists = [node.items if isinstance(node, Seq) else (node,) for node in (entry.value, below) if node is not None]
    return Entry(entry.key, Seq(entry.value.span, tuple(node for nodes in lists for node in nodes)))


def _budget(own: Map, base: Map) -> Map:
    """Bounds by name, and those of single variants by theirs."""
    entries = []
    for entry in own:
        below = base.get(entry.key.text)
        if entry.key.text == "variants" and isinstance(entry.value, Map) and isinstance(below, Map):
            entry = Entry(entry.key, _by_name(entry.value, below))
        entries.append(entry)
    return _by_name(entries, base)


# ------------------------------------------------------------------------------------------------------- params


def _params(own: Map, base: Map, layers: Collection[str]) -> Map:
    """The declarations in an order in which each may read those that it could read before.

    A new one stands before the next own one that takes the place of one of the base, or else behind all.
    """
    changed: dict[str, list[Entry]] = {entry.key.text: [entry] for entry in base}
    new: list[Entry] = []
    for entry in own:
        found = changed.get(entry.key.text)
        if found is None:
            new.append(entry)
        else:
            changed[entry.key.text] = [*new, _redeclared(entry, found[-1], layers)]
            new = []
    return Map(base.span, tuple(entry for entries in (*changed.values(), new) for entry in entries), base.flow)


def _redeclared(own: Entry, base: Entry, layers: Collection[str]) -> Entry:
    """A declaration over that of the base: a value is the new default, and a stated type begins anew."""
    value, below = own.value, _long_form(base, layers)
    if below is None or _states_type(value):
        return own
    if isinstance(value, Map) and is_long_form(value):
        return Entry(own.key, _by_name(value, below))
    return Entry(own.key, _with_default(below, own.key, value))


def _states_type(node: Node) -> bool:
    if isinstance(node, Map) and is_long_form(node):
        return node.get("type") is not None
    return isinstance(node, Scalar) and (ParamType.parse(node.text) is not None or node.text.casefold() in MEANT)


def _long_form(entry: Entry, layers: Collection[str]) -> Map | None:
    """A declaration as ``{type: ..., default: ...}``; None where it is none, which is told when it is read."""
    node = entry.value
    if isinstance(node, Map) and is_long_form(node):
        default = node.get("default")
        word = None
    else:
        word = ParamType.parse(node.text) if isinstance(node, Scalar) else None
        default = None if word else node
        node = Map(node.span, () if word else (Entry(_word(entry.key, "default"), node),), flow=True)
    if node.get("type") is not None:
        return node
    type_ = word or (literal_type(default, layers) if default is not None else None)
    if type_ is None:
        return None
    stated = Entry(_word(entry.key, "type"), Scalar(entry.value.span, str(type_), str(type_)))
    return Map(node.span, (stated, *node.entries), flow=True)


def _with_default(declared: Map, key: Scalar, value: Node) -> Map:
    return _by_name([Entry(_word(key, "default"), value)], declared)


def _word(key: Scalar, word: str) -> Scalar:
    """A word of the long form that is not written; it is said to stand at the param's name."""
    return Scalar(key.span, word, word)


# ------------------------------------------------------------------------------------------------------ variants


def under_variant(base: Map, variant: str, layers: Collection[str], sink: Sink) -> Map:
    """The base under one of its variants: what that sets are the defaults, and no other is there any more."""
    variants, params, budget = base.get("variants"), base.get("params"), base.get("budget")
    settings = variants.get(variant) if isinstance(variants, Map) else None
    changed = {}
    if isinstance(settings, Map) and isinstance(params, Map):
        changed["params"] = _set(params, settings, layers, sink)
    if isinstance(budget, Map):
        changed["budget"] = _budget_of(budget, variant)
    entries = (Entry(e.key, changed.get(e.key.text, e.value)) for e in base if e.key.text != "variants")
    return Map(base.span, tuple(entries), base.flow)


def _set(params: Map, settings: Map, layers: Collection[str], sink: Sink) -> Map:
    entries = {entry.key.text: entry for entry in params}
    for setting in settings:
        declared = entries.get(setting.key.text)
        if declared is None:
            sink.add(unknown_param(entries, setting.key.text, setting))
            continue
        below = _long_form(declared, layers)
        if below is not None:
            entries[setting.key.text] = Entry(declared.key, _with_default(below, setting.key, setting.value))
    return Map(params.span, tuple(entries.values()), params.flow)


def _budget_of(budget: Map, variant: str) -> Map:
    own = budget.get("variants")
    bounds = own.get(variant) if isinstance(own, Map) else None
    every = Map(budget.span, tuple(entry for entry in budget if entry.key.text != "variants"), budget.flow)
    return _by_name(bounds, every) if isinstance(bounds, Map) else every

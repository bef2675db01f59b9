"""The key `input`: the sizes of one input, or of several by name, each with the dtype of its numbers.

input: [3, 224, 224]
input: {image: [3, 224, 224], tokens: {sizes: [128], dtype: int64}}
"""

from __future__ import annotations

from cnnspec.engine.diagnostics import Sink, did_you_mean
from cnnspec.engine.spec.edits import respell
from cnnspec.engine.spec.names import input_name_fault
from cnnspec.engine.syntax import Entry, Map, Node, Scalar, shown

DTYPES = ("float32", "int64", "bool")
LONG_KEYS = ("sizes", "dtype")
SIZES_BY_NAME = frozenset({"channels", "height", "width", "length", "features", "c", "h", "w"})
LONG_FORM = "write `{sizes: [128], dtype: int64}`, or the sizes alone: `[3, 32, 32]`"
ONE = "input"  # the name of the only input


def read_input(node: Node | None, sink: Sink) -> Node | None:
    """The sizes of the input, or a mapping of names to those of several; what is wrong goes to the sink."""
    if not isinstance(node, Map):
        return node
    if _is_long(node):
        return _sizes(node, sink)
    if node.entries and SIZES_BY_NAME.issuperset(node.names()):
        sizes = ", ".join(entry.value.span.text for entry in node)
        help = f"write `input: [{sizes}]`; a mapping names several inputs: `{{image: [3, 32, 32], mask: [1, 32, 32]}}`"
        sink.error("bad-input", "the sizes of an input must be a list", node.span, help=help)
        return None
    faults = {entry.key: input_name_fault(entry.key.text) for entry in node}
    for key, fault in faults.items():
        if fault:
            sink.error("bad-id", fault, key.span, help="the name of an input must be valid as an id")
    if not node.entries:
        sink.error("bad-input", "`input` names no input", node.span, help="write `input: [1, 28, 28]`")
    read = [(entry.key, _sizes(entry.value, sink) if isinstance(entry.value, Map) else entry.value) for entry in node]
    if not node.entries or any(faults.values()) or any(sizes is None for _, sizes in read):
        return None
    return sizes_alone(node)


def sizes_alone(node: Node | None) -> Node | None:
    """The same without dtypes: a list of sizes, or a mapping of names to them."""
    if not isinstance(node, Map):
        return node
    if _is_long(node):
        return node.get("sizes")
    entries = [
        Entry(entry.key, (entry.value.get("sizes") or entry.value) if isinstance(entry.value, Map) else entry.value)
        for entry in node
    ]
    return Map(node.span, tuple(entries), flow=node.flow)


def dtypes(node: Node | None) -> dict[str, str]:
    """The dtypes of inputs that are not float32, by name."""
    if not isinstance(node, Map):
        return {}
    inputs = {ONE: node} if _is_long(node) else {entry.key.text: entry.value for entry in node}
    found = {name: input.get("dtype") for name, input in inputs.items() if isinstance(input, Map)}
    named = {name: kind.text for name, kind in found.items() if isinstance(kind, Scalar) and kind.text in DTYPES}
    return {name: kind for name, kind in named.items() if kind != DTYPES[0]}


def _is_long(node: Map) -> bool:
    return node.entry("sizes") is not None and not set(node.names()) - {*LONG_KEYS}


def _sizes(node: Map, sink: Sink) -> Node | None:
    """The sizes of one input with a dtype."""
    before = len(sink)
    for entry in node:
        if entry.key.text not in LONG_KEYS:
            name = entry.key.text
            near, repairs = did_you_mean(name, LONG_KEYS), respell(entry.key.span, name, LONG_KEYS)
            sink.error(
                "unknown-key",
                f"unknown key `{name}` in an input",
                entry.key.span,
                near,
                help=LONG_FORM,
                repairs=repairs,
            )
    if node.get("sizes") is None and len(sink) == before:
        sink.error("bad-input", "this input needs `sizes`", node.span, help=LONG_FORM)
    kind = node.get("dtype")
    if kind is not None and not (isinstance(kind, Scalar) and kind.text in DTYPES):
        text = kind.text if isinstance(kind, Scalar) else ""
        near, repairs = did_you_mean(text, DTYPES), respell(kind.span, text, DTYPES)
        message = f"`dtype` must be float32, int64 or bool, not {shown(kind)}"
        sink.error("bad-input", message, kind.span, near, repairs=repairs)
    return node.get("sizes") if len(sink) == before else None

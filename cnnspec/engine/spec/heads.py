"""The sections `aux` and `outputs`: heads that run in training only, and names for what the network gives.

aux:
  aux1: {from: inception4a, weight: 0.3, layers: [...]}
outputs: {p3: layer2, logits: fc}

Both name lines of the network's own chain, whose ids are known when it is expanded.
"""

from __future__ import annotations

from cnnspec.engine.diagnostics import Sink, did_you_mean, listing, nearest
from cnnspec.engine.spec.edits import respell
from cnnspec.engine.spec.items import ItemReader
from cnnspec.engine.spec.model import DeclaredOutput, Head
from cnnspec.engine.spec.names import id_fault, id_help, output_fault
from cnnspec.engine.syntax import Entry, Map, Node, Scalar, Seq, shown

HEAD_KEYS = ("from", "weight", "layers", "when", "after", "output")
REQUIRED = ("from", "weight", "layers")
WORDS = {"from": "an id", "weight": "a number", "when": "a condition", "after": "an id", "output": "a name"}
AUX_FORM = "write `aux: {aux1: {from: stage3, weight: 0.3, layers: [...]}}`"
OUTPUTS_FORM = "write `outputs: {features: stage3, logits: fc}`"


def read_aux(node: Node | None, items: ItemReader, sink: Sink) -> tuple[Head, ...]:
    """The heads of a spec, in its order; what is wrong goes to the sink."""
    heads = (_head(entry, items, sink) for entry in _mapping("aux", node, AUX_FORM, sink) if _named(entry, sink))
    return tuple(head for head in heads if head is not None)


def read_outputs(node: Node | None, sink: Sink) -> tuple[DeclaredOutput, ...]:
    """The outputs of a spec by name; what is wrong goes to the sink."""
    found = []
    for entry in _mapping("outputs", node, OUTPUTS_FORM, sink):
        if _named(entry, sink) and _is_name(entry, "an id", sink):
            assert isinstance(entry.value, Scalar)
            found.append(DeclaredOutput(entry.key, entry.value))
    return tuple(found)


def _mapping(name: str, node: Node | None, form: str, sink: Sink) -> tuple[Entry, ...]:
    if node is None or (isinstance(node, Map) and node.entries):
        return node.entries if node else ()
    ids = [item.span.text for item in node.items] if isinstance(node, Seq) and name == "outputs" else []
    if ids and all(id.isidentifier() for id in ids):
        form = f"write `outputs: {{{', '.join(f'{id}: {id}' for id in ids)}}}`: a name of each output, and its line"
    sink.error("wrong-type", f"`{name}` must map names to definitions, not {shown(node)}", node.span, help=form)
    return ()


def _named(entry: Entry, sink: Sink) -> bool:
    """Whether the key can be a name: it becomes a module's, or a field of what the network gives."""
    fault = id_fault(entry.key.text)
    if not fault and not entry.key.text.isidentifier():
        fault = "a name has letters, digits and `_`"
    if fault:
        sink.error("bad-id", fault, entry.key.span, help=id_help(entry.key.text))
    return not fault


def _is_name(entry: Entry, what: str, sink: Sink) -> bool:
    if isinstance(entry.value, Scalar) and entry.value.value is not None:
        return True
    sink.error("wrong-type", f"`{entry.key.text}` is {what}, not {shown(entry.value)}", entry.span)
    return False


def _head(entry: Entry, items: ItemReader, sink: Sink) -> Head | None:
    name, node = entry.key, entry.value
    if not isinstance(node, Map):
        sink.error("wrong-type", f"an aux head must be a mapping, not {shown(node)}", entry.span, help=AUX_FORM)
        return None
    before = len(sink)
    for unknown in (inner for inner in node if inner.key.text not in HEAD_KEYS):
        _unknown(unknown, sink)
    meant = {nearest(name, HEAD_KEYS) for name in node.names() if name not in HEAD_KEYS}
    missing = [f"`{key}`" for key in REQUIRED if node.entry(key) is None and key not in meant]
    if missing:
        sink.error("missing-key", f"aux head `{name.text}` has no {listing(missing)}", name.span, help=AUX_FORM)
    words = {key: _word(node.entry(key), what, sink) for key, what in WORDS.items()}
    source, weight = words["from"], words["weight"]
    output = words["output"] or name
    if fault := output_fault(output.text):
        help = (
            id_help(output.text)
            or "a name has letters, digits and `_`, does not start with a digit, and is not a Python keyword"
        )
        sink.error("bad-id", fault, output.span, help=help)
    sound = len(sink) == before
    layers = items.chain(node.get("layers"), "layers")
    if not sound or source is None or weight is None:
        return None
    return Head(name, source, weight, layers, output, words["when"], words["after"])


def _word(entry: Entry | None, what: str, sink: Sink) -> Scalar | None:
    if entry is None or not _is_name(entry, what, sink):
        return None
    assert isinstance(entry.value, Scalar)
    return entry.value


def _unknown(entry: Entry, sink: Sink) -> None:
    name = entry.key.text
    help = f"the keys are {listing([f'`{key}`' for key in HEAD_KEYS])}"
    near, repairs = did_you_mean(name, HEAD_KEYS), respell(entry.key.span, name, HEAD_KEYS)
    sink.error("unknown-key", f"unknown key `{name}` in an aux head", entry.key.span, near, help=help, repairs=repairs)

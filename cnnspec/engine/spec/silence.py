"""The section `lint: {ignore: [code]}`: warnings that the whole file silences."""

from __future__ import annotations

from cnnspec.engine.diagnostics import Sink, did_you_mean
from cnnspec.engine.syntax import Map, Node, Scalar, Seq, shown

FORM = "write `lint: {ignore: [bias-before-norm]}`"


def silenced(node: Node | None, sink: Sink) -> tuple[Scalar, ...]:
    """The codes that the section names; whether they exist is for the linter to say."""
    if node is None:
        return ()
    if not isinstance(node, Map):
        sink.error("wrong-type", f"`lint` must be a mapping, not {shown(node)}", node.span, help=FORM)
        return ()
    for entry in node:
        if entry.key.text != "ignore":
            near = did_you_mean(entry.key.text, ["ignore"])
            sink.error("unknown-key", f"unknown key `{entry.key.text}` in `lint`", entry.key.span, near, help=FORM)
    return _codes(node.get("ignore"), sink)


def _codes(node: Node | None, sink: Sink) -> tuple[Scalar, ...]:
    if node is None:
        return ()
    codes = node.items if isinstance(node, Seq) else (node,)
    good = tuple(code for code in codes if isinstance(code, Scalar) and isinstance(code.value, str))
    if len(good) != len(codes):
        sink.error("wrong-type", f"`ignore` is a list of codes, not {shown(node)}", node.span, help=FORM)
    return good

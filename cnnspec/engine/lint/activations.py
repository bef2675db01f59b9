"""Activations and linear layers: what stands on the logits, and what stands between two linear layers."""

from __future__ import annotations

from collections.abc import Iterator

from cnnspec.engine.diagnostics import Label
from cnnspec.engine.lint.view import Finding, View, passes, place, rearranges, warn
from cnnspec.engine.network import Node


def activation_on_logits(view: View) -> Iterator[Finding]:
    """Activations as the last words of a classifier or of an aux head, where cross-entropy wants any number at all."""
    for value in (view.graph.root.output, *(head.value for head in view.graph.aux)):
        yield from _on_output(view, value)


def _on_output(view: View, value: int) -> Iterator[Finding]:
    found = []
    node = view.maker(value, rearranges)
    while node is not None and (node.layer.gives_probabilities or node.layer.rectifies):
        found.append(node)
        node = view.maker(node.inputs[0], _keeps_logits)
    if node is None or len(view.graph.shape(value)) != 1 or not _classifies(node):
        return
    if node.shape.elements == node.shape[0]:  # a vector, or a map of one place
        yield from (_on_logits(activation, node) for activation in found)


def _keeps_logits(node: Node) -> bool:
    """Whether what a layer returns are logits where its input is."""
    return rearranges(node) or node.layer.role == "norm"


def _classifies(node: Node) -> bool:
    return node.layer.role == "linear" or (node.layer.role == "convolution" and not node.layer.transposed)


def _on_logits(node: Node, logits: Node) -> Finding:
    softmax = node.layer.gives_probabilities
    why = "cross-entropy applies softmax itself" if softmax else "the logits cannot be far below 0"
    more = "; to get probabilities, apply softmax outside the network" if softmax else ""
    return warn(
        "activation-on-logits",
        node,
        f"`{node.type}` on the logits: {why}",
        labels=(Label(place(logits), "computes the logits"),),
        help=f"remove the line{more}",
    )


def linear_after_linear(view: View) -> Iterator[Finding]:
    """Two linear layers with nothing between: their product is one linear layer, and no narrower one."""
    for node in view.graph.nodes:
        first = _linear_above(view, node) if node.layer.role == "linear" else None
        if first is None:
            continue
        before, between, after = first.input_shapes[0][-1], first.shape[-1], node.shape[-1]
        if between >= min(before, after):  # a narrower middle is a matrix of low rank, which may be wanted
            yield warn(
                "linear-after-linear",
                node,
                "two `Linear` without an activation between them equal one `Linear`",
                "takes the output of a `Linear`",
                labels=(Label(place(first), "the first"),),
                note=f"{before}→{between}→{after} represents no more than {before}→{after}",
                help="add an activation between them, or remove one",
            )


def _linear_above(view: View, node: Node) -> Node | None:
    """The Linear that a Linear works on, seen through what changes no value in evaluation."""
    value = node.inputs[0]
    found = view.maker(value, passes)
    if found is None or found.layer.role != "linear" or value < 0:
        return None
    return found

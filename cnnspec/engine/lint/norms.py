"""Normalisations: what they undo, what they are fooled by, and where they have nothing to work on."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from cnnspec.engine.diagnostics import Label, Repair, count
from cnnspec.engine.layers.norm import LayerNorm, LayerNorm2d
from cnnspec.engine.lint.view import Finding, View, may_set, place, setting, warn
from cnnspec.engine.network import Node
from cnnspec.engine.network.graph import maker
from cnnspec.engine.spec.edits import set_argument


def bias_before_norm(view: View) -> Iterator[Finding]:
    """A bias that the norm behind it takes away again with the mean."""
    for norm in view.graph.nodes:
        node = view.maker(norm.inputs[0], _is_identity) if norm.layer.centers_channels else None
        if node is None or node.layer.role not in ("convolution", "linear") or not setting(node, "bias"):
            continue
        if len(view.graph.takers.get(node.index, ())) > 1 or (node.layer.role == "linear" and len(node.shape) > 1):
            continue
        repair = Repair("set `bias: false`", (set_argument(node.item, "bias", value=False),), safe=True)
        yield warn(
            "bias-before-norm",
            node,
            f"the bias of this `{node.type}` has no effect: `{norm.type}` subtracts it",
            "adds a constant to each channel",
            argument="bias",
            labels=(Label(place(norm), "subtracts the mean of each channel"),),
            note=_for_nothing(node.shape[0]),
            help="" if may_set(node, "bias") else "set `bias: false` where the bias is set",
            repairs=(repair,) if may_set(node, "bias") else (),
        )


def _is_identity(node: Node) -> bool:
    return node.layer.role == "identity"


def _for_nothing(numbers: int) -> str:
    return f"{count(numbers, 'number')} {'is' if numbers == 1 else 'are'} trained and stored without effect"


def dropout_before_norm(view: View) -> Iterator[Finding]:
    """A dropout whose noise changes the variance that a batch norm learns (arXiv:1801.05134)."""
    for norm in view.graph.nodes:
        found = _dropout_above(view, norm) if norm.layer.uses_batch_statistics else None
        if found:
            yield warn(
                "dropout-before-norm",
                found,
                f"dropout before `{norm.type}` gives it a different variance in training than in evaluation",
                "zeroes and scales values in training only",
                labels=(Label(place(norm), "uses the variance from training in evaluation"),),
                help="put the dropout after the last normalization",
            )


def _dropout_above(view: View, norm: Node) -> Node | None:
    """The dropout that a chain of single-input layers leads down from, with no other norm and no join between."""
    value = norm.inputs[0]
    while value >= 0:
        node = view.graph.nodes[maker(value)]
        if node.layer.role == "dropout":
            return node if setting(node, "p") else None
        if len(node.inputs) > 1 or node.layer.role == "norm":
            return None
        value = node.inputs[0]
    return None


def norm_of_one_value(view: View) -> Iterator[Finding]:
    """A normalisation that has one value to take the mean of."""
    for node in view.graph.nodes:
        x = node.input_shapes[0]
        if node.layer.uses_batch_statistics and len(x) > 1 and prod(x.sizes) == 1:
            yield warn(
                "norm-of-one-value",
                node,
                f"`{node.type}` gets one value per channel: its statistics come from the batch alone",
                f"gets {x}",
                help="keep the map larger than 1×1, or train in large batches (torch refuses a batch of one)",
            )
        elif isinstance(node.layer, LayerNorm | LayerNorm2d) and prod(node.layer.normalized(x)) == 1:
            yield warn(
                "norm-of-one-value",
                node,
                f"`{node.type}` normalizes one value at a time, which always gives 0",
                f"gets {x}",
                note="a value minus its own mean is 0 for every input",
                help="remove it, or normalize over more values",
            )

"""Joins and groups: channels that are repeated to fit, and groups that never mix."""

from __future__ import annotations

from collections.abc import Iterator

from cnnspec.engine.diagnostics import Label
from cnnspec.engine.lint.view import Finding, View, passes, place, setting, warn
from cnnspec.engine.network import Node


def broadcast_join(view: View) -> Iterator[Finding]:
    """A sum or product in which one channel is repeated to fit many; a gate of one channel is meant so."""
    for node in view.graph.nodes:
        if node.layer.operator is None:
            continue
        most, sign = node.shape[0], f" {node.layer.operator} "
        for value, x in zip(node.inputs, node.input_shapes, strict=True):
            maker = view.maker(value)
            if x[0] == 1 < most and not (node.layer.operator == "*" and maker and maker.layer.gates):
                yield warn(
                    "broadcast-join",
                    node,
                    f"`{node.type}` repeats the one channel of {x} to fit {most}",
                    sign.join(map(str, node.input_shapes[:4])),
                    labels=(Label(place(maker), "the single channel comes from here"),) if maker else (),
                    help=f"give it {most} channels, unless the broadcast is intended",
                )
                break


def wasteful_groups(view: View) -> Iterator[Finding]:
    """Groups that have nothing to do, or that are kept apart in two convolutions running."""
    for node in view.windowed:
        groups = setting(node, "groups") if node.layer.role == "convolution" else 1
        if groups < 2:
            continue
        x = node.input_shapes[0]
        if groups == x[0] == node.shape[0] and all(w.kernel == 1 for w in view.windows(node)):
            yield warn(
                "wasteful-groups",
                node,
                f"a 1×1 convolution with one channel per group only scales its {groups} channels",
                argument="groups",
                help="use a larger kernel or fewer groups, or let the normalization scale the channels",
            )
        elif first := _grouped_alike(view, node, groups):
            yield warn(
                "wasteful-groups",
                node,
                f"two convolutions in a row keep the same {groups} groups separate",
                "no information passes between groups",
                argument="groups",
                labels=(Label(place(first, "groups"), "the first"),),
                help="put a `ChannelShuffle` or a 1×1 convolution without groups between them",
            )


def _grouped_alike(view: View, node: Node, groups: int) -> Node | None:
    if node.inputs[0] < 0:
        return None
    first = view.maker(node.inputs[0], _mixes_no_channels)
    alike = first is not None and first.layer.role == "convolution" and setting(first, "groups") == groups
    return first if alike else None


def _mixes_no_channels(node: Node) -> bool:
    """Whether a layer computes each channel from that channel alone, its statistics included."""
    layer = node.layer
    return passes(node) or (layer.channelwise and (layer.role != "norm" or layer.centers_channels))

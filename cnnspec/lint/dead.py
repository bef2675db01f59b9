"""Work that nobody wants: layers whose output nothing reads."""

from __future__ import annotations

from collections.abc import Iterator

from cnnspec.lint.view import Finding, View, warn


def unused_output(view: View) -> Iterator[Finding]:
    """A layer whose output neither another layer nor the network's result takes."""
    for node in view.graph.nodes:
        if not view.readers[node.index] and node.index not in view.graph.wanted:
            yield warn(
                "unused-output",
                node,
                f"nothing takes the output of this `{node.type}`",
                f"makes {node.shape} for nobody",
                help="take it with `from`, or leave out the lines that lead only here",
            )

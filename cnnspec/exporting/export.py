"""The one way through: a spec and a format in, a text or a file out."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from cnnspec.diagnostics import UsageError, did_you_mean, listing
from cnnspec.emit.source import Heading, heading, python
from cnnspec.files import put
from cnnspec.network import Graph
from cnnspec.plugins import PluginFault, origin
from cnnspec.spec import Spec

FORMATS = {"python": ".py", "onnx": ".onnx", "torch": ".pt2"}


def exported(
    spec: Spec,
    graph: Graph,
    to: str,
    path: Path | None = None,
    weights: str | os.PathLike[str] | None = None,
) -> str | Path:
    """What was written, or the source as text. Raises UsageError, CheckpointError and OutputError."""
    if to not in FORMATS:
        known = f"the formats are {listing([f'`{name}`' for name in FORMATS])}"
        raise UsageError(f"there is no format `{to}`", did_you_mean(to, FORMATS) or known)
    if to == "python":
        return _source(spec, graph, path, weights)
    if path is None:
        raise UsageError(f"`{to}` is written to a file", f"name it: --out {_stem(spec)}{FORMATS[to]}")
    from cnnspec.exporting.program import Network  # torch, from here on

    network = Network.of(spec, graph, weights)
    if to == "torch":
        from cnnspec.exporting.program import as_program

        data = as_program(network)
    else:
        from cnnspec.exporting.onnx import as_onnx

        data = as_onnx(network)
    put(path, data)
    return path


def _stem(spec: Spec) -> str:
    return spec.title.rpartition("/")[2].removesuffix(".yaml").replace(":", "_")


def _source(spec: Spec, graph: Graph, path: Path | None, weights: str | os.PathLike[str] | None) -> str | Path:
    _check_targets(graph)
    head = heading(spec, graph)
    if weights is not None:
        head = _with_weights(head, spec, graph, path, weights)
    text = python(graph, head)
    if path is None:
        return text
    put(path, text.encode())
    return path


def _check_targets(graph: Graph) -> None:
    """Raises PluginFault where a layer of a plugin says no module of its own, and torch.nn has none of its name."""
    own = {node.type: origin(type(node.layer)) for node in graph.nodes if not node.layer.target}
    for name, place in own.items():
        if place is not None:
            from torch import nn

            if not hasattr(nn, name):
                said = f"`{name}` of {place.words} names no module: it has no `target`, and torch.nn has no `{name}`"
                raise PluginFault(said, place.file)


def _with_weights(
    head: Heading, spec: Spec, graph: Graph, path: Path | None, weights: str | os.PathLike[str]
) -> Heading:
    """The weights as a file beside the source, which says in its docstring how they are loaded."""
    if path is None:
        raise UsageError("weights stand in a file beside the source", f"name the source: --out {_stem(spec)}.py")
    from cnnspec.exporting.program import Network
    from cnnspec.weights.safe import as_bytes

    beside = path.with_suffix(".safetensors")
    put(beside, as_bytes(Network.of(spec, graph, weights).module))
    return replace(head, weights=beside.name)

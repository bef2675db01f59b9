"""The one way through: a spec and a format in, a text or a file out."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from cnnspec.engine.diagnostics import UsageError, did_you_mean, listing
from cnnspec.engine.files import put
from cnnspec.engine.network import Graph
from cnnspec.engine.plugins import PluginFault, origin
from cnnspec.engine.source import heading, python
from cnnspec.engine.spec import Spec
from cnnspec.engine.verify import verify

FORMATS = {"python": ".py", "onnx": ".onnx", "torch": ".pt2"}


def exported(
    spec: Spec,
    graph: Graph,
    to: str,
    path: Path | None = None,
    weights: str | os.PathLike[str] | None = None,
    on_verified: Callable[[str], None] | None = None,
) -> str | Path:
    """What was written, or the source as text. Raises UsageError, CheckpointError and OutputError.

    With ``on_verified`` Python source is also built and run beside the network; it is called with what was compared.
    """
    if to not in FORMATS:
        known = f"the formats are {listing([f'`{name}`' for name in FORMATS])}"
        raise UsageError(f"there is no format `{to}`", did_you_mean(to, FORMATS) or known)
    if to == "python":
        return _source(spec, graph, path, weights, on_verified)
    if on_verified is not None:
        what = "ONNX is always compared before it is written" if to == "onnx" else "a program is torch's own trace"
        raise UsageError(f"`--verify` compares Python source, and this writes `{to}`", what)
    if path is None:
        raise UsageError(f"`{to}` is written to a file", f"name it: --out {_stem(spec)}{FORMATS[to]}")
    from cnnspec.pytorch.exporting.program import ExportedNetwork  # torch, from here on

    network = ExportedNetwork.of(spec, graph, weights)
    if to == "torch":
        from cnnspec.pytorch.exporting.program import as_program

        data = as_program(network)
    else:
        from cnnspec.pytorch.exporting.onnx import as_onnx

        data = as_onnx(network)
    put(path, data)
    return path


def _stem(spec: Spec) -> str:
    return spec.title.rpartition("/")[2].removesuffix(".yaml").replace(":", "_")


def _source(
    spec: Spec,
    graph: Graph,
    path: Path | None,
    weights: str | os.PathLike[str] | None,
    on_verified: Callable[[str], None] | None,
) -> str | Path:
    """The source, which is written only if its own dataflow is that of the graph."""
    _check_targets(graph)
    head = heading(spec, graph)
    beside = None
    if weights is not None:
        beside = _beside(spec, path)
        head = replace(head, weights=beside.name)
    text = python(graph, head)
    verify(graph, text)
    if on_verified is not None:
        from cnnspec.pytorch.exporting.verified import verified

        on_verified(verified(graph, text))
    if path is None:
        return text
    if beside is not None:
        from cnnspec.pytorch.exporting.program import ExportedNetwork
        from cnnspec.pytorch.weights.safe import as_bytes

        put(beside, as_bytes(ExportedNetwork.of(spec, graph, weights).module))
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


def _beside(spec: Spec, path: Path | None) -> Path:
    """The file of the weights, which the docstring of the source says how to load."""
    if path is None:
        raise UsageError("weights stand in a file beside the source", f"name the source: --out {_stem(spec)}.py")
    return path.with_suffix(".safetensors")

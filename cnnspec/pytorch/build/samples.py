"""Random inputs of a network, to run it on: fractions, and whole numbers that every embedding has a vector for."""

from __future__ import annotations

import torch
from torch import Tensor

from cnnspec.engine.layers import Output
from cnnspec.engine.network import INPUT, Graph


def samples(graph: Graph, batch: int) -> tuple[Tensor, ...]:
    """A batch for each input, N×C×H×W or whatever its sizes are, from torch's own generator."""
    return tuple(_sample(graph, INPUT - place, batch) for place in range(len(graph.inputs)))


def _sample(graph: Graph, value: int, batch: int) -> Tensor:
    of: Output = graph.value(value)
    if of.dtype == "float32":
        return torch.randn(batch, *of.shape)
    if of.dtype == "bool":
        return torch.rand(batch, *of.shape) < 0.5
    readers = graph.consumers(value)
    vectors = [getattr(node.layer, "num_embeddings", 2) for node in readers]
    return torch.randint(0, min(vectors, default=2), (batch, *of.shape), dtype=getattr(torch, of.dtype))

"""The Graph that users hold: what the checker knows of a network, and one method for each thing made from it.

graph["layer1.0.conv1"]    a layer or block; iteration, producers, consumers, ancestors, signature, ==
graph.table()  .diagram()  .to_python()  .memory()  .receptive_field(key)  .input_sizes()      without torch
graph.build()  .export()                                                                       with it
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

from cnnspec.engine import network
from cnnspec.engine.diagnostics import UsageError, did_you_mean, listing, printable
from cnnspec.engine.spec import Spec
from cnnspec.extras import requiring

if TYPE_CHECKING:
    import torch

    from cnnspec.engine.inputs import Inputs
    from cnnspec.engine.network.memory import Memory
    from cnnspec.engine.network.receptive_field import ReceptiveField

WIDE = 10_000  # columns of text that is not for a terminal: no line of it is folded


class Graph(network.Graph, frozen=True, eq=False, kw_only=True, dict=True):
    """A network whose shapes and costs are known; ``spec`` is what it was expanded from.

    In a notebook it shows as a table whose blocks open and close.

    >>> import cnnspec
    >>> cnnspec.graph("mnist/lenet")["conv2"].shape
    16×10×10
    """

    spec: Spec

    @classmethod
    def of(cls, spec: Spec, found: network.Graph) -> Graph:
        """Return the public Graph of an expanded spec."""
        return cls(**{name: getattr(found, name) for name in found.__struct_fields__}, spec=spec)

    def table(
        self,
        columns: Sequence[str] | None = None,
        *,
        depth: int | None = None,
        full: bool = False,
        dtype: str | None = None,
    ) -> str:
        """Return the table of `cnnspec summary` as text: a row a layer, and the totals.

        Args:
            columns: Which columns, in order, such as ``["key", "output", "field"]``; by default those of the command.
            depth: How many levels of blocks to open; all by default.
            full: Show every copy of repeated blocks.
            dtype: The dtype whose bytes memory columns show, ``"float32"`` by default.

        Raises:
            UsageError: A column or dtype that does not exist.
        """
        from rich.console import Console

        from cnnspec.engine.table.columns import chosen
        from cnnspec.engine.table.table import DEFAULT, Look, rich_table, totals

        look = Look(DEFAULT if columns is None else chosen(",".join(columns)), full, depth, _dtype(dtype))
        facts = look.facts(self)
        out = StringIO()
        Console(file=out, width=WIDE, color_system=None, legacy_windows=False).print(rich_table(facts, look))
        rows = [line.rstrip() for line in out.getvalue().splitlines()]
        return "\n".join([printable(self.title), *rows, totals(facts, look), ""])

    def memory(self, dtype: str = "float32") -> Memory:
        """Return the bytes of weights, inference and training: ``graph.memory().training(batch=32)``.

        Raises:
            UsageError: A dtype whose size is not known.
        """
        from cnnspec.engine.network.memory import memory

        return memory(self, _dtype(dtype) or "float32")

    def receptive_field(self, key: str) -> ReceptiveField:
        """Return the receptive field of a layer in pixels of the input: size, stride and start along each dimension.

        Raises:
            UsageError: A key that is no layer of the network.
        """
        from cnnspec.engine.network.receptive_field import fields

        return fields(self)[self._node(key).index]

    def input_sizes(self) -> Inputs:
        """Return which input sizes the network accepts, the smallest, and the line behind each constraint."""
        from cnnspec.engine.inputs import solve

        return solve(self.spec)

    def diagram(self, format: str = "svg", depth: int | None = None) -> str:
        """Return a drawing as text: ``svg``, ``mermaid`` or ``dot``; ``depth`` is how many levels of blocks are opened.

        Raises:
            UsageError: Another format.
        """
        from cnnspec.engine.diagram import FORMATS, diagram

        if format not in FORMATS:
            known = f"the formats are {listing([f'`{name}`' for name in FORMATS])}"
            raise UsageError(f"there is no format `{format}`", did_you_mean(format, FORMATS) or known)
        return diagram(self, format, depth)

    def to_python(self) -> str:
        """Return one file of plain PyTorch with the same state-dict keys, outputs and initial weights."""
        from cnnspec.pytorch.exporting import exported

        return str(exported(self.spec, self, "python"))

    def export(self, to: str, out: str | os.PathLike[str], *, weights: str | os.PathLike[str] | None = None) -> Path:
        """Write the network as ``python``, ``onnx`` or ``torch`` (a torch.export program); return the file's path.

        Raises:
            UsageError: Another format, or a package that is not installed.
            CheckpointError: Weights that are damaged or of another network.
            OutputError: A file that cannot be written.
        """
        from cnnspec.pytorch.exporting import exported

        with requiring("onnx" if to == "onnx" else "torch", f"export to {to}"):
            return Path(exported(self.spec, self, to, Path(out), weights))

    @requiring("torch", "`build`")
    def build(
        self, device: torch.device | str | None = None, *, weights: str | os.PathLike[str] | None = None
    ) -> torch.nn.Module:
        """Return the network as a plain ``nn.Module`` that takes batches of the input, N×C×H×W.

        Args:
            device: Where its parameters are made, ``"meta"`` too; torch's default device by default.
            weights: ``torchvision:NAME``, a file of weights or a run's folder; new initial weights by default.

        Raises:
            UsageError: A device that does not exist, or torch is not installed.
            CheckpointError: Weights that are damaged or of another network.
        """
        from cnnspec.pytorch.build.module import module

        built = module(self, device)
        if weights is not None:
            from cnnspec.pytorch.weights import load_weights

            load_weights(built, weights, self.name)
        return built

    def _repr_html_(self) -> str:
        from cnnspec.engine.table.html import html

        return html(self)

    def _repr_svg_(self) -> str:
        return self.diagram("svg")


def _dtype(name: str | None) -> str | None:
    """The name of a dtype whose size is known. Raises UsageError."""
    from cnnspec.engine.network.memory import BYTES

    if name is not None and name not in BYTES:
        raise UsageError(f"unsupported dtype `{name}`", f"the dtypes are {listing([f'`{n}`' for n in BYTES])}")
    return name

"""An exported program -> Program: torch.export's graph, whose nodes know their modules, weights and lines.

A node that takes weights is the layer of the module that holds them; of the others, one that a module of torch.nn makes
is that module's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.export import ExportedProgram

from cnnspec.engine.diagnostics import Diagnostic, Label, Span
from cnnspec.engine.layers import REGISTRY
from cnnspec.pytorch.importing import torch_modules as leaves
from cnnspec.pytorch.importing import user_code as places
from cnnspec.pytorch.importing.functions import HANDLERS
from cnnspec.pytorch.importing.operand import Operand, Owned, Result, Unsaid
from cnnspec.pytorch.importing.program import CodeFrame, CodeOrigin, Path
from cnnspec.pytorch.importing.record import base
from cnnspec.pytorch.importing.translate import Translator, Where, operands

IGNORED = frozenset(
    {"_assert_tensor_metadata", "_assert_scalar", "sym_constrain_range_for_size", "sym_constrain_range"}
)
CONTAINERS = {f"{cls.__module__}.{cls.__qualname__}" for cls in leaves.CONTAINERS}


@dataclass(slots=True)
class _Frames:
    """The module calls of the nodes, numbered as they come."""

    numbers: dict[tuple[str, ...], int] = field(default_factory=dict)
    origins: dict[Path, CodeOrigin] = field(default_factory=dict)

    def of(self, node: torch.fx.Node) -> tuple[CodeFrame, ...]:
        found, keys = [], ()
        for key, (name, cls) in (node.meta.get("nn_module_stack") or {}).items():
            keys = (*keys, key)  # type: ignore[assignment]
            path = tuple(filter(None, name.split(".")))
            type = _class(cls)
            self.origins.setdefault(path, CodeOrigin(type))
            found.append(CodeFrame(self.numbers.setdefault(keys, len(self.numbers)), path, type))
        return tuple(found) or (CodeFrame(0, (), next(iter(self.origins.values()), CodeOrigin("Network")).type),)


def _class(cls: Any) -> str:
    name = cls if isinstance(cls, str) else f"{cls.__module__}.{cls.__qualname__}"
    return "Sequential" if name in CONTAINERS else name.rpartition(".")[2]


class ExportedReader:
    """Reads the graph of an exported program."""

    def __init__(self, exported: ExportedProgram, fallback: Span) -> None:
        self.exported = exported
        self.fallback = fallback
        self.frames = _Frames()
        self.made: dict[torch.fx.Node, Any] = {}
        self.outputs: list[Any] = []
        self.translator = Translator(HANDLERS, self.held(), self.batch, self.constant)
        self.translator.shapes = {-1 - i: shape[1:] for i, shape in enumerate(self.inputs.values())}

    def read(self) -> None:
        for node in self.exported.graph.nodes:
            if node.op == "placeholder":
                self.made[node] = self.given[node.name]
            elif node.op == "call_function":
                self.made[node] = self.call(node)
            elif node.op == "output":
                self.outputs = [self.argument(a) for a in self.user_outputs(node)]

    # ---------------------------------------------------------------------------------------------------- what is given

    @property
    def inputs(self) -> dict[str, tuple[int, ...]]:
        """The shape of each input of the program, with the batch."""
        nodes = {node.name: node for node in self.exported.graph.nodes if node.op == "placeholder"}
        return {name: _sizes(nodes[name]) for name in map(str, self.exported.graph_signature.user_inputs)}

    @property
    def batch(self) -> int:
        return next(iter(self.inputs.values()))[0]

    @cached_property
    def given(self) -> dict[str, Operand]:
        signature = self.exported.graph_signature
        owned = {**signature.inputs_to_parameters, **signature.inputs_to_buffers}
        found = {name: Operand(shape, -1 - i) for i, (name, shape) in enumerate(self.inputs.items())}
        for node in self.exported.graph.nodes:
            if node.op == "placeholder" and node.name not in found:
                *path, name = owned.get(node.name, "").split(".")
                place = Owned(tuple(path), name) if node.name in owned else None
                found[node.name] = Operand(_sizes(node), owned=place)
        return found

    def held(self) -> dict[Path, dict[str, tuple[int, ...]]]:
        found: dict[Path, dict[str, tuple[int, ...]]] = {}
        for key, tensor in self.exported.state_dict.items():
            *path, name = key.split(".")
            found.setdefault(tuple(path), {})[name] = tuple(tensor.shape)
        return found

    def constant(self, owned: Owned) -> float | None:
        tensor: Tensor = self.exported.state_dict[".".join((*owned.path, owned.name))]
        same = bool((tensor == tensor.flatten()[0]).all())
        return float(str(np.float32(tensor.flatten()[0].item()))) if same else None

    # ------------------------------------------------------------------------------------------------------------ calls

    def call(self, node: torch.fx.Node) -> Any:
        name = getattr(getattr(node.target, "_overloadpacket", node.target), "__name__", str(node.target))
        args = tuple(self.argument(a) for a in node.args)
        kwargs = {key: self.argument(a) for key, a in node.kwargs.items()}
        if name == "getitem":
            return args[0][args[1]] if isinstance(args[0], tuple) else args[0]
        if name in IGNORED or not isinstance(node.meta.get("val"), Tensor | list | tuple):
            return _number(node)
        if not any(o.value is not None or o.owned or o.blocked for o in operands((args, kwargs))):
            return Operand(_sizes(node))
        plain = base(name)
        known = f"aten.{plain}" if f"aten.{plain}" in HANDLERS else plain
        made = self.translator.call(known, args, kwargs, self.where(node))
        return self.checked(made, node)

    def where(self, node: torch.fx.Node) -> Where:
        frames = self.frames.of(node)
        span = places.written(node.meta.get("stack_trace") or "", self.fallback)
        *outer, last = frames
        if outer and last.type in REGISTRY:
            return Where(tuple(outer), span, last.path)
        return Where(frames, span)

    def checked(self, made: Result, node: torch.fx.Node) -> Result:
        """The result, if it has the shape that the program says."""
        if not isinstance(made, Operand) or made.blocked is not None or made.shape == _sizes(node):
            return made
        error = Unsaid(f"this gives a tensor of {_sizes(node)}, and the layer one of {made.shape}")
        return Operand((), blocked=self.translator.diagnostic(error))

    def argument(self, value: Any) -> Any:
        if isinstance(value, torch.fx.Node):
            return self.made[value]
        if isinstance(value, list | tuple):
            return tuple(self.argument(v) for v in value)
        return value

    def user_outputs(self, node: torch.fx.Node) -> Iterator[Any]:
        """The outputs, without the buffers that the program changes."""
        names = {str(name) for name in self.exported.graph_signature.user_outputs}
        (results,) = node.args
        yield from (r for r in results if isinstance(r, torch.fx.Node) and r.name in names)  # type: ignore[union-attr]

    def outputs_of(self) -> Mapping[str, int]:
        """The values that the program gives; what is none is told."""
        found = {}
        for number, operand in enumerate(self.outputs, 1):
            if isinstance(operand, Operand) and operand.blocked is not None:
                self.translator.sink.add(operand.blocked)
            elif isinstance(operand, Operand) and operand.value is not None:
                found["" if len(self.outputs) == 1 else f"output{number}"] = operand.value
            else:
                message = "the program gives a tensor that no layer makes"
                self.translator.sink.add(Diagnostic("several-outputs", message, Label(self.fallback)))
        return found


def _sizes(node: torch.fx.Node) -> tuple[int, ...]:
    value = node.meta.get("val")
    return tuple(_int(size) for size in value.shape) if isinstance(value, Tensor) else ()


def _int(size: Any) -> int:
    """A size, or the one that a symbol stood for when the program was exported."""
    return size if isinstance(size, int) else int(size.node.hint)


def _number(node: torch.fx.Node) -> Any:
    value = node.meta.get("val")
    return _int(value) if isinstance(value, torch.SymInt | int) else value

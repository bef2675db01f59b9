"""Modules that a built-in block is, to the last line: they become calls of it.

A reader takes the arguments from a module's lines; whether the block with these arguments is just that module, the
checker's own expansion of both decides. Names of lines without weights may differ.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from cnnspec.engine.checking import check_spec
from cnnspec.engine.diagnostics import Sink, Source
from cnnspec.engine.network import Graph
from cnnspec.engine.spec import builtin_blocks, read
from cnnspec.engine.spec.items import SCOPE
from cnnspec.engine.spec.model import Param
from cnnspec.pytorch.importing.align import family
from cnnspec.pytorch.importing.define import Definition
from cnnspec.pytorch.importing.items import ImportedItem
from cnnspec.pytorch.importing.names import lines
from cnnspec.pytorch.importing.params import NO_DEFAULT
from cnnspec.pytorch.importing.write import blocks_of, document, rows

Reader = Callable[[list[ImportedItem]], "dict[str, Any] | None"]


def as_builtin(copies: Sequence[ImportedItem], blocks: Mapping[str, Definition]) -> list[ImportedItem] | None:
    """Calls of one built-in block in place of the copies; None where it is not each of them."""
    for name, reader in READERS.items():
        calls = [_call(copy, name, reader, blocks) for copy in copies]
        found = [call for call in calls if call is not None]
        if len(found) == len(copies) and rows(found) <= rows([replace(copy, op=SCOPE) for copy in copies]):
            return found
    return None


def _call(copy: ImportedItem, name: str, reader: Reader, blocks: Mapping[str, Definition]) -> ImportedItem | None:
    args = reader([*lines(copy.body or [])])
    if args is None:
        return None
    call = replace(copy, op=name, args=_stated(name, args), body=None)
    return call if is_equal(call, replace(copy, op=SCOPE), blocks) else None


def _stated(name: str, args: dict[str, Any]) -> dict[str, Any]:
    """Without what is the block's default."""
    defaults = default_params(name)
    return {key: value for key, value in args.items() if defaults[key] is NO_DEFAULT or defaults[key] != value}


def default_params(name: str) -> dict[str, Any]:
    """The defaults of a built-in block's params, null for those that may be null."""
    return {key: _default(param) for key, param in builtin_blocks()[name].params.items()}


def _default(param: Param) -> Any:
    if param.default is None:
        return None if param.type.optional else NO_DEFAULT
    return getattr(param.default, "value", NO_DEFAULT)


def is_equal(one: ImportedItem, other: ImportedItem, blocks: Mapping[str, Definition]) -> bool:
    """Whether two lines give the same layers under the same keys."""
    nodes = [_nodes(replace(item, id="it"), blocks) for item in (one, other)]
    return nodes[0] is not None and nodes[0] == nodes[1]


def _nodes(item: ImportedItem, blocks: Mapping[str, Definition]) -> list[Any] | None:
    text = document({"input": list(item.shape)}, [replace(item, sources=None, repeat=None)], blocks_of(blocks))
    spec = read(Source("it", text), Sink(), builtin_blocks())
    graph = check_spec(spec)[0] if spec is not None else None
    return None if graph is None else [*_described(graph)]


def _described(graph: Graph) -> Iterator[Any]:
    for node in graph.nodes:
        yield node.type, node.layer.model_dump(), node.inputs, node.shape, node.key if node.tensors else ""


# ------------------------------------------------------------------------------------------------------------- readers


def _layer(item: ImportedItem) -> Any:
    """A line as a param of type layer holds it."""
    return {item.op: item.args} if item.args else item.op


def _conv_norm_act(items: list[ImportedItem]) -> dict[str, Any] | None:
    if not 2 <= len(items) <= 3 or items[0].op != "Conv2d" or any(item.id is not None for item in items):
        return None
    conv, *rest = items
    norm = next((item for item in rest if family(item.op) == "normalisation"), None)
    act = next((item for item in rest if family(item.op) == "activation"), None)
    if [item for item in (norm, act) if item is not None] != rest:
        return None
    args = {"kernel_size": 1, "stride": 1, "padding": 0, "dilation": 1, "groups": 1, "bias": True, **conv.args}
    if not all(type(args[name]) is int for name in ("kernel_size", "stride", "padding", "dilation")):
        return None
    if args["padding"] == (args["kernel_size"] - 1) // 2 * args["dilation"]:
        args["padding"] = None
    if args["bias"] == (norm is None):
        args["bias"] = None
    if norm is not None and norm.args:
        return None  # in each call it would be more to read than the lines are
    args |= {"norm": None if norm is None else norm.op, "act": None if act is None else _layer(act)}
    order = ("out_channels", "kernel_size", "stride", "padding", "dilation", "groups", "bias", "norm", "act")
    return {name: args[name] for name in order} if set(args) <= set(order) else None


def _squeeze_excitation(items: list[ImportedItem]) -> dict[str, Any] | None:
    ops = [item.op for item in items]
    if len(ops) != 6 or ops[1] != "Conv2d" or ops[3] != "Conv2d" or ops[5] != "Multiply":
        return None
    return {"squeeze": items[1].args["out_channels"], "act": _layer(items[2]), "gate": _layer(items[4])}


def _by_id(items: list[ImportedItem]) -> dict[str, ImportedItem]:
    return {item.id: item for item in items if item.id is not None}


def _residual(strided: str, last: str) -> Reader:
    """Of a block whose convolutions are conv1 to ``last``; ``strided`` is the one that has the stride."""

    def reader(items: list[ImportedItem]) -> dict[str, Any] | None:
        named = _by_id(items)
        if max((id for id in named if id.startswith("conv")), default="") != last or not {"conv1", "bn1"} <= {*named}:
            return None
        width = named["conv1"].args.get("out_channels", 1)
        args = {"width": width, "stride": named[strided].args.get("stride", 1)}
        args |= {"norm": _layer(named["bn1"]), "act": _layer(items[-1])}
        return args | ({"expansion": named[last].args["out_channels"] // width} if last == "conv3" else {})

    return reader


def _inception(items: list[ImportedItem]) -> dict[str, Any] | None:
    named = _by_id(items)
    if {*named} != {"branch1", "branch2", "branch3", "branch4"}:
        return None
    convs = [named["branch1"], *(i for name in ("branch2", "branch3", "branch4") for i in named[name].body or ())]
    convs = [item for item in convs if item.op != "MaxPool2d"]
    words = ("ch1x1", "ch3x3red", "ch3x3", "ch5x5red", "ch5x5", "pool_proj")
    largest = convs[4].args.get("kernel_size", 3) if len(convs) > 4 else 0
    if len(convs) != len(words) or any("out_channels" not in item.args for item in convs):
        return None
    own = {k: v for k, v in convs[0].args.items() if k not in ("out_channels", "kernel_size")}
    sizes = {word: item.args["out_channels"] for word, item in zip(words, convs, strict=True)}
    return sizes | {"largest": largest, "conv": {convs[0].op: own} if own else convs[0].op}


READERS: dict[str, Reader] = {
    "ConvNormAct": _conv_norm_act,
    "SqueezeExcitation": _squeeze_excitation,
    "Bottleneck": _residual("conv2", "conv3"),
    "BasicBlock": _residual("conv1", "conv2"),
    "Inception": _inception,
}

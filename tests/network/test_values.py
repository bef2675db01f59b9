"""Blocks of several inputs and outputs, and paths that are generated, against modules written by hand."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import cnnspec

GATE = """
cnnspec: 1
input: [8, 16, 16]
blocks:
  AttentionGate:
    input: [x, gate]
    params: {width: int}
    layers:
      - Add:
          - - Conv2d: {out_channels: $width, kernel_size: 1}
              from: x
          - - Conv2d: {out_channels: $width, kernel_size: 1}
              from: gate
      - ReLU
      - Conv2d: {out_channels: 1, kernel_size: 1}
      - Sigmoid: {}
        id: mask
      - Multiply:
        from: [x, mask]
layers:
  - Conv2d: {out_channels: 4, kernel_size: 3, padding: 1}
    id: gating
  - AttentionGate: {width: 6}
    id: attended
    from: FROM
"""


class Gate(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.gating = nn.Conv2d(8, 4, 3, padding=1)
        self.attended = nn.ModuleDict({"0": nn.Conv2d(8, 6, 1), "1": nn.Conv2d(4, 6, 1), "4": nn.Conv2d(6, 1, 1)})

    def forward(self, x: Tensor) -> Tensor:
        each = self.attended
        gate = self.gating(x)
        return x * torch.sigmoid(each["4"](torch.relu(each["0"](x) + each["1"](gate))))


def built(text: str) -> Any:
    return cnnspec.build(cnnspec.loads(dedent(text)))


def same(ours: nn.Module, theirs: nn.Module, *sizes: int) -> None:
    """Under the same keys and weights both give the same, to the bit."""
    theirs.load_state_dict(ours.state_dict())
    x = torch.randn(2, *sizes)
    with torch.no_grad():
        assert torch.equal(ours.eval()(x), theirs.eval()(x))


@pytest.mark.parametrize("taken", ["{x: input, gate: gating}", "{gate: gating, x: input}", "[input, gating]"])
def test_a_block_takes_inputs_by_name_or_in_order(taken: str) -> None:
    same(built(GATE.replace("FROM", taken)), Gate(), 8, 16, 16)


PYRAMID = """
cnnspec: 1
input: [3, 32, 32]
blocks:
  Backbone:
    outputs: {c2: first, c3: second, c4: third}
    layers:
      - Conv2d: {out_channels: 4, kernel_size: 3, padding: 1}
        id: first
      - Conv2d: {out_channels: 8, kernel_size: 3, padding: 1, stride: 2}
        id: second
      - Conv2d: {out_channels: 16, kernel_size: 3, padding: 1, stride: 2}
        id: third
layers:
  - Backbone:
    id: backbone
  - Conv2d: {out_channels: 4, kernel_size: 1}
    from: backbone.c3
  - Upsample: {scale_factor: 2}
  - Add:
    from: [backbone.c2, prev]
"""


class Pyramid(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.backbone = nn.ModuleDict(
            {
                "first": nn.Conv2d(3, 4, 3, padding=1),
                "second": nn.Conv2d(4, 8, 3, padding=1, stride=2),
                "third": nn.Conv2d(8, 16, 3, padding=1, stride=2),
            }
        )
        self.add_module("1", nn.Conv2d(8, 4, 1))

    def forward(self, x: Tensor) -> Tensor:
        c2 = self.backbone["first"](x)
        c3 = self.backbone["second"](c2)
        return c2 + nn.functional.interpolate(self.get_submodule("1")(c3), scale_factor=2)


def test_a_block_gives_outputs_by_name() -> None:
    same(built(PYRAMID), Pyramid(), 3, 32, 32)


def test_the_outputs_of_the_last_line_are_those_of_the_network() -> None:
    """A network that ends with a block of several outputs gives a dict of them."""
    text = PYRAMID.partition("  - Conv2d: {out_channels: 4, kernel_size: 1}")[0]
    graph = cnnspec.graph(cnnspec.loads(dedent(text)))
    given = built(text)(torch.randn(1, 3, 32, 32))
    assert {name: tuple(value.shape[1:]) for name, value in given.items()} == {
        name: tuple(output.shape) for name, output in graph.signature().outputs.items()
    }
    assert list(given) == ["c2", "c3", "c4"]


def test_a_graph_knows_who_takes_which_output() -> None:
    graph = cnnspec.graph(cnnspec.loads(dedent(PYRAMID)))
    scope = graph["backbone"]
    assert list(scope.outputs) == ["c2", "c3", "c4"]
    assert [node.key for node in graph.consumers(scope.outputs["c3"])] == ["backbone.third", "1"]


@pytest.mark.parametrize("loop", ["foreach: {rate: [1, 2, 3]}", "repeat: 3"])
@pytest.mark.parametrize("form", ["list", "short"])
def test_generated_paths_stand_side_by_side(loop: str, form: str) -> None:
    rate = "$rate" if "foreach" in loop else "$(index + 1)"
    conv = f"Conv2d: {{out_channels: 4, kernel_size: 3, padding: {rate}, dilation: {rate}}}"
    path = f"{{{loop}, layers: [{{{conv}}}]}}"
    text = f"cnnspec: 1\ninput: [3, 16, 16]\nlayers:\n  - Concat: {path if form == 'short' else f'[{path}, []]'}\n"
    ours = built(text)

    class Pooled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            for name, rate in enumerate((1, 2, 3)):
                self.add_module(f"{name}", nn.Conv2d(3, 4, 3, padding=rate, dilation=rate))

        def forward(self, x: Tensor) -> Tensor:
            paths = [self.get_submodule(f"{name}")(x) for name in range(3)]
            return torch.cat([*paths, x][: 3 if form == "short" else 4], 1)

    same(ours, Pooled(), 3, 16, 16)


def test_named_paths_are_generated_under_names_of_their_own() -> None:
    text = """
    cnnspec: 1
    input: [3, 16, 16]
    layers:
      - Concat:
          rate$(rate): {foreach: {rate: [1, 2]}, layers: [{Conv2d: {out_channels: 4, kernel_size: $rate}}, ReLU]}
          last: [{Conv2d: {out_channels: 4, kernel_size: 1}}]
    """
    with pytest.raises(cnnspec.SpecError, match=r"different sizes|sizes"):
        cnnspec.graph(cnnspec.loads(dedent(text)))
    sound = dedent(text).replace("kernel_size: $rate", "kernel_size: 3, padding: $rate, dilation: $rate")
    keys = list(cnnspec.build(cnnspec.loads(sound)).state_dict())
    assert keys[::2] == ["rate1.0.weight", "rate2.0.weight", "last.0.weight"]


def test_patterns_and_computed_lists_name_lines_in_their_order() -> None:
    text = """
    cnnspec: 1
    input: [3, 8, 8]
    params: {more: {type: "list[str]", default: [x0_0, other]}}
    layers:
      - Conv2d: {out_channels: 2, kernel_size: 1}
        id: x0_$(2 - index)
        repeat: 3
      - Conv2d: {out_channels: 1, kernel_size: 1}
        id: other
      - Conv2d: {out_channels: 1, kernel_size: 1}
        id: x1_0
      - Concat:
        from: [x0_*, $more]
    """
    graph = cnnspec.graph(cnnspec.loads(dedent(text)))
    joined = graph.nodes[-1]
    assert [graph.nodes[value].name for value in joined.inputs] == ["x0_2", "x0_1", "x0_0", "x0_0", "other"]


def test_a_line_reads_the_names_of_its_own_loop_in_from() -> None:
    text = """
    cnnspec: 1
    input: [3, 8, 8]
    layers:
      - {Conv2d: {out_channels: 2, kernel_size: 1}, id: a}
      - {Conv2d: {out_channels: 5, kernel_size: 1}, id: b}
      - Conv2d: {out_channels: 2, kernel_size: 1}
        id: $(name)2
        foreach: {name: [a, b]}
        from: $name
      - Concat: {foreach: {name: [a, b]}, layers: [{Identity: {}, from: "$(name)2"}]}
    """
    graph = cnnspec.graph(cnnspec.loads(dedent(text)))
    assert {key: graph[key].input_shapes[0][0] for key in ("a2", "b2")} == {"a2": 2, "b2": 5}


SHARED = """
cnnspec: 1
input: {left: [2, 4, 4], right: [2, 4, 4]}
blocks:
  Mix:
    input: [x, y]
    outputs: {sum: total, first: scaled}
    layers:
      - {Conv2d: {out_channels: 2, kernel_size: 1}, from: x, id: scaled}
      - {Add: , from: [prev, y], id: total}
layers:
  - {Mix: , from: [FIRST, FIRST], id: mix}
  - {share: mix, from: {x: mix.sum, y: right}, id: again}
  - {Concat: , from: [mix.first, again.*]}
"""


@pytest.mark.parametrize("first", ["left", "right"])
def test_a_shared_block_may_take_one_tensor_twice(first: str) -> None:
    """The first run gives the block one tensor for both of its inputs, the second does not."""
    ours = built(SHARED.replace("FIRST", first))
    conv = nn.Conv2d(2, 2, 1)
    conv.load_state_dict({name.rpartition(".")[2]: value for name, value in ours.state_dict().items()})
    left, right = torch.randn(2, 3, 2, 4, 4)
    x = left if first == "left" else right
    scaled = conv(x)
    again = conv(scaled + x)
    assert torch.equal(ours(left, right), torch.cat([scaled, again + right, again], 1))


def test_copies_of_a_block_keep_which_inputs_are_alike() -> None:
    """A call of the same shapes is a copy of one before only where the same of its inputs are one value."""
    text = """
    cnnspec: 1
    input: [2, 4, 4]
    blocks:
      Difference:
        input: [x, y]
        layers:
          - {Sigmoid: , from: y, id: gate}
          - {Multiply: , from: [x, gate]}
    layers:
      - {Conv2d: {out_channels: 2, kernel_size: 1}, id: other}
      - {Difference: , from: [other, other], id: a}
      - {Difference: , from: [other, input], id: b}
      - {Difference: , from: [input, other], id: c}
      - {Concat: , from: [a, b, c]}
    """
    ours = built(text)
    conv = nn.Conv2d(2, 2, 1)
    conv.load_state_dict({name.rpartition(".")[2]: value for name, value in ours.state_dict().items()})
    x = torch.randn(3, 2, 4, 4)
    other = conv(x)
    wanted = torch.cat([other * other.sigmoid(), other * x.sigmoid(), x * other.sigmoid()], 1)
    assert torch.equal(ours(x), wanted)


@pytest.mark.parametrize("text", [GATE.replace("FROM", "[input, gating]"), PYRAMID, SHARED.replace("FIRST", "left")])
def test_the_source_is_the_network(text: str) -> None:
    """The exported source, run as a module, gives what the network gives."""
    spec = cnnspec.loads(dedent(text))
    graph, ours = cnnspec.graph(spec), cnnspec.build(spec)
    namespace: dict[str, Any] = {"__name__": "exported"}
    exec(cnnspec.export(spec, "python"), namespace)
    theirs = next(
        value()
        for value in reversed(list(namespace.values()))
        if isinstance(value, type) and issubclass(value, nn.Module)
    )
    theirs.load_state_dict(ours.state_dict())
    xs = [torch.randn(2, *shape) for shape in graph.inputs.values()]
    assert torch.equal(ours(*xs), theirs(*xs))


def test_a_line_with_several_outputs_is_patched(tmp_path: Path) -> None:
    """A block is replaced by another of the same outputs, and a line inside it by another; `prev` has to be chosen."""
    (tmp_path / "base.yaml").write_text(PYRAMID)
    head = "cnnspec: 1\nextends: base.yaml\npatch:\n"
    other = """
blocks:
  Other:
    outputs: {c2: a, c3: b}
    layers:
      - {Conv2d: {out_channels: 4, kernel_size: 3, padding: 1}, id: a}
      - {MaxPool2d: {kernel_size: 2}, id: b}
"""
    edits = {
        "whole": f"{head}  - {{replace: backbone, layers: [Other]}}\n{other}",
        "inside": f"{head}  - {{replace: backbone.second, layers: [{{MaxPool2d: {{kernel_size: 2}}}}]}}\n",
        "behind": f"{head}  - {{insert_after: backbone, layers: [ReLU]}}\n",
    }
    for name, text in edits.items():
        (tmp_path / f"{name}.yaml").write_text(text)
    assert list(cnnspec.graph(tmp_path / "whole.yaml")["backbone"].outputs) == ["c2", "c3"]
    inside = cnnspec.graph(tmp_path / "inside.yaml")
    assert inside["backbone.second"].type == "MaxPool2d"
    assert inside.shape(inside["backbone"].outputs["c3"]) == (4, 16, 16)
    with pytest.raises(cnnspec.SpecError, match="output-not-chosen"):
        cnnspec.graph(tmp_path / "behind.yaml")


def test_inputs_have_a_dtype() -> None:
    text = "cnnspec: 1\ninput: {flags: {sizes: [4], dtype: bool}, more: {sizes: [2], dtype: bool}}\nlayers:\n"
    graph = cnnspec.graph(cnnspec.loads(f"{text}  - {{Concat: , from: [flags, more]}}\n"))
    assert {output.dtype for output in graph.signature().inputs.values()} == {"bool"}
    assert graph.signature().outputs["logits"] == cnnspec.graph(graph).nodes[-1].outputs["output"]
    with pytest.raises(cnnspec.SpecError, match="needs tensors of the same dtype"):
        cnnspec.graph(
            cnnspec.loads(
                f"{text.replace('2], dtype: bool', '2], dtype: int64')}  - {{Concat: , from: [flags, more]}}\n"
            )
        )

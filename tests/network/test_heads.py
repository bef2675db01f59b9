"""Aux heads, several inputs and outputs, and shared modules: the graph, and the module that is built of it."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

import cnnspec
from cnnspec.engine.diagnostics import UsageError
from cnnspec.engine.diagram import figure_of
from cnnspec.engine.network.memory import memory

AUX = """
cnnspec: 1
input: [3, 16, 16]
params: {with_aux: true}
aux:
  late: {from: b, weight: 0.25, layers: [Flatten, {Linear: {out_features: 5}, id: fc}], output: late_logits}
  early:
    from: a
    weight: 0.5
    after: b
    when: $with_aux
    layers:
      - AdaptiveAvgPool2d: {output_size: 2}
      - Dropout: {p: 0.5}
      - Flatten
      - Linear: {out_features: 5}
        id: fc
layers:
  - Conv2d: {out_channels: 4, kernel_size: 3, padding: 1}
    id: a
  - ReLU
  - Conv2d: {out_channels: 6, kernel_size: 3, stride: 2}
    id: b
  - AdaptiveAvgPool2d: {output_size: 1}
  - Flatten
  - Linear: {out_features: 5}
    id: fc
"""


def written(folder: Path, text: str) -> str:
    path = folder / "net.yaml"
    path.write_text(text)
    return str(path)


def test_aux_heads_cost_params_and_no_macs(tmp_path: Path) -> None:
    """Their params are counted and told apart; MACs and the memory of inference are those of the trunk alone."""
    spec = written(tmp_path, AUX)
    graph = cnnspec.graph(spec)
    without = AUX[: AUX.index("\naux:") + 1] + AUX[AUX.index("\nlayers:\n") + 1 :]
    trunk = cnnspec.graph(written(tmp_path, without))
    assert graph.aux_params == (6 * 7 * 7 + 1) * 5 + (4 * 2 * 2 + 1) * 5
    assert graph.params == trunk.params + graph.aux_params
    assert graph.macs == trunk.macs
    assert memory(graph).peak == memory(trunk).peak
    assert memory(graph).kept > memory(trunk).kept


def test_aux_heads_stand_where_they_are_put(tmp_path: Path) -> None:
    """The order of modules is that of the lines that the heads follow, and that of outputs is the section's."""
    model = cnnspec.build(written(tmp_path, AUX))
    assert [name for name, _ in model.named_children()] == ["a", "1", "b", "late", "early", "3", "4", "fc"]
    given = model(torch.randn(2, 3, 16, 16))
    assert given._fields == ("logits", "late_logits", "early")
    assert [tuple(x.shape) for x in given] == [(2, 5)] * 3


def test_aux_heads_give_what_a_hand_written_forward_gives(tmp_path: Path) -> None:
    """In training with equal random numbers all outputs are equal to the bit; evaluation gives the logits alone."""
    model = cnnspec.build(written(tmp_path, AUX))
    x = torch.randn(4, 3, 16, 16)
    torch.manual_seed(1)
    logits, late, early = model(x)
    m = dict(model.named_children())
    torch.manual_seed(1)
    a = m["a"](x)
    b = m["b"](functional.relu(a))
    pooled = functional.dropout(functional.adaptive_avg_pool2d(a, 2), 0.5, training=True)
    assert torch.equal(late, m["late"].fc(torch.flatten(b, 1)))
    assert torch.equal(early, m["early"].fc(torch.flatten(pooled, 1)))
    assert torch.equal(logits, m["fc"](torch.flatten(functional.adaptive_avg_pool2d(b, 1), 1)))
    evaluated = model.eval()(x)
    assert isinstance(evaluated, Tensor)
    assert torch.equal(evaluated, logits)


def test_a_head_may_be_left_out(tmp_path: Path) -> None:
    """A head whose `when` is false has no modules and no output."""
    graph = cnnspec.graph(written(tmp_path, AUX), with_aux=False)
    assert [head.name for head in graph.aux] == ["late"]
    assert not any(key.startswith("early") for key in graph.tensors)


def test_a_network_with_heads_is_plain_pytorch(tmp_path: Path) -> None:
    """It is copied, pickled, traced and exported as any module is, and keeps to its mode."""
    model = cnnspec.build(written(tmp_path, AUX))
    x = torch.randn(2, 3, 16, 16)
    copies = (copy.deepcopy(model), pickle.loads(pickle.dumps(model)), torch.fx.symbolic_trace(copy.deepcopy(model)))
    for other in copies:
        torch.manual_seed(2)
        want = model(x)
        torch.manual_seed(2)
        assert all(map(torch.equal, other(x), want))
    exported = torch.export.export(model.eval(), (x,)).module()
    assert torch.equal(exported(x), model(x))


SEVERAL = """
cnnspec: 1
input: {image: [3, 16, 16], mask: [1, 16, 16]}
outputs: {features: joined, logits: fc}
layers:
  - Conv2d: {out_channels: 4, kernel_size: 3, padding: 1}
    id: stem
  - Conv2d: {out_channels: 4, kernel_size: 1}
    from: mask
    id: gate
  - Multiply:
    from: [stem, gate]
    id: joined
  - Flatten
  - Linear: {out_features: 5}
    id: fc
"""


def test_several_inputs_and_outputs(tmp_path: Path) -> None:
    """Inputs are taken in the order of the spec, outputs given by name, as a hand-written forward has them."""
    spec = written(tmp_path, SEVERAL)
    model = cnnspec.build(spec)
    image, mask = torch.randn(2, 3, 16, 16), torch.randn(2, 1, 16, 16)
    given = model(image, mask)
    joined = model.stem(image) * model.gate(mask)
    assert list(given) == ["features", "logits"]
    assert torch.equal(given["features"], joined)
    assert torch.equal(given["logits"], model.fc(torch.flatten(joined, 1)))
    graph = cnnspec.graph(spec)
    assert {name: tuple(x) for name, x in graph.inputs.items()} == {"image": (3, 16, 16), "mask": (1, 16, 16)}
    assert [tuple(graph.shape(value)) for value in graph.output_values] == [(4, 16, 16), (5,)]
    shapes = "image 3×16×16, mask 1×16×16 → features 4×16×16, logits 5"  # named, and no sum of shapes
    assert shapes in repr(graph)
    assert figure_of(graph).total.endswith(f" · {shapes}")
    traced = torch.fx.symbolic_trace(model)
    assert torch.equal(traced(image, mask)["logits"], given["logits"])


def test_sizes_of_several_inputs_are_set_by_name(tmp_path: Path) -> None:
    """Each by its name, some or all; a list alone says nothing, and an unknown name is refused."""
    spec = written(tmp_path, SEVERAL.replace("  - Flatten", "  - AdaptiveAvgPool2d: {output_size: 1}\n  - Flatten"))
    graph = cnnspec.graph(spec, input={"image": [3, 8, 8], "mask": [1, 8, 8]})
    assert graph.inputs["mask"] == (1, 8, 8)
    with pytest.raises(UsageError, match="name one"):
        cnnspec.graph(spec, input=[3, 8, 8])
    with pytest.raises(UsageError, match="no input `masc`"):
        cnnspec.graph(spec, input={"masc": [1, 8, 8]})


SHARED = """
cnnspec: 1
input: {left: [1, 12, 12], right: [1, 12, 12]}
layers:
  - Sequential:
      - Conv2d: {out_channels: 4, kernel_size: 3}
        id: conv
      - BatchNorm2d
      - AdaptiveAvgPool2d: {output_size: 2}
      - Flatten
    id: tower
  - share: tower
    from: right
    id: other
  - Concat:
    from: [tower, other]
  - Linear: {out_features: 32}
    id: mix
  - share: mix
    repeat: 2
"""


class Siamese(nn.Module):
    """The same by hand."""

    def __init__(self) -> None:
        super().__init__()
        layers = {"conv": nn.Conv2d(1, 4, 3), "1": nn.BatchNorm2d(4), "2": nn.AdaptiveAvgPool2d(2), "3": nn.Flatten()}
        self.tower = nn.Sequential()
        for name, layer in layers.items():
            self.tower.add_module(name, layer)
        self.mix = nn.Linear(32, 32)

    def forward(self, left: Tensor, right: Tensor) -> Tensor:
        x = torch.cat([self.tower(left), self.tower(right)], 1)
        return self.mix(self.mix(self.mix(x)))


def test_shared_modules_have_one_set_of_weights(tmp_path: Path) -> None:
    """Keys, params, outputs and gradients are those of a module that is called several times; MACs count each call."""
    spec = written(tmp_path, SHARED)
    graph, model, own = cnnspec.graph(spec), cnnspec.build(spec), Siamese()
    assert list(model.state_dict()) == list(own.state_dict()) == list(graph.tensors)
    assert graph.params == sum(p.numel() for p in own.parameters())
    assert graph.macs == 2 * 4 * 9 * 100 + 3 * 32 * 32
    own.load_state_dict(model.state_dict())
    left, right = torch.randn(3, 1, 12, 12), torch.randn(3, 1, 12, 12)
    given, wanted = model(left, right), own(left, right)
    assert torch.equal(given, wanted)
    given.sum().backward()
    wanted.sum().backward()
    assert all(torch.equal(a.grad, b.grad) for a, b in zip(model.parameters(), own.parameters(), strict=True))
    assert all(map(torch.equal, model.buffers(), own.buffers()))


def test_rows_of_shared_modules_add_up(tmp_path: Path) -> None:
    """A table tells the params of a shared module once."""
    from cnnspec.engine.table.rows import rows

    graph = cnnspec.graph(written(tmp_path, SHARED))
    assert sum(row.params for row in rows(graph) if row.level == 0) == graph.params
    assert sum(row.macs or 0 for row in rows(graph) if row.level == 0) == graph.macs

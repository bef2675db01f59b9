"""Layers that work in place: refused where a line or a gradient needs what they overwrite, and nowhere else."""

from __future__ import annotations

from textwrap import dedent

import pytest

from cnnspec.engine.diagnostics import Sink, Source
from cnnspec.engine.network import expand, inplace
from cnnspec.engine.spec import builtin_blocks, read

HEAD = "cnnspec: 1\ninput: [4, 8, 8]\nlayers:\n"


def found(layers: str) -> list[tuple[str, int]]:
    sink = Sink()
    spec = read(Source("t.yaml", HEAD + dedent(layers).strip("\n")), sink, builtin_blocks())
    assert spec is not None
    expand(spec, sink)
    return [(d.code, d.span.line) for d in sink.in_order()]


@pytest.mark.parametrize("layer", ["Sigmoid", "Tanh", "ReLU", "Softmax", "ELU: {inplace: true}", "Softmax2d"])
def test_a_gradient_that_needs_its_output_is_told(layer: str) -> None:
    """What overwrites the output that a gradient is made of is refused, also through views of it."""
    assert found(f"- {layer}\n- ReLU: {{inplace: true}}") == [("in-place-gradient", 5)]
    assert found(f"- {layer}\n- Flatten\n- Identity\n- ReLU: {{inplace: true}}") == [("in-place-gradient", 7)]


@pytest.mark.parametrize(
    "layer",
    ["BatchNorm2d", "Conv2d: {out_channels: 4, kernel_size: 3}", "MaxPool2d: {kernel_size: 2}", "ReLU6", "GELU",
     "Hardswish: {inplace: true}", "Dropout", "Tanhshrink", "InstanceNorm2d", "Upsample: {size: 3}"],
)  # fmt: skip
def test_torchvisions_own_usage_passes(layer: str) -> None:
    """An activation in place behind a layer that does not need its output again is sound."""
    assert found(f"- {layer}\n- ReLU: {{inplace: true}}") == []


def test_a_residual_block_in_place_passes() -> None:
    """The activation behind a sum overwrites the sum, which no gradient needs."""
    assert found("- BasicBlock: {width: 4, act: {ReLU: {inplace: true}}}\n  repeat: 2") == []


def test_a_later_reader_is_told() -> None:
    """A line that reads a tensor after it was overwritten gets other values than the spec says."""
    assert found("- Add: [[{ReLU6: {inplace: true}}], []]") == [("in-place-shared", 4)]
    assert found("- Identity:\n  id: a\n- SiLU: {inplace: true}\n- Concat:\n  from: [prev, a]") == [
        ("in-place-shared", 6)
    ]


def test_an_earlier_reader_matters_where_its_gradient_reads_again() -> None:
    """What has been read before may be overwritten, unless the gradient reads it once more."""
    assert found("- Add: [[AvgPool2d: {kernel_size: 1}], [{ReLU6: {inplace: true}}]]") == [("in-place-gradient", 4)]
    assert found("- Add: [[Dropout2d: {p: 0.5}], [Upsample: {size: 8}], [{ReLU6: {inplace: true}}]]") == [
        ("in-place-shared", 4)  # in evaluation, Dropout2d passes its input itself on
    ]
    assert found("- Add: [[Upsample: {size: 8}], [{ReLU6: {inplace: true}}]]") == []


def test_parts_that_do_not_meet_are_apart() -> None:
    """One half of the channels may be overwritten while the other is read; not where they overlap."""
    paths = "- Concat: [[{{Slice: {{{}}}}}, {{ReLU6: {{inplace: true}}}}], [Slice: {{{}}}]]"
    assert found(paths.format("end: 2", "start: 2")) == found(paths.format("start: 2", "end: 2")) == []
    assert found(paths.format("end: 2", "start: 1")) == found(paths.format("start: 1", "end: 2")) != []


def test_a_view_in_another_order_is_all_of_its_tensor() -> None:
    """Behind a Permute, no part of a tensor counts as apart from another."""
    path = "- Permute: {dims: [0, 3, 2, 1]}\n"
    halves = "- Concat: [[{Slice: {end: 4}}, {ReLU6: {inplace: true}}], [Slice: {start: 4}]]"
    assert found(path + halves) == [("in-place-shared", 5)]
    assert found(path + "- ReLU6: {inplace: true}\n" + halves.replace(", {ReLU6: {inplace: true}}", "")) == []
    assert found("- Sigmoid\n" + path + "- ReLU6: {inplace: true}") == [("in-place-gradient", 6)]


def test_a_line_that_leads_nowhere_has_no_gradient() -> None:
    """Only what the output depends on is trained."""
    dead = "- Sigmoid:\n  id: a\n- ReLU: {inplace: true}\n- GELU:\n  from: input"
    assert found(dead) == []


def test_dropout_in_place_overwrites_in_training_alone() -> None:
    """Without a probability it does nothing at all; AlphaDropout never works in place."""
    assert found("- Sigmoid\n- Dropout: {inplace: true}") == [("in-place-gradient", 5)]
    assert found("- Sigmoid\n- Dropout: {inplace: true, p: 0.0}") == []
    assert found("- Sigmoid\n- AlphaDropout: {inplace: true}") == []


def test_the_output_is_read_last() -> None:
    """A value that the network gives must not be overwritten by a line behind it."""
    assert found("- layers:\n    - Identity\n    - ReLU6: {inplace: true}\n      from: prev\n- Identity") == []
    assert found("- Identity:\n  id: a\n- ReLU6: {inplace: true}\n- Identity:\n  from: a") == [("in-place-shared", 6)]


def test_many_lines_on_one_tensor_are_looked_at_as_far_as_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pairs of what overwrites a tensor and what reads it are bounded, and a line is told once for all its readers."""
    made: list[inplace.Clash] = []
    looked_at: list[object] = []
    words, meets = inplace._diagnostic, inplace._Part.meets
    monkeypatch.setattr(inplace, "_diagnostic", lambda clash: made.append(clash) or words(clash))
    monkeypatch.setattr(inplace._Part, "meets", lambda part, other: looked_at.append(part) or meets(part, other))
    monkeypatch.setattr(inplace, "LOOKED_AT_IN_ALL", 500)
    lines = "- Identity:\n  id: a\n" + "- ReLU: {inplace: true}\n  from: a\n" * 60
    told = found(lines)
    assert told == [("in-place-shared", line) for line in range(6, 68, 2)]
    assert len(made) == len(told)
    assert len(looked_at) <= 2 * 500  # in training and in evaluation

"""`--fix` makes the safe repairs in the text, and nothing else of it changes."""

from textwrap import dedent

import pytest

from cnnspec.engine.checking import check_source, examine
from cnnspec.engine.diagnostics import Source
from cnnspec.engine.fixing import fix

TEXT = """\
cnnspec: 1
input: [3, 32, 32]
layers:
  # the stem
  - Conv2d: {out_channels: 8, kernel_size: 3}   # keep me
  - BatchNorm2d

  - Conv2d:
      out_channels: 8   # eight
      kernel_size: 3
      bias: true # why
  - BatchNorm2d
  - layers:
      - ReLU
      - Sigmoid
    id: both
  - Conv2d: {out_channels: 8, kernel_size: 2, stride: 5}
  - Tanh # cnnspec: ignore[bias-before-norm]
"""
FIXED = """\
cnnspec: 1
input: [3, 32, 32]
layers:
  # the stem
  - Conv2d: {out_channels: 8, kernel_size: 3, bias: false}   # keep me
  - BatchNorm2d

  - Conv2d:
      out_channels: 8   # eight
      kernel_size: 3
      bias: false # why
  - BatchNorm2d
  - layers:
      - ReLU
      - Sigmoid
  - Conv2d: {out_channels: 8, kernel_size: 2, stride: 5}
  - Tanh
"""


def test_comments_and_layout_stay() -> None:
    made = fix(Source("spec.yaml", TEXT))
    assert made.text == FIXED
    assert [d.code for d in made.applied] == ["bias-before-norm", "bias-before-norm", "unused-id", "unused-ignore"]
    assert [d.code for d in made.left] == ["skipped-input"]


def test_line_ends_of_another_system_stay() -> None:
    assert fix(Source("spec.yaml", TEXT.replace("\n", "\r\n"))).text == FIXED.replace("\n", "\r\n")


def test_a_fixed_text_has_nothing_left_to_fix() -> None:
    again = fix(Source("spec.yaml", FIXED))
    assert again.text == FIXED
    assert again.applied == ()


def test_the_network_is_the_same_but_for_its_biases() -> None:
    before = examine(Source("spec.yaml", TEXT)).graphs[0]
    after = examine(Source("spec.yaml", FIXED)).graphs[0]
    assert [n.shape for n in before.nodes] == [n.shape for n in after.nodes]
    assert before.tensors.keys() - after.tensors.keys() == {"0.bias", "2.bias"}


def test_a_text_with_errors_is_left_as_it_is() -> None:
    text = TEXT.replace("Tanh", "Tahn")
    made = fix(Source("spec.yaml", text))
    assert made.text == text
    assert [d.code for d in made.left] == ["unknown-layer"]


@pytest.mark.parametrize("norm", ["true", "false"])
def test_a_repair_is_weighed_under_every_variant(norm: str) -> None:
    """A convolution that has a norm behind it in one variant alone keeps its bias."""
    text = f"""\
    cnnspec: 1
    input: [3, 32, 32]
    params: {{norm: {norm}}}
    variants: {{with: {{norm: true}}, without: {{norm: false}}}}
    layers:
      - Conv2d: {{out_channels: 8, kernel_size: 3}}
      - BatchNorm2d:
        when: $norm
    """
    source = Source("spec.yaml", dedent(text))
    assert [d.code for d in check_source(source)] == ["bias-before-norm"]
    assert fix(source).text == source.text

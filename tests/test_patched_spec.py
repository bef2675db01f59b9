"""A patched spec under every command and option that another spec has."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import cnnspec
from cnnspec import SpecError
from tests.cli.runner import run

BASE = """cnnspec: 1
input: [3, 32, 32]
params: {width: 8}
layers:
  - Conv2d: {out_channels: $width, kernel_size: 3, padding: 1}
    id: stem
  - ReLU
  - Unit: {width: $width}
    id: unit$(index + 1)
    repeat: 2
  - MaxPool2d: {kernel_size: 2}
    id: pool
  - AdaptiveAvgPool2d: {output_size: 1}
  - Flatten
  - Linear: {out_features: 10}
    id: fc
blocks:
  Unit:
    params: {width: int}
    layers:
      - Conv2d: {out_channels: $width, kernel_size: 3, padding: 1, bias: false}
        id: conv
      - ReLU
"""
MINE = """cnnspec: 1
extends: base.yaml
params: {kernel: 5}
variants: {small: {}, large: {width: 32}}
patch:
  - replace: unit2.conv
    layers: [Conv2d: {out_channels: $width, kernel_size: $kernel, bias: false}]
  - insert_after: unit*.conv
    when: $(width > 8)
    layers: [BatchNorm2d]
"""


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A patched spec beside its base, in the working folder."""
    monkeypatch.chdir(tmp_path)
    Path("base.yaml").write_text(BASE)
    Path("mine.yaml").write_text(MINE)
    return "mine.yaml"


def test_params_of_both_texts_are_set(mine: str) -> None:
    """Variants, settings and inputs hold for the lines of the base and of the patches."""
    assert cnnspec.check(mine) == ()
    graph = cnnspec.graph(mine, "large", input=[1, 40, 40], kernel=7)
    shapes = {node.key: node.shape for node in graph.nodes}
    assert (shapes["stem"], shapes["unit1.2"], shapes["unit2.conv"]) == ((32, 40, 40), (32, 40, 40), (32, 34, 34))
    assert "unit1.2" not in {node.key for node in cnnspec.graph(mine, "small").nodes}
    assert cnnspec.graph(mine, width=2).nodes[0].shape == (2, 32, 32)
    assert run("summary", mine, "--set", "kernel=3", "--variant", "large").exit_code == 0


def test_a_setting_may_leave_a_patch_nothing_to_do(mine: str) -> None:
    """What is meant for another setting is no mistake; what is meant for none is one, however the spec is set."""
    Path("base.yaml").write_text(
        BASE.replace("repeat: 2", "repeat: $depth").replace("{width: 8}", "{width: 8, depth: 2}")
    )
    assert len(cnnspec.graph(mine, depth=1).nodes) == len(cnnspec.graph(mine).nodes) - 2
    assert cnnspec.check(mine, "large") == ()
    Path("mine.yaml").write_text(MINE.replace("unit2.conv", "unit2.cov"))
    for variant in (None, "small"):
        assert [d.code for d in cnnspec.check(mine, variant)] == ["idle-patch"]
        with pytest.raises(SpecError, match=r"did you mean `unit2\.conv`"):
            cnnspec.graph(mine, variant, width=4)


def test_inputs_are_solved_with_the_patches(mine: str) -> None:
    """The smallest input is that of the patched network, and what decides is told in the file that it stands in."""
    shown = run("inputs", mine)
    assert "height and width: 6 and up" in shown.stdout
    assert "smallest 3×6×6, stated 3×32×32" in shown.stdout
    record = json.loads(run("inputs", mine, "--format", "json").stdout)
    assert {(c["file"], c["line"]) for c in record["constraints"]} == {("base.yaml", 11)}
    record = json.loads(run("inputs", "base.yaml", "--format", "json").stdout)
    assert record["smallest"] == [3, 2, 2]


def test_budgets_count_the_lines_of_both_texts(mine: str) -> None:
    """The line that costs most is named with its file."""
    shown = run("check", mine, "--variant", "large", "--max-params", "10k")
    assert "--> mine.yaml:6:5" in shown.stdout
    assert "25,600 params" in shown.stdout
    assert "line 6 alone cannot save that much" in shown.stdout
    Path("mine.yaml").write_text("cnnspec: 1\nextends: base.yaml\nbudget: {max_params: 500}\n")
    assert "of base.yaml" in run("check", mine).stdout


def test_each_copy_of_a_block_is_shown_where_a_patch_makes_it_another(mine: str) -> None:
    """Copies are folded where they are alike; a patched one is not."""
    assert "unit1 … unit2" in run("summary", "base.yaml").stdout
    shown = run("summary", mine).stdout
    assert "unit1 " in shown
    assert "unit2 " in shown


def test_the_built_module_has_the_keys_of_the_graph(mine: str) -> None:
    """Scopes with names and numbers out of order are modules as any other."""
    model = cnnspec.build(mine, "large")
    assert list(model.state_dict()) == list(cnnspec.graph(mine, "large").tensors)
    assert [name for name, _ in model.unit1.named_children()] == ["conv", "2", "1"]

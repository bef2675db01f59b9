"""Which function fills which parameter, and in which order."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import pytest

from cnnspec import SpecError, graph
from cnnspec.engine.checking import check_source, check_spec, diagnose
from cnnspec.engine.diagnostics import Sink, Source
from cnnspec.engine.network import Graph
from cnnspec.engine.spec import builtin_blocks, read
from cnnspec.pytorch.build.module import module

LAYERS = """
layers:
  - Conv2d: {out_channels: 4, kernel_size: 3, groups: 2}
    id: stem
  - BatchNorm2d: {}
    id: norm
  - Sequential:
      - Conv2d: {out_channels: 4, kernel_size: 3, bias: false}
        id: conv
      - ReLU
    id: body
  - Flatten
  - Linear: {out_features: 3}
    id: fc
"""

BODY = "body.conv.weight ones_()"


def source(init: str, layers: str = LAYERS, more: str = "") -> Source:
    inside = textwrap.indent(textwrap.dedent(init), "  ")
    return Source("t.yaml", f"cnnspec: 1\ninput: [4, 8, 8]\n{more}init:\n{inside}\n{textwrap.dedent(layers)}")


def graph_of(init: str, layers: str = LAYERS, more: str = "", **params: object) -> Graph:
    sink = Sink()
    spec = read(source(init, layers, more), sink, builtin_blocks())
    assert spec is not None
    spec.settings.update(params)  # type: ignore[attr-defined]
    graph, found = check_spec(spec, sink)
    assert not found
    assert graph is not None
    return graph


def fills(init: str, layers: str = LAYERS, more: str = "", **params: object) -> list[str]:
    """``key function(arguments)`` in order."""
    return [
        f"{each.parameter} {each.call.target.rpartition('.')[2]}"
        f"({', '.join(f'{name}={value}' for name, value in each.call.arguments.items())})"
        for each in graph_of(init, layers, more, **params).init
    ]


def codes(init: str, layers: str = LAYERS, more: str = "") -> list[str]:
    return [diagnostic.code for diagnostic in diagnose(source(init, layers, more))]


def test_without_the_section_nothing_is_filled() -> None:
    """PyTorch's own initialisation is all."""
    sink = Sink()
    spec = read(Source("t.yaml", f"cnnspec: 1\ninput: [4, 8, 8]\n{LAYERS}"), sink, builtin_blocks())
    assert spec is not None
    graph, _ = check_spec(spec)
    assert graph is not None
    assert graph.init == ()


def test_layers_come_in_the_order_of_modules_and_weights_before_biases() -> None:
    """Neither the order of the rules nor that of the parameters in them counts."""
    assert fills("Linear: {bias: ones_, weight: zeros_}\nConv2d: {bias: zeros_, weight: {normal_: {std: 0.5}}}") == [
        "stem.weight normal_(std=0.5)",
        "stem.bias zeros_()",
        "body.conv.weight normal_(std=0.5)",
        "fc.weight zeros_()",
        "fc.bias ones_()",
    ]


@pytest.mark.parametrize(
    ("init", "expected"),
    [
        ("'*em': {weight: zeros_}\nConv2d: {weight: ones_}", ["stem.weight zeros_()", "body.conv.weight ones_()"]),
        ("stem: {weight: zeros_}\n'**': {weight: ones_}", ["stem.weight ones_()", "norm.weight ones_()"]),
        ("'**': {weight: ones_}\nstem: {weight: zeros_}", ["stem.weight zeros_()", "norm.weight ones_()"]),
        ("Conv2d: {weight: ones_}\nbody.**: {weight: null}", ["stem.weight ones_()"]),
        ("Conv2d: {weight: ones_, bias: ones_}\nstem: {bias: null}", ["stem.weight ones_()", BODY]),
        ("Conv2d: {weight: ones_}\nstem: {bias: zeros_}", ["stem.weight ones_()", "stem.bias zeros_()"]),
    ],
)  # fmt: skip
def test_patterns_go_before_types_and_later_rules_before_earlier(init: str, expected: list[str]) -> None:
    """For each parameter by itself; null leaves it as PyTorch made it."""
    assert fills(init)[: len(expected)] == expected


def test_arguments_read_params_and_the_layer() -> None:
    """Each layer has its own fans and groups; a transposed weight is counted as torch counts it."""
    init = """
        Conv2d: {weight: {normal_: {std: $(gain / sqrt(layer.fan_in)), mean: $(layer.fan_out // layer.groups)}}}
        Linear: {bias: {constant_: {val: $(1 / layer.fan_in)}}}
    """
    assert fills(init, more="params: {gain: 3}\n", gain=6) == [
        f"stem.weight normal_(mean={4 * 9 // 2}.0, std={6 / 18**0.5})",
        f"body.conv.weight normal_(mean=36.0, std={6 / 36**0.5})",
        f"fc.bias constant_(val={1 / 64})",
    ]


def test_the_fan_of_a_bias_is_that_of_its_weight() -> None:
    """As PyTorch's own biases are drawn."""
    assert fills("fc: {bias: {uniform_: {a: $(-1 / layer.fan_in), b: $(1 / layer.fan_in)}}}") == [
        f"fc.bias uniform_(a={-1 / 64}, b={1 / 64})"
    ]


def test_a_mistake_that_many_layers_meet_is_told_once() -> None:
    """At the function, with the line of the first layer."""
    layers = "layers:\n  - Conv2d: {out_channels: 4, kernel_size: 1}\n    repeat: 3\n"
    (found,) = diagnose(source("Conv2d: {bias: orthogonal_}", layers))
    assert found.code == "init-dimensions"
    assert [label.span.text for label in found.labels] == ["Conv2d"]


def test_an_argument_that_a_layer_makes_wrong_names_the_value() -> None:
    """An expression's value is checked where it is known."""
    (found,) = diagnose(source("Linear: {weight: {normal_: {std: $(10 - layer.fan_in)}}}"))
    assert found.code == "wrong-type"
    assert found.message.endswith("which is -54")


def test_another_variant_may_be_the_one_that_a_pattern_reaches() -> None:
    """A pattern is told only where no variant has such a layer."""
    variants = "params: {bare: false}\nvariants: {a: {}, b: {bare: true}}\n"
    layers = """
        layers:
          - Flatten
          - Linear: {out_features: 2}
            id: extra
            when: $(not bare)
          - Linear: {out_features: 2}
            id: fc
            when: $(bare)
    """
    assert codes("extra: {weight: zeros_}\nfc: {weight: ones_}", layers, variants) == []
    assert codes("extra: {weight: zeros_}\nfd: {weight: ones_}", layers, variants) == ["unreached-init"]


@pytest.mark.parametrize("how", [{"variant": "b"}, {"bare": True}])
def test_a_pattern_that_no_variant_reaches_is_told_under_each(tmp_path: Path, how: dict[str, Any]) -> None:
    """However the spec is set: else a misspelt key would leave PyTorch's own weights without a word."""
    path = tmp_path / "net.yaml"
    layers = "layers: [Flatten, {Linear: {out_features: 2}, id: fc, when: $(bare)}, {Linear: {out_features: 2}}]\n"
    head = "cnnspec: 1\ninput: [3, 4, 4]\nparams: {bare: false}\nvariants: {a: {}, b: {bare: true}}\n"
    path.write_text(f"{head}init: {{fc.0: {{weight: zeros_}}}}\n{layers}")
    with pytest.raises(SpecError, match="unreached-init"):
        graph(path, **how)
    path.write_text(f"{head}init: {{fc: {{weight: zeros_}}}}\n{layers}")
    assert graph(path).nodes
    assert graph(path, **how).nodes


def test_what_is_reached_is_not_judged_while_the_network_is_unknown() -> None:
    """After a mistake in the layers a pattern may be right."""
    layers = "layers:\n  - Linear: {out_features: 2}\n  - Tanh\n    \n"
    assert codes("fc: {weight: ones_}", layers) == ["linear-on-map"]


def test_a_rule_for_a_type_that_is_nowhere_is_a_warning() -> None:
    """A param may bring the type in, so the network is sound."""
    found = check_source(source("GroupNorm: {weight: ones_}"))
    assert ("unused-init", "warning") in {(diagnostic.code, diagnostic.severity) for diagnostic in found}


def test_a_param_that_only_init_reads_is_read() -> None:
    """No warning that it is unused."""
    found = check_source(source("fc: {bias: {constant_: {val: $c}}}", more="params: {c: 1}\n"))
    assert "unused-param" not in {diagnostic.code for diagnostic in found}


def test_words_of_the_layer_are_known_in_init_alone() -> None:
    """Elsewhere no layer is there yet."""
    (found,) = diagnose(
        Source("t.yaml", "cnnspec: 1\ninput: [4]\nlayers:\n  - Linear: {out_features: $(layer.fan_in)}\n")
    )
    assert found.code == "bad-expression"
    assert "known only in `init`" in found.message


def test_a_param_may_be_called_layer() -> None:
    """Only `layer.` and one of its words are special."""
    assert fills("fc: {bias: {constant_: {val: $(layer + layer.groups)}}}", more="params: {layer: 3}\n") == [
        "fc.bias constant_(val=4.0)"
    ]


def test_hostile_rules_end_in_too_much_work() -> None:
    """Many patterns over many layers are bounded by the meter."""
    rules = "\n".join(f"'{'*a' * 8}{number}*': {{weight: ones_}}" for number in range(900))
    layers = "layers:\n  - Linear: {out_features: 4}\n    repeat: 5000\n"
    found = diagnose(Source("t.yaml", source(rules, layers).text.replace("[4, 8, 8]", "[4]")))
    assert [diagnostic.code for diagnostic in found] == ["too-much-work"]


def test_shared_layers_are_filled_once_and_heads_where_they_stand() -> None:
    """The order is that of the modules: a head stands behind the line that it follows, a shared module at its first."""
    layers = """
        layers:
          - Linear: {out_features: 16}
            id: first
          - Linear: {out_features: 16}
            id: again
          - ReLU
          - share: again
          - Linear: {out_features: 3}
            id: fc
        aux:
          head: {from: first, weight: 0.3, after: again, layers: [Linear: {out_features: 3}]}
    """
    text = source("Linear: {weight: zeros_}\nhead.*: {weight: ones_}", layers).text.replace("[4, 8, 8]", "[4]")
    sink = Sink()
    spec = read(Source("t.yaml", text), sink, builtin_blocks())
    assert spec is not None
    graph, found = check_spec(spec, sink)
    assert not found
    assert graph is not None
    keys = [each.parameter for each in graph.init]
    assert keys == ["first.weight", "again.weight", "head.0.weight", "fc.weight"]
    modules = [name for name, _ in module(graph).named_parameters() if name.endswith("weight")]
    assert keys == modules

"""Patches: which lines they reach, what stands there afterwards, and what everything is called."""

from __future__ import annotations

import pytest

from tests.network.extended import BASE, check, graph_of, lines, patch

ALL = lines(graph_of(BASE))


def changed(*texts: str) -> tuple[list[str], list[str]]:
    """The layers that a patch takes from the base and those that it adds, in order."""
    after = lines(graph_of(BASE, *texts))
    return [line for line in ALL if line not in after], [line for line in after if line not in ALL]


def between(line: str, *texts: str) -> tuple[str, str]:
    """The layers before and behind one."""
    after = lines(graph_of(BASE, *texts))
    at = after.index(line)
    return after[at - 1], after[at + 1]


def said(*texts: str) -> list[tuple[str, str, int, int]]:
    return [(d.code, d.span.source.name, d.span.line, d.span.column) for d in check(BASE, *texts)]


# ------------------------------------------------------------------------------------------------------- what is hit


@pytest.mark.parametrize(
    ("key", "gone"),
    [
        ("stem", ["stem Conv2d"]),
        ("1", ["1 BatchNorm2d"]),
        ("4", ["4.0 Conv2d", "4.1 BatchNorm2d", "4.2 ReLU"]),
        ("3.1", ["3.1 BatchNorm2d"]),
        ("*.1", ["3.1 BatchNorm2d", "4.1 BatchNorm2d", "unit1.1 ReLU", "unit2.1 ReLU", "unit3.1 ReLU", "wide.1 ReLU"]),
        ("unit*.1", ["unit1.1 ReLU", "unit2.1 ReLU", "unit3.1 ReLU"]),
        ("**.1", ["1 BatchNorm2d", "3.1 BatchNorm2d", "4.1 BatchNorm2d"]),
        ("pooled", ["8 MaxPool2d", "9 ReLU"]),
        ("9", ["9 ReLU"]),
        ("wide.1", ["wide.1 ReLU"]),
        ("unit2.2", ["unit2.conv Conv2d", "unit2.1 ReLU", "unit2.2 Add"]),
        ("mixed", ["narrow.0 Conv2d", "wide.0 Conv2d", "wide.1 ReLU", "mixed Concat"]),
        ("wide", ["wide.0 Conv2d", "wide.1 ReLU", "mixed Concat"]),
    ],
)
def test_a_key_reaches_a_line_in_any_form(key: str, gone: list[str]) -> None:
    """A line, one round of it, a scope, a line in it, a group, a join by its number, a path: all have keys.

    A join is one line with its paths; one of a single path that is left is that path.
    """
    removed, added = changed(patch(f"  - remove: '{key}'"))
    assert removed[: len(gone)] == gone
    assert added == []


def test_lines_of_built_in_blocks_are_reached() -> None:
    """A line of a built-in block is patched in one of its instances, with the params of the block."""
    base = "cnnspec: 1\ninput: [3, 8, 8]\nlayers: [ConvNormAct: {out_channels: 8}, ConvNormAct: {out_channels: 12}]\n"
    text = patch(
        "  - replace: 1.0\n    layers: [Conv2d: {out_channels: $out_channels, kernel_size: $(kernel_size - 2)}]\n"
    )
    kernels = [getattr(node.layer, "kernel_size", None) for node in graph_of(base, text).nodes]
    assert kernels == [3, None, None, 1, None, None]
    assert graph_of(base, text).nodes[3].shape == (12, 8, 8)


# ---------------------------------------------------------------------------------------------------------- in place


def test_a_line_alone_takes_the_name_of_the_one_that_it_replaces() -> None:
    """Keys stay: an id, a number, and those of all other lines."""
    text = patch("""
  - replace: stem
    layers: [Conv2d: {out_channels: 8, kernel_size: 5, padding: 2}]
  - replace: "1"
    layers: [GroupNorm: {num_groups: 2}]
  - replace: unit2
    layers: [Sequential: [ReLU, Sigmoid]]
""")
    assert changed(text) == (
        ["1 BatchNorm2d", "unit2.conv Conv2d", "unit2.1 ReLU", "unit2.2 Add"],
        ["1 GroupNorm", "unit2.0 ReLU", "unit2.1 Sigmoid"],
    )


def test_several_lines_have_names_of_their_own() -> None:
    """New lines without an id are numbered behind all positions of the scope; one may take the id that is free."""
    text = patch("""
  - replace: stem
    layers:
      - Conv2d: {out_channels: 4, kernel_size: 3, padding: 1}
      - ReLU
      - Conv2d: {out_channels: 8, kernel_size: 3, padding: 1}
        id: stem
""")
    assert changed(text) == ([], ["16 Conv2d", "17 ReLU"])
    assert between("17 ReLU", text) == ("16 Conv2d", "stem Conv2d")


def test_from_finds_a_replaced_line_under_its_id() -> None:
    """Who names a replaced line takes what stands in its place."""
    base = """cnnspec: 1
input: [3, 8, 8]
layers:
  - Conv2d: {out_channels: 4, kernel_size: 1}
    id: a
  - Conv2d: {out_channels: 4, kernel_size: 1}
    id: b
  - Add:
    from: [a, prev]
"""
    text = patch("""
  - replace: a
    layers: [ReLU, Conv2d: {out_channels: 4, kernel_size: 3, padding: 1}]
""")
    graph = graph_of(base, text)
    assert lines(graph) == ["3 ReLU", "4 Conv2d", "b Conv2d", "2 Add"]
    assert graph.nodes[-1].inputs == (1, 2)


def test_a_line_takes_what_the_replaced_one_took() -> None:
    """`from` of a replaced line holds for what stands in its place, and several tensors reach a join there."""
    base = """cnnspec: 1
input: [4, 8, 8]
layers:
  - Conv2d: {out_channels: 4, kernel_size: 1}
    id: a
  - ReLU
  - Conv2d: {out_channels: 4, kernel_size: 1}
    id: b
    from: a
  - Add:
    from: [a, prev]
    id: sum
"""
    text = patch("""
  - replace: b
    layers: [Sigmoid]
  - replace: sum
    layers: [Concat]
""")
    graph = graph_of(base, text)
    assert lines(graph) == ["a Conv2d", "1 ReLU", "b Sigmoid", "sum Concat"]
    assert [node.inputs for node in graph.nodes] == [(-1,), (0,), (0,), (0, 2)]
    assert graph.output == (8, 8, 8)


def test_a_path_is_replaced_as_a_whole() -> None:
    """A named path keeps its name, and its lines are numbered from 0."""
    text = patch("  - replace: wide\n    layers: [Dropout2d, Conv2d: {out_channels: 4, kernel_size: 1}]\n")
    assert changed(text) == (["wide.0 Conv2d", "wide.1 ReLU"], ["wide.0 Dropout2d", "wide.1 Conv2d"])


# ------------------------------------------------------------------------------------------------------ before, after


def test_lines_are_put_before_and_behind_in_the_order_of_the_text() -> None:
    """Several patches at one place stand in their order, and the line among them may be replaced."""
    text = patch("""
  - insert_after: stem
    layers: [Sigmoid]
  - insert_before: stem
    layers: [Hardtanh]
  - insert_before: stem
    layers: [Tanh]
  - insert_after: stem
    layers: [Softplus]
  - replace: stem
    layers: [Conv2d: {out_channels: 6, kernel_size: 1}]
""")
    assert lines(graph_of(BASE, text))[:5] == [
        "16 Hardtanh",
        "17 Tanh",
        "stem Conv2d",
        "18 Sigmoid",
        "19 Softplus",
    ]


def test_from_names_the_line_and_not_what_is_put_behind_it() -> None:
    """What stands behind a line is taken by the line below alone."""
    base = """cnnspec: 1
input: [4, 8, 8]
layers:
  - Conv2d: {out_channels: 4, kernel_size: 1}
    id: a
  - Sigmoid
  - Add:
    from: [a, prev]
"""
    graph = graph_of(base, patch("  - insert_after: a\n    layers: [ReLU]\n"))
    assert [(node.type, node.inputs) for node in graph.nodes[1:]] == [
        ("ReLU", (0,)),
        ("Sigmoid", (1,)),
        ("Add", (0, 2)),
    ]


def test_what_is_put_before_a_line_takes_what_that_took() -> None:
    """Also where `from` says so."""
    base = """cnnspec: 1
input: [4, 8, 8]
layers:
  - Conv2d: {out_channels: 4, kernel_size: 1}
    id: a
  - Sigmoid
  - Conv2d: {out_channels: 4, kernel_size: 1}
    from: a
"""
    graph = graph_of(base, patch('  - insert_before: "2"\n    layers: [ReLU]\n'))
    assert [(node.type, node.inputs) for node in graph.nodes[1:]] == [
        ("Sigmoid", (0,)),
        ("ReLU", (0,)),
        ("Conv2d", (2,)),
    ]


def test_each_round_of_a_loop_is_a_line() -> None:
    """Lines are put around one round, or around all of them; `index` numbers their ids."""
    one = patch("  - insert_before: unit2\n    layers: [Sigmoid]\n")
    assert between("16 Sigmoid", one) == ("unit1.2 Add", "unit2.conv Conv2d")
    every = patch("  - insert_after: unit*\n    layers:\n      - Sigmoid:\n        id: gate$(index)\n")
    assert changed(every) == ([], ["gate0 Sigmoid", "gate1 Sigmoid", "gate2 Sigmoid"])


def test_an_insertion_by_a_star_passes_paths_by() -> None:
    """Before and behind a path nothing can stand; the lines that the pattern reaches are patched."""
    _, added = changed(patch('  - insert_after: "*"\n    layers: [Dropout]\n'))
    assert len(added) == len({key.split(".")[0] for key in ALL}) - len({"narrow", "wide", "9"}) + len({"9", "pooled"})


# ------------------------------------------------------------------------------------------------------------- remove


def test_a_removed_line_lets_pass_what_it_took() -> None:
    """The line below takes that, also where `from` had named it."""
    base = """cnnspec: 1
input: [4, 8, 8]
layers:
  - Sigmoid:
    id: a
  - ReLU
  - Conv2d: {out_channels: 4, kernel_size: 1}
    from: a
  - Tanh
"""
    graph = graph_of(base, patch('  - remove: "2"\n'))
    assert [(node.key, node.inputs) for node in graph.nodes] == [("a", (-1,)), ("1", (0,)), ("3", (0,))]


def test_all_lines_of_a_scope_may_go() -> None:
    """A scope in which nothing is left is not there, and the others keep their keys."""
    text = patch("  - remove: unit2.*\n")
    assert changed(text) == (["unit2.conv Conv2d", "unit2.1 ReLU", "unit2.2 Add"], [])
    numbered = patch("  - remove: 3.*\n  - insert_after: stem\n    layers: [Sigmoid]\n")
    assert changed(numbered) == (["3.0 Conv2d", "3.1 BatchNorm2d", "3.2 ReLU"], ["16 Sigmoid"])


# -------------------------------------------------------------------------------------------------- names in its lines


def test_a_patch_reads_the_names_of_its_place_and_then_those_of_the_spec() -> None:
    """In a block its params go before the spec's; what only the spec has can be read as well, as can `in`."""
    text = (
        patch("""
  - replace: unit1.conv
    layers: [Conv2d: {out_channels: $width, kernel_size: $kernel, padding: $(kernel // 2), groups: $(in.channels)}]
  - replace: stem
    layers: [Conv2d: {out_channels: $width, kernel_size: 1}]
""")
        + "params: {kernel: 5, width: 6}\n"
    )
    graph = graph_of(BASE, text)
    unit = next(node for node in graph.nodes if node.key == "unit1.conv")
    assert (unit.shape[0], unit.layer.kernel_size, unit.layer.groups) == (12, 5, 12)
    assert graph.nodes[0].shape[0] == 6


def test_a_patch_may_use_the_block_that_it_stands_in() -> None:
    """That a line in a block calls the block once more is no ring where the line is patched in."""
    text = patch("  - insert_after: unit1.conv\n    layers:\n      - Unit: {width: $width}\n        id: inner\n")
    assert changed(text) == ([], ["unit1.inner.conv Conv2d", "unit1.inner.1 ReLU", "unit1.inner.2 Add"])


def test_a_patch_may_have_a_condition() -> None:
    """`when` is asked of the params."""
    text = patch("  - remove: unit2\n    when: $(width > 8)\n") + "variants: {narrow: {}, wide: {width: 16}}\n"
    assert "unit2.conv Conv2d" in lines(graph_of(BASE, text, variant="narrow"))
    assert "unit2.conv Conv2d" not in lines(graph_of(BASE, text, variant="wide"))


def test_lines_that_the_base_does_not_have_are_numbered_behind_its_own() -> None:
    """A patch may bring a line of the base to life: it is no line to be patched, and takes no other's name."""
    base = """cnnspec: 1
input: [4, 8, 8]
layers:
  - Conv2d: {out_channels: 4, kernel_size: 1}
    id: a
  - Sigmoid:
    when: $(in.channels != 4)
  - Tanh
"""
    text = patch("  - replace: a\n    layers: [Conv2d: {out_channels: 6, kernel_size: 1}]\n")
    assert lines(graph_of(base, text)) == ["a Conv2d", "2 Sigmoid", "1 Tanh"]


@pytest.mark.parametrize("size", [8, 32])
def test_keys_are_those_of_the_base_under_its_own_input(size: int) -> None:
    """What arrives may leave lines of the base out, or break it: a key goes on meaning the same line."""
    base = """cnnspec: 1
input: [4, 32, 32]
layers:
  - Sigmoid:
    when: $(in.height > 16)
  - Tanh
  - MaxPool2d: {kernel_size: 16}
  - ReLU
"""
    text = patch("""
  - replace: "1"
    layers: [Hardtanh]
  - replace: "2"
    layers: [MaxPool2d: {kernel_size: 4}]
  - remove: "3"
""")
    graph = graph_of(base, f"{text}input: [4, {size}, {size}]\n")
    assert lines(graph) == [*["0 Sigmoid"] * (size > 16), "1 Hardtanh", "2 MaxPool2d"]


# -------------------------------------------------------------------------------------------------------- on a patched

ONE = patch("""
  - insert_after: unit*.conv
    layers: [BatchNorm2d]
  - replace: unit2
    layers: [Cell: {width: $(width * 2)}]
  - remove: pooled
""")


def test_a_patched_base_is_patched_by_the_keys_that_it_has() -> None:
    """Each text names the keys of what it extends, the lines that were put there included."""
    text = patch(
        """
  - remove: unit1.3
  - replace: unit2.1
    layers: [GroupNorm: {num_groups: 4}]
  - insert_after: unit3.3
    layers: [Dropout]
""",
        "one.yaml",
    )
    before, after = lines(graph_of(BASE, ONE)), lines(graph_of(BASE, ONE, text))
    assert [line for line in before if line not in after] == ["unit1.3 BatchNorm2d", "unit2.1 BatchNorm2d"]
    assert [line for line in after if line not in before] == ["unit2.1 GroupNorm", "unit3.4 Dropout"]
    assert after.index("unit3.4 Dropout") == after.index("unit3.3 BatchNorm2d") + 1


def test_lines_that_are_gone_from_a_base_cannot_be_patched() -> None:
    """A key of the lowest text that the one in between has taken away is no key any more."""
    assert [found[0] for found in said(ONE, patch("  - remove: unit2.conv\n  - remove: pooled\n"))] == [
        "idle-patch"
    ] * 2


def test_a_third_text_without_patches_changes_nothing() -> None:
    """What only sets params leaves the patches below it in force."""
    assert lines(graph_of(BASE, ONE, "cnnspec: 1\nextends: one.yaml\nparams: {width: 4}\n")) == lines(
        graph_of(BASE, ONE)
    )


# ------------------------------------------------------------------------------------- with heads, inputs and outputs

HEADS = """cnnspec: 1
input: {image: [4, 8, 8], mask: [4, 8, 8]}
layers:
  - Conv2d: {out_channels: 4, kernel_size: 1}
    id: a
    from: image
  - Cell: {width: 4}
    id: cell$(index)
    repeat: 2
  - share: cell0
  - Add:
    from: [mask, prev]
    id: sum
  - Flatten
  - Linear: {out_features: 10}
    id: fc
aux:
  aux1: {from: cell0, weight: 0.3, layers: [ReLU, Flatten, {Linear: {out_features: 10}, id: fc}]}
  aux2: {from: cell1, weight: 0.3, layers: [Flatten, Linear: {out_features: 10}]}
init:
  Conv2d: {weight: zeros_, bias: zeros_}
  "cell*.*": {weight: ones_}
  "aux2.*": {bias: ones_}
blocks:
  Cell:
    params: {width: int}
    layers: [Conv2d: {out_channels: $width, kernel_size: 1}, ReLU]
"""


def test_heads_are_patched_by_their_keys() -> None:
    """A line of one, all of one; and a head may go."""
    text = patch("""
  - insert_before: aux1.fc
    layers: [Dropout]
  - replace: aux2
    layers: [AdaptiveAvgPool2d: {output_size: 1}, Flatten, Linear: {out_features: 10}]
""")
    heads = [line for line in lines(graph_of(HEADS, text)) if line.startswith("aux")]
    assert heads == [
        *("aux1.0 ReLU", "aux1.1 Flatten", "aux1.3 Dropout", "aux1.fc Linear"),
        *("aux2.0 AdaptiveAvgPool2d", "aux2.1 Flatten", "aux2.2 Linear"),
    ]
    graph = graph_of(HEADS, patch("  - remove: aux1\n"))
    assert [head.name for head in graph.aux] == ["aux2"]
    assert not [line for line in lines(graph) if line.startswith("aux1")]


def test_a_module_that_is_shared_is_patched_once_for_all_its_runs() -> None:
    """Both runs have what the patch puts there, under one key."""
    graph = graph_of(HEADS, patch("  - insert_after: cell0.0\n    layers: [BatchNorm2d]\n"))
    cells = [
        (line, node.reused) for line, node in zip(lines(graph), graph.nodes, strict=True) if line.startswith("cell")
    ]
    once = [("cell0.0 Conv2d", False), ("cell0.2 BatchNorm2d", False), ("cell0.1 ReLU", False)]
    assert cells == [
        *once,
        *[("cell1.0 Conv2d", False), ("cell1.1 ReLU", False)],
        *[(line, True) for line, _ in once],
    ]


def test_sections_of_heads_inputs_and_outputs_are_merged() -> None:
    """Heads and outputs by name, inputs as a whole."""
    text = """cnnspec: 1
extends: base.yaml
input: {image: [4, 6, 6], mask: [4, 6, 6]}
aux: {aux2: {from: cell0, weight: 0.5, layers: [Flatten, Linear: {out_features: 10}]}}
outputs: {features: sum, logits: fc}
"""
    graph = graph_of(HEADS, text)
    assert [(head.name, head.weight) for head in graph.aux] == [("aux1", 0.3), ("aux2", 0.5)]
    assert {name: graph.shape(value) for name, value in graph.outputs.items()} == {
        "features": (4, 6, 6),
        "logits": (10,),
    }
    assert list(graph.inputs.values()) == [(4, 6, 6), (4, 6, 6)]


def test_rules_of_initial_weights_are_merged_tensor_by_tensor() -> None:
    """An own rule goes before those of the base, for the tensors that it names; the base's may reach nothing."""
    text = patch("  - remove: aux2\n") + "init: {Conv2d: {weight: dirac_}, '**.0': {bias: ones_}}\n"
    filled = {init.parameter: init.call.target.rpartition(".")[2] for init in graph_of(HEADS, text).init}
    assert (filled["a.weight"], filled["a.bias"]) == ("dirac_", "zeros_")
    assert (filled["cell1.0.weight"], filled["cell1.0.bias"]) == ("ones_", "ones_")


@pytest.mark.parametrize(("key", "line"), [("cell1", 19), ("fc", 28)])
def test_what_outputs_and_heads_name_cannot_be_removed_unseen(key: str, line: int) -> None:
    """The line that names it is told, with the patch that takes it away."""
    (found,) = check(HEADS + "outputs: {logits: fc}\n", patch(f"  - remove: {key}\n"))
    assert (found.code, found.span.line) == ("undefined-from", line)
    assert [label.span.source.name for label in found.labels] == ["1.yaml"]

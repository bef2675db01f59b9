"""How chains, loops, scopes and joins expand: keys, order, shapes and silence after an error."""

from __future__ import annotations

import textwrap

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from cnnspec.engine.checking import diagnose
from cnnspec.engine.diagnostics import Sink, Source
from cnnspec.engine.network import Graph, context, expand
from cnnspec.engine.spec import builtin_blocks, read


def expansion(text: str, variant: str | None = None) -> tuple[Graph | None, list[tuple[str, int]]]:
    source, sink = Source("t.yaml", f"cnnspec: 1\ninput: [4, 16, 16]\n{textwrap.dedent(text)}"), Sink()
    spec = read(source, sink, builtin_blocks())
    assert spec is not None
    graph = expand(replace(spec, variant=variant), sink)
    return graph, [(d.code, d.span.line) for d in sink.in_order()]


def graph_of(text: str, variant: str | None = None) -> Graph:
    graph, found = expansion(text, variant)
    assert graph is not None
    assert found == []
    return graph


def lines(graph: Graph) -> list[str]:
    return [f"{node.key} {node.type} {node.shape}" for node in graph.nodes]


def test_repeat_counts_from_zero_and_infers_anew() -> None:
    """Each round takes what the one before gave, and sees its own index."""
    graph = graph_of("""
        layers:
          - Conv2d: {out_channels: $(in.channels * 2 + index), kernel_size: 3}
            id: conv$(index)
            repeat: 3
        """)
    assert lines(graph) == ["conv0 Conv2d 8×14×14", "conv1 Conv2d 17×12×12", "conv2 Conv2d 36×10×10"]


def test_foreach_walks_lists_together_and_repeats_inside() -> None:
    """An item with both words runs its repeat anew in each step of its foreach."""
    graph = graph_of("""
        params: {widths: [8, 16], depths: [2, 1]}
        layers:
          - Conv2d: {out_channels: $width, kernel_size: 1}
            foreach: {width: $widths, depth: $depths}
            repeat: $depth
        """)
    assert lines(graph) == ["0 Conv2d 8×16×16", "1 Conv2d 8×16×16", "2 Conv2d 16×16×16"]


def test_groups_are_flat_and_scopes_are_not() -> None:
    """A group's items are numbered in the scope around it; a Sequential's in its own."""
    graph = graph_of("""
        layers:
          - layers:
              - ReLU
              - Sequential: [Sigmoid, Tanh]
            repeat: 2
          - ReLU
        """)
    assert [n.key for n in graph.nodes] == ["0", "1.0", "1.1", "2", "3.0", "3.1", "4"]


def test_items_with_an_id_are_counted() -> None:
    """A position counts every item above in the scope, those with an id too, and none that is not there."""
    graph = graph_of("""
        layers:
          - ReLU:
            id: act
          - ReLU:
            when: false
          - Sequential: []
          - Sequential:
              - ReLU:
                when: false
          - Sigmoid
        """)
    assert [n.key for n in graph.nodes] == ["act", "1"]


def test_paths_run_before_their_join() -> None:
    """Items of unnamed paths live in the scope around the join and are counted before it."""
    graph = graph_of("""
        layers:
          - Add:
              - [ReLU, Sigmoid]
              - []
              - [Tanh]
          - ReLU
        """)
    assert [(n.key, n.type, n.inputs) for n in graph.nodes] == [
        ("0", "ReLU", (-1,)), ("1", "Sigmoid", (0,)), ("2", "Tanh", (-1,)),
        ("3", "Add", (1, -1, 2)), ("4", "ReLU", (3,)),
    ]  # fmt: skip


def test_join_of_one_path_is_that_path() -> None:
    """Where all other paths are left out, no join is there."""
    graph = graph_of("""
        params: {shortcut: false}
        layers:
          - Add:
              - [ReLU]
              - when: $shortcut
                layers: []
        """)
    assert [n.type for n in graph.nodes] == ["ReLU"]
    assert graph.root.is_chain


def test_from_reaches_outwards_but_not_into_blocks() -> None:
    """A line sees ids above it in its scope and around it; a block sees only its own."""
    good = """
        layers:
          - ReLU:
            id: a
          - Sequential:
              - Sigmoid
              - Add:
                from: [prev, a, input]
            id: inner
        """
    graph = graph_of(good)
    assert graph.nodes[2].inputs == (1, 0, -1)
    _, found = expansion("""
        layers:
          - ReLU:
            id: a
          - Inner
        blocks:
          Inner:
            layers:
              - ReLU:
                from: a
        """)
    assert found == [("undefined-from", 12)]


def test_input_of_a_block_is_what_its_line_gives() -> None:
    """`input` inside a block is the block's own input."""
    graph = graph_of("""
        layers:
          - ReLU
          - Inner
        blocks:
          Inner:
            layers:
              - Sigmoid
              - Add:
                from: [prev, input]
        """)
    assert graph.nodes[2].inputs == (1, 0)


def test_layer_params_bring_arguments() -> None:
    """A layer given with arguments keeps them, and those of the line go over them."""
    graph = graph_of("""
        params: {act: {LeakyReLU: {negative_slope: 0.3}}}
        layers:
          - $act
          - $act: {negative_slope: 0.5}
        """)
    assert [n.layer.call(n.input_shapes[0]).arguments for n in graph.nodes] == [
        {"negative_slope": 0.3}, {"negative_slope": 0.5},
    ]  # fmt: skip


def test_variant_goes_over_defaults() -> None:
    """A variant's settings stand in place of the defaults, and defaults that are expressions follow them."""
    text = """
        params: {width: 8, hidden: {type: int, default: $(width * 4)}}
        variants: {wide: {width: 16}}
        layers:
          - Conv2d: {out_channels: $hidden, kernel_size: 1}
        """
    assert graph_of(text).output == (32, 16, 16)
    assert graph_of(text, "wide").output == (64, 16, 16)


def test_own_block_stands_in_place_of_a_built_in_one() -> None:
    """A spec's own Bottleneck is the one that its lines call."""
    graph = graph_of("""
        layers: [Bottleneck]
        blocks:
          Bottleneck: {layers: [ReLU]}
        """)
    assert lines(graph) == ["0.0 ReLU 4×16×16"]


def test_silence_after_an_error() -> None:
    """What depends on an unknown shape says nothing; what does not is found all the same."""
    _, found = expansion("""
        layers:
          - MaxPool2d: {kernel_size: 20}
          - Conv2d: {out_channels: $(in.channels * 2), kernel_size: 99}
            when: $(in.height > 3)
          - Bottleneck: {width: $(in.channels)}
          - Linear: {out_feature: 3}
          - Add:
              - [Convv2d: {}]
              - []
          - Inner: {width: 3}
            repeat: $(in.width)
        blocks:
          Inner: {params: {width: int}, layers: [Conv2d: {out_channels: $width, kernel_sise: 3}]}
        """)
    assert found == [("window-too-large", 5), ("unknown-argument", 9), ("unknown-layer", 11), ("unknown-argument", 16)]


def test_mistake_in_a_repeated_block_is_said_once() -> None:
    """A block that is wrong wherever it is used is one mistake, however often it is used."""
    _, found = expansion("""
        layers:
          - Inner: {size: $(20 + index)}
            repeat: 5
          - Conv2d: {out_channels: 3, kernel_size: 3, groups: $(1 + 1)}
        blocks:
          Inner: {params: {size: int}, layers: [MaxPool2d: {kernel_size: $size}]}
        """)
    assert found == [("window-too-large", 9)]


@pytest.mark.parametrize(
    ("layers", "code"),
    [
        ("- ReLU:\n    repeat: 1000000000", "bad-repeat"),
        ("- layers: [{layers: [{ReLU: {}, repeat: 90000}], repeat: 90000}]\n    repeat: 90000", "too-many-layers"),
        (
            "- layers: [{layers: [{ReLU: {}, when: false, repeat: 90000}], repeat: 90000}]\n    repeat: 9",
            "too-much-work",
        ),
    ],
)
def test_loops_end(layers: str, code: str) -> None:
    """However large the loops, the walk ends with a message."""
    _, found = expansion(f"layers:\n  {layers}\n")
    assert [c for c, _ in found] == [code]


def test_deep_blocks_end() -> None:
    """Blocks that call one another a hundred deep are refused, not run out of stack."""
    blocks = "".join(f"  B{i}: {{layers: [{{Sequential: [B{i + 1}]}}]}}\n" for i in range(100))
    _, found = expansion(f"layers: [B0]\nblocks:\n{blocks}  B100: {{layers: [ReLU]}}\n")
    assert [code for code, _ in found] == ["too-deep"]


CHAINS = st.recursive(
    st.sampled_from(["ReLU", "Sigmoid", "{Conv2d: {out_channels: 4, kernel_size: 3, padding: 1}}"]),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda c: f"{{Sequential: [{', '.join(c)}]}}"),
        st.lists(inner, min_size=1, max_size=3).map(lambda c: f"{{layers: [{', '.join(c)}], repeat: 2}}"),
        st.lists(st.lists(inner, max_size=2), min_size=2, max_size=3).map(
            lambda paths: f"{{Add: [{', '.join('[' + ', '.join(p) + ']' for p in paths)}]}}"
        ),
    ),
    max_leaves=12,
)


@given(CHAINS)
@settings(max_examples=60, deadline=None)
def test_any_nesting_runs_as_its_graph_says(item: str) -> None:
    """Whatever nests, the module runs node by node in the graph's order with the graph's inputs and shapes."""
    import torch

    from cnnspec.pytorch.build.module import module

    graph = graph_of(f"layers: [{item}]")
    net = module(graph).eval()
    values: dict[int, torch.Tensor] = {-1: torch.randn(1, 4, 16, 16)}
    order: list[str] = []
    for node in graph.nodes:
        child = net.get_submodule(node.key)
        values[node.index] = child(*(values[i] for i in node.inputs))
        child.register_forward_hook(lambda *_, key=node.key: order.append(key))
    assert torch.equal(net(values[-1]), values[graph.root.output])
    assert order == [node.key for node in graph.nodes]


def test_blocks_may_hold_themselves_as_params() -> None:
    """A block given to itself is finite: residual in residual is no recursion."""
    graph = graph_of("""
        layers:
          - Residual: {body: {Residual: {body: ReLU}}}
        blocks:
          Residual: {params: {body: layer}, layers: [Add: [[$body], []]]}
        """)
    assert [n.key for n in graph.nodes] == ["0.0.0", "0.0.1", "0.1"]


def test_blocks_that_take_themselves_without_end_are_refused() -> None:
    """Through a param, too, a block that never comes to an end is refused."""
    _, found = expansion("""
        layers:
          - Again: {body: Again}
        blocks:
          Again: {params: {body: layer}, layers: [$body: {body: $body}]}
        """)
    assert [code for code, _ in found] == ["too-deep"]


def test_foreach_walks_layers() -> None:
    """Texts that name layers are layers where an operation wants one."""
    graph = graph_of("""
        layers:
          - $act
            # each in turn
          - $x:
            foreach: {x: [Tanh, {ELU: {alpha: 2.0}}]}
        params: {act: ReLU}
        """)
    assert [n.type for n in graph.nodes] == ["ReLU", "Tanh", "ELU"]


def test_a_join_of_named_lines_takes_them_in_each_round() -> None:
    """Repeating a join over `from` joins the named lines with what the round before gave."""
    graph = graph_of("""
        layers:
          - ReLU:
            id: a
          - Concat:
            from: [a, prev]
            repeat: 3
        """)
    assert [n.shape[0] for n in graph.nodes] == [4, 8, 12, 16]


def test_a_line_that_is_left_out_passes_the_line_above_on() -> None:
    """Where `when` is false, `from` has no effect either."""
    graph = graph_of("""
        layers:
          - ReLU:
            id: a
          - Sigmoid
          - Tanh:
            from: a
            when: false
          - ReLU
        """)
    assert graph.nodes[2].inputs == (1,)


def test_variants_share_one_bound() -> None:
    """Many variants of a large loop end as soon as one very large one."""
    variants = "".join(f"  v{i}: {{}}\n" for i in range(200))
    source = f"cnnspec: 1\ninput: [4]\nvariants:\n{variants}layers:\n  - ReLU:\n    when: false\n    repeat: 90000\n"
    assert {d.code for d in diagnose(Source("t.yaml", source))} == {"too-much-work"}


def test_very_many_mistakes_are_cut_off() -> None:
    """A text of mistakes alone is told a hundred of them."""
    source = "cnnspec: 1\ninput: [4]\nlayers:\n" + "  - Nothing\n" * 20_000
    assert len(diagnose(Source("t.yaml", source))) == 100


def test_a_scope_takes_the_line_above_first() -> None:
    """Of several tensors that reach a scope, the one of the line above comes first, as in a hand-written forward."""
    graph = graph_of("""
        layers:
          - ReLU:
            id: a
          - Tanh
          - Sequential:
              - Add:
                from: [a, prev]
        """)
    assert graph.root.children[2].inputs == (1, 0)


def test_ids_that_a_broken_line_may_have_are_not_undefined() -> None:
    """Where a broken line could have given the id, nothing is said of a line that names it."""
    _, found = expansion("""
        layers:
          - Conv2d: {out_channels: 4, kernel_size: 30}
            id: c$(1 + 1)
          - ReLU:
            from: c2
          - layers:
              - ReLU:
                id: a
            when: 3
          - Add:
            from: [input, a]
        """)
    assert found == [("window-too-large", 5), ("wrong-type", 12)]


def test_blocks_may_name_params_as_they_like() -> None:
    """Only a spec's own params share their names with Python's arguments; a block's are set by its lines alone."""
    graph = graph_of("""
        layers:
          - Wide: {input: 3, spec: 2}
            foreach: {device: [1, 2]}
        blocks:
          Wide: {params: {input: int, spec: int}, layers: [Conv2d: {out_channels: $(input * spec), kernel_size: 1}]}
        """)
    assert lines(graph) == ["0.0 Conv2d 6×16×16", "1.0 Conv2d 6×16×16"]


def test_the_lines_of_a_group_that_is_left_out_are_not_walked(monkeypatch: pytest.MonkeyPatch) -> None:
    """However often a group is left out, its ids are looked at only where a line below names one."""
    walked: list[object] = []
    ids = context.own_ids
    monkeypatch.setattr(context, "own_ids", lambda item: walked.append(item) or ids(item))
    group = "  - layers: [{ReLU: {}, id: a}, {ReLU: {}, id: b}]\n    when: $(index > 99)\n    repeat: 50\n"
    assert expansion(f"layers:\n{group}  - ReLU\n")[1] == []
    assert not walked
    assert expansion(f"layers:\n{group}  - ReLU:\n    from: b\n")[1] == [("undefined-from", 8)]
    assert walked


def test_a_line_that_is_left_out_asks_nothing_of_its_from() -> None:
    """Both lines are there under one condition: without it neither is, and what the second names is not missed."""
    both = """
        params: {half: false}
        layers:
          - ReLU: {}
            id: first
          - Slice: {end: 2}
            id: part
            when: $half
          - Concat:
            from: [first, part]
            when: $half
        """
    assert [n.type for n in graph_of(both).nodes] == ["ReLU"]
    assert [n.type for n in graph_of(both.replace("half: false", "half: true")).nodes] == ["ReLU", "Slice", "Concat"]
    asked = both.replace(
        "[first, part]\n            when: $half", "[first, part]\n            when: $(in.channels > 0)"
    )
    assert expansion(asked)[1] == [("undefined-from", 12)]


def test_an_id_that_a_param_names_is_looked_for_in_the_scope_alone() -> None:
    """A block sees none of the network's ids, and of one that a param brings in the message speaks of the scope."""
    lines = "layers:\n  - ReLU: {}\n    id: stem\n  - Up: {skip: stem}\nblocks:\n  Up:\n    params: {skip: str}\n"
    lines += "    layers:\n      - ReLU:\n        from: $skip\n"
    (found,) = diagnose(Source("t.yaml", f"cnnspec: 1\ninput: [4, 16, 16]\n{lines}"))
    assert found.message == "no line above in this scope has the id `stem`"

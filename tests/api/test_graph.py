"""The Graph that users hold answers as the built module does."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
import torch
from torch import nn

import cnnspec
from cnnspec.engine.network.graph import INPUT
from tests.cli.runner import run

NAMES = ["mnist/lenet", "mnist/resnet18", "googlenet", "unet", "densenet121"]
SMALL = """cnnspec: 1
input: [3, 8, 8]
layers:
  - Conv2d: {out_channels: 4, kernel_size: 3, padding: 1}
    id: conv
  - ReLU
  - Add:
    from: [prev, conv]
    id: join
"""


@pytest.mark.parametrize("name", NAMES)
def test_keys_are_those_of_the_module(name: str) -> None:
    """Each key leads to the layer of the module of that name, iteration goes in order of execution."""
    graph = cnnspec.graph(name)
    module = cnnspec.build(graph, device="meta")
    leaves = {key for key, part in module.named_modules() if not any(part.children())}
    assert {node.key for node in graph} >= leaves
    for key in leaves:
        assert graph[key].type == type(module.get_submodule(key)).__name__
        assert key in graph
    assert [node.index for node in graph] == list(range(len(graph.nodes)))


@pytest.mark.parametrize("name", NAMES)
def test_producers_consumers_and_ancestors_agree(name: str) -> None:
    """They are one relation: its transitive closure, made of powers of a matrix, holds the ancestors."""
    graph = cnnspec.graph(name)
    size = len(graph.nodes)
    edges = torch.zeros(size, size)
    for node in graph:
        for producer in graph.producers(node):
            edges[node.index, producer.index] = 1
            assert node in graph.consumers(producer)
    assert int(edges.sum()) == sum(len(graph.consumers(node)) for node in graph)
    closure = edges
    for _ in range(size.bit_length()):
        closure = ((closure + closure @ closure) > 0).float()
    for node in list(graph)[:: max(1, size // 20)]:
        assert [a.index for a in graph.ancestors(node)] == closure[node.index].nonzero().flatten().tolist()
    assert all(INPUT in node.inputs for node in graph.consumers(INPUT))


def test_what_a_network_without_that_key_says() -> None:
    """An unknown key suggests a near one; a block has no producers of its own."""
    graph = cnnspec.graph("mnist/resnet18")
    with pytest.raises(cnnspec.UsageError, match=r"did you mean `layer1\.0\.conv1`"):
        graph["layer1.0.conv_1"]
    assert graph["layer1"].type == "Stage"
    with pytest.raises(cnnspec.UsageError, match="is a block"):
        graph.ancestors("layer1")


@pytest.mark.parametrize("name", ["mnist/lenet", "googlenet", "unet"])
def test_signature_and_outputs_are_those_of_a_run(name: str) -> None:
    """Names, sizes and dtype of every value are what PyTorch gives."""
    graph = cnnspec.graph(name)
    signature = graph.signature()
    module = graph.build().eval()
    with torch.no_grad():
        out = module(*(torch.zeros(1, *value.shape) for value in signature.inputs.values()))
    outs = out if isinstance(out, dict) else {"logits": out}
    found = {
        name: (tuple(y.shape[1:]), f"torch.{value.dtype}")
        for (name, y), value in zip(outs.items(), signature.outputs.values(), strict=True)
    }
    assert {name: (tuple(value.shape), str(outs[name].dtype)) for name, value in signature.outputs.items()} == found
    last = graph.nodes[-1]
    assert last.outputs["output"].shape == last.shape


def test_graphs_are_equal_where_they_compute_the_same() -> None:
    """Names, comments and defaults that are written out are no difference; layers, keys, edges and weights are."""
    graph = cnnspec.graph(cnnspec.loads(SMALL))
    written_out = SMALL.replace("padding: 1}", "padding: 1, bias: true} # the same").replace("8, 8]", "8, 8 ]")
    same = cnnspec.graph(cnnspec.loads(written_out, name="other.yaml"))
    assert graph == same
    assert len({graph, same}) == 1
    for old, new in (
        ("out_channels: 4", "out_channels: 5"),
        ("id: conv", "id: convolution"),
        ("[prev, conv]", "[conv, prev]"),
        ("ReLU", "GELU"),
        ("8, 8]", "8, 9]"),
    ):
        assert (
            cnnspec.graph(
                cnnspec.loads(
                    SMALL.replace(old, new).replace(
                        "prev, conv]", f"prev, {'convolution' if 'volution' in new else 'conv'}]"
                    )
                )
            )
            != graph
        )
    assert cnnspec.graph(cnnspec.loads(SMALL + "init: {Conv2d: {weight: zeros_}}\n")) != graph
    assert graph != 3


def test_verbs_are_those_of_the_command_line() -> None:
    """Each method prints what its command prints."""
    graph = cnnspec.graph("googlenet")
    assert run("diagram", "googlenet").stdout == graph.diagram() + "\n" * (not graph.diagram().endswith("\n"))
    assert run("export", "googlenet").stdout == graph.to_python()
    table = run("summary", "googlenet", "--columns", "key,output,field").stdout
    own = graph.table(["key", "output", "field"])
    assert [line.split() for line in own.splitlines()] == [line.split() for line in table.splitlines()]
    assert graph.memory().training(32) == cnnspec.graph("googlenet").memory("float32").training(32)
    assert graph.input_sizes().accepts(*graph.input[1:])
    assert [extent.size for extent in cnnspec.graph("mnist/lenet").receptive_field("conv2").extents] == [14, 14]
    for call in (lambda: graph.diagram("png"), lambda: graph.table(["kye"]), lambda: graph.memory("int3")):
        with pytest.raises(cnnspec.UsageError):
            call()


def test_build_takes_a_graph_and_expands_nothing_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever holds a Graph is done with the spec."""
    graph = cnnspec.graph("mnist/lenet")
    monkeypatch.setattr("cnnspec.api.check_spec", None)
    assert isinstance(cnnspec.build(graph), nn.Module)
    assert cnnspec.graph(graph) is graph
    assert cnnspec.export(graph) == graph.to_python()


def test_a_graph_is_set_again_by_its_spec() -> None:
    """Params on a Graph expand its spec with them."""
    graph = cnnspec.graph("mnist/lenet")
    assert cnnspec.graph(graph, num_classes=3).output == (3,)
    assert cnnspec.build(graph, params={"num_classes": 3}).get_submodule("fc3").out_features == 3


@pytest.mark.parametrize("name", ["input", "name", "device", "weights", "spec", "params"])
def test_no_name_of_a_param_is_reserved(name: str) -> None:
    """The mapping takes what is a keyword of the call already."""
    text = SMALL.replace("input:", f"params: {{{name}: {{type: int, default: 4}}}}\ninput:")
    spec = cnnspec.loads(text.replace("out_channels: 4", f"out_channels: ${name}"), params={name: 7})
    assert cnnspec.graph(spec)["conv"].shape[0] == 7


def test_params_are_given_either_way() -> None:
    """Keywords and the mapping are the same; one param in both is refused."""
    assert cnnspec.load("mnist/lenet", params={"num_classes": 3}).settings == {"num_classes": 3}
    with pytest.raises(cnnspec.UsageError, match="set twice"):
        cnnspec.load("mnist/lenet", params={"num_classes": 3}, num_classes=3)


def test_specs_of_plain_values() -> None:
    """A dict is the same spec as the text; its mistakes are shown in YAML."""
    data = {
        "cnnspec": 1,
        "input": [3, 8, 8],
        "layers": [
            {"Conv2d": {"out_channels": 4, "kernel_size": 3, "padding": 1}, "id": "conv"},
            "ReLU",
            {"Add": None, "from": ["prev", "conv"], "id": "join"},
        ],
    }
    assert cnnspec.graph(cnnspec.from_dict(data)) == cnnspec.graph(cnnspec.loads(SMALL))
    with pytest.raises(cnnspec.SpecError, match=r"no layer is called `ReLUU`[\s\S]*layers: \[ReLUU\]"):
        cnnspec.graph(cnnspec.from_dict({**data, "layers": ["ReLUU"]}))
    with pytest.raises(cnnspec.UsageError, match="a spec can only have mappings"):
        cnnspec.from_dict({"cnnspec": 1, "layers": [torch.nn.ReLU()]})


class Opened(HTMLParser):
    """Counts elements and holds that each is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.stack: list[str] = []
        self.counts: dict[str, int] = {}
        self.feed(text)
        assert not self.stack

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.stack.append(tag)
        self.counts[tag] = self.counts.get(tag, 0) + 1

    def handle_endtag(self, tag: str) -> None:
        assert self.stack.pop() == tag


def test_notebooks_show_a_table_that_folds_and_a_drawing() -> None:
    """Each block is an element that opens and closes, and every name is escaped."""
    graph = cnnspec.graph("mnist/resnet18")
    page = Opened(graph._repr_html_())
    rows = len(re.findall("\n", cnnspec.graph("mnist/resnet18").table()))
    assert page.counts["details"] == page.counts["summary"] == 17
    assert page.counts["summary"] + page.counts["div"] < rows + 4
    assert graph._repr_svg_().startswith("<svg")
    hostile = cnnspec.graph(cnnspec.loads(SMALL, name="<script>alert(1)</script>"))
    assert "<script" not in hostile._repr_html_()


def test_notebooks_show_diagnostics_with_their_source(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What `check` gives is shown with its lines; a SpecError without the traceback of our own code."""
    path = tmp_path / "wrong.yaml"
    path.write_text(SMALL.replace("ReLU", "ReLUU<b>"))
    html = cnnspec.check(path)._repr_html_()
    assert "ReLUU&lt;b&gt;" in html
    assert "^^^" in html
    with pytest.raises(cnnspec.SpecError) as caught:
        cnnspec.graph(path)
    assert caught.value._render_traceback_()[0].startswith("SpecError: error[unknown-layer]")
    path.write_text(SMALL)
    assert "no mistakes" in cnnspec.check(path)._repr_html_()

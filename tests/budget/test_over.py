"""What is over budget: against sums that torch makes of the built modules, and in the words that users read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

import cnnspec
from cnnspec.engine.budget import over_budget
from cnnspec.engine.checking import check_source, examine, variants
from cnnspec.engine.diagnostics import Diagnostic, Source, plain
from cnnspec.engine.network.memory import memory
from cnnspec.engine.syntax import Meter
from tests.cli.runner import run

FOLDER = Path(__file__).parent
NAMES = ["mnist/lenet", "mnist/resnet50_fixed", "mnist/googlenet", "mnist/vgg16"]


def over(name: str, **budget: int | str) -> list[Diagnostic]:
    return [d for d in cnnspec.check(name, budget=budget) if d.code == "over-budget"]


@pytest.mark.parametrize("name", NAMES)
def test_params_are_those_of_the_module(name: str) -> None:
    """As many as PyTorch counts are within the budget, one less is not."""
    params = sum(p.numel() for p in cnnspec.build(name, device="meta").parameters())
    assert over(name, max_params=params) == []
    (found,) = over(name, max_params=params - 1)
    assert found.severity == "error"
    assert found.message == f"the network has {params:,} params, over the {params - 1} of `max_params`"


@pytest.mark.parametrize("name", NAMES)
def test_memory_has_the_weights_and_more(name: str) -> None:
    """The bytes of PyTorch's state dict are in it, and the largest activation."""
    module = cnnspec.build(name, device="meta")
    static = sum(t.numel() * t.element_size() for t in module.state_dict().values())
    largest = 4 * max(node.shape.elements for node in cnnspec.graph(name).nodes)
    assert over(name, max_memory=static + largest - 1)
    assert over(name, max_memory=static + 10 * largest) == []
    (found,) = over(name, max_memory=1)
    total = int(found.message.split()[3].replace(",", ""))
    assert [bool(over(name, max_memory=bound)) for bound in (total - 1, total)] == [True, False]
    assert total == memory(cnnspec.graph(name)).inference()


@pytest.mark.parametrize("name", ["mnist/lenet", "mnist/alexnet", "mnist/vgg16"])
def test_the_smallest_input_is_the_one_that_torch_takes(name: str) -> None:
    """An image passes if the built network takes one of that size; its linear layers are fitted to it."""
    channels = cnnspec.graph(name).input[0]
    for size in (4, 8, 11, 12, 13, 16, 20, 32):
        try:
            module = cnnspec.build(name, input=(channels, size, size))
        except cnnspec.SpecError:
            fits = False
        else:
            with torch.no_grad():
                module.eval()(torch.zeros(1, channels, size, size))
            fits = True
        assert (over(name, min_input=size) == []) == fits


def test_a_small_input_is_refused_as_torch_refuses_it() -> None:
    """The convolutions and pools alone, without anything of ours in between."""
    layers = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 5), torch.nn.MaxPool2d(3), torch.nn.Conv2d(2, 2, 3, stride=2))
    text = "cnnspec: 1\ninput: [1, 40, 40]\nlayers:\n  - Conv2d: {out_channels: 2, kernel_size: 5}\n"
    text += "  - MaxPool2d: {kernel_size: 3}\n  - Conv2d: {out_channels: 2, kernel_size: 3, stride: 2}\n"
    for size in range(3, 20):
        try:
            layers(torch.zeros(1, 1, size, size))
            fits = True
        except RuntimeError:
            fits = False
        assert (over(str(_file(text)), min_input=size) == []) == fits


def test_a_smaller_input_that_passes_is_enough() -> None:
    """A network of one size alone is small where that size is, though it takes no larger one."""
    text = "cnnspec: 1\ninput: [1, 28, 28]\nlayers:\n  - Flatten\n  - Linear: {in_features: 784, out_features: 9}\n"
    assert [bool(over(str(_file(text)), min_input=size)) for size in (27, 28, 29, 99)] == [True, False, False, False]
    assert over("unet", min_input=200) == []  # which takes 188 and 204; few networks need as much work to know that


def test_the_line_that_refuses_a_small_input_is_named() -> None:
    """With its arithmetic, and the smallest that passes; a vector has no height."""
    (found,) = over("mnist/lenet", min_input=5)
    assert "does not fit" in found.primary.text
    smallest = int(found.notes[-1].rpartition("×")[2])
    assert found.notes[-1] == f"the smallest input that passes is 1×{smallest}×{smallest}"
    assert over("mnist/lenet", min_input=smallest) == []
    assert over("mnist/lenet", min_input=smallest - 1)
    vector = "cnnspec: 1\ninput: [8]\nbudget: {min_input: 4}\nlayers:\n  - Linear: {out_features: 2}\n"
    assert check_source(Source("a.yaml", vector)) == ()


def test_macs_count_each_run() -> None:
    """The bound on MACs is exact, too."""
    assert over("mnist/lenet", max_macs=416_520) == []
    (found,) = over("mnist/lenet", max_macs=416_519)
    assert found.notes[0].endswith("= 416,520 MACs")


TEXT = """\
cnnspec: 1
input: [3, 32, 32]
params: {width: 8, classes: 10}
variants: {small: {}, large: {width: 64}}
budget:
  max_params: 20k
  max_macs: 8M
  max_memory: 150kB
  min_input: 2
  variants:
    large: {max_params: 300k, max_memory: 1MiB}
layers:
  - Conv2d: {out_channels: $width, kernel_size: 3, padding: 1}
    id: stem
  - Block: {width: $width}
  - Block: {width: $(width * 2)}
  - MaxPool2d: {kernel_size: 4}
  - AdaptiveAvgPool2d: {output_size: 4}
  - Flatten
  - Linear: {out_features: $classes}
    id: fc
blocks:
  Block:
    params: {width: int}
    layers:
      - ConvNormAct: {out_channels: $width, kernel_size: 3}
        repeat: 2
"""


def test_messages_read_as_their_golden_file(golden: Callable[[Path, str], None]) -> None:
    """Every bound, over defaults and variants, from the section and from outside."""
    found = check_source(Source("over.yaml", TEXT))
    golden(FOLDER / "over.txt", "\n".join(map(plain, found)))


def test_each_variant_is_told_with_its_own_figures() -> None:
    """The bounds of a variant go before the others, and the message says under which it was found."""
    found = [d for d in check_source(Source("a.yaml", TEXT)) if d.code == "over-budget"]
    told = {(d.span.text.split(":")[0], d.trace.text if d.trace else "") for d in found}
    assert ("max_macs", "variant large") in told
    graphs = {v: cnnspec.graph(cnnspec.load(_file(TEXT), v)) for v in ("small", "large")}
    for variant, bound in (("small", 20_000), ("large", 300_000)):
        exceeded = any(f"{graphs[variant].params:,} params" in d.message for d in found)
        assert exceeded == (graphs[variant].params > bound)
    only = check_source(Source("a.yaml", TEXT), "small")
    assert {d.trace.text for d in only if d.trace} == {"variant small"}


@pytest.fixture(autouse=True)
def _files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _file(text: str) -> Path:
    path = Path("a.yaml")
    path.write_text(text)
    return path


def test_bounds_from_outside_go_before_the_section() -> None:
    """The command line tightens or loosens; its message names the option, at the line that costs most."""
    path = _file(TEXT)
    loose = {"max_params": "1G", "max_macs": "1G", "max_memory": "1GB", "min_input": 8}
    assert cnnspec.check(path, budget=loose) == ()
    options = [
        "--max-params",
        "1G",
        "--min-input",
        "32",
        "--max-macs",
        "1G",
        "--max-memory",
        "1kB",
        "--variant",
        "small",
    ]
    result = run("check", "a.yaml", *options)
    assert result.exit_code == 3
    assert "over the 1kB of `--max-memory`" in result.stdout
    assert result.stdout.count("error[over-budget]") == 1


def test_labels_and_parts_add_up() -> None:
    """The parts in the note sum to the total, and the labels are the lines with the largest shares."""
    (found,) = over("mnist/lenet", max_params="50k")
    parts = [int(part.split()[-1].replace(",", "")) for part in found.notes[0].split(" = ")[0].split(" + ")]
    assert sum(parts) == 61_706
    graph = cnnspec.graph("mnist/lenet")
    largest = sorted((node.params for node in graph.nodes), reverse=True)[:3]
    labels = [found.primary, *found.labels]
    assert [int(label.text.split()[0].replace(",", "")) for label in labels] == largest


def test_the_help_is_enough() -> None:
    """Bringing the line down to the number that is named brings the network under its bound."""
    others = ("  max_macs: 8M\n", "  max_memory: 150kB\n", "  min_input: 2\n")
    text = TEXT.replace("20k", "5k").replace("".join(others), "")
    (found,) = [d for d in check_source(Source("a.yaml", text), "small") if d.code == "over-budget"]
    total, bound = int(found.message.split()[3].replace(",", "")), 5_000
    costliest = max(int(label.text.split()[0].replace(",", "")) for label in found.labels)
    words = found.help.split()
    if words[0] == "bring":
        assert int(words[5].replace(",", "")) == costliest - (total - bound)
    else:
        assert int(words[0].replace(",", "")) == total - bound


def test_a_broken_spec_has_no_budget_yet() -> None:
    """What is wrong is said first; a bound on half a network would say nothing."""
    text = TEXT.replace("kernel_size: 3, padding: 1", "kernel_size: 99").replace("20k", "1")
    assert "over-budget" not in {d.code for d in check_source(Source("a.yaml", text))}
    assert cnnspec.graph(cnnspec.load(_file(TEXT))).params  # and a budget hinders neither tables nor training


def test_solving_for_the_smallest_input_is_bounded_over_all_variants() -> None:
    """However many variants exceed the bound on the input, one meter holds; past it no smallest input is claimed."""
    names = "".join(f"  v{width}: {{width: {width}}}\n" for width in range(1, 150))
    text = f"cnnspec: 1\ninput: [3, 9, 9]\nparams: {{width: 1}}\nvariants:\n{names}budget: {{min_input: 1}}\nlayers:\n"
    lines = "  - Conv2d: {out_channels: $width, kernel_size: 3}\n  - MaxPool2d: {kernel_size: 2}\n"
    text += lines + "  - Conv2d: {out_channels: $width, kernel_size: 1}\n"
    examined, meter = examine(Source("a.yaml", text)), Meter(limit=5_000)
    assert examined.spec is not None
    each = zip(variants(examined.spec), examined.graphs, strict=True)
    found = [d for variant, graph in each for d in over_budget(variant, graph, None, meter)]
    assert len(found) == 150
    assert "the smallest input that passes is 3×4×4" in found[0].notes
    assert not any("smallest" in note for note in found[-1].notes)
    assert found[-1].message == "no input of 3×1×1 or smaller is known to pass, against its budget of 1"
    assert meter.steps <= 5_000

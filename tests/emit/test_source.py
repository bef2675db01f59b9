"""The Python source of every shipped network is that network, and reads as if a person had written it."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruff import find_ruff_bin

import cnnspec
from cnnspec.engine.layers import JOINS, REGISTRY
from cnnspec.engine.source import heading, python
from cnnspec.engine.source.helpers import HELPERS
from cnnspec.engine.source.values import OURS
from cnnspec.engine.spec import known_specs
from cnnspec.engine.verify import verify
from tests.conftest import TESTS
from tests.emit.source_cases import CASES
from tests.exports import executed, free_params_equal, named, quiet, same_bits, same_network, same_structure, small
from tests.fuzz.judge import numbers
from tests.fuzz.probe import check
from tests.fuzz.text import TYPES, spec, spec_of
from tests.members import MEMBERS
from tests.tiers import examples, tiered

GOLDEN = TESTS / "golden" / "source"
MOST_PARAMS = 7_000_000  # of a network that is run here; all are run by `make exports`
FEW_PARAMS = 1_000_000  # of one with torch's own initial weights
DROPPED = re.compile(r"^ +self\.\w+\(\w+\)$", re.MULTILINE)  # a call whose result nobody reads
RULES = "E4,E5,E7,E9,F,I,UP,B,SIM,C4,RET,PIE,W"


def source(name: str) -> str:
    found = cnnspec.load(name)
    graph = cnnspec.graph(found)
    return python(graph, heading(found, graph))


@pytest.mark.parametrize("name", tiered(name for name in known_specs() if "mnist/" in name or name in MEMBERS))
def test_source_is_the_network(name: str) -> None:
    """Keys, initial weights and outputs are those of the built network; of a large one keys and shapes."""
    found = small(name)
    graph = cnnspec.graph(found)
    text = python(graph, heading(found, graph))
    if graph.params <= MOST_PARAMS:
        same_network(graph, text)
    else:
        same_structure(graph, text)


@pytest.mark.parametrize("part", tiered(range(4), (0,)))
def test_every_source_is_clean(part: int, tmp_path: Path) -> None:
    """Of every network that ships, whatever its size: its dataflow is the graph's, and its text is laid out."""
    for name in known_specs()[part::4]:
        spec = cnnspec.load(name)
        graph = cnnspec.graph(spec)
        text = python(graph, heading(spec, graph))
        verify(graph, text)
        (tmp_path / f"{name.replace('/', '_')}.py").write_text(text, encoding="utf-8")
    assert_clean(tmp_path)


def assert_clean(folder: Path) -> None:
    """ruff would change nothing in the sources of a folder, and finds nothing to say."""
    for command in (["format", "--diff"], ["check", "--select", RULES, "--output-format", "concise"]):
        done = subprocess.run(
            [find_ruff_bin(), *command, "--isolated", "--target-version", "py311", str(folder)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", ["mnist/lenet", "resnet18", "googlenet", "densenet121"])
def test_golden(name: str, golden: Callable[[Path, str], None]) -> None:
    """These four were read by people."""
    golden(GOLDEN / f"{name.rpartition('/')[2]}.py.txt", source(name))


def test_source_needs_no_cnnspec() -> None:
    """In a process in which cnnspec cannot be imported the sources make their networks."""
    names = ("mnist/googlenet_fixed", "efficientnet_v2_s", "convnext_tiny")
    lines = ["import sys", "import torch", "sys.modules['cnnspec'] = None"]
    for text in map(source, names):
        made = f"{executed(text).__name__}()"
        lines += [text, f"with torch.device('meta'):\n    print(len({made}.state_dict()))"]
    done = subprocess.run([sys.executable, "-"], input="\n".join(lines), capture_output=True, text=True, check=False)
    wanted = [len(cnnspec.build(name, device="meta").state_dict()) for name in names]
    assert (done.stderr, done.stdout.split()) == ("", list(map(str, wanted)))


def test_loops_keep_a_deep_network_short() -> None:
    """A network of 152 layers has the source of one of 50, with other numbers."""
    fifty, deep = (source(name).split('"""', 2)[2].splitlines() for name in ("resnet50", "resnet152"))
    assert len(fifty) == len(deep)
    assert sum(a != b for a, b in zip(fifty, deep, strict=True)) < 8


def test_params_stay_arguments() -> None:
    """A param that changes nothing but the arguments of layers is an argument of the class; others are filled in."""
    made = executed(source("mnist/lenet"))(num_classes=3)
    assert made.fc3.out_features == 3
    assert "growth" not in source("densenet121")


@pytest.mark.parametrize("name", ["mnist/lenet", "googlenet", "dcgan", "efficientnet_b0", "unet"])
def test_free_params_are_the_specs(name: str) -> None:
    """Such an argument changes the class as the param changes the spec, in heads for training as well."""
    free_params_equal(name)


def test_layers_of_ours_are_brought_along() -> None:
    """The source has the text of each layer that torch does not have, other than those that are signs and calls."""
    ours = {name for name, layer in REGISTRY.items() if (layer.target or "").startswith(OURS)}
    called = {name for name, layer in REGISTRY.items() if layer.role == "split" or layer.input_names}
    assert ours - JOINS - called <= HELPERS.keys()


@pytest.mark.parametrize("about", CASES, ids=lambda about: about.replace(" ", "_"))
def test_specs_that_are_hard_to_write(about: str) -> None:
    """Names, conditions and values that an emitter gets wrong: the source has the keys and the bits of the network."""
    found = check(f"cnnspec: 1\nname: Net\ninput: [4, 8, 8]\n{CASES[about]}")
    assert found.graph is not None
    assert not found.errors, found.errors
    text = python(found.graph, named())
    verify(found.graph, text)
    same_network(found.graph, text)
    assert not DROPPED.search(text)


def test_no_module_stands_in_for_a_line_that_nobody_reads() -> None:
    """Uses without a line whose output they do not take are a class of their own, without an Identity to call."""
    found = check(f"cnnspec: 1\ninput: [4, 8, 8]\n{CASES['a line that nobody reads where it is left out']}")
    assert found.graph is not None
    assert "Identity" not in python(found.graph, named())


IMPORTS = sorted((TESTS / "importing").glob("*/*.yaml"))


@pytest.mark.parametrize("path", IMPORTS, ids=lambda path: path.stem)
def test_sources_of_imports(path: Path) -> None:
    """Of every module that the tests import, with weights that are drawn where torch's own would take long."""
    spec = cnnspec.load(path)
    graph = cnnspec.graph(spec)
    text = python(graph, heading(spec, graph))
    verify(graph, text)
    assert not DROPPED.search(text)
    if graph.params <= FEW_PARAMS:
        same_network(graph, text)
    elif graph.params <= 2 * MOST_PARAMS:
        same_bits(graph, text)


def accepted(text: str) -> cnnspec.Graph | None:
    """The graph of a random spec, where it is sound and small."""
    found = check(text)
    return None if found.errors or found.graph is None or numbers(found.graph) > 400_000 else found.graph


def same_or_too_small(graph: cnnspec.Graph) -> str:
    """The source, found to be the network; training may ask for more values than a random input has."""
    text = python(graph, named())
    try:
        with quiet():  # torch warns of odd paddings
            same_network(graph, text)
    except ValueError as error:
        if "more than 1" not in str(error):
            raise
    return text


def test_seeds_are_written_as_they_are(tmp_path: Path) -> None:
    """Random specs of every layer type are what their sources compute, and these are laid out and clean."""
    seen = 0
    for seed in range(330):
        graph = accepted(spec_of(seed))
        if graph is not None:
            (tmp_path / f"seed{seed}.py").write_text(same_or_too_small(graph), encoding="utf-8")
            seen += 1
    assert seen > 100
    assert_clean(tmp_path)


@settings(max_examples=examples(40, of=15), deadline=None)
@given(st.randoms(use_true_random=False), st.sampled_from(TYPES))
def test_drawn_specs_are_written_as_they_are(random: Random, focus: str) -> None:
    """Specs that Hypothesis draws, and would shrink, are what their sources compute."""
    graph = accepted(spec(random, focus))
    if graph is not None:
        same_or_too_small(graph)

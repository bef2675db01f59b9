"""SVG, Mermaid and DOT: what they are compared with, what reads them, and text that is no markup."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from msgspec.structs import replace

import cnnspec
from cnnspec.engine.diagram import FORMATS, diagram
from cnnspec.engine.diagram.metrics import BOLD, FIRST, OTHERS, REGULAR, width
from cnnspec.engine.network import Graph
from tests.conftest import REPOSITORY, TESTS
from tests.emit.diagram.specs import written
from tests.network.graphs import graph_of

PICTURES = REPOSITORY / "docs" / "how-to" / "diagrams"
GOLDEN = TESTS / "golden" / "diagrams"
ENDINGS = {"svg": "svg", "mermaid": "mmd", "dot": "dot"}
SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = [
    'a"b',
    "<script>alert(1)</script>",
    "]]> --> ;",
    "`x` **y** #quot;",
    "\\N\\G{|}",
    "&amp; &lt;",
    "% end",
    "日本",
]


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("name", ["mnist/lenet", "resnet50", "googlenet", "unet"])
def test_drawings_are_those_that_were_reviewed(name: str, format: str, golden: Callable[[Path, str], None]) -> None:
    """The text is that of the golden file; the pictures of the docs are among them."""
    stem = f"{name.rpartition('/')[2]}.{ENDINGS[format]}"
    golden((PICTURES if format == "svg" else GOLDEN) / stem, diagram(cnnspec.graph(name), format))


def test_the_docs_show_mermaid_as_it_is_written() -> None:
    """The drawing in the docs is what the command writes."""
    page = (REPOSITORY / "docs" / "how-to" / "diagrams.md").read_text(encoding="utf-8")
    assert f"```mermaid\n{diagram(cnnspec.graph('mnist/lenet'), 'mermaid')}```\n" in page


@pytest.mark.parametrize("format", FORMATS)
def test_drawings_are_the_same_in_every_process(format: str) -> None:
    """Nothing depends on the order of sets."""
    program = f"from cnnspec.cli.app import app; app(['diagram', 'googlenet', '--format', {format!r}])"
    texts = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(texts) == 1


def hostile() -> Graph:
    """A network whose every id is markup of some kind, shown as the name of a frame and as that of a block."""
    acts = ("Tanh", "ReLU", "Softsign", "GELU", "SiLU", "CELU", "ELU", "SELU")  # frames of one kind would be folded
    scopes = ", ".join(
        f"{{Sequential: [{{B: {{}}, id: '{name}'}}, {act}], id: '{name} x'}}"
        for name, act in zip(HOSTILE, acts, strict=True)
    )
    more = "blocks: {B: {layers: [{Add: [[{Linear: {out_features: 4}}], []]}]}}\noutputs: {logits: 'a\"b x', last: fc}"
    return graph_of(f"[{scopes}, {{Linear: {{out_features: 4}}, id: fc}}]", 4, more=more)


def test_svg_holds_text_and_no_markup_of_the_spec() -> None:
    """Ids are text of the document, a title and a description tell it to those who do not see it."""
    root = ET.fromstring(diagram(hostile(), "svg"))
    assert {element.tag.removeprefix(SVG) for element in root.iter()} == set(
        "svg title desc defs marker path rect g text circle".split()
    )
    words = " ".join(root.itertext())
    assert all(name in words for name in HOSTILE)
    labelled = root.attrib["aria-labelledby"].split()
    assert [root.find(f"{SVG}*[@id='{name}']") is not None for name in labelled] == [True, True]


@pytest.mark.parametrize("format", FORMATS)
def test_nothing_moves_a_terminal(format: str) -> None:
    """No character that does not print reaches a drawing."""
    graph = graph_of(
        '[{Sequential: [Tanh, Softplus, ReLU, Hardswish, {Dropout: {p: 0.1}}, Sigmoid, GELU], id: "a é"}]', 4
    )
    text = diagram(replace(graph, name="\x1b[31m\u202ered\x00\ud800"), format)
    assert text.replace("\n", "").isprintable()
    assert "1b" in text


@pytest.mark.parametrize("graph", [hostile(), cnnspec.graph("googlenet"), cnnspec.graph("unet")], ids=str)
def test_graphviz_reads_dot(graph: Graph) -> None:
    """Graphviz lays out what it reads, with every label as it is in the network."""
    program = shutil.which("dot")
    if program is None:
        pytest.skip("Graphviz is not here")
    text = diagram(graph, "dot")
    done = subprocess.run([program, "-Tplain"], input=text, capture_output=True, text=True, check=True)
    assert not done.stderr
    nodes = re.findall(r"^node (n\d+)", done.stdout, re.MULTILINE)
    edges = re.findall(r"^edge (n\d+) (n\d+)", done.stdout, re.MULTILINE)
    assert nodes == re.findall(r"^ +(n\d+) \[", text, re.MULTILINE)
    assert sorted(edges) == sorted(re.findall(r"^ +(n\d+) -> (n\d+)", text, re.MULTILINE))


def test_graphviz_shows_ids_as_they_are() -> None:
    """Quotes, backslashes and entities come out of Graphviz as they went into the spec."""
    program = shutil.which("dot")
    if program is None:
        pytest.skip("Graphviz is not here")
    text = diagram(hostile(), "dot")
    drawn = subprocess.run([program, "-Tsvg"], input=text, capture_output=True, text=True, check=True).stdout
    words = " ".join(ET.fromstring(drawn).itertext()).replace("\xa0", " ")
    assert all(name in words for name in HOSTILE)


def test_mermaid_of_random_specs_names_each_box_once() -> None:
    """Arrows lead from box to box, and a name is given once."""
    for seed in range(60):
        graph = written(seed)
        if graph:
            text = diagram(graph, "mermaid")
            names = re.findall(r"^ +(n\d+)[\[(]", text, re.MULTILINE)
            arrows = re.findall(r"^ +(n\d+) (?:-->|~~~)(?:\|[^|]*\|)? (n\d+)$", text, re.MULTILINE)
            assert len(set(names)) == len(names)
            assert {name for arrow in arrows for name in arrow} <= set(names)
            assert len(arrows) >= len(names) - text.count("subgraph") - len(graph.inputs)


def test_widths_are_those_of_helvetica() -> None:
    """The table of widths is Adobe's, as it comes with matplotlib."""
    import matplotlib as mpl

    folder = Path(mpl.get_data_path()) / "fonts" / "pdfcorefonts"
    names = {"×": "multiply", "·": "periodcentered", "–": "endash", "'": "quotesingle", "`": "grave"}
    for file, table in (("Helvetica.afm", REGULAR), ("Helvetica-Bold.afm", BOLD)):
        lines = (folder / file).read_text().splitlines()
        found = [re.match(r"C (-?\d+) ; WX (\d+) ; N (\w+) ;", line) for line in lines]
        by_code = {int(m[1]): int(m[2]) for m in found if m}
        by_name = {m[3]: int(m[2]) for m in found if m}
        for code in range(32, 127):
            name = names.get(chr(code))
            assert table[code - FIRST] == (by_name[name] if name else by_code[code]), chr(code)
        assert all(OTHERS[sign] == by_name[names[sign]] for sign in "×·–")
    assert width("ab", 10) == 10 * (556 + 556) / 1000

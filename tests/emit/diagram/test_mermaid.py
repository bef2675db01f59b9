"""Mermaid itself reads what is written for it.

It comes from npm into the environment that the tests run in, once. Without node these tests are skipped.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

import cnnspec
from cnnspec.engine.diagram import diagram, figure_of
from cnnspec.engine.diagram.outline import Cluster, Dot, outline
from tests.emit.diagram.test_formats import HOSTILE, hostile

VERSION = "11.17.2"
INSTALLED = Path(sys.prefix) / "share" / "mermaid" / VERSION
# Mermaid cleans labels with DOMPurify, which wants a browser; what is read is the same without.
PROGRAM = """
import DOMPurify from 'dompurify';
DOMPurify.addHook = () => {};
DOMPurify.sanitize = (text) => text;
const mermaid = (await import('mermaid')).default;
let input = '';
for await (const chunk of process.stdin) input += chunk;
const read = [];
for (const text of JSON.parse(input)) {
  await mermaid.parse(text);
  const { db } = await mermaid.mermaidAPI.getDiagramFromText(text);
  read.push({
    boxes: [...db.getVertices().values()].map((box) => [box.id, box.text]),
    arrows: db.getEdges().map((edge) => [edge.start, edge.end]),
    clusters: db.getSubGraphs().map((graph) => [graph.id, graph.title]),
  });
}
console.log(JSON.stringify(read));
"""

pytestmark = pytest.mark.skipif(not (shutil.which("node") and shutil.which("npm")), reason="node and npm are not here")


@pytest.fixture(scope="module")
def program() -> Path:
    """A program that reads texts; Mermaid is installed where it is not yet, in one step, for processes side by side."""
    if not (INSTALLED / "read.mjs").is_file():
        INSTALLED.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=INSTALLED.parent) as folder:
            install = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", folder]
            subprocess.run([*install, f"mermaid@{VERSION}"], check=True, timeout=300)
            (Path(folder) / "read.mjs").write_text(PROGRAM)
            if not INSTALLED.exists():
                shutil.copytree(folder, f"{folder}-done", symlinks=True)
                Path(f"{folder}-done").rename(INSTALLED)
    return INSTALLED / "read.mjs"


def test_mermaid_reads_what_is_written(program: Path) -> None:
    """All boxes, arrows and clusters arrive, and every id as it is in the spec."""
    graphs = [hostile(), *map(cnnspec.graph, ("resnet50", "googlenet", "densenet121", "unet"))]
    texts = json.dumps([diagram(graph, "mermaid") for graph in graphs])
    done = subprocess.run(["node", str(program)], input=texts, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    for graph, read in zip(graphs, json.loads(done.stdout), strict=True):
        wanted = outline(figure_of(graph))
        boxes = {name: text.replace("<br/>", " ") for name, text in read["boxes"]}
        assert boxes.keys() == {dot.name for dot in dots(wanted.page)}
        assert sorted(map(tuple, read["arrows"])) == sorted((arrow.start, arrow.end) for arrow in wanted.arrows)
        assert len(read["clusters"]) == len(clusters(wanted.page))
        if graph is graphs[0]:
            words = shown(" ".join([*boxes.values(), *(title for _, title in read["clusters"])]))
            assert all(name in words for name in HOSTILE)


def shown(text: str) -> str:
    """Mermaid keeps entities by their numbers, between marks of its own, until it draws."""
    import re

    return re.sub(r"ﬂ°°(\d+)¶ß", lambda found: chr(int(found[1])), text)


def dots(cluster: Cluster) -> list[Dot]:
    return [dot for one in cluster.inside for dot in ([one] if isinstance(one, Dot) else dots(one))]


def clusters(cluster: Cluster) -> list[Any]:
    return [inner for one in cluster.inside if isinstance(one, Cluster) for inner in (one, *clusters(one))]

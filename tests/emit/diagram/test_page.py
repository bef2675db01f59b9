"""What is drawn is legible: nothing overlaps, spills over or ends nowhere."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

import cnnspec
from cnnspec.engine.diagram import figure_of
from cnnspec.engine.diagram.page import scene
from cnnspec.engine.diagram.scene import Card, Scene, Wire, Words
from cnnspec.engine.diagram.svg import svg
from cnnspec.engine.spec import known_specs
from tests.emit.diagram.geometry import faults
from tests.emit.diagram.specs import written
from tests.tiers import tiered


def page(name: str, depth: int | None = None) -> Scene:
    return scene(figure_of(cnnspec.graph(name), depth))


@pytest.mark.parametrize("name", tiered(known_specs()))
def test_pages_of_shipped_specs_are_legible(name: str) -> None:
    """Boxes lie on the page and apart, text fits its box, wires end at boxes and cross none; no page is a tower.

    A parser of XML reads the page, whose first shape is a ground of its own.
    """
    found = page(name)
    assert not faults(found)
    assert found.height / 1.5 < found.width < found.height * 2.5
    ground = ET.fromstring(svg(found)).find("{http://www.w3.org/2000/svg}rect")
    assert ground is not None
    assert (float(ground.attrib["width"]), ground.attrib["fill"]) == (found.width, "#ffffff")


@pytest.mark.parametrize("name", ["resnet50", "googlenet", "mobilenet_v3_large", "unet"])
def test_closed_blocks_are_legible_as_well(name: str) -> None:
    """However deep a network is opened, its page is legible."""
    assert not faults(page(name, 1)) + faults(page(name, 2))


@pytest.mark.parametrize("part", tiered(range(4), [0]))
def test_pages_of_random_specs_are_legible(part: int) -> None:
    """Whatever a spec says, its page is legible."""
    graphs = {seed: graph for seed in range(part, 300, 4) if (graph := written(seed))}
    assert len(graphs) > 50
    for seed, graph in graphs.items():
        found = faults(scene(figure_of(graph)))
        assert not found, (seed, found[:3])


def test_panels_of_one_block_stand_in_the_order_of_their_letters() -> None:
    """Along the rows the forms of a block follow each other, from A on."""
    found = [thing for thing in page("mobilenet_v3_small").things if isinstance(thing, Words)]
    titles = [words for words in found if words.bold and words.text.startswith("Bneck ")]
    assert [words.text[-1] for words in sorted(titles, key=lambda words: (words.y, words.x))] == [
        "A",
        "B",
        "C",
        "D",
        "E",
    ]


def test_rows_of_the_legend_are_even() -> None:
    """No sign stands alone in a last row."""
    found = [thing for thing in page("densenet121").things if isinstance(thing, Words)]
    last = max(words.y for words in found)
    assert len([words for words in found if words.y == last]) > 1


def test_faults_are_found() -> None:
    """The checks of legibility see what is wrong: a box moved onto another, a line cut short, a text too long."""
    good = page("mnist/lenet")
    cards = [thing for thing in good.things if isinstance(thing, Card) and thing.lines]
    wire = next(thing for thing in good.things if isinstance(thing, Wire))
    long = replace(cards[0], lines=(replace(cards[0].lines[0], text="m" * 40),))
    for bad, fault in [
        (cards[0].moved(0, 30), "overlaps"),
        (cards[0].moved(0, -1000), "outside"),
        (replace(wire, points=(wire.points[0], (wire.points[0][0], wire.points[0][1] + 3))), "ends nowhere"),
        (
            replace(wire, points=(wire.points[0], cards[-1].lines[0].moved(0, 0) and (cards[-1].x, cards[-1].y))),
            "askew",
        ),
        (long, "does not fit"),
    ]:
        assert any(fault in found for found in faults(replace(good, things=(*good.things, bad)))), fault

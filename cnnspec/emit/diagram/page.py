"""Figure -> Scene: the title, the overview and the panels beside it, and what colours and signs mean."""

from __future__ import annotations

from math import ceil

from cnnspec.emit.diagram.legend import legend
from cnnspec.emit.diagram.metrics import cut
from cnnspec.emit.diagram.panel import Figure
from cnnspec.emit.diagram.plan import plan
from cnnspec.emit.diagram.scene import BIG, NORMAL, Scene, Thing, Words
from cnnspec.emit.diagram.sheet import sheet
from cnnspec.emit.diagram.spoken import spoken

EDGE = 28.0  # around the page
TITLE, TOTAL = 16.0, 40.0  # bases of the two lines above
HEAD = 70.0
LEAST = 520.0  # width of the legend
LONGEST = 80  # characters of the title


def scene(figure: Figure) -> Scene:
    """The page."""
    title = Words(EDGE, EDGE + TITLE, cut(figure.name, LONGEST), BIG, bold=True)
    total = Words(EDGE, EDGE + TOTAL, figure.total, NORMAL, soft=True)
    things: list[Thing] = [title, total]
    best = plan(figure.overview, [sheet(panel) for panel in figure.panels])
    for x, y, drawing in best.placed:
        things += drawing.moved(EDGE + x, HEAD + EDGE + y).things
    signs = legend(things, max(best.width, LEAST))
    signs = signs.moved(EDGE, HEAD + best.height + 2 * EDGE)
    wide = max(EDGE + best.width, signs.right, EDGE + title.width, EDGE + total.width)
    about = f"{figure.total}. {spoken(figure.overview)}"
    return Scene(ceil(wide + EDGE), ceil(signs.height + EDGE), figure.name, about, (*things, *signs.things))

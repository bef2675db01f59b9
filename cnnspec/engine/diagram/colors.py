"""The colours of a page. Two kinds differ to eyes that lack one sort of cones, too: a test holds it.

The hues are those of Okabe and Ito (https://jfly.uni-koeln.de/color/), dark as lines and light as ground for text; they
differ in lightness, too.
"""

from __future__ import annotations

from cnnspec.engine.diagram.kinds import AUX, BLOCK, CLOSED, CONVOLUTION, END, JOIN, LINEAR, NORM, OTHER, POOLING, PORT

GROUND, SHADE = "#ffffff", "#f7f8fa"
INK, SOFT, LINE = "#16191d", "#59616b", "#3c434b"
COLOURS = {  # fill, line
    CONVOLUTION: ("#cfe5f6", "#0072b2"),
    POOLING: ("#f5b895", "#c24e00"),
    LINEAR: ("#9ad6b4", "#00573d"),
    NORM: ("#fdf8d0", "#a38f00"),
    OTHER: ("#eeeff1", "#8b929a"),
    BLOCK: ("#dcb6e2", "#5f1f72"),
    CLOSED: ("#dcb6e2", "#5f1f72"),
    JOIN: (GROUND, INK),
    END: (GROUND, LINE),
    AUX: (GROUND, SOFT),
    PORT: (LINE, LINE),
}

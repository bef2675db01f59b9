"""The colours of a page. Two kinds differ to eyes that lack one sort of cones, too: a test holds it.

The hues are those of Okabe and Ito (https://jfly.uni-koeln.de/color/) as lines, with a tint of each as ground for dark
text.
"""

from __future__ import annotations

from cnnspec.emit.diagram.kinds import AUX, BLOCK, CLOSED, CONVOLUTION, END, JOIN, LINEAR, NORM, OTHER, POOLING, PORT

GROUND, SHADE = "#ffffff", "#f7f8fa"
INK, SOFT, LINE = "#16191d", "#59616b", "#3c434b"
COLOURS = {  # fill, line
    CONVOLUTION: ("#cfe5f6", "#0072b2"),
    POOLING: ("#f8cfb4", "#d55e00"),
    LINEAR: ("#b4e3d0", "#00795a"),
    NORM: ("#fbf3c0", "#a08a00"),
    OTHER: ("#e9eaec", "#6d747c"),
    BLOCK: ("#e6d2ea", "#8a4a9a"),
    CLOSED: ("#e6d2ea", "#8a4a9a"),
    JOIN: (GROUND, INK),
    END: (GROUND, LINE),
    AUX: (GROUND, SOFT),
    PORT: (LINE, LINE),
}

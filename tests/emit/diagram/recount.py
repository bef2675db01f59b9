"""Counts the layers of a network from what its drawing says: boxes, their lines, and how often each is repeated."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from cnnspec.engine.diagram.kinds import AUX, BLOCK, CLOSED, END, PORT
from cnnspec.engine.diagram.outline import NOTE, Cluster, Dot, Outline

TIMES = re.compile(r"×(\d+|n′*)")
LAYERS = re.compile(r"(\d+) layers")
Row = Mapping[str, str]


@dataclass(frozen=True)
class Recount:
    """``panels`` by their titles."""

    panels: dict[str, Cluster]

    def cluster(self, cluster: Cluster, row: Row) -> int:
        """The layers of a cluster, where its letters are those of ``row``."""
        return sum(
            self.dot(one, row) if isinstance(one, Dot) else self.times(one.title, row) * self.cluster(one, row)
            for one in cluster.inside
        )

    def times(self, text: str, row: Row) -> int:
        found = TIMES.fullmatch(text)
        return int(row.get(found[1], found[1])) if found else 1

    def dot(self, dot: Dot, row: Row) -> int:
        if dot.kind in (END, AUX, PORT, NOTE):
            return 0
        *lines, last = dot.lines
        times = self.times(last, row)
        lines = lines if TIMES.fullmatch(last) else [*lines, last]
        if dot.kind == CLOSED:
            return times * int(LAYERS.search(lines[-1])[1])  # type: ignore[index]
        if dot.kind == BLOCK:
            panel = self.panels[lines[0]]
            return times * self.cluster(panel, _row(panel, lines[-1]))
        return times * sum(line.count(" · ") + 1 for line in lines)


def recounted(outline: Outline) -> int:
    """All layers that the overview stands for."""
    clusters = [one for one in outline.page.inside if isinstance(one, Cluster) and one.style == "panel"]
    panels = {cluster.title: cluster for cluster in clusters[1:]}
    return Recount(panels).cluster(clusters[0] if clusters else outline.page, {})


def _row(panel: Cluster, key: str) -> Row:
    """What the letters of a panel are at a place; of a place within another panel there is no telling."""
    notes = [line for one in panel.inside if isinstance(one, Dot) and one.kind == NOTE for line in one.lines]
    ends = [line for line in notes if line.partition(": ")[0].endswith(key)]
    return dict(re.findall(r"(\S+) = ([^,]+)", ends[0].partition(": ")[2])) if len(ends) == 1 else {}

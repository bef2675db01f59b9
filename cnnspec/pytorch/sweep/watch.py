"""What a sweep says while it runs, as values: whoever watches decides how they look. Nothing here needs torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cnnspec.pytorch.sweep.folder import PointRecord
from cnnspec.pytorch.train.watch import Figures


class SweepWatcher:
    """Hears what a sweep says, and stays silent. Subclasses show it."""

    def note(self, text: str) -> None:
        """A line to know."""

    def known(self, records: Sequence[PointRecord]) -> None:
        """The points as the sweep finds them when it begins or goes on."""

    def changed(self, record: PointRecord) -> None:
        """A point runs, has done an epoch, is over, or waits again."""

    def epoch(self, record: PointRecord, row: Mapping[str, Any]) -> None:
        """A run has done an epoch; ``row`` is a line of its metrics."""

    def tested(self, record: PointRecord, figures: Figures) -> None:
        """One of the chosen was measured on the test part."""

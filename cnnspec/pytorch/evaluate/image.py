"""An image that a user names: a file, or ``test:17``, an image of the run's own test part (``validation:17``)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from cnnspec.engine.diagnostics import UsageError
from cnnspec.pytorch.data.image import read_image
from cnnspec.pytorch.data.locate import Note
from cnnspec.pytorch.evaluate.run import OpenedRun
from cnnspec.pytorch.train.prepare import Measured

OWN = ("test", "validation")  # parts whose images can be named by number
LIGHT, DARK = 0.5, 0.35  # a mean above the first is a light image, one below the second a dark training set


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """An image uint8 C×H×W by what the user calls it, with its class where that is known."""

    name: str
    image: Tensor
    label: str | None = None


class Images:
    """The images that a command is given; the data set is read once, and only for ``test:N``."""

    def __init__(self, opened: OpenedRun, data_dir: Path | None, note: Note, *, invert: bool) -> None:
        self.opened, self.data_dir, self.note, self.invert = opened, data_dir, note, invert
        self._part: Measured | None = None

    def get(self, name: str) -> Given:
        """Raises DataError where a file is no image, UsageError where there is no such test image."""
        part, colon, number = name.partition(":")
        if colon and part in OWN:
            return self._of_part(part, number)
        image = read_image(Path(name).expanduser(), self.opened.network.input)
        if self.invert:
            image = 255 - image
        self._hint(name, image)
        return Given(name, image)

    def _of_part(self, part: str, number: str) -> Given:
        self._part = self._part or self.opened.measured_part(self.data_dir, self.note)
        own, data = self._part.name, self._part.data
        if part != own or not number.isdecimal() or int(number) >= len(data):
            help = f"{own}:0 to {own}:{len(data) - 1}, or the path of an image"
            raise UsageError(f"there is no {part} image `{part}:{number}`", help)
        index = torch.tensor([int(number)], device=data.labels.device)
        images, labels = next(data.batches([index]))
        return Given(f"{part}:{number}", self.opened.shown(images)[0], self.opened.classes[int(labels[0])])

    def _hint(self, name: str, image: Tensor) -> None:
        """Say that dark strokes on light paper are the reverse of what most sets of drawings hold."""
        mean = float(image.float().mean()) / 255
        if mean > LIGHT and max(self.opened.record.pixels.mean) < DARK:
            self.note(f"{name} is light, and the run was trained on dark images: --invert turns it round")

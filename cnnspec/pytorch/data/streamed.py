"""Images that are read from their files batch by batch, by workers that run ahead.

    order ──batches──► workers: read, resize ──uint8 B×C×H×W──► device ──augment──normalise──► float32

Workers draw no random numbers: what a batch holds follows from the order alone, however many of them there are.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.utils.data import DataLoader

from cnnspec.engine.diagnostics import DataError
from cnnspec.pytorch.data.examples import Augment, Batch, Normaliser, Pixels
from cnnspec.pytorch.data.image import read_image

AHEAD = 4  # batches that each worker reads before they are asked for
READ = 64  # images a batch where nobody trains


@dataclass(frozen=True, slots=True, eq=False)
class Streamed:
    """Paths of images with labels N on a device, read in the size ``input`` (C, H, W)."""

    paths: tuple[Path, ...]
    labels: Tensor
    input: tuple[int, ...]
    normalise: Normaliser
    workers: int

    @classmethod
    def on(
        cls,
        device: torch.device,
        paths: tuple[Path, ...],
        labels: Tensor,
        input: tuple[int, ...],
        pixels: Pixels,
        workers: int,
    ) -> Streamed:
        return cls(paths, labels.to(device), input, Normaliser.on(device, pixels), workers)

    def batches(self, parts: Sequence[Tensor], augment: Augment | None = None) -> Iterator[Batch]:
        """The images of each part. Raises DataError, which names the file."""
        device = self.labels.device
        read = stream(self.paths, parts, self.input, self.workers, pinned=device.type == "cuda")
        for index, images in zip(parts, read, strict=True):
            images = images.to(device, non_blocking=True)
            yield (
                self.normalise(augment(images) if augment and len(images) else images),
                self.labels.index_select(0, index),
            )

    def all(self) -> Tensor:
        """The indices of all images."""
        return torch.arange(len(self), device=self.labels.device)

    def __len__(self) -> int:
        return len(self.paths)


@dataclass(frozen=True, slots=True)
class BatchReader:
    """What a worker does: the batch of these images, or what is wrong with one of them."""

    paths: tuple[Path, ...]
    input: tuple[int, ...]

    def __getitem__(self, indices: Sequence[int]) -> Tensor | DataError:
        if not indices:
            return torch.empty((0, *self.input), dtype=torch.uint8)
        try:
            return torch.stack([read_image(self.paths[index], self.input) for index in indices])
        except DataError as error:
            return error  # raised here it would arrive with a worker's traceback in its words


def stream(
    paths: tuple[Path, ...], parts: Sequence[Tensor], input: tuple[int, ...], workers: int, *, pinned: bool = False
) -> Iterator[Tensor]:
    """Images uint8 B×C×H×W of each part, in their order. Raises DataError."""
    loader: DataLoader[Tensor | DataError] = DataLoader(
        BatchReader(paths, input),  # type: ignore[arg-type]
        sampler=[part.tolist() for part in parts],
        batch_size=None,
        num_workers=min(workers, len(parts)),
        prefetch_factor=AHEAD if workers and parts else None,
        pin_memory=pinned,
        worker_init_fn=_undisturbed,
        generator=torch.Generator(),  # it draws a seed for its workers, which is not to move dropout's numbers
    )
    with reported():
        for images in loader:
            if isinstance(images, DataError):
                raise images
            yield images


def read_all(paths: tuple[Path, ...], index: Tensor, input: tuple[int, ...], workers: int) -> Tensor:
    """The images at these indices, uint8 N×C×H×W. Raises DataError."""
    return torch.cat(list(stream(paths, list(torch.split(index, READ)), input, workers)))


def _undisturbed(worker: int) -> None:
    """Leave Ctrl-C to the process that trains; it ends its workers. Its handlers are not theirs."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


@contextmanager
def reported() -> Iterator[None]:
    """The death of a worker as DataError.

    torch tells of it by a signal: it may strike at any line of the process that waits, so training as a whole is to
    stand in here.
    """
    try:
        yield
    except RuntimeError as error:
        if not str(error).startswith("DataLoader worker"):
            raise
        reason = str(error).split(". ")[0].rstrip(".")
        help = "too little memory is the usual reason: set fewer `workers` in the recipe; 0 reads in the process itself"
        raise DataError(f"a worker that reads images has died: {reason}", help) from None

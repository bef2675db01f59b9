"""Where weights come from: a word for torchvision's, a file, or the folder of a run."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from torch import Tensor, nn

from cnnspec.engine.diagnostics import CheckpointError
from cnnspec.engine.safe_open import open_regular
from cnnspec.pytorch.weights import pickled, published, safe
from cnnspec.pytorch.weights.fill import fill, tensors
from cnnspec.pytorch.weights.names import TORCHVISION, WEIGHTS, is_run

if TYPE_CHECKING:
    from torchvision.models import WeightsEnum

SHARE = 16  # a file has at most so many times the bytes of the network: other precisions, optimizers, averages
BESIDE = 2**26  # and so many besides

Source = str | os.PathLike[str]


@dataclass(frozen=True, slots=True, eq=False)
class Loaded:
    """Tensors by their keys, and how messages call the place that they come from."""

    tensors: Mapping[str, Tensor]
    origin: str


def load_weights(module: nn.Module, source: Source, title: str) -> None:
    """Put the weights of a source into a network, all of them or none; ``title`` is the name of its spec.

    ``source`` is `torchvision:NAME`, the path of a safetensors file or of a state dict that torch.save wrote, or the
    folder of a run. Raises CheckpointError where a file is damaged or does not fit, DataError where a download fails,
    OutputError where it cannot be kept, UsageError for names that are unknown.
    """
    loaded = read(source, title, most_bytes(module))
    fill(module, loaded.tensors, loaded.origin, f"`{title}`")


def most_bytes(module: nn.Module) -> int:
    """The size up to which a file may be one of a module's weights: larger ones are refused unread."""
    return SHARE * sum(tensor.nbytes for tensor in tensors(module).values()) + BESIDE


def read(source: Source, title: str, most: int) -> Loaded:
    """The tensors of a source; a file has ``most`` bytes at most. Raises as ``load_weights`` does."""
    named = find(source, title)
    if isinstance(named, Path):
        return Loaded(read_file(named, most), str(named))
    return Loaded(published.state_dict(named), str(named))


def find(source: Source, title: str) -> Path | WeightsEnum:
    """What a source names, unread. Raises UsageError and CheckpointError where that is nothing."""
    text = os.fspath(source)
    if text.startswith(TORCHVISION):
        return published.entry(text.removeprefix(TORCHVISION), title)
    path = Path(text).expanduser()
    if path.is_dir():
        if not is_run(path):
            raise CheckpointError(f"{path} is not the folder of a run", f"a run has the file {WEIGHTS}")
        path = path / WEIGHTS
    if not path.exists():
        raise CheckpointError(f"there is no file {path}")
    return path


def read_file(path: Path, most: int) -> dict[str, Tensor]:
    """The tensors of a file, which is told by its first bytes. Raises CheckpointError, UsageError for a pipe."""
    try:
        with open_regular(path) as file:
            head = file.read(max(safe.HEAD, pickled.HEAD))
            size = os.fstat(file.fileno()).st_size
    except FileNotFoundError:
        raise CheckpointError(f"there is no file {path}") from None
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {error.strerror}") from None
    if size > most:
        help = "is it a file of another network?"
        raise CheckpointError(f"{path} has {size:,} bytes, and weights of this network at most {most:,}", help)
    if safe.begins(head):
        return safe.read(path)
    if pickled.begins(head):
        return pickled.read(path)
    help = "a file of weights is in the format of safetensors, or a state dict that torch.save wrote"
    raise CheckpointError(f"{path} holds no weights{_seen(head)}", help)


def _seen(head: bytes) -> str:
    """What a file is that is often found in the place of weights."""
    if head.startswith(b"version https://git-lfs"):
        return ": it is a pointer to a file that Git LFS has not fetched"
    if head.lstrip()[:1] == b"<":
        return ": it is a page of HTML, or XML"
    return "" if head else ": it is empty"

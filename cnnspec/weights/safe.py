"""Files in the format of safetensors: the length of a header, the header in JSON, and numbers."""

from __future__ import annotations

from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor, nn

from cnnspec.diagnostics import CheckpointError
from cnnspec.weights.fill import tensors

HEAD = 9  # bytes that tell the format


def begins(head: bytes) -> bool:
    """Whether a file with these first bytes may be one: the header is an object of JSON."""
    return len(head) >= HEAD and head[8:9] == b"{"


def read(path: Path) -> dict[str, Tensor]:
    """The tensors of a file. Raises CheckpointError."""
    try:
        return load_file(path)
    except (OSError, SafetensorError, ValueError, KeyError, OverflowError, MemoryError) as error:
        raise CheckpointError(f"{path} is damaged: {error}") from None


def as_bytes(module: nn.Module) -> bytes:
    """A module's parameters and buffers as a file; one that has several names is there under its first."""
    return save({name: tensor.detach().contiguous() for name, tensor in tensors(module).items()})

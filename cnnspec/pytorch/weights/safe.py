"""Files in the format of safetensors: the length of a header, the header in JSON, and numbers."""

from __future__ import annotations

from pathlib import Path

from safetensors.torch import load, load_file, save
from torch import Tensor, nn

from cnnspec.engine.diagnostics import CheckpointError, clip
from cnnspec.engine.safe_open import open_regular
from cnnspec.pytorch.weights.fill import tensors

HEAD = 9  # bytes that tell the format
MOST_TOLD = 200  # characters of what is told of a damage


def begins(head: bytes) -> bool:
    """Whether a file with these first bytes may be one: the header is an object of JSON."""
    return len(head) >= HEAD and head[8:9] == b"{"


def read(path: Path) -> dict[str, Tensor]:
    """The tensors of a file. Raises CheckpointError."""
    try:
        if not _is_text(path):  # which safetensors cannot open by its name
            with open_regular(path) as file:
                return load(file.read())
        return load_file(path)
    except Exception as error:  # noqa: BLE001 - whatever a damaged or hostile header makes safetensors and torch raise
        reason, *_ = str(error).split("\n")
        raise CheckpointError(f"{path} is damaged: {clip(reason, MOST_TOLD)}") from None


def as_bytes(module: nn.Module) -> bytes:
    """A module's parameters and buffers as a file; one that has several names is there under its first."""
    return save({name: tensor.detach().contiguous() for name, tensor in tensors(module).items()})


def _is_text(path: Path) -> bool:
    """Whether a name is UTF-8; file systems take any bytes."""
    return not any("\ud800" <= character <= "\udfff" for character in str(path))

"""A State <-> the files of one checkpoint.

What is read is untrusted: nothing larger than the caller allows is taken into memory, and nothing is taken apart whose
hash is not the manifest's.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from cnnspec.diagnostics import UsageError
from cnnspec.opening import read_bounded
from cnnspec.train.checkpoint import plain
from cnnspec.train.checkpoint.manifest import MANIFEST, MOST, Held, Manifest, sha256
from cnnspec.train.checkpoint.state import State, grouped

VALUES = "values.json"
MOST_VALUES = 2**24  # bytes of it: as Python's objects they take ten times as much
TENSORS = ".safetensors"


class Damaged(Exception):
    """A checkpoint that is not as it was written; says which file, and how it differs."""


def files_of(state: State, best: bool) -> dict[str, bytes]:
    """What a checkpoint's folder holds, by file names, the manifest last."""
    groups: dict[str, dict[str, Tensor]] = defaultdict(dict)
    for key, tensor in state.tensors.items():
        group, _, name = key.partition(".")
        groups[group][name] = tensor.detach().to("cpu").contiguous()
    files = {f"{group}{TENSORS}": save(tensors) for group, tensors in groups.items()}
    files[VALUES] = plain.encode(state.values)
    return {**files, MANIFEST: Manifest.of(files, best).text()}


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a checkpoint. Raises Damaged."""
    if folder.is_symlink():
        raise Damaged("it is a link, and no link is followed here")
    try:
        return Manifest.parse(_bytes(folder / MANIFEST, MOST))
    except ValueError as error:
        raise Damaged(f"{MANIFEST}: {error}") from None


def read(folder: Path, most: int) -> State:
    """The state of a checkpoint, where its files take at most ``most`` bytes. Raises Damaged."""
    files = read_manifest(folder).files
    if VALUES not in files:
        raise Damaged(f"{MANIFEST}: it names no {VALUES}")
    _bound(sum(held.bytes for held in files.values()), most)
    _bound(files[VALUES].bytes, MOST_VALUES)
    contents = {name: _held(folder / name, held) for name, held in files.items()}
    tensors: dict[str, Tensor] = {}
    for name in contents:
        if name.endswith(TENSORS):
            tensors |= grouped(name.removesuffix(TENSORS), _tensors(name, contents[name]))
    return State(tensors, _values(contents[VALUES]))


def _bound(size: int, most: int) -> None:
    if size > most:
        raise Damaged(f"{MANIFEST}: it speaks of {size:,} bytes, more than the {most:,} that such a run could need")


def _held(path: Path, held: Held) -> bytes:
    data = _bytes(path, held.bytes)
    if len(data) != held.bytes:
        raise Damaged(f"{path.name}: {len(data):,} bytes where the manifest says {held.bytes:,}")
    if sha256(data) != held.sha256:
        raise Damaged(f"{path.name}: its SHA-256 is not that of the manifest")
    return data


def _bytes(path: Path, most: int) -> bytes:
    """A file of at most so many bytes."""
    try:
        return read_bounded(path, most, follow=False)
    except FileNotFoundError:
        raise Damaged(f"{path.name} is missing") from None
    except (OSError, UsageError) as error:
        raise Damaged(f"{path.name} cannot be read: {getattr(error, 'strerror', None) or error}") from None


def _tensors(name: str, data: bytes) -> dict[str, Tensor]:
    try:
        return load(data)
    except (SafetensorError, ValueError, KeyError, TypeError, OverflowError) as error:
        raise Damaged(f"{name}: {error}") from None


def _values(data: bytes) -> dict[str, object]:
    try:
        return plain.decode(data)
    except ValueError as error:
        raise Damaged(f"{VALUES}: {error}") from None

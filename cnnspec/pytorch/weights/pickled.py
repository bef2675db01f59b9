"""State dicts that torch.save wrote: pickles, of which nothing but tensors is taken, so that no code of theirs runs."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import ZIP_STORED, BadZipFile, ZipFile

import torch
from torch import Tensor

from cnnspec.engine.diagnostics import CheckpointError, a
from cnnspec.engine.safe_open import open_regular

HEAD = 64  # bytes that tell the format
ZIP, PICKLE = b"PK\x03\x04", b"\x80"
# What holds the state dict in checkpoints of training scripts, and what wrappers put before every key.
WITHIN = ("state_dict", "model_state_dict", "model")
PREFIXES = ("module.", "_orig_mod.")
# What torch says of a pickle: that it should be trusted, and what is wrong with it.
TRUST, ADVICE = "weights_only", "WeightsUnpickler error: "
FORBIDDEN = re.compile(r"GLOBAL (\S{1,100})")


def begins(head: bytes) -> bool:
    """Whether a file with these first bytes may be one."""
    return head.startswith((ZIP, PICKLE))


def read(path: Path) -> dict[str, Tensor]:
    """The tensors of a file. Raises CheckpointError."""
    _check_archive(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of formats that torch is about to give up
        try:
            with open_regular(path) as file:  # which any name has, be it no text
                found = torch.load(file, map_location="cpu", weights_only=True)
        except Exception as error:  # noqa: BLE001 - whatever a damaged or hostile pickle makes torch's reader raise
            raise refusal(path, error) from None
    return _state_dict(path, found)


def _check_archive(path: Path) -> None:
    """Refuse an archive whose files are compressed, which torch.save never does: a small one may unfold without end."""
    with open_regular(path) as file:
        if file.read(len(ZIP)) != ZIP:
            return
    try:
        with ZipFile(path) as archive:
            packed = any(entry.compress_type != ZIP_STORED for entry in archive.infolist())
    except (BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise CheckpointError(f"{path} is damaged: {error}") from None
    if packed:
        raise CheckpointError(f"{path} is compressed, and torch.save compresses nothing", "unpack it first")


def refusal(path: Path, error: Exception) -> CheckpointError:
    """What torch's reader said of a file, without its advice to trust it."""
    said = " ".join(str(error).split())
    name = FORBIDDEN.search(said)
    if name:
        help = "save the tensors alone: `torch.save(model.state_dict(), path)`, or safetensors"
        held = f"{path} holds Python objects (`{name[1]}`), which are not loaded: they would run code"
        return CheckpointError(held, help)
    reason = said.partition(ADVICE)[2].partition(" Check the documentation")[0] or ("" if TRUST in said else said)
    return CheckpointError(f"{path} is damaged{': ' * bool(reason)}{reason[:200]}")


def _state_dict(path: Path, found: Any) -> dict[str, Tensor]:
    """The tensors by name, out of what training scripts and wrappers put around them."""
    inner = [found[name] for name in WITHIN if name in found] if isinstance(found, Mapping) else []
    state = inner[0] if inner and isinstance(inner[0], Mapping) else found
    if not isinstance(state, Mapping) or not all(isinstance(name, str) for name in state):
        raise CheckpointError(f"{path} holds no state dict, but {a(type(state).__name__)}", NO_STATE_DICT)
    strange = next((name for name, value in state.items() if not isinstance(value, Tensor)), None)
    if strange is not None:
        what = a(type(state[strange]).__name__)
        raise CheckpointError(f"{path} holds no state dict: `{strange}` is {what}, not a tensor", NO_STATE_DICT)
    return _unwrapped(dict(state))


NO_STATE_DICT = "`torch.save(model.state_dict(), path)` writes one"


def _unwrapped(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Without the prefix that DataParallel or torch.compile has put before all keys."""
    for prefix in PREFIXES:
        if state and all(name.startswith(prefix) for name in state):
            return _unwrapped({name.removeprefix(prefix): tensor for name, tensor in state.items()})
    return state

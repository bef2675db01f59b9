"""The weights that torchvision publishes, downloaded once and kept where torch.hub keeps them."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import redirect_stdout
from errno import EDQUOT, ENOSPC
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import URLError

import torch
from torch import Tensor

from cnnspec.engine.diagnostics import DataError, OutputError, UsageError, did_you_mean, listing
from cnnspec.pytorch.weights.pickled import refusal

if TYPE_CHECKING:
    from torchvision.models import WeightsEnum

EXAMPLE = "name them in full, such as torchvision:ResNet50_Weights.IMAGENET1K_V2"


def entry(words: str, title: str) -> WeightsEnum:
    """The entry of a name such as `IMAGENET1K_V2`, of the builder that the spec is called after; or of a full name.

    Raises UsageError.
    """
    enum, _, name = words.rpartition(".")
    found = _enums()
    if enum:
        weights = next((each for each in found.values() if each.__name__ == enum), None)
        if weights is None:
            near = did_you_mean(enum, [each.__name__ for each in found.values()])
            raise UsageError(f"torchvision has no weights `{enum}`", near or EXAMPLE)
    else:
        builder = title.rpartition(":")[2]
        if builder not in found:
            raise UsageError(f"torchvision has no builder `{builder}`, whose weights could be meant", EXAMPLE)
        weights = found[builder]
    if name not in weights.__members__:
        known = f"there are {listing(list(weights.__members__))}"
        near = did_you_mean(name, weights.__members__)
        raise UsageError(f"`{weights.__name__}` has no `{name}`", near or known)
    return weights[name]


def _enums() -> dict[str, type[WeightsEnum]]:
    """The weights of every builder of a classifier."""
    from torchvision import models  # a second to import, and needed here only

    return {name: models.get_model_weights(name) for name in models.list_models(module=models)}


def state_dict(entry: WeightsEnum) -> Mapping[str, Tensor]:
    """The tensors, whose file is checked against its hash. Raises DataError and OutputError."""
    try:
        with redirect_stdout(sys.stderr):  # where torch.hub says that it downloads
            found: Mapping[str, Tensor] = entry.get_state_dict(
                progress=sys.stderr.isatty(), check_hash=True, map_location="cpu", weights_only=True
            )
    except (URLError, HTTPException, TimeoutError, ConnectionError) as error:
        raise _not_there(entry, getattr(error, "reason", None) or error) from None
    except OSError as error:
        raise _not_kept(entry, error) from None
    except Exception as error:  # noqa: BLE001 - a wrong hash, or whatever a damaged file makes torch's reader raise
        raise _damaged(entry, error) from None
    return found


def _place(entry: WeightsEnum) -> Path:
    name: str = entry.url.rpartition("/")[2]
    return Path(torch.hub.get_dir()) / "checkpoints" / name


def _not_there(entry: WeightsEnum, reason: object) -> DataError:
    said = " ".join(str(reason).split())
    help = f"download it elsewhere, put it there as {_place(entry)}, or give the path of the file"
    return DataError(f"{entry} could not be downloaded from {entry.url}: {said}", help)


def _not_kept(entry: WeightsEnum, error: OSError) -> DataError | OutputError:
    if error.filename is None and error.errno not in (ENOSPC, EDQUOT):
        return _not_there(entry, error.strerror or error)
    message = f"{_place(entry)} cannot be written or read: {error.strerror}"
    return OutputError(message, "the variable TORCH_HOME names another folder")


def _damaged(entry: WeightsEnum, error: Exception) -> DataError:
    said = " ".join(str(error).split())
    if "hash" in said:
        return DataError(f"{entry} was downloaded from {entry.url}, and is not what it should be: {said}")
    return DataError(refusal(_place(entry), error).message, "remove the file, so that it is downloaded anew")

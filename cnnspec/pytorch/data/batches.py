"""An order of images in parts of a batch each."""

from __future__ import annotations

import torch
from torch import Tensor


def batches(order: Tensor, size: int) -> list[Tensor]:
    """``order`` in parts of ``size``; a single image left over joins the part before it.

    BatchNorm cannot train on one value a channel, and dropping the image would train on fewer than were asked for.
    """
    parts = list(torch.split(order, size))
    if size > 1 and len(parts) > 1 and len(parts[-1]) == 1:
        parts[-2:] = [order[-size - 1 :]]
    return parts

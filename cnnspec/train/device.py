"""Where the tensors live, and how many threads work on them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

from cnnspec.diagnostics import UsageError


def device_named(name: str) -> torch.device:
    """The device of that name; ``auto`` is a CUDA GPU where there is one. Raises UsageError where it is not there."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(0, device=device).cpu()
    except (RuntimeError, AssertionError, NotImplementedError) as error:  # torch's ways to say no to a device
        reason = str(error).strip().split("\n")[0]
        raise UsageError(f"there is no device `{name}` here: {reason}", "such as auto, cpu, cuda, cuda:1") from None
    return device


def placed(model: nn.Module, device: torch.device) -> nn.Module:
    """The model on its device, on a CPU with its weights in channels-last order.

    That is the order in which oneDNN convolves and pools fastest. Keys, shapes and values stay; sums are rounded in
    another order.
    """
    model = model.to(device)
    return model.to(memory_format=torch.channels_last) if device.type == "cpu" else model


@contextmanager
def threads(number: int | None) -> Iterator[None]:
    """So many threads for torch's operations on the CPU, and afterwards as many as before; None: torch's own choice."""
    before = torch.get_num_threads()
    torch.set_num_threads(number or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)

"""Where the tensors live."""

from __future__ import annotations

import torch

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

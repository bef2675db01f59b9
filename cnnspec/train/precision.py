"""Mixed precision: convolutions and matrices in 16 bits, weights and losses in 32.

bfloat16 has the exponents of float32 and needs nothing more. float16 has not: the loss is scaled up before the way
back, so that small gradients do not vanish, and a step whose gradients have overflowed is left out.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Literal

import torch
from torch.amp.autocast_mode import autocast
from torch.amp.grad_scaler import GradScaler

Amp = Literal["bf16", "fp16"] | None
TYPES = {"bf16": torch.bfloat16, "fp16": torch.float16}


def mixed(device: torch.device, amp: Amp) -> AbstractContextManager[object]:
    """Where the network runs."""
    return nullcontext() if amp is None else autocast(device.type, TYPES[amp])


def scaler(device: torch.device, amp: Amp) -> GradScaler:
    """What scales the loss; for all but float16 it leaves everything as it is."""
    return GradScaler(device.type, enabled=amp == "fp16")

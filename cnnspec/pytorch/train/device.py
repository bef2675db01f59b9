"""Where the tensors live, and how many threads work on them."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import nn

from cnnspec.engine.diagnostics import UsageError
from cnnspec.engine.safe_open import MOST_RECORD, read_bounded
from cnnspec.pytorch.train.world import ALONE, World


def device_named(name: str, world: World = ALONE) -> torch.device:
    """The device of that name; ``auto`` is a CUDA GPU where there is one. Raises UsageError where it is not there.

    Of several processes each takes the GPU of its number on its machine.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if world.size > 1:
        name = _own(name, world)
    try:
        device = torch.device(name)
        torch.empty(0, device=device).cpu()
    except Exception as error:  # noqa: BLE001 - torch's ways to say no to a device, and those of what it imports for one
        reason = re.split(r"\.\s|\n", str(error).strip())[0]
        raise UsageError(f"there is no device `{name}` here: {reason}", "such as auto, cpu, cuda, cuda:1") from None
    return device


def _own(name: str, world: World) -> str:
    if name not in ("cpu", "cuda"):
        message = f"several processes train on `cpu`, or on `cuda`, a GPU for each; not on `{name}`"
        raise UsageError(message, "--device cuda, or leave it out")
    return f"cuda:{world.local_rank}" if name == "cuda" else name


def placed(model: nn.Module, device: torch.device, channels_last: bool | None = None) -> nn.Module:
    """The model on its device, with its weights in channels-last order if wanted; None: on a CPU.

    That is the order in which oneDNN convolves and pools fastest, and in which GPUs convolve in 16 bits. Keys, shapes
    and values stay; sums are rounded in another order.
    """
    model = model.to(device)
    wanted = device.type == "cpu" if channels_last is None else channels_last
    return model.to(memory_format=torch.channels_last) if wanted else model


def processor(device: torch.device) -> str:
    """What computes: the GPU's name, of the CPU its model; nothing where the machine does not say."""
    if device.type == "cuda":
        return str(torch.cuda.get_device_name(device))
    described = Path("/proc/cpuinfo")
    lines = read_bounded(described, MOST_RECORD).decode().splitlines() if described.exists() else []
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(models, platform.processor())


@contextmanager
def deterministic(wanted: bool) -> Iterator[None]:
    """With nothing in use that gives other numbers each time. Raises UsageError where torch has nothing else."""
    if not wanted:
        yield
        return
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # which cuBLAS reads before its first product
    before, tries = torch.are_deterministic_algorithms_enabled(), torch.backends.cudnn.benchmark
    torch.use_deterministic_algorithms(mode=True)
    if tries:  # it is off unless someone wants it on, and not everyone may set it
        torch.backends.cudnn.benchmark = False
    try:
        yield
    except RuntimeError as error:
        if "deterministic" not in str(error):
            raise
        reason = str(error).split(". ")[0].split(", but")[0]
        raise UsageError(
            f"`deterministic: true` cannot be had: {reason}", "leave it out, or train on the CPU"
        ) from None
    finally:
        torch.use_deterministic_algorithms(mode=before)
        if tries:
            torch.backends.cudnn.benchmark = True


@contextmanager
def threads(number: int | None) -> Iterator[None]:
    """So many threads for torch's operations on the CPU, and afterwards as many as before; None: torch's own choice."""
    before = torch.get_num_threads()
    torch.set_num_threads(number or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)

"""Names of weights: those of torchvision have a prefix, all others are paths; and the file in the folder of a run."""

from __future__ import annotations

from pathlib import Path

WEIGHTS = "weights.safetensors"
TORCHVISION = "torchvision:"


def is_run(folder: Path) -> bool:
    """Whether a folder holds weights as training writes them."""
    return (folder / WEIGHTS).is_file()


def located(source: str) -> str:
    """The name of a source as it is found from any folder."""
    return source if source.startswith(TORCHVISION) else str(Path(source).expanduser().absolute())

"""Graph -> Python source: one file of plain PyTorch, a class for each block."""

from __future__ import annotations

from cnnspec.emit.source.file import python

__all__ = ["python"]

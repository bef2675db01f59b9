"""Spec -> a file for other programs: Python source, ONNX, or torch.export's.

    Spec ──► Graph ──► source                        --to python: no torch is imported
                   └─► module ──► ONNX · .pt2        evaluation alone; the batch is free
                          ▲
                       weights

What is written is whole or not there: it is made in memory and moved to its place.
"""

from cnnspec.pytorch.exporting.export import FORMATS, exported

__all__ = ["FORMATS", "exported"]

"""Files -> batches that a network takes.

    name ──► files, found or downloaded ──checked──► images uint8, in memory ──► batches float32
                                                     or files of images, read by workers

Torch is imported by what needs it: the command line reads DATA_NAMES without.
"""

from cnnspec.engine.recipe.data_names import DATA_NAMES, DataName

__all__ = ["DATA_NAMES", "DataName"]

"""What a sweep file says: read and checked without torch, before anything is planned.

    sweep.yaml ──parse──► Node ──read──► SweepFile      base, axes, sampler, pruner, objective, budget
                                  └─sound: axes that name something, values that it takes

What its points are, what they cost and how they run is cnnspec.pytorch.sweep's.
"""

from cnnspec.engine.sweep_file.model import Axis, Bounds, NetworkEntry, Objective, Range, SweepFile, grid
from cnnspec.engine.sweep_file.read import read

__all__ = ["Axis", "Bounds", "NetworkEntry", "Objective", "Range", "SweepFile", "grid", "read"]

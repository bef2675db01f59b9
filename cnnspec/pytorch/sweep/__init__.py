"""Many runs from one file: planned, priced, run, resumed and shown.

sweep.yaml ──read──► SweepFile ──plan──► Points, checked and priced ──run──► SWEEP/ ──read_sweep──► Sweep
"""

from cnnspec.pytorch.sweep.read import read_sweep
from cnnspec.pytorch.sweep.record import Chosen, Point, RecordedAxis, Sweep

__all__ = ["Chosen", "Point", "RecordedAxis", "Sweep", "read_sweep"]

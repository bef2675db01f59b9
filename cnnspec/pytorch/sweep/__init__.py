"""Many runs from one file: planned, priced, run, resumed and shown.

sweep.yaml ──read──► SweepFile ──plan──► Points, checked and priced ──run──► SWEEP/ ──read_sweep──► Sweep
"""

from cnnspec.pytorch.sweep.record import Axis, Chosen, Point, Sweep, read_sweep

__all__ = ["Axis", "Chosen", "Point", "Sweep", "read_sweep"]

"""Which inputs a network accepts, solved from the formulas of its layers.

    Spec ──solve──► Inputs      accepted sizes, the smallest, and the line behind each constraint

The layers are not described a second time: the ordinary expansion runs over sizes that are functions of the input's
(tracked.py), and what it asks of them says for which inputs it would do the same (explore.py).
"""

from cnnspec.engine.inputs.answer import Constraint, Inputs
from cnnspec.engine.inputs.region import Region
from cnnspec.engine.inputs.sizes import Sizes
from cnnspec.engine.inputs.solve import solve
from cnnspec.engine.inputs.weights import Weights

__all__ = ["Constraint", "Inputs", "Region", "Sizes", "Weights", "solve"]

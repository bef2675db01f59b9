"""Graph -> what is over budget: each bound that a network exceeds, and the lines that cost most.

    max_params, max_macs    what adds up over layers                    sums
    max_memory              weights, and activations at their peak      memory
    min_input               an image of this size, or a smaller one     smallest

The bounds are those of the spec's section `budget` and those that are given from outside, which go before them.
"""

from cnnspec.engine.budget.check import over_budget
from cnnspec.engine.budget.smallest import SOLVING

__all__ = ["SOLVING", "over_budget"]

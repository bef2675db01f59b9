"""Rules over sound specs: what is allowed and hardly ever meant.

    Spec, its graph under each variant ──rules──► warnings, one for each line, those silenced left out

A rule is a function of a View (a graph with its edges) that yields a Finding for each layer, or of the text. Each has a
page in cnnspec/explanations.
"""

from cnnspec.engine.lint.run import CODES, lint

__all__ = ["CODES", "lint"]

"""Spec -> Graph: params, variants and blocks expanded, names given, shapes and costs known.

    Spec ──expand──► Graph      nodes in order of execution, scopes as the hierarchy of modules

No torch: everything here is arithmetic on the shapes of cnnspec/layers.
"""

from cnnspec.network.expand import expand
from cnnspec.network.graph import INPUT, Graph, Init, Node, Scope
from cnnspec.syntax import Meter

__all__ = ["INPUT", "Graph", "Init", "Meter", "Node", "Scope", "expand"]

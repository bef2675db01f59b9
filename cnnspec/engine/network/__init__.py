"""Spec -> Graph: params, variants and blocks expanded, names given, shapes and costs known.

    Spec ──expand──► Graph      nodes in order of execution, scopes as the hierarchy of modules

No torch: everything here is arithmetic on the shapes of cnnspec/layers.
"""

from cnnspec.engine.network.expand import expand
from cnnspec.engine.network.graph import INPUT, Graph, Init, Node, Scope
from cnnspec.engine.syntax import Meter

__all__ = ["INPUT", "Graph", "Init", "Meter", "Node", "Scope", "expand"]

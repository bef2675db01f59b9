"""Layers of the user's own: subclasses of Layer in a Python file, or in an installed package.

    my_layers.py ──load──────────┐
    entry points ──load_offered──┴─► checked, guarded ─► REGISTRY, under the name of the class

A file is imported on its user's explicit word alone. Of what is installed only the layers that a spec names are
imported: an entry point of the group `cnnspec.layers` has the name of its layer. Whatever goes wrong in a plugin is a
PluginFault that points into the user's own file.
"""

from cnnspec.engine.plugins.fault import PluginFault
from cnnspec.engine.plugins.files import load
from cnnspec.engine.plugins.packages import load_offered
from cnnspec.engine.plugins.register import NAME, PluginOrigin, origin

__all__ = ["NAME", "PluginFault", "PluginOrigin", "load", "load_offered", "origin"]

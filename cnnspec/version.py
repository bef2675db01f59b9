"""The version, in a module that imports nothing: every other module may read it."""

__version__ = "0.1.0"

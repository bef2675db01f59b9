"""Functions of torch -> lines. A handler has the function's own signature behind the translator.

A name is that of the function or method without the `_` of its in-place form; `aten.NAME` goes before NAME for the
operators of an exported program whose arguments stand in another order.
"""

from __future__ import annotations

from cnnspec.pytorch.importing.functions import activation, inert, joins, pooling, resizing, shape, weighted
from cnnspec.pytorch.importing.functions.table import HANDLERS

__all__ = ["HANDLERS", "activation", "inert", "joins", "pooling", "resizing", "shape", "weighted"]

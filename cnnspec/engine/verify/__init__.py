"""Emitted source -> the dataflow that it really has, compared with the graph's before anything is written.

    Graph ───replay──► Trace ─┐
                              ├──compare──► nothing, or the first difference
    source ───run────► Trace ─┘

A Trace holds the modules with their keys and arguments, the order in which they are created and initialized, and for
evaluation and training each call with the values that it reads. Python itself runs the source, with stand-ins for torch
that record instead of compute. So whatever Python makes of the text is what is compared: a name that hides another, an
attribute that is set twice, letters that Python folds into one. Nothing here knows how the source was written, and
torch is never imported.
"""

from cnnspec.engine.verify.compare import verify

__all__ = ["verify"]

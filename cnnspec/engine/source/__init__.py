"""Graph -> Python source: one file of plain PyTorch, a class for each block, that needs no cnnspec.

    Graph ──by definition──► scopes that one block gave
              template        the lines of the block, each with the children that it gave at every place
              names, solve    an expression for each argument: a literal, a name, what the spec says
              making,         what makes the modules: nn.Sequential(…), loops, conditions
              construct
              wiring, forward the dataflow, as statements
          ──► Class ──file──► text, laid out as ruff does

Whatever is guessed is tried on every instance before it is written, so the source is right or is not written so:
a class that does not come out whole is parted, down to one for each structure.
"""

from cnnspec.engine.source.file import python
from cnnspec.engine.source.heading import Heading, heading

__all__ = ["Heading", "heading", "python"]

"""Arguments that name a dimension, in torch's count: 0 is the batch, -1 the last."""

from cnnspec.engine.layers.base import Layer, described, setting
from cnnspec.engine.layers.shape import Shape


def dimension(layer: Layer, name: str, x: Shape) -> int:
    """The dimension that an argument names, from 0 to ``len(x)``. Refuses what is not there."""
    dim: int = getattr(layer, name)
    if not -len(x) - 1 <= dim <= len(x):
        layer.refuse(
            "no-such-dimension",
            f"there is no dimension {dim}: dimensions go from 0, the batch, to {len(x)}",
            argument=name,
            label=f"gets {described(x)}",
            tries=(setting(**{name: 1 if name == "start_dim" else -1}),),
        )
    return dim % (len(x) + 1)


def own_dimension(layer: Layer, name: str, x: Shape, deed: str) -> int:
    """The same, and refuses the batch: no layer may mix its images or move them."""
    dim = dimension(layer, name, x)
    if dim == 0:
        layer.refuse(
            "mixes-batch",
            f"`{type(layer).__name__}` {deed} dimension 0, which is the batch",
            argument=name,
            label="dimension 0 is the batch",
            tries=(setting(**{name: 1}),),
        )
    return dim

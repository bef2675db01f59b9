"""Pools, and means over a whole map, which are pools to 1×1."""

from __future__ import annotations

from typing import Any

from cnnspec.pytorch.importing.functions.table import HANDLERS, says
from cnnspec.pytorch.importing.operand import Operand, Unsaid
from cnnspec.pytorch.importing.translate import Translator


def _max_pool(dims: int) -> Any:
    def handler(
        t: Translator,
        x: Operand,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        ceil_mode: bool = False,
        return_indices: bool = False,
    ) -> Operand:
        if return_indices:
            raise Unsaid("no layer gives the places of the largest values")
        return t.line(
            f"MaxPool{dims}d",
            x,
            kernel_size=kernel_size,
            stride=stride or kernel_size,
            padding=padding,
            dilation=dilation,
            ceil_mode=ceil_mode,
        )

    return handler


def _avg_pool(dims: int) -> Any:
    def handler(
        t: Translator,
        x: Operand,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> Operand:
        args = {
            "kernel_size": kernel_size,
            "stride": stride or kernel_size,
            "padding": padding,
            "ceil_mode": ceil_mode,
            "count_include_pad": count_include_pad,
            "divisor_override": divisor_override,
        }
        return t.line(f"AvgPool{dims}d", x, **{name: value for name, value in args.items() if value is not None})

    return handler


HANDLERS.update({f"max_pool{dims}d": _max_pool(dims) for dims in (1, 2, 3)})
HANDLERS.update({f"avg_pool{dims}d": _avg_pool(dims) for dims in (1, 2, 3)})


@says("adaptive_avg_pool2d")
def adaptive_avg_pool2d(t: Translator, x: Operand, output_size: Any) -> Operand:
    return t.line("AdaptiveAvgPool2d", x, output_size=output_size)


@says("adaptive_max_pool2d")
def adaptive_max_pool2d(t: Translator, x: Operand, output_size: Any, return_indices: bool = False) -> Operand:
    if return_indices:
        raise Unsaid("no layer gives the places of the largest values")
    return t.line("AdaptiveMaxPool2d", x, output_size=output_size)


@says("mean")
def mean(t: Translator, x: Operand, dim: Any = None, keepdim: bool = False, dtype: Any = None) -> Operand:
    """The mean of a map over its rows and columns, which torch's global average pool takes in the same way."""
    dims = {d % len(x.shape) for d in ((dim,) if isinstance(dim, int) else dim or ())}
    if len(x.shape) != 4 or dims != {2, 3} or dtype is not None:
        help = "`x.mean([2, 3])` is `AdaptiveAvgPool2d: {output_size: 1}`"
        if len(x.shape) != 4 and dims == {*range(2, len(x.shape))}:
            written = "x.unsqueeze(2)" if len(x.shape) == 3 else "x.flatten(3)"
            help = f"take it as that of a map: `{written}.mean([2, 3])`"
        raise Unsaid("no layer takes this mean: only one over the rows and columns of a map is a pool", help)
    pooled = t.line("AdaptiveAvgPool2d", x, output_size=1)
    return pooled if keepdim else t.line("Flatten", pooled)


@says("amax")
def amax(t: Translator, x: Operand, dim: Any = (), keepdim: bool = False) -> Operand:
    """The largest value of each channel of a map."""
    dims = {d % len(x.shape) for d in ((dim,) if isinstance(dim, int) else dim)}
    if len(x.shape) != 4 or dims != {2, 3}:
        raise Unsaid("no layer takes this maximum: only one over the rows and columns of a map is a pool")
    pooled = t.line("AdaptiveMaxPool2d", x, output_size=1)
    return pooled if keepdim else t.line("Flatten", pooled)

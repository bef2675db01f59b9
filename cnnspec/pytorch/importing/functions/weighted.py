"""Functions that take weights: each becomes the layer of the module that holds them."""

from __future__ import annotations

from typing import Any

from cnnspec.pytorch.importing.functions.table import HANDLERS, says
from cnnspec.pytorch.importing.operand import Operand, Unsaid
from cnnspec.pytorch.importing.translate import Translator


def _convolution(dims: int) -> Any:
    def handler(
        t: Translator,
        x: Operand,
        weight: Operand,
        bias: Operand | None = None,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
    ) -> Operand:
        return t.line(
            f"Conv{dims}d",
            x,
            path=t.owner(weight=weight, bias=bias),
            out_channels=weight.shape[0],
            kernel_size=weight.shape[2:],
            stride=stride,
            padding=padding,
            dilation=dilation,
            groups=groups,
            bias=bias is not None,
        )

    return handler


HANDLERS.update({f"conv{dims}d": _convolution(dims) for dims in (1, 2, 3)})


@says("conv_transpose2d")
def conv_transpose2d(
    t: Translator,
    x: Operand,
    weight: Operand,
    bias: Operand | None = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Operand:
    return t.line(
        "ConvTranspose2d",
        x,
        path=t.owner(weight=weight, bias=bias),
        out_channels=weight.shape[1] * groups,
        kernel_size=weight.shape[2:],
        stride=stride,
        padding=padding,
        dilation=dilation,
        output_padding=output_padding,
        groups=groups,
        bias=bias is not None,
    )


@says("linear")
def linear(t: Translator, x: Operand, weight: Operand, bias: Operand | None = None) -> Operand:
    features = {"in_features": x.shape[-1]} if len(x.shape) > 2 else {}
    path = t.owner(weight=weight, bias=bias)
    return t.line("Linear", x, path=path, out_features=weight.shape[0], bias=bias is not None, **features)


@says("batch_norm")
def batch_norm(
    t: Translator,
    x: Operand,
    running_mean: Operand | None,
    running_var: Operand | None,
    weight: Operand | None = None,
    bias: Operand | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Operand:
    tracked = running_mean is not None
    owners = {"weight": weight, "bias": bias, "running_mean": running_mean, "running_var": running_var}
    if training != (t.training or not tracked):
        raise Unsaid("this `batch_norm` takes its statistics elsewhere than a `BatchNorm` of this mode does")
    return t.line(
        f"BatchNorm{max(len(x.shape) - 2, 1)}d",
        x,
        path=t.owner(**owners) if any(owner is not None for owner in owners.values()) else None,
        eps=eps,
        momentum=momentum,
        affine=weight is not None,
        track_running_stats=tracked,
        bias=bias is not None or weight is None,
    )


@says("aten.batch_norm", "torch.batch_norm")
def aten_batch_norm(
    t: Translator,
    x: Operand,
    weight: Operand | None,
    bias: Operand | None,
    running_mean: Operand | None,
    running_var: Operand | None,
    training: bool,
    momentum: float,
    eps: float,
    cudnn_enabled: bool = True,
) -> Operand:
    return batch_norm(t, x, running_mean, running_var, weight, bias, training, momentum, eps)


@says("group_norm")
def group_norm(
    t: Translator,
    x: Operand,
    num_groups: int,
    weight: Operand | None = None,
    bias: Operand | None = None,
    eps: float = 1e-5,
    cudnn_enabled: bool = True,
) -> Operand:
    path = t.owner(weight=weight, bias=bias) if weight is not None else None
    affine, shifts = weight is not None, bias is not None or weight is None
    return t.line("GroupNorm", x, path=path, num_groups=num_groups, eps=eps, affine=affine, bias=shifts)


@says("layer_norm")
def layer_norm(
    t: Translator,
    x: Operand,
    normalized_shape: Any,
    weight: Operand | None = None,
    bias: Operand | None = None,
    eps: float = 1e-5,
    cudnn_enable: bool = True,
) -> Operand:
    path = t.owner(weight=weight, bias=bias) if weight is not None else None
    affine = weight is not None
    return t.line(
        "LayerNorm",
        x,
        path=path,
        normalized_shape=None if tuple(normalized_shape) == tuple(x.shape[1:]) else tuple(normalized_shape),
        eps=eps,
        elementwise_affine=affine,
        bias=bias is not None or not affine,
    )


@says("instance_norm")
def instance_norm(
    t: Translator,
    x: Operand,
    running_mean: Operand | None = None,
    running_var: Operand | None = None,
    weight: Operand | None = None,
    bias: Operand | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Operand:
    if running_mean is not None:
        raise Unsaid("no function tracks statistics in a spec", "use `nn.InstanceNorm2d`")
    path = t.owner(weight=weight, bias=bias) if weight is not None else None
    affine = weight is not None
    return t.line("InstanceNorm2d", x, path=path, eps=eps, affine=affine, bias=bias is not None or not affine)


@says("aten.instance_norm")
def aten_instance_norm(
    t: Translator,
    x: Operand,
    weight: Operand | None,
    bias: Operand | None,
    running_mean: Operand | None,
    running_var: Operand | None,
    use_input_stats: bool,
    momentum: float,
    eps: float,
    cudnn_enabled: bool = True,
) -> Operand:
    return instance_norm(t, x, running_mean, running_var, weight, bias, use_input_stats, momentum, eps)


@says("local_response_norm")
def local_response_norm(
    t: Translator, x: Operand, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Operand:
    return t.line("LocalResponseNorm", x, size=size, alpha=alpha, beta=beta, k=k)


@says("prelu")
def prelu(t: Translator, x: Operand, weight: Operand) -> Operand:
    return t.line("PReLU", x, path=t.owner(weight=weight), num_parameters=weight.shape[0])

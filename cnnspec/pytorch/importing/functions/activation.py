"""Activations and dropout."""

from __future__ import annotations

from typing import Any

from cnnspec.engine.layers import ACTIVATIONS, REGISTRY
from cnnspec.pytorch.importing.functions.table import HANDLERS, says
from cnnspec.pytorch.importing.operand import Operand, Unsaid
from cnnspec.pytorch.importing.translate import Translator

PLAIN = {
    (REGISTRY[name].function or "").rpartition(".")[2]: name
    for name in ACTIVATIONS
    if REGISTRY[name].function and REGISTRY[name].model_fields.keys() <= {"inplace"}
}
PLAIN["log_sigmoid"] = PLAIN["logsigmoid"]  # what torch.export calls it


def _plain(type: str) -> Any:
    return lambda t, x, inplace=False: t.line(type, x)


HANDLERS.update({name: _plain(type) for name, type in PLAIN.items()})


@says("leaky_relu")
def leaky_relu(t: Translator, x: Operand, negative_slope: float = 0.01, inplace: bool = False) -> Operand:
    return t.line("LeakyReLU", x, negative_slope=negative_slope)


@says("elu")
def elu(
    t: Translator,
    x: Operand,
    alpha: float = 1.0,
    scale: float | bool = 1,
    input_scale: float = 1,
    inplace: bool = False,
) -> Operand:
    if isinstance(scale, bool):  # the third of torch.nn.functional.elu is `inplace`
        scale = 1
    if (scale, input_scale) != (1, 1):
        raise Unsaid("no layer is a scaled `elu`")
    return t.line("ELU", x, alpha=alpha)


@says("celu")
def celu(t: Translator, x: Operand, alpha: float = 1.0, inplace: bool = False) -> Operand:
    return t.line("CELU", x, alpha=alpha)


@says("gelu")
def gelu(t: Translator, x: Operand, approximate: str = "none") -> Operand:
    return t.line("GELU", x, approximate=approximate)


@says("softplus")
def softplus(t: Translator, x: Operand, beta: float = 1.0, threshold: float = 20.0) -> Operand:
    return t.line("Softplus", x, beta=beta, threshold=threshold)


@says("hardtanh")
def hardtanh(t: Translator, x: Operand, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Operand:
    if (min_val, max_val) == (0, 6):
        return t.line("ReLU6", x)  # what an exported program calls it
    return t.line("Hardtanh", x, min_val=min_val, max_val=max_val)


@says("clamp", "clip")
def clamp(t: Translator, x: Operand, min: float | None = None, max: float | None = None) -> Operand:
    if max is None and min == 0:
        return t.line("ReLU", x)
    if isinstance(min, int | float) and isinstance(max, int | float):
        return hardtanh(t, x, min, max)
    raise Unsaid("no layer bounds a tensor on one side alone", "`ReLU` bounds it at 0, `Hardtanh` on both sides")


@says("clamp_min")
def clamp_min(t: Translator, x: Operand, min: float) -> Operand:
    return clamp(t, x, min)


@says("hardshrink")
def hardshrink(t: Translator, x: Operand, lambd: float = 0.5) -> Operand:
    return t.line("Hardshrink", x, lambd=lambd)


@says("softshrink")
def softshrink(t: Translator, x: Operand, lambd: float = 0.5) -> Operand:
    return t.line("Softshrink", x, lambd=lambd)


@says("threshold", "_threshold")
def threshold(t: Translator, x: Operand, threshold: float, value: float, inplace: bool = False) -> Operand:
    return t.line("Threshold", x, threshold=threshold, value=value)


@says("glu")
def glu(t: Translator, x: Operand, dim: int = -1) -> Operand:
    return t.line("GLU", x, dim=dim)


@says("rrelu")
def rrelu(
    t: Translator,
    x: Operand,
    lower: float = 1 / 8,
    upper: float = 1 / 3,
    training: bool = False,
    inplace: Any = None,
) -> Operand:
    check_mode(t, training, "rrelu")
    return t.line("RReLU", x, lower=lower, upper=upper)


def _softmax(type: str) -> Any:
    def handler(
        t: Translator, x: Operand, dim: int | None = None, _stacklevel: Any = None, dtype: Any = None
    ) -> Operand:
        if dtype is not None or (_stacklevel is not None and not isinstance(_stacklevel, int)):
            raise Unsaid("a spec computes in one type of number: no layer takes `dtype`")
        return t.line(type, x, dim=dim)

    return handler


HANDLERS.update(softmax=_softmax("Softmax"), log_softmax=_softmax("LogSoftmax"), softmin=_softmax("Softmin"))


def check_mode(t: Translator, training: bool, name: str) -> None:
    """A layer draws at random in training and only there. Raises Unsaid for a function that does otherwise."""
    if training != t.training:
        what = "draws at random in evaluation, too" if training else "draws nothing in training"
        raise Unsaid(f"this `{name}` {what}", f"pass `training=self.training`, as `nn.{name.capitalize()}` does")


def _dropout(type: str) -> Any:
    def handler(t: Translator, x: Operand, p: float = 0.5, training: bool = True, inplace: bool = False) -> Operand:
        check_mode(t, training, "dropout")
        return t.line(type, x, p=float(p))

    return handler


HANDLERS.update(dropout=_dropout("Dropout"), dropout2d=_dropout("Dropout2d"), alpha_dropout=_dropout("AlphaDropout"))
HANDLERS["feature_dropout"] = HANDLERS["dropout2d"]

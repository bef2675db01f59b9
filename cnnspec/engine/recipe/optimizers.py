"""torch.optim's optimizers as data: arguments, defaults and bounds are torch's own.

Left out: LBFGS (it calls the network several times a step), Muon (for matrices alone) and SparseAdam (for gradients
that are sparse). Of arguments: `capturable`, `differentiable` and `maximize`, which make no sense here, and `foreach`
and `fused`, which say how the same is computed: in one kernel for all tensors, where torch has it.
"""

from typing import ClassVar, Self

from pydantic import model_validator

from cnnspec.engine.recipe.operation import (
    BelowOne,
    BetweenZeroAndOne,
    NonNegativeNumber,
    Number,
    Operation,
    PositiveNumber,
    family,
)

Betas = tuple[BelowOne, BelowOne]


class Optimizer(Operation):
    """Makes steps out of gradients."""

    module: ClassVar[str] = "torch.optim"
    fuses: ClassVar[bool] = False  # whether torch has it in one kernel for all tensors, on CPUs and on GPUs
    cycles: ClassVar[bool] = False  # whether it has a momentum that OneCycleLR and CyclicLR can move

    lr: PositiveNumber


class _Adaptive(Optimizer):
    cycles: ClassVar[bool] = True

    lr: PositiveNumber = 0.001
    betas: Betas = (0.9, 0.999)
    eps: NonNegativeNumber = 1e-8
    weight_decay: NonNegativeNumber = 0.0


class Adam(_Adaptive):
    """Adam (arXiv:1412.6980)."""

    fuses: ClassVar[bool] = True

    amsgrad: bool = False
    decoupled_weight_decay: bool = False


class AdamW(_Adaptive):
    """Adam whose weight decay stands apart from the gradient (arXiv:1711.05101)."""

    fuses: ClassVar[bool] = True

    weight_decay: NonNegativeNumber = 0.01
    amsgrad: bool = False


class Adamax(_Adaptive):
    """Adam by the largest gradient so far (arXiv:1412.6980)."""

    lr: PositiveNumber = 0.002


class NAdam(_Adaptive):
    """Adam with Nesterov's momentum."""

    lr: PositiveNumber = 0.002
    momentum_decay: NonNegativeNumber = 0.004
    decoupled_weight_decay: bool = False


class RAdam(_Adaptive):
    """Adam that rectifies the variance of its first steps (arXiv:1908.03265)."""

    decoupled_weight_decay: bool = False


class SGD(Optimizer):
    """Gradient descent, with momentum where it is set."""

    fuses: ClassVar[bool] = True
    cycles: ClassVar[bool] = True

    lr: PositiveNumber = 0.001
    momentum: NonNegativeNumber = 0.0
    dampening: Number = 0.0
    weight_decay: NonNegativeNumber = 0.0
    nesterov: bool = False

    @model_validator(mode="after")
    def _has_momentum(self) -> Self:
        if self.nesterov and (self.momentum <= 0 or self.dampening):
            raise ValueError("`nesterov: true` needs a `momentum` above 0 and no `dampening`")
        return self


class RMSprop(Optimizer):
    """Gradients over the root of their mean square."""

    cycles: ClassVar[bool] = True

    lr: PositiveNumber = 0.01
    alpha: NonNegativeNumber = 0.99
    eps: NonNegativeNumber = 1e-8
    weight_decay: NonNegativeNumber = 0.0
    momentum: NonNegativeNumber = 0.0
    centered: bool = False


class Adagrad(Optimizer):
    """Gradients over the root of the sum of all their squares."""

    lr: PositiveNumber = 0.01
    lr_decay: NonNegativeNumber = 0.0
    weight_decay: NonNegativeNumber = 0.0
    initial_accumulator_value: NonNegativeNumber = 0.0
    eps: NonNegativeNumber = 1e-10


class Adadelta(Optimizer):
    """Steps as large as the steps before (arXiv:1212.5701)."""

    lr: PositiveNumber = 1.0
    rho: BelowOne = 0.9
    eps: NonNegativeNumber = 1e-6
    weight_decay: NonNegativeNumber = 0.0


class Adafactor(Optimizer):
    """Adam with the squares of a matrix kept by rows and columns (arXiv:1804.04235)."""

    lr: PositiveNumber = 0.01
    beta2_decay: Number = -0.8
    eps: tuple[NonNegativeNumber | None, NonNegativeNumber] = (None, 0.001)
    d: NonNegativeNumber = 1.0
    weight_decay: NonNegativeNumber = 0.0

    @model_validator(mode="after")
    def _is_bounded(self) -> Self:
        if self.beta2_decay > 0:
            raise ValueError("`beta2_decay` takes a number up to 0")
        if self.d < 1:
            raise ValueError("`d` takes a number from 1 up")
        return self


class ASGD(Optimizer):
    """Gradient descent that averages its weights."""

    lr: PositiveNumber = 0.01
    lambd: NonNegativeNumber = 0.0001
    alpha: NonNegativeNumber = 0.75
    t0: NonNegativeNumber = 1000000.0
    weight_decay: NonNegativeNumber = 0.0


class Rprop(Optimizer):
    """Steps by the sign of the gradient alone: for whole data sets as one batch."""

    lr: PositiveNumber = 0.01
    etas: tuple[BetweenZeroAndOne, PositiveNumber] = (0.5, 1.2)
    step_sizes: tuple[PositiveNumber, PositiveNumber] = (1e-6, 50.0)

    @model_validator(mode="after")
    def _grows(self) -> Self:
        if self.etas[1] <= 1:
            raise ValueError("the second of `etas` must be above 1")
        return self


OPTIMIZERS = family(Optimizer)

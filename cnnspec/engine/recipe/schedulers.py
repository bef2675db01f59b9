"""torch.optim.lr_scheduler's schedulers as data.

A scheduler moves once an epoch, or, with `per: step` beside it, once a step of the optimizer; whole numbers among its
arguments count what it moves by. What follows from the run is not stated: the length of OneCycleLR, and where it is
left out that of CosineAnnealingLR. Those made of functions or of other schedulers are left out; a warm-up is a key of
its own.
"""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from cnnspec.engine.recipe.operation import (
    BetweenZeroAndOne,
    Count,
    NonNegativeNumber,
    Number,
    Operation,
    Positive,
    PositiveNumber,
    Probability,
    Share,
    family,
)

Per = Literal["epoch", "step"]


class Scheduler(Operation):
    """Moves the learning rate while a network is trained."""

    module: ClassVar[str] = "torch.optim.lr_scheduler"
    moves: ClassVar[Per] = "epoch"  # unless `per` says otherwise
    watches: ClassVar[bool] = False  # whether it looks at the validation loss


class StepLR(Scheduler):
    """Times `gamma` every `step_size`."""

    step_size: Positive
    gamma: PositiveNumber = 0.1


class MultiStepLR(Scheduler):
    """Times `gamma` at each of the `milestones`."""

    milestones: Annotated[tuple[Positive, ...], Field(min_length=1, max_length=1000)]
    gamma: PositiveNumber = 0.1

    @model_validator(mode="after")
    def _rises(self) -> Self:
        if list(self.milestones) != sorted(set(self.milestones)):
            raise ValueError("`milestones` must increase")
        return self


class ConstantLR(Scheduler):
    """Times `factor` for the first `total_iters`."""

    factor: Probability = 1 / 3
    total_iters: Positive = 5


class LinearLR(Scheduler):
    """A factor that goes in a line from `start_factor` to `end_factor` over the first `total_iters`."""

    start_factor: Share = 1 / 3
    end_factor: Probability = 1.0
    total_iters: Positive = 5


class ExponentialLR(Scheduler):
    """Times `gamma` each time."""

    gamma: PositiveNumber


class PolynomialLR(Scheduler):
    """Down to 0 over the first `total_iters`, by a power of what is left."""

    total_iters: Positive = 5
    power: NonNegativeNumber = 1.0


class CosineAnnealingLR(Scheduler):
    """Half a cosine down to `eta_min` (arXiv:1608.03983), over all of the training unless `T_max` says otherwise."""

    T_max: Positive | None = None
    eta_min: NonNegativeNumber = 0.0


class CosineAnnealingWarmRestarts(Scheduler):
    """Half a cosine down to `eta_min`, again and again, each `T_mult` times as long (arXiv:1608.03983)."""

    T_0: Positive
    T_mult: Positive = 1
    eta_min: NonNegativeNumber = 0.0


class _Cycle(Scheduler):
    moves: ClassVar[Per] = "step"


class CyclicLR(_Cycle):
    """Up and down between two rates (arXiv:1506.01186)."""

    base_lr: PositiveNumber
    max_lr: PositiveNumber
    step_size_up: Positive = 2000
    step_size_down: Positive | None = None
    mode: Literal["triangular", "triangular2", "exp_range"] = "triangular"
    gamma: PositiveNumber = 1.0
    scale_mode: Literal["cycle", "iterations"] = "cycle"
    cycle_momentum: bool = True
    base_momentum: BetweenZeroAndOne = 0.8
    max_momentum: BetweenZeroAndOne = 0.9


class OneCycleLR(_Cycle):
    """Once up to `max_lr` (left out: the optimizer's rate) and down to nearly nothing (arXiv:1708.07120)."""

    max_lr: PositiveNumber | None = None
    pct_start: Probability = 0.3
    anneal_strategy: Literal["cos", "linear"] = "cos"
    cycle_momentum: bool = True
    base_momentum: BetweenZeroAndOne = 0.85
    max_momentum: BetweenZeroAndOne = 0.95
    div_factor: PositiveNumber = 25.0
    final_div_factor: PositiveNumber = 10000.0
    three_phase: bool = False


class ReduceLROnPlateau(Scheduler):
    """Times `factor` where the validation loss has not become smaller for `patience` epochs."""

    watches: ClassVar[bool] = True

    factor: BetweenZeroAndOne = 0.1
    patience: Count = 10
    threshold: NonNegativeNumber = 0.0001
    threshold_mode: Literal["rel", "abs"] = "rel"
    cooldown: Count = 0
    min_lr: NonNegativeNumber = 0.0
    eps: Number = 1e-8


SCHEDULERS = family(Scheduler)

"""torch.nn's losses that take logits and the number of a class."""

from typing import Annotated, ClassVar

from pydantic import Field

from cnnspec.engine.recipe.operation import Number, Operation, PositiveNumber, Probability, family

Weights = Annotated[tuple[PositiveNumber, ...], Field(min_length=1, max_length=100_000)]


class Loss(Operation):
    """What training makes small: its mean over the images of a batch."""

    module: ClassVar[str] = "torch.nn"
    mixes: ClassVar[bool] = False  # whether it takes shares of several classes, as mixed images have them

    weight: Weights | None = None


class CrossEntropyLoss(Loss):
    """Cross-entropy of logits; `weight` is one number a class."""

    mixes: ClassVar[bool] = True

    label_smoothing: Probability = 0.0


class NLLLoss(Loss):
    """Negative log-likelihood, of a network that ends in `LogSoftmax`; `weight` is one number a class."""


class MultiMarginLoss(Loss):
    """The margin between the right class and each other; `weight` is one number a class."""

    p: Annotated[int, Field(ge=1, le=2)] = 1
    margin: Number = 1.0


LOSSES = family(Loss)

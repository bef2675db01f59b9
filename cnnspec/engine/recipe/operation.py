"""What every operation of a recipe is: typed arguments under torch's names, and its call as data.

    {SGD: {lr: 0.1, momentum: 0.9}}  ──►  SGD(lr=0.1, momentum=0.9)  ──call──►  torch.optim.SGD(…)

A family (optimizers, schedulers, losses, transforms) is a mapping of names to classes. Nothing here needs torch; tests
hold each declaration against torch's own signature and refusals.
"""

from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from cnnspec.engine.layers.base import MAX_NUMBER, MAX_SIZE, Call

Positive = Annotated[int, Field(ge=1, le=MAX_SIZE)]
Count = Annotated[int, Field(ge=0, le=MAX_SIZE)]
Number = Annotated[float, Field(ge=-MAX_NUMBER, le=MAX_NUMBER)]
PositiveNumber = Annotated[float, Field(gt=0, le=MAX_NUMBER)]
NonNegativeNumber = Annotated[float, Field(ge=0, le=MAX_NUMBER)]
Probability = Annotated[float, Field(ge=0, le=1)]
BelowOne = Annotated[float, Field(ge=0, lt=1)]
BetweenZeroAndOne = Annotated[float, Field(gt=0, lt=1)]
Share = Annotated[float, Field(gt=0, le=1)]

STRICT = ConfigDict(strict=True, frozen=True, extra="forbid", defer_build=True, protected_namespaces=())


class Operation(BaseModel):
    """The base of every operation. A subclass has the name of the class that it stands for."""

    model_config = STRICT

    module: ClassVar[str]  # of torch or torchvision, where the class is

    def arguments(self) -> dict[str, Any]:
        """What is given to the class: all that has a value."""
        values = {name: getattr(self, name) for name in type(self).model_fields}
        return {name: value for name, value in values.items() if value is not None}

    def call(self) -> Call:
        """The constructor call, without what comes of the run: parameters, the optimizer, the number of steps."""
        return Call(f"{self.module}.{type(self).__name__}", self.arguments())

    def as_data(self) -> dict[str, Any]:
        """``{SGD: {lr: 0.1}}`` as JSON and YAML hold it."""
        return {type(self).__name__: self.arguments()}


Family = TypeVar("Family", bound=Operation)


def family(base: type[Family]) -> dict[str, type[Family]]:
    """The operations below a base, by name, in the order of the text; helpers begin with `_`."""
    found: dict[str, type[Family]] = {}
    for child in base.__subclasses__():
        found |= family(child) if child.__name__.startswith("_") else {child.__name__: child}
    return dict(sorted(found.items()))

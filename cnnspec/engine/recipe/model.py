"""The value that a recipe is: all that a run is told beside the network. Frozen, plain data, no torch.

recipe.yaml ─┐
--set, flags ┼─► Recipe ──► the loop, and the run's folder
Python       ┘
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BaseModel, Field, model_validator

from cnnspec.engine.recipe.data_names import DataName
from cnnspec.engine.recipe.losses import CrossEntropyLoss, Loss
from cnnspec.engine.recipe.operation import (
    STRICT,
    BetweenZeroAndOne,
    Count,
    NonNegativeNumber,
    Operation,
    PositiveNumber,
    Share,
)
from cnnspec.engine.recipe.optimizers import Adam, Optimizer
from cnnspec.engine.recipe.schedulers import Per, Scheduler
from cnnspec.engine.recipe.transforms import Transform

VERSION = 1
Text = Annotated[str, Field(min_length=1)]
Whole = Annotated[int, Field(ge=1, le=2**31 - 1)]
Monitor = Literal["val_loss", "val_accuracy"]


class Warmup(BaseModel):
    """The first epochs or steps, over which the learning rate grows in a line from a factor of itself to itself."""

    model_config = STRICT

    epochs: Whole | None = None
    steps: Whole | None = None
    start_factor: Share = 0.01

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if (self.epochs is None) == (self.steps is None):
            raise ValueError("it lasts so many `epochs`, or so many `steps`")
        return self


class EarlyStopping(BaseModel):
    """The end of training once `patience` epochs have not been better than the best by more than `min_delta`."""

    model_config = STRICT

    patience: Count
    monitor: Monitor = "val_loss"
    min_delta: NonNegativeNumber = 0.0


class Recipe(BaseModel):
    """How a network is trained, resolved: what no one stated has its default.

    ``data_dir`` is where the files of a data set are looked for, ``images`` the number of training images that are
    used (None: all), drawn by the seed, ``validation`` the fraction of the training images
    that is held back to watch the training (0: none), ``per`` what the scheduler moves by, ``mixup`` and ``cutmix`` the
    alpha of their beta distributions, ``clip`` the largest norm of a gradient, ``accumulate`` the batches that make one
    step, ``ema`` the decay of the averaged weights, ``channels_last`` None: on a CPU, ``device`` a torch device or
    ``auto``: a GPU where there is one, ``threads`` those of the CPU (None: torch's own choice), ``workers`` the
    processes that read images of a folder (0: none but this one), ``sync_batchnorm`` whether BatchNorm is over the
    images of all processes that train together, ``weights`` those to start from (None: initial ones),
    ``save_every`` the number of steps between checkpoints within an epoch (None: one every ten minutes).
    """

    model_config = STRICT

    name: str = ""
    description: str = ""
    source: str = ""
    data: DataName = "digits"
    data_dir: Text | None = None
    images: Whole | None = None
    validation: Annotated[float, Field(ge=0, lt=1)] = 0.1
    epochs: Whole = 10
    batch_size: Whole = 64
    accumulate: Whole = 1
    loss: Loss = CrossEntropyLoss()
    optimizer: Optimizer = Adam()
    scheduler: Scheduler | None = None
    per: Per = "epoch"
    warmup: Warmup | None = None
    clip: PositiveNumber | None = None
    augment: tuple[Transform, ...] = ()
    mixup: PositiveNumber | None = None
    cutmix: PositiveNumber | None = None
    ema: BetweenZeroAndOne | None = None
    early_stopping: EarlyStopping | None = None
    amp: Literal["bf16", "fp16"] | None = None
    channels_last: bool | None = None
    compile: bool = False
    sync_batchnorm: bool = False
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    deterministic: bool = False
    device: Text = "auto"
    threads: Annotated[int, Field(ge=1, le=1024)] | None = None
    workers: Annotated[int, Field(ge=0, le=256)] = 2
    weights: Text | None = None
    save_every: Whole | None = None

    read_values: ClassVar[Callable[[Mapping[str, Any]], "Recipe"]]  # set by the reader: it depends on this class

    @classmethod
    def of(cls, **values: Any) -> "Recipe":
        """Return the recipe of values as YAML holds them, with defaults for the rest.

        Args:
            **values: Keys of a recipe, such as ``optimizer={"SGD": {"lr": 0.1}}``.

        Raises:
            UsageError: Values that are wrong; the message names each of them.
        """
        return cls.read_values(values)

    @property
    def folder(self) -> Path | None:
        """``data_dir`` as a path."""
        return Path(self.data_dir).expanduser() if self.data_dir else None

    def as_data(self) -> dict[str, Any]:
        """All that is set and all defaults that are values, as YAML and JSON hold them; ``of`` reads it."""
        values = {name: getattr(self, name) for name in type(self).model_fields}
        scheduler = {**self.scheduler.as_data(), "per": self.per} if self.scheduler else None
        named = {**values, "scheduler": scheduler, "per": None}
        return {name: _plain(value) for name, value in named.items() if value not in (None, "", ())}


def held_back(count: int, fraction: float) -> int:
    """How many of so many images the validation part gets: one at least, where there is one."""
    return max(round(count * fraction), 1) if fraction else 0


def _plain(value: Any) -> Any:
    match value:
        case Operation():
            return _plain(value.as_data())
        case BaseModel():
            return {name: part for name, part in value.model_dump().items() if part is not None}
        case tuple() | list():
            return [_plain(part) for part in value]
        case Mapping():
            return {name: _plain(part) for name, part in value.items()}
    return value

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
            raise ValueError("set either `epochs` or `steps`")
        return self


class EarlyStopping(BaseModel):
    """The end of training once `patience` epochs have not been better than the best by more than `min_delta`."""

    model_config = STRICT

    patience: Count
    monitor: Monitor = "val_loss"
    min_delta: NonNegativeNumber = 0.0


class Recipe(BaseModel):
    """How a network is trained, with a default for each key that is not stated.

    The schema, `cnnspec train --help` and docs/reference/training.md show the description of each field.
    """

    model_config = STRICT

    name: str = Field("", description="A name for people to read.")
    description: str = Field("", description="What the recipe is for, in a sentence.")
    source: str = Field("", description="Where the recipe comes from, such as a paper.")
    data: DataName = Field("digits", description="The data set; `folder` reads your own images from `data_dir`.")
    data_dir: Text | None = Field(None, description="The folder that holds the data files.")
    images: Whole | None = Field(
        None, description="Use this many training images, validation images included; all by default."
    )
    validation: Annotated[float, Field(ge=0, lt=1)] = Field(
        0.1, description="Fraction of the training images that is held back for validation."
    )
    epochs: Whole = Field(10, description="Number of passes over the training images.")
    batch_size: Whole = Field(64, description="Images per batch.")
    accumulate: Whole = Field(1, description="Batches whose gradients are added up for one step.")
    loss: Loss = Field(CrossEntropyLoss(), description="A loss of torch.nn, with its arguments.")
    optimizer: Optimizer = Field(Adam(), description="An optimizer of torch.optim, with its arguments.")
    scheduler: Scheduler | None = Field(
        None,
        description="A scheduler of torch.optim.lr_scheduler; `per: step` steps it after every optimizer step.",
    )
    per: Per = "epoch"
    warmup: Warmup | None = Field(None, description="Increase the learning rate over the first `epochs` or `steps`.")
    clip: PositiveNumber | None = Field(None, description="Scale gradients down to this norm if they are larger.")
    augment: tuple[Transform, ...] = Field(
        (), description="Transforms of torchvision.transforms.v2, drawn for every training image."
    )
    mixup: PositiveNumber | None = Field(
        None, description="Mix training images in pairs; alpha of the beta distribution of their shares."
    )
    cutmix: PositiveNumber | None = Field(
        None,
        description="Paste a part of one training image into another; alpha of the beta distribution of its share.",
    )
    ema: BetweenZeroAndOne | None = Field(
        None, description="Decay of averaged weights, which are then the ones that are evaluated and saved."
    )
    early_stopping: EarlyStopping | None = Field(
        None, description="Stop when the validation loss or accuracy has not improved for `patience` epochs."
    )
    amp: Literal["bf16", "fp16"] | None = Field(
        None, description="Data type of convolutions and matrix products: bf16, or fp16 with a scaled loss."
    )
    channels_last: bool | None = Field(
        None, description="Memory format of images and weights; channels last on a CPU by default."
    )
    compile: bool = Field(default=False, description="Compile the network with torch.compile.")
    sync_batchnorm: bool = Field(
        default=False, description="BatchNorm statistics are over the batches of all processes."
    )
    seed: Annotated[int, Field(ge=0, lt=2**63)] = Field(
        0, description="Seed of weights, image order, augmentation and dropout."
    )
    deterministic: bool = Field(default=False, description="Use only operations that give the same numbers each time.")
    device: Text = Field("auto", description="cpu, cuda, cuda:1, or auto, which uses a GPU if there is one.")
    threads: Annotated[int, Field(ge=1, le=1024)] | None = Field(
        None, description="CPU threads; torch's own number by default."
    )
    workers: Annotated[int, Field(ge=0, le=256)] = Field(
        2, description="Processes that read the images of a folder; 0 reads them in the training process."
    )
    weights: Text | None = Field(
        None, description="Weights to start from: torchvision:NAME, or the path of a file or run."
    )
    save_every: Whole | None = Field(
        None, description="Steps between checkpoints within an epoch; one every ten minutes by default."
    )

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

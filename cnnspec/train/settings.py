"""What a training run is told: checked before a spec is opened or an image is read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cnnspec.data.names import DATA_NAMES, DataName
from cnnspec.diagnostics import UsageError, did_you_mean, listing


class Settings(BaseModel):
    """The settings of one run. Frozen; ``Settings.of`` makes them with messages that people can read.

    ``data_dir`` is where the files of a data set are looked for, ``lr`` Adam's learning rate, ``validation`` the
    fraction of the training images that is held back to watch the training (0: none), ``device`` a torch device or
    ``auto``: a GPU where there is one, ``threads`` those of the CPU (None: torch's own choice), ``workers`` the
    processes that read images of a folder (0: none but this one), ``weights`` those to start from (None: initial ones).
    """

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", defer_build=True)

    data: DataName = "digits"
    data_dir: Annotated[Path | None, Field(strict=False)] = None
    epochs: Annotated[int, Field(ge=1)] = 10
    batch_size: Annotated[int, Field(ge=1)] = 64
    lr: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 0.001
    validation: Annotated[float, Field(ge=0, lt=1, allow_inf_nan=False)] = 0.1
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    device: Annotated[str, Field(min_length=1)] = "auto"
    threads: Annotated[int | None, Field(ge=1, le=1024)] = None
    workers: Annotated[int, Field(ge=0, le=256)] = 2
    weights: Annotated[str | None, Field(min_length=1)] = None

    @classmethod
    def of(cls, **given: Any) -> Settings:
        """The settings with defaults for what is not given. Raises UsageError that names each one that is wrong."""
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            raise _refusal(error) from None


DEFAULT = Settings()


def _refusal(error: ValidationError) -> UsageError:
    problems = [_problem(dict(detail)) for detail in error.errors(include_url=False)]
    return UsageError("; ".join(words for words, _ in problems), "; ".join(help for _, help in problems if help))


def _problem(detail: dict[str, Any]) -> tuple[str, str]:
    """What is wrong with one setting, and what mends it."""
    name, value = str(detail["loc"][0]), detail["input"]
    if detail["type"] == "extra_forbidden":
        return f"there is no setting `{name}`", did_you_mean(name, Settings.model_fields) or _known(
            Settings.model_fields
        )
    if name == "data":
        return f"there is no data set `{value}`", did_you_mean(str(value), DATA_NAMES) or _known(DATA_NAMES)
    reason = detail["msg"].removeprefix("Input ").replace("should be", "must be", 1)
    return f"`{name}` {reason}, not {value!r}", ""


def _known(names: Any) -> str:
    return f"known: {listing(list(names))}"

"""A run folder read back: what was set, the network as it was, and its weights.

Whatever is wrong with it is a CheckpointError that names the file.
"""

from __future__ import annotations

from itertools import takewhile
from pathlib import Path
from typing import Annotated

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    PlainSerializer,
    PlainValidator,
    ValidationError,
    model_validator,
)
from torch import nn

from cnnspec.api import graph, load_found
from cnnspec.api.public_graph import Graph
from cnnspec.engine.diagnostics import CheckpointError, Source, SpecError, UsageError
from cnnspec.engine.files import mistake, write
from cnnspec.engine.recipe import Recipe
from cnnspec.engine.safe_open import MOST_RECORD, read_inside
from cnnspec.engine.spec import Spec
from cnnspec.engine.spec.extends import MAX_BASES, with_bases
from cnnspec.engine.spec.shipped import Found, display, open_source
from cnnspec.pytorch.data.examples import Pixels
from cnnspec.pytorch.train.checkpoint.manifest import Sha256, sha256
from cnnspec.pytorch.train.compatibility import for_training
from cnnspec.pytorch.train.run_folder import BASE, RECIPE, SETTINGS, SPEC
from cnnspec.pytorch.weights import fill, most_bytes, read_file
from cnnspec.pytorch.weights.names import WEIGHTS
from cnnspec.pytorch.weights.safe import as_bytes

TextName = Annotated[str, Field(pattern=r"^(spec|recipe|base-[1-9][0-9]{0,2})\.yaml$")]  # and so in the folder
STRICT = ConfigDict(strict=True, frozen=True, extra="forbid")


class RunSetup(BaseModel):
    """How a spec was loaded: what to load it with again, from its text."""

    model_config = STRICT

    title: str
    variant: str | None
    settings: dict[str, JsonValue]
    input: tuple[int, ...] | None

    @classmethod
    def of(cls, spec: Spec) -> RunSetup:
        return cls(title=spec.title, variant=spec.variant, settings=dict(spec.settings), input=spec.input_override)


def _recipe(value: object) -> Recipe:
    """A recipe, or the plain values of one."""
    if isinstance(value, Recipe):
        return value
    try:
        return Recipe.of(**value) if isinstance(value, dict) else Recipe.of(recipe=value)
    except UsageError as error:
        raise ValueError(error.message) from None


class RunRecord(BaseModel):
    """settings.json: all that a run follows from, with the version that ran it."""

    model_config = STRICT

    cnnspec: str
    spec: RunSetup
    training: Annotated[Recipe, PlainValidator(_recipe), PlainSerializer(Recipe.as_data)]
    pixels: Pixels
    classes: tuple[str, ...]
    sha256: dict[TextName, Sha256]  # of the texts of the run

    @model_validator(mode="after")
    def _has_texts(self) -> RunRecord:
        if not {SPEC, RECIPE} <= self.sha256.keys():
            raise ValueError(f"sha256: {SPEC} and {RECIPE} belong to each run")
        return self


def read_record(run: Path) -> RunRecord:
    """What was set in a run. Raises CheckpointError."""
    if not run.is_dir():
        raise CheckpointError(f"there is no run folder {run}")
    path = run / SETTINGS
    try:
        return RunRecord.model_validate_json(read_inside(path, MOST_RECORD))
    except ValidationError as error:
        raise CheckpointError(f"{path} is damaged: {mistake(error)}") from None
    except FileNotFoundError as error:
        raise _unreadable(path, error) from None


def require_recipe(run: Path, record: RunRecord) -> None:
    """Refuse a run whose recipe.yaml is not the one that it was started with. Raises CheckpointError."""
    _require_text(run, record, RECIPE)


def require_texts(run: Path, record: RunRecord) -> None:
    """Refuse a run whose recipe, spec or bases are not those that it was started with. Raises CheckpointError."""
    for name in record.sha256:
        _require_text(run, record, name)


def _require_text(run: Path, record: RunRecord, name: str) -> None:
    path = run / name
    try:
        data = read_inside(path, MOST_RECORD)
    except FileNotFoundError as error:
        raise _unreadable(path, error) from None
    if sha256(data) != record.sha256.get(name):
        help = "put the file back as it was; for other settings, start another run from a copy of it"
        raise CheckpointError(
            f"{path} was edited after the run had started: {SETTINGS} has another SHA-256 of it", help
        )


def read_network(run: Path, setup: RunSetup) -> tuple[Spec, Graph]:
    """The spec of a run as it was set, and its graph. Raises CheckpointError."""
    path = run / SPEC
    if not path.is_file():
        raise _unreadable(path, FileNotFoundError())
    try:
        bases = _bases(run)
        source = with_bases(open_source(path, display(path), follow=False), bases)
        spec = load_found(Found(path, str(path)), source, setup.variant, setup.input, setup.settings)
        if len(spec.bases) > len(bases):
            raise _unreadable(run / BASE.format(len(bases) + 1), FileNotFoundError())
        return spec, for_training(graph(spec))
    except (SpecError, UsageError) as error:
        raise CheckpointError(f"{path} is damaged, or does not belong to {SETTINGS}:\n{error.message}") from None


def _bases(run: Path) -> tuple[Source, ...]:
    """What the spec of a run extends, as it was when it ran."""
    paths = takewhile(Path.is_file, (run / BASE.format(number) for number in range(1, MAX_BASES + 1)))
    return tuple(open_source(path, display(path), follow=False) for path in paths)


def write_weights(path: Path, model: nn.Module) -> None:
    """The model's parameters and buffers as safetensors. Raises OutputError."""
    write(path, as_bytes(model))


def load_weights(run: Path, model: nn.Module) -> None:
    """Put the weights of a run into a model that was built from its spec. Raises CheckpointError."""
    path = run / WEIGHTS
    if not path.exists():
        raise _unreadable(path, FileNotFoundError())
    try:
        fill(model, read_file(path, most_bytes(model)), str(path), "the run's network")
    except UsageError as error:  # a folder, a pipe
        raise CheckpointError(error.message, error.help) from None


def _unreadable(path: Path, error: OSError) -> CheckpointError:
    if isinstance(error, FileNotFoundError):
        help = "the run ended before its first epoch did" if path.name == WEIGHTS else "is this the folder of a run?"
        return CheckpointError(f"{path} is missing", help)
    return CheckpointError(f"{path} cannot be read: {error.strerror or error}")

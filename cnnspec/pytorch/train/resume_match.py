"""What a run follows from: all of it is in each checkpoint, and a run goes on from the same or not at all.

Where it is computed (device, threads), where its data lie and how often it is saved may change: FREE.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import unified_diff
from pathlib import Path
from typing import Any

from cnnspec.engine.diagnostics import CheckpointError, UsageError, count
from cnnspec.engine.recipe import Recipe
from cnnspec.engine.spec import Spec
from cnnspec.pytorch.train.free_settings import FREE
from cnnspec.pytorch.train.run_files import RunRecord, RunSetup

MOST_LINES = 20
RESUME = "a run is resumed as it was begun; start another for other settings"


def origin(spec: Spec, record: RunRecord, images: tuple[int, ...]) -> dict[str, Any]:
    """The texts and settings of a run, and the number of images in each part of its data, as plain values."""
    return {
        "texts": [spec.source.text, *(base.text for base in spec.bases)],
        "spec": record.spec.model_dump(mode="json", exclude={"title"}),
        "training": _fixed(record.training),
        "pixels": record.pixels.model_dump(mode="json"),
        "images": list(images),
    }


def require_same(run: Path, saved: object, now: Mapping[str, Any]) -> None:
    """Refuse to go on from a checkpoint of another run. Raises CheckpointError with what differs."""
    if not isinstance(saved, dict) or set(saved) != set(now):
        raise CheckpointError(f"the checkpoint of {run} does not say what it is of")
    differences = list(_differences(saved, now))
    if differences:
        raise CheckpointError(f"the checkpoint is of another run than {run} describes", "\n".join(differences))


def require_asked(run: Path, record: RunRecord, spec: Spec, own: Spec | None, recipe: Recipe) -> None:
    """Refuse a spec (``own``) or a recipe that were asked for and are not the run's. Raises UsageError."""
    differences = list(_named("", _fixed(record.training), _fixed(recipe)))
    if own is not None:
        before, now = (RunSetup.of(each).model_dump(mode="json", exclude={"title"}) for each in (spec, own))
        differences += _named("spec ", before, now)
        differences += _texts(
            [spec.source.text, *(b.text for b in spec.bases)], [own.source.text, *(b.text for b in own.bases)]
        )
    if differences:
        raise UsageError(f"{run} was begun otherwise", "\n".join([*differences, RESUME]))


def _fixed(recipe: Recipe) -> dict[str, Any]:
    return {name: value for name, value in recipe.as_data().items() if name not in FREE}


def _differences(saved: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    yield from _texts(saved["texts"], now["texts"])
    yield from _named("spec ", saved["spec"], now["spec"])
    yield from _named("", saved["training"], now["training"])
    if saved["images"] != now["images"]:
        before, after = (" + ".join(f"{n:,}" for n in each) for each in (saved["images"], now["images"]))
        yield f"images (training + validation + test): {before} before, {after} now"
    elif saved["pixels"] != now["pixels"]:
        yield "the data: their mean or spread was another"


def _named(prefix: str, saved: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    for name in sorted({*saved, *now}):
        before, after = saved.get(name, "nothing"), now.get(name, "nothing")
        if before != after:
            yield f"{prefix}`{name}`: {before} before, {after} now"


def _texts(saved: list[str], now: list[str]) -> list[str]:
    """Lines of the specs that differ."""
    lines = [
        line
        for before, after in zip([*saved, *[""] * len(now)], [*now, *[""] * len(saved)], strict=True)
        for line in list(unified_diff(before.splitlines(), after.splitlines(), "before", "now", lineterm="", n=0))[2:]
    ]
    more = [f"and {count(len(lines) - MOST_LINES, 'more line')}"] if len(lines) > MOST_LINES else []
    return [*lines[:MOST_LINES], *more]

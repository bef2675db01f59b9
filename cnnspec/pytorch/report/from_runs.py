"""Runs ──► Study: what differs between them makes the axes; runs that differ in their seed alone are one setting."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from cnnspec.engine.diagnostics import CheckpointError, UsageError, listing
from cnnspec.engine.spec import Spec
from cnnspec.engine.spec.params import to_plain
from cnnspec.pytorch.report.flatten import flat, frozen
from cnnspec.pytorch.report.group import grouped
from cnnspec.pytorch.report.metric import Measure
from cnnspec.pytorch.report.runs import Run, read_run
from cnnspec.pytorch.report.study import Study, Trial

BESIDE = {  # settings that say where and how a run is computed, not what of
    *("name", "description", "source", "data_dir", "device", "threads", "workers", "save_every", "seed"),
    *("deterministic", "channels_last", "compile"),
}
DATA = ("data", "validation")  # settings without which figures are not of the same images


def compare(folders: Sequence[Path], title: str = "") -> Study:
    """The study that chosen runs make.

    Raises CheckpointError where a folder is no run, is damaged, or has no epoch yet, UsageError where one is named
    twice.
    """
    _refuse_twice(folders)
    runs = [read_run(folder) for folder in folders]
    for run in runs:
        if not run.rows:
            raise CheckpointError(f"{run.folder} has no epoch yet", "its first one is still to end")
    values = differences(runs)
    measure = measure_of(runs)
    trials = [_trial(run, row, measure) for run, row in zip(runs, values, strict=True)]
    axes = tuple(values[0])
    heading = title or f"{len(runs)} runs compared" if len(runs) > 1 else title or str(folders[0])
    return Study(heading, measure, axes, grouped(trials, axes, measure), notes=_notes(runs))


def _refuse_twice(folders: Sequence[Path]) -> None:
    known = [folder.resolve() for folder in folders]
    for folder, place in zip(folders, known, strict=True):
        if known.count(place) > 1:
            raise UsageError(f"{folder} is named twice")


def measure_of(runs: Sequence[Run]) -> Measure:
    """The validation accuracy after the last epoch; the training accuracy where one run holds nothing back."""
    held = all(row.val_accuracy is not None for run in runs for row in run.rows)
    return Measure("val_accuracy" if held else "train_accuracy", "max")


def _trial(run: Run, values: Mapping[str, Any], measure: Measure) -> Trial:
    return Trial(
        name=str(run.folder),
        values=values,
        seed=run.record.training.seed,
        status="done" if run.ended else "not done",
        run=run.folder,
        rows=run.rows,
        objective=getattr(run.rows[-1], measure.name),
        test=run.ended.test if run.ended else None,
        network=run.network,
        recipe=run.record.training,
        machine=run.ended.machine if run.ended else "",
    )


def differences(runs: Sequence[Run]) -> list[dict[str, Any]]:
    """Of each run, the values of all that is not the same in all of them, but for the seed."""
    titles = _titles(runs)
    set_ = list(dict.fromkeys(name for run in runs for name in run.record.spec.settings))
    rows = [{"spec": title, **_of_spec(run, set_), **_of_recipe(run)} for title, run in zip(titles, runs, strict=True)]
    names = list(dict.fromkeys(name for row in rows for name in row))
    differing = [name for name in names if any(row.get(name) != rows[0].get(name) for row in rows)]
    return [{name: row.get(name) for name in differing} for row in rows]


def _titles(runs: Sequence[Run]) -> list[str]:
    """What each network is called; texts that differ under one name are numbered."""
    texts: dict[str, list[str]] = {}
    found = []
    for run in runs:
        known = texts.setdefault(run.record.spec.title, [])
        text = "\n".join(source.text for source in (run.spec.source, *run.spec.bases))
        if text not in known:
            known.append(text)
        number = known.index(text) + 1
        found.append(run.record.spec.title + (f" ({number})" if number > 1 else ""))
    return found


def _of_spec(run: Run, names: Iterable[str]) -> dict[str, Any]:
    """The params that one of the runs sets, and the input: what is not set here has the spec's own default."""
    own = run.record.spec.settings
    values = {name: own[name] if name in own else _default(run.spec, name) for name in names}
    found = {f"params.{name}": frozen(value) for name, value in values.items()}
    return {**found, "input": frozen(run.record.spec.input)}


def _default(spec: Spec, name: str) -> Any:
    found = spec.params.get(name)
    return None if found is None or found.default is None else to_plain(found.default)


def _of_recipe(run: Run) -> dict[str, Any]:
    data = run.record.training.as_data()
    return {name: value for key in data if key not in BESIDE for name, value in flat(key, data[key])}


def _notes(runs: Sequence[Run]) -> tuple[str, ...]:
    notes = []
    data = list(dict.fromkeys(run.record.training.data for run in runs))
    if len(data) > 1:
        notes.append(f"The runs are on different data, {listing(data)}: their accuracies are not of the same images.")
    elif len({run.record.training.validation for run in runs}) > 1:
        notes.append("The runs hold back different parts of the training images, on which their figures depend.")
    elif len({(run.record.training.seed, run.record.pixels) for run in runs}) > len(_seeds(runs)):
        notes.append("Runs of one seed were not trained on the same images: mean and spread of their pixels differ.")
    if not all(run.ended for run in runs):
        under_way = [str(run.folder) for run in runs if not run.ended]
        notes.append(f"Not done yet, and shown as far as they are: {listing(under_way)}.")
    return tuple(notes)


def _seeds(runs: Sequence[Run]) -> set[int]:
    return {run.record.training.seed for run in runs}

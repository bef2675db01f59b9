"""Runs ──► Study: the axes are the settings that differ; runs that differ only in their seed form one setting."""

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

NOT_COMPARED = {  # settings that say where and how a run is computed, not what it computes
    *("name", "description", "source", "data_dir", "device", "threads", "workers", "save_every", "seed"),
    *("deterministic", "channels_last", "compile"),
}


def compare(folders: Sequence[Path], title: str = "") -> Study:
    """Return the study of some runs.

    Raises:
        CheckpointError: If a folder is not a run, is damaged, or has not finished its first epoch.
        UsageError: If a folder is named twice.
    """
    _refuse_twice(folders)
    runs = [read_run(folder) for folder in folders]
    for run in runs:
        if not run.rows:
            raise CheckpointError(f"{run.folder} has no results yet", "wait until its first epoch has finished")
    values = differences(runs)
    measure = objective_of(runs)
    trials = [_trial(run, row, measure) for run, row in zip(runs, values, strict=True)]
    axes = tuple(values[0])
    heading = title or f"{len(runs)} runs compared" if len(runs) > 1 else title or str(folders[0])
    return Study(heading, measure, axes, grouped(trials, axes, measure), notes=_notes(runs))


def _refuse_twice(folders: Sequence[Path]) -> None:
    resolved = [folder.resolve() for folder in folders]
    for folder, path in zip(folders, resolved, strict=True):
        if resolved.count(path) > 1:
            raise UsageError(f"{folder} is named twice")


def objective_of(runs: Sequence[Run]) -> Measure:
    """Return the validation accuracy after the last epoch, or the training accuracy if a run has no validation part."""
    has_validation = all(row.val_accuracy is not None for run in runs for row in run.rows)
    return Measure("val_accuracy" if has_validation else "train_accuracy", "max")


def _trial(run: Run, values: Mapping[str, Any], measure: Measure) -> Trial:
    return Trial(
        name=str(run.folder),
        values=values,
        seed=run.record.training.seed,
        status="done" if run.ended else "not finished",
        run=run.folder,
        rows=run.rows,
        objective=getattr(run.rows[-1], measure.name),
        test=run.ended.test if run.ended else None,
        network=run.network,
        recipe=run.record.training,
        machine=run.ended.machine if run.ended else "",
    )


def differences(runs: Sequence[Run]) -> list[dict[str, Any]]:
    """Return, for each run, the values of the settings that differ between the runs, except the seed."""
    titles = _titles(runs)
    params = list(dict.fromkeys(name for run in runs for name in run.record.spec.settings))
    rows = [
        {"spec": title, **_of_spec(run, params), **_of_recipe(run)} for title, run in zip(titles, runs, strict=True)
    ]
    names = list(dict.fromkeys(name for row in rows for name in row))
    differing = [name for name in names if any(row.get(name) != rows[0].get(name) for row in rows)]
    return [{name: row.get(name) for name in differing} for row in rows]


def _titles(runs: Sequence[Run]) -> list[str]:
    """Return the name of each network. Different specs of the same name are numbered."""
    texts: dict[str, list[str]] = {}
    titles = []
    for run in runs:
        variants = texts.setdefault(run.record.spec.title, [])
        text = "\n".join(source.text for source in (run.spec.source, *run.spec.bases))
        if text not in variants:
            variants.append(text)
        number = variants.index(text) + 1
        titles.append(run.record.spec.title + (f" ({number})" if number > 1 else ""))
    return titles


def _of_spec(run: Run, names: Iterable[str]) -> dict[str, Any]:
    """Return the input and the params that any of the runs sets, with defaults for those that this run does not set."""
    settings = run.record.spec.settings
    values = {name: settings[name] if name in settings else _default(run.spec, name) for name in names}
    params = {f"params.{name}": frozen(value) for name, value in values.items()}
    return {**params, "input": frozen(run.record.spec.input)}


def _default(spec: Spec, name: str) -> Any:
    param = spec.params.get(name)
    return None if param is None or param.default is None else to_plain(param.default)


def _of_recipe(run: Run) -> dict[str, Any]:
    data = run.record.training.as_data()
    return {name: value for key in data if key not in NOT_COMPARED for name, value in flat(key, data[key])}


def _notes(runs: Sequence[Run]) -> tuple[str, ...]:
    notes = []
    data = list(dict.fromkeys(run.record.training.data for run in runs))
    if len(data) > 1:
        notes.append(f"The runs use different data sets ({listing(data)}), so their accuracies are not comparable.")
    elif len({run.record.training.validation for run in runs}) > 1:
        notes.append("The runs use different validation parts, so their validation figures are not comparable.")
    elif len({(run.record.training.seed, run.record.pixels) for run in runs}) > len(_seeds(runs)):
        notes.append(
            "Some runs with the same seed used different images: the mean or deviation of their pixels differs."
        )
    if not all(run.ended for run in runs):
        under_way = [str(run.folder) for run in runs if not run.ended]
        notes.append(f"Not finished; shown up to their last epoch: {listing(under_way)}.")
    return tuple(notes)


def _seeds(runs: Sequence[Run]) -> set[int]:
    return {run.record.training.seed for run in runs}

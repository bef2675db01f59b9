"""What was found: a sweep's folder ──► Found, its study with the curves of its runs by what they differ in.

Everything is read from the folder, what it was run on too: it may have been run elsewhere, and needs no weights.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.reproduction.curves import Curve, Curves
from benchmarks.reproduction.plans import IMAGES
from cnnspec.engine.diagnostics import count, listing
from cnnspec.pytorch.report.from_sweep import study_of_sweep
from cnnspec.pytorch.report.labels import value_text
from cnnspec.pytorch.report.metric import seconds
from cnnspec.pytorch.report.study import Study, Trial
from cnnspec.pytorch.sweep.folder import is_begun

RATE, DROPOUT = "optimizer.Adam.lr", "params.dropout"
DIVERGED = "training diverged"  # how the reason of a run begins that came to numbers that are not finite


@dataclass(frozen=True, eq=False)
class Found:
    """A sweep as its folder has it. ``name`` is that of the shipped file."""

    name: str
    study: Study

    @property
    def trials(self) -> list[Trial]:
        """Those that say something: what is done, and what diverged, with the epochs before that."""
        return [trial for trial in (*self.study.trials, *self.study.missing) if says_something(trial)]

    @property
    def planned(self) -> int:
        return len(self.study.trials) + len(self.study.missing)

    def runs(self, **values: Any) -> Mapping[Any, Curve]:
        """The curves of the runs that have these values, by their seeds; the axes by the ends of their names."""
        return {trial.seed: curve_of(trial) for trial in self.trials if _has(trial, values)}

    def by(self, axis: str, **values: Any) -> Mapping[Any, Curves]:
        """The curves at each value of an axis, the greatest first, whatever the other axes are."""
        levels = reversed(self.study.levels(axis))
        return {level: self.curves(**{_end(axis): level}, **values) for level in levels}

    def curves(self, **values: Any) -> Curves:
        """The curves of all runs that have these values."""
        return tuple(curve_of(trial) for trial in self.trials if _has(trial, values))

    def tests(self, **values: Any) -> list[float]:
        """The test accuracies of the runs that have these values and were measured."""
        return [trial.test.accuracy for trial in self.trials if trial.test and _has(trial, values)]

    @property
    def is_whole(self) -> bool:
        """Whether all runs that there are had all images."""
        return all(trial.recipe.images is None for trial in self.trials if trial.recipe)

    def told(self) -> str:
        """What was run: data, epochs, seeds, hardware, as the runs say."""
        diverged = sum(trial.status != "done" for trial in self.trials)
        runs = f"{len(self.trials)} of {count(self.planned, 'run')}" + (f", {diverged} diverged" if diverged else "")
        recipes = [trial.recipe for trial in self.trials if trial.recipe]
        data = listing(sorted({_images(r.images or IMAGES, r.validation) for r in recipes}))
        epochs = listing([count(epochs, "epoch") for epochs in sorted({recipe.epochs for recipe in recipes})])
        seeds = sorted({trial.seed for trial in self.trials})
        named = f"seed{'s' if len(seeds) > 1 else ''} {listing([value_text(seed) for seed in seeds])}"
        machines = listing(sorted({trial.machine for trial in self.trials if trial.machine}))
        took = seconds(median(trial.seconds for trial in self.trials))
        return f"{self.name}: {runs}; {data}; {epochs}; {named}; on {machines}; {took} a run in the median."


def read_found(build: Path, name: str) -> Found | None:
    """The sweep of a name; None where it was not run, or nothing of it is done. Raises CheckpointError."""
    if not is_begun(build / name):
        return None
    found = Found(name, _without_open(study_of_sweep(build / name)))
    return found if found.trials else None


def says_something(trial: Trial) -> bool:
    """Whether a run is over, and not for a reason that has nothing to do with its settings."""
    return trial.status == "done" or (trial.status == "failed" and trial.reason.startswith(DIVERGED))


def _without_open(study: Study) -> Study:
    """The study with runs in the middle of their epochs as missing ones."""
    kept = [(s, tuple(filter(says_something, s.trials))) for s in study.settings]
    settings = tuple(replace(setting, trials=trials) for setting, trials in kept if trials)
    open_ = (trial for trial in study.trials if not says_something(trial))
    return replace(study, settings=settings, missing=(*study.missing, *open_))


def curve_of(trial: Trial) -> Curve:
    """The accuracies on the validation part; on the training part where nothing is held back."""
    part = "val_accuracy" if all(row.val_accuracy is not None for row in trial.rows) else "train_accuracy"
    return tuple(value for _, value in trial.curve(part))


def _images(images: int, validation: float) -> str:
    held = round(images * validation)
    part = "all" if images == IMAGES else f"{images:,}"
    return f"{part} of MNIST's {IMAGES:,} training images, {f'{held:,} of them' if held else 'none'} held back"


def _end(axis: str) -> str:
    return axis.rpartition(".")[2]


def _has(trial: Trial, values: Mapping[str, Any]) -> bool:
    own = {_end(axis): value for axis, value in trial.values.items()}
    return all(own.get(name) == value for name, value in values.items())

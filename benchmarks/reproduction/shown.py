"""The pictures and tables of a sweep: those of any report, of the kind that its finding is about."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from itertools import product
from statistics import fmean
from typing import Any

from benchmarks.reproduction.curves import TRAINED, Curves, fluctuation, is_trained, late, reaches
from benchmarks.reproduction.found import Found
from cnnspec.engine.diagnostics import count
from cnnspec.pytorch.report import tables
from cnnspec.pytorch.report.blocks import Block, Picture, ReportColumn, ReportTable
from cnnspec.pytorch.report.charts import bars, curves, heat, spread
from cnnspec.pytorch.report.from_sweep import SEED
from cnnspec.pytorch.report.group import grouped
from cnnspec.pytorch.report.labels import short_names, value_text
from cnnspec.pytorch.report.metric import percent, with_spread
from cnnspec.pytorch.report.study import Study
from cnnspec.pytorch.train.watch import Figures

PLACE = "reproduction"  # the pictures' folder, beside the page
DASH = "–"


def shown(found: Found) -> list[Block]:
    """What the page has of a sweep; no chart or table that would be empty."""
    return [make(found) for make, has_something in KINDS[found.name] if has_something(found)]


def panels(found: Found) -> Picture:
    return _panels(found, found.study, "each setting")


def run_by_run(found: Found) -> Picture:
    """Each seed by itself: where some of them train and others do not, a mean says nothing."""
    study = found.study
    trials = [replace(trial, values={**trial.values, SEED: trial.seed}) for trial in study.trials]
    axes = (*study.axes, SEED)
    return _panels(found, replace(study, axes=axes, settings=grouped(trials, axes, study.measure)), "each run")


def _panels(found: Found, study: Study, each: str) -> Picture:
    number = min(len(study.settings), curves.MOST_PANELS)
    band = "; a band spans the seeds" if spread.several(study) else ""
    scale = " The axis is stretched by the logarithm of the error." if curves.is_stretched(study) else ""
    alt = f"{count(number, 'small chart')}, one for {each}: its accuracy over the epochs."
    caption = f"The {_part(found)} accuracy of {each} over the epochs, best first{band}.{scale}"
    return Picture(f"{PLACE}/{found.name}-curves", alt, caption, partial(curves.each, study, quantity="accuracy"))


def heat_map(found: Found) -> Picture:
    pair = heat.pairs(found.study)[0]
    names = short_names(found.study.axes)
    told = f"{names[pair[0]]} and {names[pair[1]]}"
    alt = f"Heat map of the {found.study.measure.words} over {told}. Best: {found.study.ranked[0].label}."
    caption = f"The {found.study.measure.words} after the last epoch over {told}, in per cent: the darker the better."
    return Picture(f"{PLACE}/{found.name}-heat", alt, caption, partial(heat.heat, found.study, pair))


def test_bars(found: Found) -> Picture:
    """Without the runs that did not train, beside whose errors the others could not be told apart."""
    study = trained(found.study)
    first = study.tested[0]
    left = len(_tests(found.study)) - len(_tests(study))
    note = f" {count(left, 'run')} without training, as finding 5 has them, are left out." if left else ""
    alt = f"Bar chart of test errors. Least: {first.label}, whose accuracy is {percent(first.test_accuracy)}."
    caption = f"Errors on the test set: shorter is better; accuracies stand beside them. A dot is one seed.{note}"
    return Picture(f"{PLACE}/{found.name}-test", alt, caption, partial(bars.bars, study))


def trained(study: Study) -> Study:
    """The study without the test figures of runs that did not train."""
    settings = (
        replace(s, trials=tuple(t for t in s.trials if not t.test or t.test.accuracy > TRAINED)) for s in study.settings
    )
    return replace(study, settings=tuple(setting for setting in settings if setting.trials))


def _tests(study: Study) -> list[Figures]:
    return [test for setting in study.settings for test in setting.tested]


def tested(found: Found) -> ReportTable:
    return tables.tested(found.study)


def numbers(found: Found) -> ReportTable:
    """Every setting by the numbers that rules look at, in the order of its values."""
    axes = found.study.axes
    names = short_names(axes)
    headings = [ReportColumn(names[axis]) for axis in axes]
    headings += map(ReportColumn, ("runs", "over 50 %", "best epoch", "last epoch", "epochs to 90 %", "to 98 %"))
    headings += map(ReportColumn, ("mean over epochs", "fluctuation", "in the second half"))
    levels = [found.study.levels(axis)[::-1] for axis in axes]
    groups = {values: found.curves(**_named(axes, values)) for values in product(*levels)}
    rows = [(*map(value_text, values), *_numbers(curves)) for values, curves in groups.items() if curves]
    caption = (
        f"Of the {_part(found)} accuracies, in the mean over seeds. The fluctuation is the standard deviation of the "
        "changes from epoch to epoch, in percentage points."
    )
    return ReportTable(tuple(headings), tuple(rows), caption)


def _named(axes: Sequence[str], values: Sequence[Any]) -> dict[str, Any]:
    return {axis.rpartition(".")[2]: value for axis, value in zip(axes, values, strict=True)}


def _numbers(found: Curves) -> tuple[str, ...]:
    begun = [curve for curve in found if curve]
    return (
        str(len(found)),
        str(sum(map(is_trained, found))),
        with_spread([max(curve) for curve in begun], 100, " %", 2),
        with_spread([curve[-1] for curve in begun], 100, " %", 2),
        *(_epochs(begun, level) for level in (0.9, 0.98)),
        with_spread([fmean(curve) for curve in begun], 100, " %", 2),
        _mean([fluctuation(curve) for curve in begun]),
        _mean([fluctuation(late(curve)) for curve in begun]),
    )


def _epochs(found: Curves, level: float) -> str:
    """``2.3``, ``2.3, one never``, ``never``: in the mean of those that get there."""
    epochs = [reaches(curve, level) for curve in found]
    there = [epoch for epoch, curve in zip(epochs, found, strict=True) if epoch <= len(curve)]
    if not there:
        return "never"
    return f"{fmean(there):.3g}" + (f", {len(found) - len(there)} never" if len(there) < len(found) else "")


def _mean(values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None]
    return f"{100 * fmean(known):.2f}" if known else DASH


def _part(found: Found) -> str:
    return "validation" if curves.held_part(found.study) == "val" else "training"


def _tested(found: Found) -> bool:
    return bool(trained(found.study).tested)


def _is_grid(found: Found) -> bool:
    return bool(heat.pairs(found.study))


def _drawn(found: Found) -> bool:
    return bool(found.study.settings)


KINDS: dict[str, tuple[tuple[Callable[[Found], Block], Callable[[Found], object]], ...]] = {
    "lenet_sigmoid": ((panels, _drawn), (numbers, _drawn)),
    "lenet_relu": ((panels, _drawn), (numbers, _drawn)),
    "lenet_pooling": ((test_bars, _tested), (tested, _tested), (numbers, _drawn)),
    "alexnet": ((heat_map, _is_grid), (panels, _drawn), (numbers, _drawn)),
    "vgg16_seeds": ((run_by_run, _drawn), (numbers, _drawn)),
    "vgg16": ((heat_map, _is_grid), (numbers, _drawn)),
    "googlenet": ((heat_map, _is_grid), (panels, _drawn), (numbers, _drawn)),
    "resnet18": ((panels, _drawn), (numbers, _drawn)),
    "comparison": ((test_bars, _tested), (tested, _tested)),
}

"""Study ──► Document: which sections a report has, and what each says; one that would tell nothing is not there."""

from __future__ import annotations

from functools import partial

from cnnspec.engine.diagnostics import count
from cnnspec.pytorch.report import tables
from cnnspec.pytorch.report.blocks import Block, Document, Paragraph, Picture, Section
from cnnspec.pytorch.report.charts import bars, cost, curves, heat, parallel, places, spread
from cnnspec.pytorch.report.labels import short_names
from cnnspec.pytorch.report.metric import percent
from cnnspec.pytorch.report.study import Study


def document(study: Study) -> Document:
    """The page of a study."""
    sections = [best(study), test(study), over_epochs(study), by_values(study), costs(study), seeds(study)]
    sections += [runs(study), without(study), networks(study), setup(study)]
    return Document(study.title, lead(study), tuple(section for section in sections if section.blocks))


def lead(study: Study) -> str:
    """``12 settings, 24 runs on digits; the best: …``."""
    trials = study.trials
    data = list(dict.fromkeys(trial.recipe.data for trial in trials if trial.recipe))
    told = f"{count(len(study.settings), 'setting')}, {count(len(trials), 'run')}"
    told += f" on {', '.join(data)}" if data else ""
    if study.without:
        told += f"; {count(len(study.without), 'point')} without a result"
    return f"{told}."


def best(study: Study) -> Section:
    blocks: list[Block] = [Paragraph(note, strong=True) for note in study.notes]
    if study.ranked:
        first = study.ranked[0]
        value = study.measure.spread(first.objectives)
        what = "Best" if len(study.ranked) > 1 else "Result"
        seeds = f"; {first.seeds} seeds finished" if first.finished < first.planned else ""
        blocks += [Paragraph(f"{what}: {first.label}, with {value} {study.measure.words}{seeds}."), tables.best(study)]
    return Section("best", "Best settings", tuple(blocks))


def test(study: Study) -> Section:
    if not study.tested:
        return Section("test", "Test set", ())
    first = study.tested[0]
    picture = Picture(
        "test",
        f"Bar chart of the test error of {count(len(study.tested), 'setting')}. "
        f"Least: {first.label}, whose accuracy is {percent(first.test_accuracy)}.",
        "Errors on the test set: shorter is better; accuracies stand beside them."
        + (" A dot is one seed." if any(len(s.tested) > 1 for s in study.tested) else ""),
        partial(bars.bars, study),
    )
    return Section("test", "Test set", (picture, tables.tested(study)))


def over_epochs(study: Study) -> Section:
    if not study.settings:
        return Section("curves", "Loss and accuracy over epochs", ())
    first, part = study.settings[0], curves.held_part(study)
    words = "validation" if part == "val" else "training"
    epochs = max(len(trial.rows) for trial in study.trials)
    end = f"{first.label} ends at {curves.curve(first, f'{part}_accuracy')[1][-1]:.2f} %."
    seeds = " A band spans the seeds." if spread.several(study) else ""
    scales = " The accuracy axis is stretched by the logarithm of the error." if curves.is_stretched(study) else ""
    overview = Picture(
        "curves",
        f"Two line charts over {count(epochs, 'epoch')}: {words} loss and {words} accuracy of "
        f"{count(len(study.settings), 'setting')}. {end}",
        f"The best settings in colours, best first; all others in grey.{seeds}{scales}",
        partial(curves.overview, study),
    )
    blocks = [overview]
    if len(study.settings) > 1 or part == "val":
        blocks += [_each(study, what) for what in ("accuracy", "loss")]
    return Section("curves", "Loss and accuracy over epochs", tuple(blocks))


def _each(study: Study, what: str) -> Picture:
    number = min(len(study.settings), curves.MOST_PANELS)
    more = f", the first {number} of {len(study.settings)}" if number < len(study.settings) else ""
    return Picture(
        f"each-{what}",
        f"{count(number, 'small chart')}, one for each setting: its {what} over the epochs, training and validation.",
        f"The {what} of each setting by itself, best first{more}.",
        partial(curves.each, study, what=what),
    )


def by_values(study: Study) -> Section:
    """Heat maps of grids, dots of what was drawn at random, and parallel coordinates."""
    names = short_names(study.axes)
    blocks: list[Block] = []
    for number, pair in enumerate(heat.pairs(study), 1):
        told = f"{names[pair[0]]} and {names[pair[1]]}"
        cells = len(study.levels(pair[0])) * len(study.levels(pair[1]))
        empty = "; hatched where there is no result" if len(heat.best_at(study, pair)) < cells else ""
        others = " The best of all other values." if len(study.axes) > 2 else ""
        alt = f"Heat map of the {study.measure.words} over {told}. Best: {study.ranked[0].label}."
        caption = f"{study.measure.heading} over {told}: the darker the better{empty}.{others}"
        blocks.append(Picture(f"heat-{number}", alt, caption[0].upper() + caption[1:], partial(heat.heat, study, pair)))
    for number, pair in enumerate(places.pairs(study), 1):
        told = f"{names[pair[0]]} and {names[pair[1]]}"
        alt = f"Dots of all settings over {told}, by their {study.measure.words}. Best: {study.ranked[0].label}."
        caption = f"Settings over {told}: the darker the better, the best with a ring."
        blocks.append(Picture(f"places-{number}", alt, caption, partial(places.places, study, pair)))
    if len(study.axes) > 1 and len(study.ranked) > 2:
        told = f"{', '.join(names.values())} and the {study.measure.words}"
        alt = f"Parallel coordinates of {told}, a line for each setting. Best: {study.ranked[0].label}."
        caption = "A line for each setting, the darker the better; the best one is orange."
        blocks.append(Picture("parallel", alt, caption, partial(parallel.parallel, study)))
    return Section("values", "What the values do", tuple(blocks))


def costs(study: Study) -> Section:
    if len(study.ranked) < 2 or not cost.that_differ(study):
        return Section("cost", "Cost against accuracy", ())
    told = ", ".join(cost.that_differ(study))
    alt = f"Scatter plots of the {study.measure.words} over {told}, a mark for each setting."
    caption = f"The {study.measure.words} of each setting over what it costs; a network has one colour and mark."
    return Section("cost", "Cost against accuracy", (Picture("cost", alt, caption, partial(cost.cost, study)),))


def seeds(study: Study) -> Section:
    found = spread.several(study)
    if not found:
        return Section("seeds", "Spread over seeds", ())
    widest = max(found, key=lambda setting: max(setting.objectives) - min(setting.objectives))
    ends = [study.measure.shown(end) for end in (min(widest.objectives), max(widest.objectives))]
    told = f"Widest: {widest.label}, {ends[0]} to {ends[1]}."
    alt = f"Dots of the {study.measure.words} of each seed, a row for each setting. {told}"
    picture = Picture("seeds", alt, "A dot for each seed, a line at their mean.", partial(spread.spread, study))
    return Section("seeds", "Spread over seeds", (picture,))


def runs(study: Study) -> Section:
    return Section("runs", "Every run", (tables.trials(study),) if study.settings else ())


def without(study: Study) -> Section:
    return Section("missing", "Without a result", (tables.missing(study),) if study.without else ())


def networks(study: Study) -> Section:
    return Section("networks", "Networks", tuple(tables.networks(study.settings)))


def setup(study: Study) -> Section:
    found = tables.setup(study)
    return Section("setup", "How it was run", (found,) if found else ())

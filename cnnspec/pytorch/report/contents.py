"""Study ──► Document: the sections of a report and their texts. Empty sections are omitted."""

from __future__ import annotations

from functools import partial

from cnnspec.engine.diagnostics import count
from cnnspec.pytorch.report import tables
from cnnspec.pytorch.report.blocks import Block, Document, Paragraph, Picture, Section
from cnnspec.pytorch.report.charts import bars, cost, curves, heat, parallel, scatter, spread
from cnnspec.pytorch.report.labels import short_names
from cnnspec.pytorch.report.metric import percent
from cnnspec.pytorch.report.study import Study


def document(study: Study) -> Document:
    """Return the report of a study."""
    sections = [best(study), test(study), over_epochs(study), by_values(study), costs(study), seeds(study)]
    sections += [runs(study), without_result(study), networks(study), setup(study)]
    return Document(study.title, lead(study), tuple(section for section in sections if section.blocks))


def lead(study: Study) -> str:
    """Return the summary line: ``12 settings, 24 runs on digits; 2 points without a result.``."""
    trials = study.trials
    data = list(dict.fromkeys(trial.recipe.data for trial in trials if trial.recipe))
    text = f"{count(len(study.settings), 'setting')}, {count(len(trials), 'run')}"
    text += f" on {', '.join(data)}" if data else ""
    if study.without_result:
        text += f"; {count(len(study.without_result), 'point')} without a result"
    return f"{text}."


def best(study: Study) -> Section:
    blocks: list[Block] = [Paragraph(note, strong=True) for note in study.notes]
    if study.ranked:
        first = study.ranked[0]
        value = study.measure.spread(first.objectives)
        heading = "Best" if len(study.ranked) > 1 else "Result"
        seeds = f" ({first.seeds} seeds finished)" if first.finished < first.planned else ""
        blocks += [
            Paragraph(f"{heading}: {first.label} reaches {value} {study.measure.words}{seeds}."),
            tables.best(study),
        ]
    return Section("best", "Best settings", tuple(blocks))


def test(study: Study) -> Section:
    if not study.tested:
        return Section("test", "Test set", ())
    first = study.tested[0]
    picture = Picture(
        "test",
        f"Bar chart of the test errors of {count(len(study.tested), 'setting')}. "
        f"Lowest error: {first.label}, with {percent(first.test_accuracy)} accuracy.",
        "Bars show test errors: shorter is better. The accuracy is written at the right of each bar."
        + (" Each dot is one seed." if any(len(s.tested) > 1 for s in study.tested) else ""),
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
    seeds = " Bands span the seeds." if spread.several(study) else ""
    scales = " The accuracy axis is scaled by the logarithm of the error." if curves.is_stretched(study) else ""
    overview = Picture(
        "curves",
        f"Two line charts over {count(epochs, 'epoch')}: {words} loss and {words} accuracy of "
        f"{count(len(study.settings), 'setting')}. {end}",
        f"The best settings are colored and listed best first; all others are gray.{seeds}{scales}",
        partial(curves.overview, study),
    )
    blocks = [overview]
    if len(study.settings) > 1 or part == "val":
        blocks += [_each(study, what) for what in ("accuracy", "loss")]
    return Section("curves", "Loss and accuracy over epochs", tuple(blocks))


def _each(study: Study, quantity: str) -> Picture:
    number = min(len(study.settings), curves.MOST_PANELS)
    suffix = f", the first {number} of {len(study.settings)}" if number < len(study.settings) else ""
    return Picture(
        f"each-{quantity}",
        f"{count(number, 'small chart')}, one per setting: training and validation {quantity} over the epochs.",
        f"{quantity.capitalize()} of each setting, best first{suffix}.",
        partial(curves.each, study, quantity=quantity),
    )


def by_values(study: Study) -> Section:
    """Return heat maps of grids, scatter plots of random draws, and parallel coordinates."""
    names = short_names(study.axes)
    blocks: list[Block] = []
    for number, pair in enumerate(heat.pairs(study), 1):
        names_text = f"{names[pair[0]]} and {names[pair[1]]}"
        cells = len(study.levels(pair[0])) * len(study.levels(pair[1]))
        empty = "; hatched cells have no result" if len(heat.best_at(study, pair)) < cells else ""
        others = " Each cell is the best result over all other settings." if len(study.axes) > 2 else ""
        alt = f"Heat map of the {study.measure.words} over {names_text}. Best: {study.ranked[0].label}."
        caption = f"{study.measure.heading} over {names_text}: darker is better{empty}.{others}"
        blocks.append(Picture(f"heat-{number}", alt, caption[0].upper() + caption[1:], partial(heat.heat, study, pair)))
    for number, pair in enumerate(scatter.pairs(study), 1):
        names_text = f"{names[pair[0]]} and {names[pair[1]]}"
        alt = f"Scatter plot over {names_text}, shaded by {study.measure.words}. Best: {study.ranked[0].label}."
        caption = f"Settings over {names_text}: darker is better; a ring marks the best."
        blocks.append(Picture(f"scatter-{number}", alt, caption, partial(scatter.scatter, study, pair)))
    if len(study.axes) > 1 and len(study.ranked) > 2:
        names_text = f"{', '.join(names.values())} and the {study.measure.words}"
        alt = f"Parallel coordinates of {names_text}, one line per setting. Best: {study.ranked[0].label}."
        caption = "Each line is a setting: darker is better; the best is orange."
        blocks.append(Picture("parallel", alt, caption, partial(parallel.parallel, study)))
    return Section("values", "Effect of the values", tuple(blocks))


def costs(study: Study) -> Section:
    if len(study.ranked) < 2 or not cost.that_differ(study):
        return Section("cost", "Cost against accuracy", ())
    names_text = ", ".join(cost.that_differ(study))
    alt = f"Scatter plots of the {study.measure.words} over {names_text}, one mark per setting."
    caption = f"The {study.measure.words} of each setting over its cost; color and mark show the network."
    return Section("cost", "Cost against accuracy", (Picture("cost", alt, caption, partial(cost.cost, study)),))


def seeds(study: Study) -> Section:
    settings = spread.several(study)
    if not settings:
        return Section("seeds", "Spread over seeds", ())
    widest = max(settings, key=lambda setting: max(setting.objectives) - min(setting.objectives))
    ends = [study.measure.text(end) for end in (min(widest.objectives), max(widest.objectives))]
    widest_text = f"Widest spread: {widest.label}, {ends[0]} to {ends[1]}."
    alt = f"Dots of the {study.measure.words} of each seed, one row per setting. {widest_text}"
    picture = Picture("seeds", alt, "Each dot is one seed; the line is the mean.", partial(spread.spread, study))
    return Section("seeds", "Spread over seeds", (picture,))


def runs(study: Study) -> Section:
    return Section("runs", "All runs", (tables.trials(study),) if study.settings else ())


def without_result(study: Study) -> Section:
    return Section("missing", "Points without a result", (tables.missing(study),) if study.without_result else ())


def networks(study: Study) -> Section:
    return Section("networks", "Networks", tuple(tables.networks(study.settings)))


def setup(study: Study) -> Section:
    table = tables.setup(study)
    return Section("setup", "Setup", (table,) if table else ())

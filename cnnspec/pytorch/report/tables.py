"""The tables of a report."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from cnnspec.engine.diagnostics import count
from cnnspec.engine.network import Graph
from cnnspec.engine.numbers import number, short
from cnnspec.engine.recipe import Recipe
from cnnspec.engine.table.columns import COLUMNS, Facts
from cnnspec.engine.table.table import DEFAULT, PLAIN, Look, cells, rows_of, totals
from cnnspec.pytorch.report.blocks import Block, Paragraph, ReportColumn, ReportTable
from cnnspec.pytorch.report.flatten import flat
from cnnspec.pytorch.report.labels import short_names, value_text
from cnnspec.pytorch.report.metric import interval, percent, seconds, with_spread
from cnnspec.pytorch.report.study import Study, StudySetting, Trial

MOST_BEST = 10
MOST_ROWS = 60  # larger networks are shown as their blocks
NOT_LISTED = ("seed", "data_dir", "weights", "name", "description", "source")
ALWAYS = ("data", "validation", "epochs", "batch_size", "loss", "optimizer", ".lr")  # listed even if they are defaults
MOST_AXES = 6  # with more axes, tables show the label instead of a column for each axis


def _by_axes(study: Study) -> bool:
    return 0 < len(study.axes) <= MOST_AXES


def _headings(study: Study) -> list[ReportColumn]:
    if not _by_axes(study):
        return [ReportColumn("setting", left=True)]
    names = short_names(study.axes)
    return [ReportColumn(names[axis], left=axis == "spec") for axis in study.axes]


def _values(study: Study, setting: StudySetting) -> list[str]:
    if not _by_axes(study):
        return [setting.label]
    return [value_text(setting.values[axis]) for axis in study.axes]


def best(study: Study) -> ReportTable:
    """Return the best settings with their costs."""
    settings = study.ranked[:MOST_BEST]
    headings = [ReportColumn("rank"), *_headings(study), *map(ReportColumn, (study.measure.words, "seeds", "epochs"))]
    headings += map(ReportColumn, ("params", "MACs", "training"))
    rows = [
        (str(rank), *_values(study, setting), *_outcome(study, setting)) for rank, setting in enumerate(settings, 1)
    ]
    truncation = f" (best {len(settings)} of {len(study.ranked)})" if len(settings) < len(study.ranked) else ""
    several = any(len(setting.objectives) > 1 for setting in settings)
    spread = "; ± is the standard deviation over seeds" if several else ""
    when = "after the last epoch" if study.measure.when == "last" else "in the best epoch"
    partial = any(setting.finished < setting.planned for setting in study.ranked)
    unfinished = "; settings whose seeds all finished come first" if partial else ""
    caption = f"Settings ranked by {study.measure.words} {when}{truncation}{spread}{unfinished}."
    return ReportTable(tuple(headings), tuple(rows), caption, frozenset({0}))


def _outcome(study: Study, setting: StudySetting) -> tuple[str, ...]:
    epochs = sorted({len(trial.rows) for trial in setting.trials})
    epochs_text = str(epochs[0]) if len(epochs) == 1 else f"{epochs[0]}–{epochs[-1]}"
    graph = setting.network
    return (
        study.measure.spread(setting.objectives),
        setting.seeds,
        epochs_text,
        number(graph.params if graph else None),
        short(graph.macs if graph else None),
        seconds(setting.seconds),
    )


def tested(study: Study) -> ReportTable:
    """Return the test figures, with the interval that the number of test images allows."""
    headings = (
        ReportColumn("setting", left=True),
        *map(ReportColumn, ("test accuracy", "wrong", "95 % interval", "test loss")),
    )
    rows = [_tested(setting) for setting in study.tested]
    images = sorted({test.images for setting in study.tested for test in setting.tested})
    size = f"Measured on {count(images[0], 'test image')}." if len(images) == 1 else "The test sets differ in size."
    caption = f"{size} The interval is Wilson's score interval of the mean accuracy; more seeds do not narrow it."
    return ReportTable(headings, tuple(rows), caption, frozenset({0}))


def _tested(setting: StudySetting) -> tuple[str, ...]:
    figures = setting.tested
    wrong = [test.images - test.correct for test in figures]
    low, high = interval(setting.test_accuracy, min(test.images for test in figures))
    return (
        setting.label,
        with_spread([test.accuracy for test in figures], 100, " %", 2),
        ", ".join(f"{number:,}" for number in wrong),
        f"{100 * low:.2f}–{100 * high:.2f} %",
        with_spread([test.loss for test in figures], 1, "", 4),
    )


def trials(study: Study) -> ReportTable:
    """Return all runs with the figures of their last epoch."""
    has_status = any(trial.status != "done" for trial in study.trials)
    headings = [ReportColumn("run", left=True), *_headings(study), ReportColumn("seed")]
    headings += [ReportColumn("status", left=True)] if has_status else []
    headings += map(ReportColumn, ("epochs", "training loss", "accuracy", "validation loss", "accuracy", "training"))
    rows = []
    for setting in study.settings:
        for trial in setting.trials:
            status = [trial.status] if has_status else []
            rows.append((trial.name, *_values(study, setting), value_text(trial.seed), *status, *_last(trial)))
    caption = "Figures of each run's last epoch. Training figures are averages over the epoch, while weights change."
    return ReportTable(tuple(headings), tuple(rows), caption)


def _last(trial: Trial) -> tuple[str, ...]:
    last = trial.rows[-1]
    return (
        str(len(trial.rows)),
        f"{last.train_loss:.4f}",
        percent(last.train_accuracy),
        "–" if last.val_loss is None else f"{last.val_loss:.4f}",
        "–" if last.val_accuracy is None else percent(last.val_accuracy),
        seconds(trial.seconds),
    )


def missing(study: Study) -> ReportTable:
    """Return the points without a result and the reasons."""
    names = short_names(study.axes)
    headings = [ReportColumn("run", left=True), *(ReportColumn(names[axis]) for axis in study.axes)]
    headings += [ReportColumn("seed"), ReportColumn("status", left=True), ReportColumn("reason", left=True)]
    caption = "Points that failed, were left out, stopped early, or have not finished."
    return ReportTable(tuple(headings), tuple(_missing(study, trial) for trial in study.without_result), caption)


def _missing(study: Study, trial: Trial) -> tuple[str, ...]:
    values = (value_text(trial.values.get(axis)) for axis in study.axes)
    return (trial.name, *values, value_text(trial.seed), trial.status, trial.reason or "–")


def networks(settings: Iterable[StudySetting]) -> list[Block]:
    """Return the table and totals of each network. Networks with equal tables are shown once."""
    groups: dict[tuple[object, ...], list[StudySetting]] = {}
    for setting in settings:
        if setting.network:
            groups.setdefault((setting.network.name, *_layers(setting.network)), []).append(setting)
    names = [key[0] for key in groups]
    blocks: list[Block] = []
    for (name, *_), members in groups.items():
        graph = members[0].network
        assert graph is not None
        caption = graph.name if names.count(name) == 1 else f"{graph.name}, {_named(members)}"
        caption += "" if look(graph) is PLAIN else f"; run `cnnspec summary {graph.name}` for every layer"
        blocks += [_network(graph, caption), Paragraph(totals(Facts(graph)))]
    return blocks


def _named(settings: Sequence[StudySetting]) -> str:
    others = f" and {count(len(settings) - 1, 'other setting')}" if len(settings) > 1 else ""
    return f"as in {settings[0].label}{others}"


def look(graph: Graph) -> Look:
    """Return how a network's table is shown: large networks only as their blocks."""
    return Look(depth=1) if len(rows_of(Facts(graph), PLAIN)) > MOST_ROWS else PLAIN


def _layers(graph: Graph) -> tuple[tuple[str, ...], ...]:
    facts = Facts(graph)
    return tuple(cells(facts, row) for row in rows_of(facts, PLAIN))


def _network(graph: Graph, caption: str) -> ReportTable:
    facts = Facts(graph)
    rows = rows_of(facts, look(graph))
    columns = tuple(ReportColumn(COLUMNS[name].heading, COLUMNS[name].left) for name in DEFAULT)
    texts = tuple(tuple(cell.strip() for cell in cells(facts, row)) for row in rows)
    scopes = frozenset(index for index, row in enumerate(rows) if row.is_scope)
    return ReportTable(columns, texts, caption, scopes, tuple(row.level for row in rows))


def setup(study: Study) -> ReportTable | None:
    """Return the settings that all runs have in common."""
    recipes = [_settings(trial.recipe) for trial in study.trials if trial.recipe]
    if not recipes:
        return None
    common = [name for name in recipes[0] if all(name in r and r[name] == recipes[0][name] for r in recipes)]
    defaults = _settings(Recipe())
    names = [name for name in common if name.endswith(ALWAYS) or recipes[0][name] != defaults.get(name)]
    rows = [(name, value_text(recipes[0][name])) for name in names]
    machines = list(dict.fromkeys(trial.machine for trial in study.trials if trial.machine))
    rows += [("machine", "; ".join(machines))] if machines else []
    rows.append(("total training time", seconds(sum(trial.seconds for trial in study.trials))))
    headings = (ReportColumn("setting", left=True), ReportColumn("value", left=True))
    return ReportTable(
        headings, tuple(rows), "Settings that all runs share. Settings not listed differ or have their defaults."
    )


def _settings(recipe: Recipe) -> dict[str, Any]:
    data = recipe.as_data()
    return {name: value for key in data if key not in NOT_LISTED for name, value in flat(key, data[key])}

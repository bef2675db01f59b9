"""Charts can be read: colours that all eyes tell apart, text that is large enough and within the picture."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

from cnnspec.pytorch.report import document
from cnnspec.pytorch.report.blocks import Picture
from cnnspec.pytorch.report.charts import heat, parallel, scatter
from cnnspec.pytorch.report.charts.errors import Errors
from cnnspec.pytorch.report.charts.saved import DrawnPicture
from cnnspec.pytorch.report.charts.style import COLORS, INK, NARROW, PALE, SOFT, WIDE, styled
from cnnspec.pytorch.report.flatten import frozen
from cnnspec.pytorch.report.from_sweep import study_of
from cnnspec.pytorch.report.labels import cut, value_text
from cnnspec.pytorch.report.metric import Measure
from cnnspec.pytorch.report.study import Study, StudySetting, Trial
from cnnspec.pytorch.train import Figures, Metrics
from tests.emit.diagram.test_colours import EYES, apart, contrast
from tests.report.made import Folders, small_sweep


@pytest.fixture(scope="module")
def pictures(real_run: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Picture]:
    return document(study_of(small_sweep(Folders(real_run, tmp_path_factory.mktemp("charts"))))).pictures


@pytest.mark.parametrize("eye", EYES)
def test_lines_are_told_apart(eye: str) -> None:
    """Any two colours by whatever cones there are, where dashes and marks tell them apart besides."""
    for one, other in combinations((*COLORS, PALE), 2):
        assert apart(one, other, eye) > 14, (one, other)


def test_colours_stand_out_from_the_page() -> None:
    """Lines as WCAG asks of graphics, text as it asks of text."""
    assert all(contrast(colour, "#ffffff") > 3 for colour in COLORS)
    assert min(contrast(INK, "#ffffff"), contrast(SOFT, "#ffffff")) > 4.5


def texts(figure: Figure) -> Iterator[Text]:
    for text in figure.findobj(Text):
        if text.get_text().strip() and text.get_visible():
            yield text


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_text_is_legible_and_whole(pictures: list[Picture], width: int) -> None:
    """12 CSS pixels or more, and inside of the picture."""
    assert_legible(pictures, width)


def assert_legible(pictures: list[Picture], width: int) -> None:
    for picture in pictures:
        with styled():
            figure = picture.draw(width)
            figure.draw_without_rendering()
            right, top = figure.bbox.width, figure.bbox.height
            for text in texts(figure):
                assert text.get_fontsize() * 96 / 72 >= 12, (picture.name, text.get_text())
            for legend in figure.legends:
                assert legend.get_window_extent().x1 < right + 1, picture.name
                assert legend.get_window_extent().y0 > -1, picture.name
            for axes in figure.axes:
                ticks = [*axes.get_xticklabels(), *axes.get_yticklabels()] if axes.axison else []
                shown = [t for t in (*ticks, *_labels(axes), *axes.texts) if t.get_text().strip()]
                boxes = [(t.get_text(), t.get_window_extent()) for t in shown if t.get_visible() and _is_in(t, axes)]
                for told, box in boxes:
                    assert box.x0 > -1, (picture.name, told)
                    assert box.y0 > -1, (picture.name, told)
                    assert box.x1 < right + 1, (picture.name, told)
                    assert box.y1 < top + 1, (picture.name, told)


def _labels(axes: Axes) -> list[Text]:
    return [axes._left_title, *([axes.xaxis.label, axes.yaxis.label] if axes.axison else [])]


def _is_in(text: Text, axes: Axes) -> bool:
    """Whether a tick is within the limits of its axis; others are not drawn."""
    for axis in (axes.xaxis, axes.yaxis):
        for tick in axis.get_major_ticks():
            if text is tick.label1:
                low, high = sorted(axis.get_view_interval())
                return bool(low <= tick.get_loc() <= high)
    return True


def test_pictures_are_the_same_each_time(pictures: list[Picture]) -> None:
    """The same bytes, so that a report in a repository changes only where its figures do; with text as text."""
    heat = next(picture for picture in pictures if picture.name == "heat-1")
    one, other = DrawnPicture.of(heat), DrawnPicture.of(heat)
    assert one == other
    assert "97.92" in re.sub(r"<[^>]*>", "", one.svg)
    assert "http" not in re.sub(r'xmlns(:\w+)?="[^"]*"|<!--.*?-->', "", one.svg)


def drawn_at_random() -> Study:
    """Thirty settings on axes of numbers, one of which only some of them have."""
    settings = []
    for n in range(30):
        momentum = None if n % 3 else 0.5 + n / 100
        values = {"optimizer.lr": 10 ** (-5 + n / 8), "momentum": momentum, "act": "ReLU" if n % 2 else "ELU"}
        trial = Trial(str(n), values, objective=0.99 - 0.02 * abs(n - 20))
        settings.append(StudySetting(f"setting {n}", values, (trial,)))
    settings.sort(key=lambda setting: -(setting.objective or 0))
    return Study("random", Measure("val_accuracy", "max"), ("optimizer.lr", "momentum", "act"), tuple(settings))


def test_scales_of_parallel_coordinates() -> None:
    """Numbers by their size or its logarithm, what some settings lack below them, and the best outcome on top."""
    study = drawn_at_random()
    rate, momentum, act, outcome = parallel.scales(study)
    lowest, highest = min(rate.positions), max(rate.positions)
    assert (lowest, highest) == pytest.approx((0, 1))
    assert [text for _, text in rate.ticks] == ["1e-5", "0.0001", "0.001", "0.01"]
    assert [at for at, _ in rate.ticks] == pytest.approx([0, 8 / 29, 16 / 29, 24 / 29])
    assert sorted(momentum.positions)[:20] == [0] * 20
    assert sorted(momentum.positions)[20] > 0.1
    assert {text for at, text in momentum.ticks if at == 0} == {"–"}
    assert sorted({*act.positions}) == [0.25, 0.75]
    assert outcome.positions[0] == 1
    assert min(outcome.positions) == 0
    assert list(outcome.positions) == sorted(outcome.positions, reverse=True)


def test_what_is_drawn_at_random_makes_no_grid() -> None:
    """Its axes of numbers are shown as a scatter plot, for the settings that have both."""
    study = drawn_at_random()
    assert ("optimizer.lr", "momentum") not in heat.pairs(study)
    assert scatter.pairs(study) == [("optimizer.lr", "momentum")]
    with styled():
        figure = scatter.scatter(study, ("optimizer.lr", "momentum"), NARROW)
        figure.draw_without_rendering()
        assert len(figure.axes[0].lines) == 10 + 1
        parallel.parallel(study, NARROW).draw_without_rendering()


def hard_to_draw() -> Study:
    """Long names of every sort, a perfect accuracy, a loss of zero, one epoch here and three there."""
    settings = []
    for n in range(5):
        name = f"a-folder-with-a-long-name/$x^{n}$_of_the_{'very' * 9}_long_spec_{n}:variant"
        rows = tuple(
            Metrics(epoch, 0.5 / epoch, 0.5, 0.0 if n == 0 else 1 / epoch, 1.0 if n == 0 else 0.2 * n, 900.0, 1.0 + n)
            for epoch in range(1, 2 + n % 3)
        )
        values = {"spec": name, "params.a_param_with_a_name_that_is_long": "x" * 60 if n % 2 else "y", "lr": 0.1**n}
        accuracy = rows[-1].val_accuracy
        test = Figures(0.1, 359 - 9 * n, 359, 1.0)
        trials = tuple(Trial(str(s), values, s, rows=rows, objective=accuracy, test=test) for s in range(2))
        settings.append(StudySetting(f"{name} · lr {n}", values, trials))
    settings = [settings[0], *reversed(settings[1:])]
    axes = ("spec", "params.a_param_with_a_name_that_is_long", "lr")
    return Study("hard", Measure("val_accuracy", "max"), axes, tuple(settings))


def test_long_names_are_cut_to_their_place() -> None:
    """In every chart, at both widths."""
    assert_legible(document(hard_to_draw()).pictures, WIDE)
    assert_legible(document(hard_to_draw()).pictures, NARROW)


def test_a_perfect_accuracy_has_its_place() -> None:
    """Above all others and at its own tick; without one, equal steps of the error's logarithm are equal steps."""
    scale = Errors.of([90, 99, 99.9])
    places = [float(scale.forward(value)) for value in (90, 99, 99.9)]
    assert places == pytest.approx([-1, 0, 1])
    perfect = Errors.of([50, 98, 100])
    assert float(perfect.inverse(perfect.forward(100))) == pytest.approx(100)
    assert float(perfect.forward(100)) > float(perfect.forward(99.9)) > float(perfect.forward(98))
    assert perfect.ticks(40, 100.5) == [50, 80, 90, 95, 98, 100]
    assert 100 not in scale.ticks(40, 99.95)


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_losses_of_many_sizes_leave_room_for_their_name(width: int) -> None:
    """A tick such as 0.0001 is the longest that there is."""
    settings = []
    for n in range(5):
        row = Metrics(1, 2.0 * 0.1**n, 0.5, 0.1**n, 0.5, 900.0, 1.0)
        settings.append(StudySetting(f"lr {n}", {"lr": n}, (Trial(str(n), {"lr": n}, rows=(row,), objective=0.1**n),)))
    study = Study("losses", Measure("val_loss", "min"), ("lr",), tuple(settings[::-1]))
    assert_legible([picture for picture in document(study).pictures if picture.name == "each-loss"], width)


def test_of_equal_results_a_heat_map_marks_that_of_the_best_setting() -> None:
    """The first in the order of the ranking, wherever it lies."""
    values = [{"lr": lr, "dropout": dropout} for lr, dropout in ((0.1, 0.5), (0.1, 0), (0.01, 0), (0.01, 0.5))]
    settings = [StudySetting(str(v), v, (Trial(str(n), v, objective=1.0),)) for n, v in enumerate(values)]
    study = Study("ties", Measure("val_accuracy", "max"), ("lr", "dropout"), tuple(settings))
    with styled():
        figure = heat.heat(study, ("lr", "dropout"), WIDE)
    bold = [text.get_position() for text in figure.axes[0].texts if text.get_fontweight() == "bold"]
    assert bold == [(1.5, study.levels("lr").index(0.1) + 0.5)]


def test_wide_letters_are_cut_by_their_width() -> None:
    """A sign of East Asia takes the place of two letters, in a chart as on a terminal."""
    assert cut("ネットワーク" * 4, 11) == "ネッ…ーク"
    assert cut("ネットワーク", 12) == "ネットワーク"


def test_values_within_a_list_are_told_as_a_file_writes_them() -> None:
    """An operation with its settings stays one."""
    assert (
        value_text(frozen([{"RandomCrop": {"size": 8, "padding": [1, 2]}}]))
        == "[{RandomCrop: {size: 8, padding: [1, 2]}}]"
    )
    assert hash(frozen([[1], {"Add": []}])) == hash(frozen([[1], {"Add": []}]))

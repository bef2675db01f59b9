"""How long a sweep will take: one step of each network, measured, times the steps of its runs.

What is measured runs alone and with the threads that a slot has; side by side on all cores it may be slower.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from time import perf_counter

import torch

from cnnspec.api import build, graph
from cnnspec.engine.recipe import Recipe
from cnnspec.engine.recipe.model import held_back
from cnnspec.engine.spec import Spec
from cnnspec.pytorch.data.load import load_data
from cnnspec.pytorch.data.locate import Note
from cnnspec.pytorch.sweep.plan import PlannedPoint
from cnnspec.pytorch.sweep.slots import Slots
from cnnspec.pytorch.train.compatibility import for_training
from cnnspec.pytorch.train.device import device_named, placed, threads
from cnnspec.pytorch.train.train_state import TrainState

TIMED = 3  # steps, of which the middle one counts; one before them is for warming up
LONG = 1.0  # seconds of a step that needs no warming up, and no second look
MOST_IMAGES = 256  # of a step that is measured: a larger one takes longer, and memory, in proportion
FORWARD = 1 / 3  # of a step: what an image costs that is only looked at


def estimate(points: Iterable[PlannedPoint], slots: Slots, note: Note) -> float:
    """Seconds for all points in the slots. Raises UsageError and DataError where data or a network do not go."""
    steps: dict[object, float] = {}
    images: dict[object, tuple[int, int | None]] = {}  # training, and validation where that is a part of its own
    seconds = [0.0]
    for setup in (point.setup for point in points if point.setup and not point.is_left_out):
        recipe = setup.recipe
        network = for_training(graph(setup.spec))
        data = (recipe.data, recipe.data_dir)
        if data not in images:
            found = load_data(recipe.data, recipe.folder, network.input, network.output[0], note, recipe.workers)
            images[data] = len(found.train.labels), len(found.validation.labels) if found.validation else None
        used, watched = min(images[data][0], recipe.images or images[data][0]), images[data][1]
        size = min(used, recipe.batch_size)
        key = (network.params, network.macs, network.input, size, type(recipe.optimizer), recipe.device)
        if key not in steps:
            steps[key] = step_seconds(setup.spec, recipe, slots.threads, size)
        if watched is None:
            watched = held_back(used, recipe.validation)
            used -= watched
        seconds.append(steps[key] / size * (used + watched * FORWARD) * recipe.epochs)
    return max(sum(seconds) / slots.jobs, max(seconds))


def step_seconds(spec: Spec, recipe: Recipe, number: int, size: int) -> float:
    """One step of training on so many images, the middle of a few, by one on fewer where they are many."""
    network, device, images = for_training(graph(spec)), device_named(recipe.device), max(2, min(size, MOST_IMAGES))
    with threads(recipe.threads or number):
        model = placed(build(network), device, recipe.channels_last)
        heads = tuple(head.weight for head in network.aux)
        state = TrainState.of(recipe, model, recipe.batch_size, network.output[0], heads)
        batch = torch.randn(images, *network.input, device=device)
        targets = torch.zeros(images, dtype=torch.int64, device=device)
        return _middle(lambda: _timed(state, batch, targets)) * size / images


def _middle(step: Callable[[], float]) -> float:
    """The middle one of a few steps; the first by itself where it is a long one."""
    first = step()
    return first if first > LONG else sorted(step() for _ in range(TIMED))[TIMED // 2]


def _timed(state: TrainState, batch: torch.Tensor, targets: torch.Tensor) -> float:
    if state.device.type == "cuda":
        torch.cuda.synchronize()
    began = perf_counter()
    state.losses(batch, targets)[2].backward()  # type: ignore[no-untyped-call]
    state.step()
    if state.device.type == "cuda":
        torch.cuda.synchronize()
    return perf_counter() - began

"""A run, from a spec and a recipe to a folder with weights and figures; reads from top to bottom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from cnnspec.api import build, graph
from cnnspec.api.public_graph import Graph
from cnnspec.engine.diagnostics import UsageError
from cnnspec.engine.files import write
from cnnspec.engine.recipe import Recipe
from cnnspec.engine.recipe.write import as_yaml
from cnnspec.engine.spec import Spec
from cnnspec.pytorch.data.examples import Data
from cnnspec.pytorch.data.streamed import reported
from cnnspec.pytorch.train import run_folder as files
from cnnspec.pytorch.train.batch_shards import check_shares
from cnnspec.pytorch.train.checkpoint import Checkpoints
from cnnspec.pytorch.train.checkpoint.manifest import sha256
from cnnspec.pytorch.train.checkpointer import Checkpointer
from cnnspec.pytorch.train.checks import check_suits
from cnnspec.pytorch.train.compatibility import check_trainable, for_training
from cnnspec.pytorch.train.curves import curves
from cnnspec.pytorch.train.device import deterministic, device_named, placed, processor, threads
from cnnspec.pytorch.train.launch import joined
from cnnspec.pytorch.train.lock import locked
from cnnspec.pytorch.train.loop import Report, epoch, measure
from cnnspec.pytorch.train.prepare import Prepared, prepare
from cnnspec.pytorch.train.resume_match import origin, require_asked
from cnnspec.pytorch.train.run_files import (
    RunRecord,
    RunSetup,
    read_network,
    read_record,
    require_recipe,
    require_texts,
)
from cnnspec.pytorch.train.seeds import PROCESS, SHUFFLE, derived, generator, reseed, seeded
from cnnspec.pytorch.train.signals import Stop
from cnnspec.pytorch.train.sync_batchnorm import synchronised
from cnnspec.pytorch.train.train_state import TrainState
from cnnspec.pytorch.train.watch import Figures, Metrics, Progress, Watcher
from cnnspec.pytorch.train.world import ALONE, World
from cnnspec.pytorch.weights.names import located
from cnnspec.version import __version__


@dataclass(frozen=True, slots=True)
class Result:
    """A run that is done: its folder, a row for each epoch, and the figures on the data set's own test part.

    ``test`` is None for a run that was not to look at it, and where the data have no test part: ``validation`` then has
    the figures on the validation part.
    """

    folder: Path
    metrics: tuple[Metrics, ...]
    test: Figures | None
    validation: Figures | None = None

    @property
    def measured(self) -> tuple[str, Figures] | None:
        """The name of the part that the trained network was measured on, and the figures."""
        found = (("test", self.test), ("validation", self.validation))
        return next(((name, figures) for name, figures in found if figures), None)


def train(
    spec: Spec,
    recipe: Recipe | None = None,
    out: Path | None = None,
    watch: Watcher | None = None,
    stop: Stop | None = None,
    *,
    test: bool = True,
) -> Result:
    """Train a spec's network into the folder ``out`` (None: ``runs/<name>-<n>``).

    Without ``test`` the test part is never looked at: runs that are compared leave it to the one that is chosen.
    The same spec, recipe and machine give the same weights to the bit. Raises UsageError, SpecError, DataError and,
    of weights to start from, CheckpointError before anything is written; DivergedError, OutputError and, where ``stop``
    listens to signals, Stopped leave what ``resume`` goes on from.
    """
    recipe, stop = recipe or Recipe(), stop or Stop()
    own = texts(spec, recipe)
    network = for_training(graph(spec))
    check_trainable(network)
    check_suits(recipe, network)
    with joined() as world:
        watch = _heard(watch, world)
        device = device_named(recipe.device, world)
        if out is not None:
            world.written(lambda: files.refuse_occupied(out, own))
        data = _prepared(spec, network, recipe, device, watch, world)
        with _under(recipe, device):
            state = _trainee(spec, network, recipe, data, device, recipe.weights, world)
            watch.note(headline(spec.title, network, data, device, world))
            run = world.written(lambda: files.create(out, spec.title, own))
            with locked(run, watch.note, world), stop.held():
                world.written(lambda: files.refuse_occupied(run, own))  # who had the lock just before may have begun it
                record = _record(spec, recipe, data, own)
                world.written(lambda: _write_setup(run, own, record))
                watch.started(run)
                checkpointer = _checkpointer(run, state, spec, record, data, stop)
                return _trained(checkpointer, record.spec.title, data, watch, test=test)


def resume(
    run: Path,
    watch: Watcher | None = None,
    stop: Stop | None = None,
    spec: Spec | None = None,
    recipe: Recipe | None = None,
    *,
    test: bool = True,
) -> Result:
    """Go on with a run from its last checkpoint, to the end that it would have come to undisturbed, to the bit.

    ``spec`` and ``recipe``, where they are given, have to be the run's; only where it is computed, where the data lie
    and how often it is saved may be others. Raises as ``train`` does, UsageError with the difference, and
    CheckpointError where the folder is damaged.
    """
    stop, record = stop or Stop(), read_record(run)
    own, network = read_network(run, record.spec)
    require_recipe(run, record)
    recipe = recipe or record.training
    require_asked(run, record, own, spec, recipe)
    check_trainable(network)
    with joined() as world:
        watch = _heard(watch, world)
        if (recipe.device, recipe.threads) != (record.training.device, record.training.threads):
            watch.note(f"{run} was begun on another device or number of threads: it goes on, but not to the same bits")
        device = device_named(recipe.device, world)
        with locked(run, watch.note, world):
            data = _prepared(own, network, recipe, device, watch, world)
            if data.pixels != record.pixels:
                raise UsageError(f"{recipe.data} is not what {run} was begun with: its mean or spread is another")
            with _under(recipe, device):
                is_saved = bool(Checkpoints(run, 0).numbers())
                if not is_saved:  # no checkpoint says what the texts were
                    require_texts(run, record)
                weights = None if is_saved else recipe.weights
                state = _trainee(own, network, recipe, data, device, weights, world)
                watch.note(headline(record.spec.title, network, data, device, world))
                watch.started(run)
                checkpointer = _checkpointer(run, state, own, record, data, stop)
                checkpointer.resume(watch.note)
                return _trained(checkpointer, record.spec.title, data, watch, test=test)


def _heard(watch: Watcher | None, world: World) -> Watcher:
    """Who hears of a run: of several processes the writer's watcher alone."""
    return watch or Watcher() if world.is_writer else Watcher()


def _prepared(
    spec: Spec, network: Graph, recipe: Recipe, device: torch.device, watch: Watcher, world: World
) -> Prepared:
    """The data, which every process has and one of each machine downloads."""
    data = world.in_turn(lambda: prepare(spec, network, recipe, device, watch.note))
    check_shares(recipe, network, data.train, world)
    return data


@contextmanager
def _under(recipe: Recipe, device: torch.device) -> Iterator[None]:
    """The threads, the seed and the determinism of a recipe; the caller finds all of them as they were."""
    with threads(recipe.threads), seeded(recipe.seed, device), deterministic(recipe.deterministic), reported():
        yield


def _trainee(
    spec: Spec,
    network: Graph,
    recipe: Recipe,
    data: Prepared,
    device: torch.device,
    weights: str | None,
    world: World,
) -> TrainState:
    built = build(network, weights=weights)  # on the CPU: the same initial weights on every device
    model = placed(built, device, recipe.channels_last)
    if recipe.sync_batchnorm and world.size > 1:
        model = synchronised(model)
    heads = tuple(head.weight for head in network.aux)
    if world.rank:
        reseed(derived(recipe.seed, PROCESS, world.rank))  # each process drops out and augments by its own numbers
    return TrainState.of(recipe, model, len(data.train), network.output[0], heads, world)


def _checkpointer(
    run: Path, state: TrainState, spec: Spec, record: RunRecord, data: Prepared, stop: Stop
) -> Checkpointer:
    stop.world = state.world
    images = (len(data.train), len(data.validation), len(data.test) if data.test else 0)
    return Checkpointer(run, state, origin(spec, record, images), stop, record.training.save_every)


def _trained(checkpointer: Checkpointer, title: str, data: Prepared, watch: Watcher, *, test: bool) -> Result:
    """The epochs that are left, and the test where it is wanted."""
    state = checkpointer.state
    with checkpointer.saving():
        while not state.is_done:
            row = _epoch(checkpointer, data, watch)
            checkpointer.epoch(state.close(row))
            watch.epoch(row)
        found = _tested(checkpointer, data) if test else {}
    result = Result(checkpointer.run, tuple(state.rows), found.get("test"), found.get("validation"))
    checkpointer.write_result(lambda: _write_result(result, title, state))
    return result


def _tested(checkpointer: Checkpointer, data: Prepared) -> dict[str, Figures]:
    """The figures of the trained network on the test part, or on the validation part where there is no test part."""
    if data.test:
        return {"test": _measured(checkpointer, data.test, data.test.all(), "the test part")}
    return {"validation": _measured(checkpointer, data.watched, data.validation, "the validation part")}


def _epoch(checkpointer: Checkpointer, data: Prepared, watch: Watcher) -> Metrics:
    """Train on all images, in the order of this epoch, and look at those that are held back."""
    state, recipe = checkpointer.state, checkpointer.state.recipe
    order = shuffled(data.train, recipe.seed, state.epoch)
    trained = epoch(state, data.examples, order, _reporter(watch, state.epoch, len(order)), checkpointer.step)
    if not len(data.validation):
        return Metrics.of(state.epoch, trained, None)
    where = f"the validation part, after epoch {state.epoch}"
    return Metrics.of(state.epoch, trained, _measured(checkpointer, data.watched, data.validation, where))


def _measured(checkpointer: Checkpointer, data: Data, index: Tensor, where: str) -> Figures:
    """The figures of what is trained on images that it is not trained on."""
    state, after = checkpointer.state, checkpointer.stop.check
    state.world.alike(state.measured.buffers())
    size, loss = state.recipe.batch_size, state.loss
    return measure(state.measured, data, index, size, where, after, loss, state.world)


def shuffled(part: Tensor, seed: int, number: int) -> Tensor:
    """The indices of a part in the order of epoch ``number``, which follows from these three alone."""
    return part[torch.randperm(len(part), generator=generator(seed, SHUFFLE, number)).to(part.device)]


def headline(title: str, network: Graph, data: Prepared, device: torch.device, world: World = ALONE) -> str:
    """What is trained on what: ``mnist/lenet · 61,706 params · 416,520 MACs · …``."""
    test = f"{len(data.test):,} test images" if data.test else "no test images"
    sizes = f"{len(data.train):,} training, {len(data.validation):,} validation, {test}"
    where = str(device) if world.size == 1 else f"{device.type} · {world.size} processes"
    return f"{title} · {network.params:,} params · {network.macs:,} MACs · {sizes} · {where}"


def _reporter(watch: Watcher, number: int, total: int) -> Report:
    return lambda figures: watch.progress(Progress(number, figures, total))


def texts(spec: Spec, recipe: Recipe) -> dict[str, bytes]:
    """The spec, all that it extends, and the recipe, by file names."""
    bases = {files.BASE.format(number): base.text.encode() for number, base in enumerate(spec.bases, 1)}
    return {files.SPEC: spec.source.text.encode(), **bases, files.RECIPE: as_yaml(_anywhere(recipe)).encode()}


def _anywhere(recipe: Recipe) -> Recipe:
    """The recipe with files as they are found from any folder."""
    folder, weights = recipe.folder and str(recipe.folder.absolute()), recipe.weights and located(recipe.weights)
    return recipe.model_copy(update={"data_dir": folder, "weights": weights})


def _record(spec: Spec, recipe: Recipe, data: Prepared, own: Mapping[str, bytes]) -> RunRecord:
    """What was set, and the hashes of the run's texts."""
    return RunRecord(
        cnnspec=__version__,
        spec=RunSetup.of(spec),
        training=_anywhere(recipe),
        pixels=data.pixels,
        classes=data.classes,
        sha256={name: sha256(text) for name, text in own.items()},
    )


def _write_setup(run: Path, own: Mapping[str, bytes], record: RunRecord) -> None:
    """The texts, and what was set."""
    for name, text in own.items():
        write(run / name, text)
    files.write_json(run / files.SETTINGS, record.model_dump(mode="json"))


def _write_result(result: Result, title: str, state: TrainState) -> None:
    rows, run, figures = result.metrics, result.folder, {}
    if result.measured:
        part, found = result.measured
        title = f"{title}: {part} accuracy {100 * found.accuracy:.2f} %"
        figures = {f"{part}_accuracy": found.accuracy, f"{part}_loss": found.loss, f"{part}_images": found.images}
    write(run / files.CURVES, curves(title, rows))
    values = {
        **figures,
        "epochs": len(rows),
        "seconds": round(sum(row.seconds for row in rows), 3),
        "device": str(state.device),
        "processor": processor(state.device),
        "processes": state.world.size,
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
    }
    files.write_json(run / files.RESULT, values)

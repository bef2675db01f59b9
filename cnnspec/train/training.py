"""A run, from a spec and settings to a folder with weights and figures; reads from top to bottom."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from cnnspec import __version__
from cnnspec.api import build, graph
from cnnspec.data.streamed import reported
from cnnspec.diagnostics import UsageError
from cnnspec.files import write
from cnnspec.network import Graph
from cnnspec.spec import Spec
from cnnspec.train import folder as files
from cnnspec.train.checkpoint import Checkpoints
from cnnspec.train.curves import curves
from cnnspec.train.device import device_named, placed, threads
from cnnspec.train.fit import check_trainable
from cnnspec.train.keeper import Keeper
from cnnspec.train.lock import locked
from cnnspec.train.loop import Report, epoch, measure
from cnnspec.train.origin import origin, require_asked
from cnnspec.train.prepare import Prepared, prepare
from cnnspec.train.saved import Record, Setup, read_network, read_record
from cnnspec.train.seeds import SHUFFLE, generator, seeded
from cnnspec.train.settings import Settings
from cnnspec.train.signals import Stop
from cnnspec.train.trainee import Trainee
from cnnspec.train.watch import Figures, Metrics, Progress, Watcher
from cnnspec.weights.names import located


@dataclass(frozen=True, slots=True)
class Result:
    """A run that is done: its folder, a row for each epoch, and the figures on the data set's own test part."""

    folder: Path
    metrics: tuple[Metrics, ...]
    test: Figures


def train(
    spec: Spec,
    settings: Settings | None = None,
    out: Path | None = None,
    watch: Watcher | None = None,
    stop: Stop | None = None,
) -> Result:
    """Train a spec's network into the folder ``out`` (None: ``runs/<name>-<n>``).

    The same spec, settings and machine give the same weights to the bit. Raises UsageError, SpecError, DataError and,
    of weights to start from, CheckpointError before anything is written; DivergedError, OutputError and, where ``stop``
    listens to signals, Stopped leave what ``resume`` goes on from.
    """
    settings, watch = settings or Settings(), watch or Watcher()
    network = graph(spec)
    check_trainable(network)
    device = device_named(settings.device)
    if out is not None:
        files.refuse_occupied(out, texts(spec))
    data = prepare(spec, network, settings, device, watch.note)
    with threads(settings.threads), seeded(settings.seed, device), reported():
        trainee = _trainee(spec, settings, device, settings.weights)
        watch.note(headline(spec.title, network, data, device))
        run = files.create(out, spec.title, texts(spec))
        with locked(run, watch.note), (stop or Stop()).held():
            record = _write_setup(run, spec, settings, data)
            keeper = _keeper(run, trainee, spec, record, data, stop)
            return _trained(keeper, record.spec.title, network, data, settings, watch)


def resume(
    run: Path,
    watch: Watcher | None = None,
    stop: Stop | None = None,
    spec: Spec | None = None,
    **stated: Any,
) -> Result:
    """Go on with a run from its last checkpoint, to the end that it would have come to undisturbed, to the bit.

    ``spec`` and ``stated`` settings, where they are given, have to be the run's; only where it is computed, where the
    data lie and how often it is saved may be others. Raises as ``train`` does, UsageError with the difference, and
    CheckpointError where the folder is damaged.
    """
    watch = watch or Watcher()
    record = read_record(run)
    own, network = read_network(run, record.spec)
    require_asked(run, record, own, spec, stated)
    settings = record.training.model_copy(update=stated)
    check_trainable(network)
    device = device_named(settings.device)
    with locked(run, watch.note):
        data = prepare(own, network, settings, device, watch.note)
        if data.pixels != record.pixels:
            raise UsageError(f"{settings.data} is not what {run} was begun with: its mean or spread is another")
        with threads(settings.threads), seeded(settings.seed, device), reported():
            weights = None if Checkpoints(run, 0).numbers() else settings.weights
            trainee = _trainee(own, settings, device, weights)
            watch.note(headline(record.spec.title, network, data, device))
            keeper = _keeper(run, trainee, own, record, data, stop)
            keeper.resume(watch.note)
            return _trained(keeper, record.spec.title, network, data, settings, watch)


def _trainee(spec: Spec, settings: Settings, device: torch.device, weights: str | None) -> Trainee:
    built = build(spec, weights=weights)  # on the CPU: the same initial weights on every device
    model = placed(built, device)
    check_batch_size(model, settings.batch_size)
    return Trainee(model, adam(model, settings.lr), device)


def _keeper(run: Path, trainee: Trainee, spec: Spec, record: Record, data: Prepared, stop: Stop | None) -> Keeper:
    images = (len(data.train), len(data.validation), len(data.test))
    return Keeper(run, trainee, origin(spec, record, images), stop or Stop(), record.training.save_every)


def _trained(keeper: Keeper, title: str, network: Graph, data: Prepared, settings: Settings, watch: Watcher) -> Result:
    """The epochs that are left, and the test."""
    trainee, stop, size = keeper.trainee, keeper.stop, settings.batch_size
    with keeper.saving():
        _epochs(keeper, network, data, settings, watch)
        test = measure(trainee.model, data.test, data.test.all(), size, "the test part", stop.check)
    _write_result(keeper.run, title, trainee, test)
    return Result(keeper.run, tuple(trainee.rows), test)


def _epochs(keeper: Keeper, network: Graph, data: Prepared, settings: Settings, watch: Watcher) -> None:
    """Train and validate; after each epoch the folder holds its checkpoint, its weights and its line of metrics."""
    trainee, size = keeper.trainee, settings.batch_size
    weights = tuple(head.weight for head in network.aux)
    while trainee.epoch <= settings.epochs:
        number = trainee.epoch
        order = shuffled(data.train, settings.seed, number)
        trained = epoch(
            trainee.model,
            trainee.optimizer,
            data.examples,
            order,
            size,
            number,
            _reporter(watch, number, len(order)),
            weights,
            trainee.tally,
            keeper.step,
        )
        row = Metrics.of(number, trained, _validated(trainee.model, data, size, number, keeper.stop))
        keeper.epoch(trainee.close(row))
        watch.epoch(row)


def _validated(model: nn.Module, data: Prepared, batch_size: int, number: int, stop: Stop) -> Figures | None:
    if not len(data.validation):
        return None
    where = f"the validation part, after epoch {number}"
    return measure(model, data.examples, data.validation, batch_size, where, stop.check)


def shuffled(part: Tensor, seed: int, number: int) -> Tensor:
    """The indices of a part in the order of epoch ``number``, which follows from these three alone."""
    return part[torch.randperm(len(part), generator=generator(seed, SHUFFLE, number)).to(part.device)]


def adam(model: nn.Module, lr: float) -> torch.optim.Adam:
    """Adam, in one kernel for all tensors where torch has it."""
    fused = all(parameter.device.type in ("cpu", "cuda") for parameter in model.parameters())
    return torch.optim.Adam(model.parameters(), lr, fused=fused)


def check_batch_size(model: nn.Module, size: int) -> None:
    """Refuse batches of one image for BatchNorm, which would have no spread to normalise by."""
    if size == 1 and any(isinstance(module, _BatchNorm) for module in model.modules()):
        raise UsageError("BatchNorm cannot train on batches of one image", "--batch-size 2 or more")


def headline(title: str, network: Graph, data: Prepared, device: torch.device) -> str:
    """What is trained on what: ``mnist/lenet · 61,706 params · 416,520 MACs · …``."""
    sizes = f"{len(data.train):,} training, {len(data.validation):,} validation, {len(data.test):,} test images"
    return f"{title} · {network.params:,} params · {network.macs:,} MACs · {sizes} · {device}"


def _reporter(watch: Watcher, number: int, total: int) -> Report:
    return lambda figures: watch.progress(Progress(number, figures, total))


def texts(spec: Spec) -> dict[str, bytes]:
    """The spec and all that it extends, by file names."""
    bases = {files.BASE.format(number): base.text.encode() for number, base in enumerate(spec.bases, 1)}
    return {files.SPEC: spec.source.text.encode(), **bases}


def _write_setup(run: Path, spec: Spec, settings: Settings, data: Prepared) -> Record:
    """The texts, and what was set; files as they are found from anywhere."""
    folder = settings.data_dir and settings.data_dir.expanduser().absolute()
    kept = settings.model_copy(update={"data_dir": folder, "weights": settings.weights and located(settings.weights)})
    record = Record(cnnspec=__version__, spec=Setup.of(spec), training=kept, pixels=data.pixels)
    for name, text in texts(spec).items():
        write(run / name, text)
    files.write_json(run / files.SETTINGS, record.model_dump(mode="json"))
    return record


def _write_result(run: Path, title: str, trainee: Trainee, test: Figures) -> None:
    rows = trainee.rows
    write(run / files.CURVES, curves(f"{title}: test accuracy {100 * test.accuracy:.2f} %", rows))
    result = {
        "test_accuracy": test.accuracy,
        "test_loss": test.loss,
        "test_images": test.images,
        "epochs": len(rows),
        "seconds": round(sum(row.seconds for row in rows), 3),
        "device": str(trainee.device),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
    }
    files.write_json(run / files.RESULT, result)

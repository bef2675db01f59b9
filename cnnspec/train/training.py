"""A run, from a spec and settings to a folder with weights and figures; reads from top to bottom."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

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
from cnnspec.train.curves import curves
from cnnspec.train.device import device_named, placed, threads
from cnnspec.train.fit import check_trainable
from cnnspec.train.loop import Report, epoch, measure
from cnnspec.train.prepare import Prepared, prepare
from cnnspec.train.saved import Record, Setup, write_weights
from cnnspec.train.seeds import SHUFFLE, generator, seeded
from cnnspec.train.settings import Settings
from cnnspec.train.watch import Figures, Metrics, Progress, Watcher
from cnnspec.weights.names import located


@dataclass(frozen=True, slots=True)
class Result:
    """A run that is done: its folder, a row for each epoch, and the figures on the data set's own test part."""

    folder: Path
    metrics: tuple[Metrics, ...]
    test: Figures


def train(
    spec: Spec, settings: Settings | None = None, out: Path | None = None, watch: Watcher | None = None
) -> Result:
    """Train a spec's network into the folder ``out`` (None: ``runs/<name>-<n>``).

    The same spec, settings and machine give the same weights to the bit. Raises UsageError, SpecError, DataError and,
    of weights to start from, CheckpointError before anything is written; DivergedError and OutputError leave what is
    whole.
    """
    settings, watch = settings or Settings(), watch or Watcher()
    network = graph(spec)
    check_trainable(network)
    device = device_named(settings.device)
    if out is not None:
        files.refuse_occupied(out)
    data = prepare(spec, network, settings, device, watch.note)
    with threads(settings.threads), seeded(settings.seed, device), reported():
        built = build(spec, weights=settings.weights)  # on the CPU: the same initial weights on every device
        model = placed(built, device)
        check_batch_size(model, settings.batch_size)
        watch.note(headline(spec, network, data, device))
        run = files.create(out, spec.title)
        watch.started(run)
        _write_setup(run, spec, settings, data)
        weights = tuple(head.weight for head in network.aux)
        metrics = _epochs(model, data, settings, run, watch, weights)
        test = measure(model, data.test, data.test.all(), settings.batch_size, "the test part")
        _write_result(run, spec, metrics, test, device)
    return Result(run, tuple(metrics), test)


def _epochs(
    model: nn.Module, data: Prepared, settings: Settings, run: Path, watch: Watcher, weights: tuple[float, ...]
) -> list[Metrics]:
    """Train and validate; after each epoch the folder holds its weights and its line of metrics."""
    optimizer = adam(model, settings.lr)
    rows = []
    for number in range(1, settings.epochs + 1):
        order = shuffled(data.train, settings.seed, number)
        report = _reporter(watch, number, len(order))
        trained = epoch(model, optimizer, data.examples, order, settings.batch_size, number, report, weights)
        row = Metrics.of(number, trained, _validated(model, data, settings.batch_size, number))
        write_weights(run / files.WEIGHTS, model)
        files.append_json(run / files.METRICS, asdict(row))
        watch.epoch(row)
        rows.append(row)
    return rows


def _validated(model: nn.Module, data: Prepared, batch_size: int, number: int) -> Figures | None:
    where = f"the validation part, after epoch {number}"
    return measure(model, data.examples, data.validation, batch_size, where) if len(data.validation) else None


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


def headline(spec: Spec, network: Graph, data: Prepared, device: torch.device) -> str:
    """What is trained on what: ``mnist/lenet · 61,706 params · 416,520 MACs · …``."""
    sizes = f"{len(data.train):,} training, {len(data.validation):,} validation, {len(data.test):,} test images"
    return f"{spec.title} · {network.params:,} params · {network.macs:,} MACs · {sizes} · {device}"


def _reporter(watch: Watcher, number: int, total: int) -> Report:
    return lambda figures: watch.progress(Progress(number, figures, total))


def _write_setup(run: Path, spec: Spec, settings: Settings, data: Prepared) -> None:
    """The spec as text, with all that it extends, and what was set; files as they are found from anywhere."""
    folder = settings.data_dir and settings.data_dir.expanduser().absolute()
    kept = settings.model_copy(update={"data_dir": folder, "weights": settings.weights and located(settings.weights)})
    record = Record(cnnspec=__version__, spec=Setup.of(spec), training=kept, pixels=data.pixels, classes=data.classes)
    write(run / files.SPEC, spec.source.text.encode())
    for number, base in enumerate(spec.bases, 1):
        write(run / files.BASE.format(number), base.text.encode())
    files.write_json(run / files.SETTINGS, record.model_dump(mode="json"))


def _write_result(run: Path, spec: Spec, rows: list[Metrics], test: Figures, device: torch.device) -> None:
    write(run / files.CURVES, curves(f"{spec.title}: test accuracy {100 * test.accuracy:.2f} %", rows))
    result = {
        "test_accuracy": test.accuracy,
        "test_loss": test.loss,
        "test_images": test.images,
        "epochs": len(rows),
        "seconds": round(sum(row.seconds for row in rows), 3),
        "device": str(device),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
    }
    files.write_json(run / files.RESULT, result)

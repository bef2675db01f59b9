"""A run's weights on its data set's own test part."""

from __future__ import annotations

from pathlib import Path

from cnnspec.api import build
from cnnspec.diagnostics import CheckpointError
from cnnspec.train.device import device_named, placed, threads
from cnnspec.train.fit import check_trainable
from cnnspec.train.folder import SETTINGS
from cnnspec.train.loop import measure
from cnnspec.train.making import made_loss
from cnnspec.train.prepare import prepare_test
from cnnspec.train.saved import load_weights, read_network, read_record
from cnnspec.train.watch import Figures, Watcher


def evaluate(run: Path, data_dir: Path | None = None, device: str = "auto", watch: Watcher | None = None) -> Figures:
    """The figures of a run folder on its test part; data files come from where the run had them, or ``data_dir``.

    Raises CheckpointError where the folder is damaged, DataError and UsageError.
    """
    record = read_record(run)
    spec, network = read_network(run, record.spec)
    check_trainable(network)
    if {len(record.pixels.mean), len(record.pixels.std)} != {network.input[0]}:
        raise CheckpointError(f"{run / SETTINGS} is damaged: pixels: the network takes {network.input[0]} channels")
    where = device_named(device)
    model = placed(build(spec), where)
    load_weights(run, model)
    recipe = record.training if data_dir is None else record.training.model_copy(update={"data_dir": str(data_dir)})
    note = (watch or Watcher()).note
    test = prepare_test(spec, network, recipe, record.pixels, where, note)
    loss = made_loss(recipe.loss, where)
    with threads(recipe.threads):
        return measure(model, test, test.all(), recipe.batch_size, "the test part", loss=loss)

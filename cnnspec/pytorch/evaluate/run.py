"""A run folder, opened: the network with its weights on a device, and what it was trained on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from cnnspec.api import build
from cnnspec.api.public_graph import Graph
from cnnspec.engine.diagnostics import CheckpointError
from cnnspec.engine.spec import Spec
from cnnspec.pytorch.data.examples import Normaliser
from cnnspec.pytorch.data.locate import Note
from cnnspec.pytorch.train.compatibility import check_trainable
from cnnspec.pytorch.train.device import device_named, placed
from cnnspec.pytorch.train.prepare import Measured, prepare_measured
from cnnspec.pytorch.train.run_files import RunRecord, load_weights, read_network, read_record, require_texts
from cnnspec.pytorch.train.run_folder import SETTINGS


@dataclass(frozen=True, slots=True, eq=False)
class OpenedRun:
    """The network of a run in evaluation, with its weights."""

    run: Path
    spec: Spec
    network: Graph
    record: RunRecord
    device: torch.device
    model: nn.Module

    @property
    def title(self) -> str:
        """What the network was called when it was trained."""
        return self.record.spec.title

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes in the order of the outputs."""
        return self.record.classes

    def measured_part(self, data_dir: Path | None, note: Note) -> Measured:
        """The run's own test images, or validation images where it has no other.

        Their files are read from where the run had them, or from ``data_dir``.

        Raises DataError and UsageError.
        """
        recipe = self.record.training
        if data_dir is not None:
            recipe = recipe.model_copy(update={"data_dir": str(data_dir)})
        return prepare_measured(self.spec, self.network, recipe, self.record.pixels, self.device, note)

    def normalised(self, images: Tensor) -> Tensor:
        """Images uint8 N×C×H×W as the network takes them, on its device."""
        return Normaliser.on(self.device, self.record.pixels)(images.to(self.device))

    def shown(self, images: Tensor) -> Tensor:
        """Images as the network takes them, back as uint8 N×C×H×W on the CPU."""
        mean, std = (
            torch.tensor(values).view(-1, 1, 1) for values in (self.record.pixels.mean, self.record.pixels.std)
        )
        return ((images.float().cpu() * std + mean) * 255).round().clamp(0, 255).to(torch.uint8)


def open_run(run: Path, device: str = "auto") -> OpenedRun:
    """The network of a run folder. Raises CheckpointError where the folder is damaged, and UsageError."""
    record = read_record(run)
    spec, network = read_network(run, record.spec)
    require_texts(run, record)
    check_trainable(network)
    if {len(record.pixels.mean), len(record.pixels.std)} != {network.input[0]}:
        raise CheckpointError(f"{run / SETTINGS} is damaged: pixels: the network takes {network.input[0]} channels")
    if len(record.classes) != network.output[0]:
        raise CheckpointError(f"{run / SETTINGS} is damaged: classes: the network has {network.output[0]} outputs")
    where = device_named(device)
    model = placed(build(network), where)
    load_weights(run, model)
    return OpenedRun(run, spec, network, record, where, model.eval())

"""Lightning's Trainer and Keras's fit over the same module: with nothing to log, to save or to show.

Both get what suits them: images that are float32 and normalised before the clock starts. What a fit does before its
first step is part of a round, as it is for cnnspec's epoch.
"""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, TensorDataset


def lightning_fit(model: nn.Module, images: Tensor, labels: Tensor, batch: int) -> Callable[[], None]:
    """An epoch of Lightning's Trainer; the loss and the hits are kept, as every loop here keeps them."""
    import lightning

    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module="lightning")

    class Module(lightning.LightningModule):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.model = model
            self.optimizer = torch.optim.Adam(model.parameters(), lr=0.001)

        def training_step(self, batch: tuple[Tensor, Tensor]) -> Tensor:
            inputs, targets = batch
            logits = self.model(inputs)
            loss = cross_entropy(logits, targets)
            hits = (logits.argmax(1) == targets).float().mean()
            self.log_dict({"loss": loss, "accuracy": hits}, on_step=False, on_epoch=True)
            return loss

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return self.optimizer

    module = Module()
    loader = DataLoader(TensorDataset(images, labels), batch, shuffle=True)

    def run() -> None:
        trainer = lightning.Trainer(
            max_epochs=1,
            accelerator="cpu",
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
        )
        trainer.fit(module, loader)

    return run


def keras_fit(model: nn.Module, images: Tensor, labels: Tensor, batch: int) -> Callable[[], None]:
    """An epoch of Keras's fit on the torch backend."""
    os.environ["KERAS_BACKEND"] = "torch"
    import keras

    wrapped: Any = keras.Sequential([keras.Input(tuple(images.shape[1:])), keras.layers.TorchModuleWrapper(model)])
    wrapped.compile(
        optimizer=keras.optimizers.Adam(0.001),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    pixels, targets = images.numpy(), labels.numpy()

    def run() -> None:
        wrapped.fit(pixels, targets, batch_size=batch, epochs=1, shuffle=True, verbose=0)

    return run

"""Run folders for tests: one real run, copied, with the settings and figures that a test says.

So a report is of folders that training itself has begun, and no test has to wait for it.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from cnnspec.pytorch.sweep import Chosen, Point, RecordedAxis, Sweep
from cnnspec.pytorch.train import Figures

IMAGES = 359  # of the test part of the digits
HELD = 144  # of their validation part
Curve = Sequence[float]  # validation accuracy after each epoch


@dataclass(frozen=True)
class Folders:
    """Makes runs in a folder out of a real one."""

    real: Path
    folder: Path

    def run(
        self,
        name: str,
        accuracies: Curve,
        *,
        params: Mapping[str, Any] | None = None,
        correct: int | None = None,
        title: str = "small.yaml",
        **recipe: Any,
    ) -> Path:
        """A run with these accuracies, whose test part had so many ``correct`` (None: it is not done)."""
        run = self.folder / name
        shutil.copytree(self.real, run, ignore=shutil.ignore_patterns("checkpoints", "*.safetensors", "*.png"))
        self._set(run, title, params or {}, recipe)
        rows = [row_of(epoch, accuracy) for epoch, accuracy in enumerate(accuracies, 1)]
        (run / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        ended = {"epochs": len(rows), "seconds": 1.5 * len(rows), "device": "cpu", "threads": 1, "torch": "2.15.0"}
        if correct is not None:
            ended |= {"test_accuracy": correct / IMAGES, "test_loss": 0.25, "test_images": IMAGES}
        (run / "result.json").write_text(json.dumps(ended), encoding="utf-8")
        if correct is None:
            (run / "result.json").unlink()
        return run

    def _set(self, run: Path, title: str, params: Mapping[str, Any], recipe: Mapping[str, Any]) -> None:
        settings = json.loads((run / "settings.json").read_text(encoding="utf-8"))
        settings["spec"] |= {"title": title, "settings": dict(params)}
        settings["training"] |= recipe
        (run / "settings.json").write_text(json.dumps(settings), encoding="utf-8")


def row_of(epoch: int, accuracy: float) -> dict[str, Any]:
    """A line of metrics.jsonl; what it has beside the accuracy follows from it."""
    loss = round(2.3 * (1 - accuracy) + 0.01, 6)
    row = {"epoch": epoch, "train_loss": loss * 1.5, "train_accuracy": accuracy * 0.95}
    return row | {"val_loss": loss, "val_accuracy": accuracy, "images_per_s": 1000.0, "seconds": 1.5}


def held(*right: int) -> list[float]:
    """Accuracies of so many right of the images that are held back."""
    return [number / HELD for number in right]


def adam(lr: float) -> dict[str, Any]:
    return {"Adam": {"lr": lr}}


def small_sweep(folders: Folders) -> Sweep:
    """Two rates × three dropouts × two seeds: one point failed in its second epoch, one is left out; two are chosen."""
    points = []
    number = 0
    for lr in (0.01, 0.0001):
        for dropout in (0, 0.2, 0.4):
            for seed in (0, 1):
                number += 1
                values = {"optimizer.Adam.lr": lr, "params.dropout": dropout, "seed": seed}
                point = partial(Point, number, values, params=1610, macs=5184)
                right = round(100 + 40 * (lr > 0.001) - 20 * dropout + 2 * seed)
                settings = {"params": {"dropout": dropout}, "optimizer": adam(lr), "seed": seed, "epochs": 3}
                if number == 12:
                    points.append(point("left out", "the same graph and recipe as point 10"))
                elif number == 11:
                    run = folders.run(f"{number:04}", held(20), **settings)
                    points.append(point("failed", "the loss is not a finite number in epoch 2", run))
                else:
                    run = folders.run(f"{number:04}", held(right - 60, right - 10, right), **settings)
                    points.append(point("done", "", run, right / HELD))
    axes = (
        RecordedAxis("optimizer.Adam.lr", (0.01, 0.0001), is_log=True),
        RecordedAxis("params.dropout", (0, 0.2, 0.4)),
        RecordedAxis("seed", (0, 1)),
    )
    chosen = (Chosen(1, Figures(0.1, 350, IMAGES, 1.0)), Chosen(2, Figures(0.12, 347, IMAGES, 1.0)))
    return Sweep("small", "val_accuracy", "max", axes, tuple(points), chosen)

"""Several processes train to the weights and figures of one, whatever the recipe and however uneven their shares."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from cnnspec import DivergedError
from cnnspec.engine.recipe import Recipe
from cnnspec.pytorch.data.examples import Examples, Pixels
from cnnspec.pytorch.train.launch import joined
from cnnspec.pytorch.train.loop import epoch, measure
from cnnspec.pytorch.train.sync_batchnorm import synchronised
from cnnspec.pytorch.train.train_state import TrainState
from cnnspec.pytorch.train.watch import Metrics
from tests.train.many.forked import forked

CPU = torch.device("cpu")
IMAGES, SIZE, CLASSES = 48, 9, 5  # five batches of 9 and one of 3, of which a fourth process has none


class TwoHeads(nn.Module):
    """A network with an aux head."""

    def __init__(self) -> None:
        super().__init__()
        self.trunk = nn.Sequential(nn.Conv2d(2, 4, 3, bias=False), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2))
        self.flat = nn.Sequential(nn.Flatten(), nn.Linear(36, 8, bias=False), nn.BatchNorm1d(8, momentum=None))
        self.head, self.aux = nn.Linear(8, CLASSES), nn.Linear(36, CLASSES)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor] | Tensor:
        maps = self.trunk(images)
        logits: Tensor = self.head(self.flat(maps))
        return (logits, self.aux(maps.flatten(1))) if self.training else logits


def examples() -> Examples:
    random = torch.Generator().manual_seed(1)
    images = torch.randint(0, 256, (IMAGES, 2, 8, 8), dtype=torch.uint8, generator=random)
    return Examples.on(CPU, images, torch.arange(IMAGES) % CLASSES, Pixels(mean=(0.5, 0.4), std=(0.2, 0.3)))


def trained(**given: Any) -> tuple[dict[str, Tensor], list[Metrics], list[str]]:
    """Weights and figures after three epochs in this process, or in all that it is one of."""
    torch.manual_seed(3)
    recipe, model, data = Recipe.of(**{"batch_size": SIZE, "epochs": 3, **given}), TwoHeads(), examples()
    with joined() as world:
        net = synchronised(model) if world.size > 1 else model
        state = TrainState.of(recipe, net, IMAGES, CLASSES, heads=(0.3,), world=world)
        while not state.is_done:
            order = torch.randperm(IMAGES, generator=torch.Generator().manual_seed(state.epoch))
            figures = epoch(state, data, order)
            held = measure(state.measured, data, data.all(), SIZE, loss=state.loss, world=world)
            state.close(Metrics.of(state.epoch, figures, held))
        return dict(state.measured.state_dict()), state.rows, list(model.state_dict())


SGD = {"SGD": {"lr": 0.05, "momentum": 0.9}}
WEIGHTED = {"CrossEntropyLoss": {"weight": [1, 2, 3, 4, 5], "label_smoothing": 0.1}}
RECIPES: Sequence[tuple[int, dict[str, Any]]] = [
    (2, {"optimizer": SGD, "loss": WEIGHTED}),
    (4, {"optimizer": SGD, "loss": WEIGHTED, "accumulate": 2, "clip": 0.5, "ema": 0.9}),
    (3, {"optimizer": SGD, "amp": "fp16", "scheduler": "ReduceLROnPlateau", "early_stopping": {"patience": 1}}),
]


@pytest.mark.parametrize(("number", "recipe"), RECIPES)
def test_many_train_as_one(tmp_path: Path, number: int, recipe: dict[str, Any]) -> None:
    """Weights, running statistics and losses are equal but for rounding, hits are the same, and all processes agree."""
    weights, rows, keys = trained(**recipe)
    found = forked(tmp_path, number, lambda: trained(**recipe))
    rounding = 3e-2 if "amp" in recipe else 1e-4
    for ours, ours_rows, ours_keys in found:
        assert list(ours) == ours_keys == keys
        assert all(torch.allclose(ours[key], weights[key], rtol=rounding, atol=rounding) for key in keys)
        assert [row.train_loss for row in ours_rows] == pytest.approx([r.train_loss for r in rows], rel=rounding)
        assert [row.val_loss for row in ours_rows] == pytest.approx([r.val_loss for r in rows], rel=rounding)
        if "amp" not in recipe:
            assert [row.train_accuracy for row in ours_rows] == [row.train_accuracy for row in rows]
        assert all(torch.equal(ours[key], found[0][0][key]) for key in keys if "running" not in key)


def test_numbers_that_are_not_finite_in_one_process_end_all(tmp_path: Path) -> None:
    """At the same step, with what the process says in which they came up."""

    def diverging() -> None:
        model, data = TwoHeads(), examples()
        with joined() as world:
            state = TrainState.of(Recipe.of(batch_size=SIZE), synchronised(model), IMAGES, CLASSES, (0.3,), world)
            if world.rank == 1:
                model.head.register_forward_hook(lambda _, __, output: output / (state.metrics.steps != 2))
            epoch(state, data, torch.arange(IMAGES))

    errors = forked(tmp_path, 2, diverging)
    assert all(isinstance(error, DivergedError) for error in errors), errors
    assert str(errors[0]) == str(errors[1])
    assert "the loss is nan at step 3 of epoch 1; the output of `head` (Linear) is not finite" in str(errors[0])
    assert sorted(error.told for error in errors) == [False, True]  # type: ignore[attr-defined]

"""The loop does what a loop written by hand does, to the bit."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from cnnspec import DivergedError, Spec, UsageError, build, graph
from cnnspec.pytorch.data.batches import batches
from cnnspec.pytorch.data.examples import Examples, Pixels
from cnnspec.pytorch.train import Figures, Metrics, Recipe, Result, Watcher, train
from cnnspec.pytorch.train.checks import check_suits
from cnnspec.pytorch.train.loop import epoch, measure
from cnnspec.pytorch.train.prepare import prepare
from cnnspec.pytorch.train.run_files import load_weights
from cnnspec.pytorch.train.seeds import SHUFFLE, generator
from cnnspec.pytorch.train.train_state import TrainState
from cnnspec.pytorch.weights import tensors

CPU = torch.device("cpu")


def test_training_equals_a_loop_by_hand(small: Spec, run_small: Callable[..., Result]) -> None:
    """Weights, training loss and accuracy of two epochs with dropout equal those of the plainest loop."""
    settings = {"epochs": 2, "batch_size": 100, "optimizer": {"Adam": {"lr": 0.01}}, "seed": 5, "validation": 0.25}
    result = run_small(params={"dropout": 0.3}, **settings)
    data = prepare(small, graph(small), Recipe.of(**settings), CPU, lambda _: None)
    torch.manual_seed(5)
    model = build(small, dropout=0.3).to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01, fused=True)
    for number in (1, 2):
        losses, hits = by_hand(model, optimizer, data.examples, data.train, generator(5, SHUFFLE, number))
        assert result.metrics[number - 1].train_loss == pytest.approx(losses / len(data.train), rel=1e-6)
        assert result.metrics[number - 1].train_accuracy == hits / len(data.train)
    ours = build(small, dropout=0.3)
    load_weights(result.folder, ours)
    for (name, expected), found in zip(model.state_dict().items(), ours.state_dict().values(), strict=True):
        assert torch.equal(expected, found), name


def by_hand(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    data: Examples,
    part: torch.Tensor,
    random: torch.Generator,
) -> tuple[float, int]:
    """An epoch: sum of losses, and hits."""
    total, hits = 0.0, 0
    model.train()
    shuffled = part[torch.randperm(len(part), generator=random)].tolist()
    for start in range(0, len(shuffled), 100):
        chosen = shuffled[start : start + 100]
        images = torch.stack([data.images[i].float() * data.normalise.scale + data.normalise.shift for i in chosen])
        labels = torch.stack([data.labels[i] for i in chosen])
        logits = model(images)
        loss = cross_entropy(logits, labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(chosen)
        hits += int((logits.argmax(1) == labels).sum())
    return total, hits


def test_measuring_changes_nothing(small: Spec) -> None:
    """Weights and running statistics stay, and the size of the batches does not matter to the figures."""
    data = prepare(small, graph(small), Recipe(), CPU, lambda _: None)
    model = build(small)
    before = {name: tensor.clone() for name, tensor in tensors(model).items()}
    one, other = (measure(model, data.test, data.test.all(), size) for size in (7, 359))
    assert (one.correct, one.images) == (other.correct, 359)
    assert one.loss == pytest.approx(other.loss, rel=1e-6)
    assert all(torch.equal(before[name], tensor) for name, tensor in tensors(model).items())


@pytest.mark.parametrize("count", range(1, 30))
@pytest.mark.parametrize("size", [1, 2, 3, 7, 28, 40])
def test_no_batch_of_one_is_left_over(count: int, size: int) -> None:
    """Every index comes once and in order; a single one left over joins the batch before it."""
    order = torch.randperm(count)
    parts = batches(order, size)
    assert torch.equal(torch.cat(parts), order)
    assert all(len(part) == size for part in parts[:-1])
    assert len(parts[-1]) <= size + 1
    assert size == 1 or count == 1 or len(parts[-1]) > 1


def test_batch_norm_trains_where_one_image_is_left_over(run_small: Callable[..., Result]) -> None:
    """1,294 images in batches of 1,293 make one step of all of them."""
    result = run_small(batch_size=1293)
    assert result.metrics[0].train_accuracy * 1294 == pytest.approx(round(result.metrics[0].train_accuracy * 1294))


def test_batch_norm_over_single_images_is_refused(small: Spec) -> None:
    """Batches of one are refused where there is BatchNorm, and there alone."""
    with pytest.raises(UsageError, match="BatchNorm cannot train on batches of one image"):
        check_suits(Recipe(batch_size=1), graph(small))
    check_suits(Recipe(batch_size=2), graph(small))
    check_suits(Recipe(batch_size=1), graph("mnist/lenet"))


@pytest.mark.parametrize("step", [1, 4])
def test_a_loss_that_is_not_finite_names_epoch_and_step(step: int) -> None:
    """The first bad step is named, even where the reading comes later."""
    images = torch.zeros(50, 1, 1, 1, dtype=torch.uint8)
    images[10 * (step - 1) + 3] = 255  # in batches of 10, in order
    data = Examples.on(CPU, images, torch.zeros(50, dtype=torch.int64), Pixels(mean=(0.0,), std=(1.0,)))
    model = nn.Sequential(nn.Flatten(), BreaksOnWhite())
    state = TrainState.of(Recipe.of(batch_size=10, optimizer="SGD"), model, 50, 2)
    state.epoch = 3
    with pytest.raises(DivergedError, match=f"the loss is nan at step {step} of epoch 3") as caught:
        epoch(state, data, torch.arange(50))
    assert caught.value.exit_code == 6


class BreaksOnWhite(nn.Module):
    """Two logits, which are not finite for a white pixel."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(1, 2))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.where(x == 1, torch.nan, x) * self.weight


def test_reports_come_within_an_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each tells the images so far; what is measured does not hang on how often."""
    monkeypatch.setattr("cnnspec.pytorch.train.running_metrics.READ_EVERY", -1)
    images = torch.arange(60, dtype=torch.uint8).view(60, 1, 1, 1)
    data = Examples.on(CPU, images, torch.arange(60) % 2, Pixels(mean=(0.1,), std=(0.1,)))
    model = nn.Sequential(nn.Flatten(), nn.Linear(1, 2))
    reports: list[Figures] = []
    state = TrainState.of(Recipe.of(batch_size=20, optimizer={"SGD": {"lr": 0.1}}), model, 60, 2)
    figures = epoch(state, data, torch.arange(60), reports.append)
    assert [report.images for report in reports] == [20, 40, 60]
    assert (reports[-1].loss, reports[-1].correct) == (figures.loss, figures.correct)


def test_the_same_seed_gives_the_same_run(run_small: Callable[..., Result]) -> None:
    """Weights are equal to the byte and metrics but for the time; another seed gives others."""
    runs = {name: run_small(name, seed=seed, epochs=2) for name, seed in (("a", 1), ("b", 1), ("c", 2))}
    weights = {name: (run.folder / "weights.safetensors").read_bytes() for name, run in runs.items()}
    losses = {name: [(m.train_loss, m.val_loss, m.val_accuracy) for m in run.metrics] for name, run in runs.items()}
    assert weights["a"] == weights["b"] != weights["c"]
    assert losses["a"] == losses["b"] != losses["c"]
    assert runs["a"].test.loss == runs["b"].test.loss


def test_the_callers_random_numbers_are_left_alone(run_small: Callable[..., Result]) -> None:
    """torch's generator is after a run where it was before."""
    before = torch.get_rng_state()
    run_small()
    assert torch.equal(before, torch.get_rng_state())


def test_training_without_a_validation_part(run_small: Callable[..., Result]) -> None:
    """All images are trained on, and the validation figures are None."""
    result = run_small(validation=0.0)
    assert (result.metrics[0].val_loss, result.metrics[0].val_accuracy) == (None, None)


def test_a_watcher_hears_each_epoch(small: Spec, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The rows that a watcher gets are those of the result."""
    heard: list[Metrics] = []

    class Ears(Watcher):
        def epoch(self, metrics: Metrics) -> None:
            heard.append(metrics)

    out = tmp_path_factory.mktemp("runs") / "run"
    result = train(small, Recipe(epochs=2, batch_size=256), out, Ears())
    assert tuple(heard) == result.metrics

"""Figures of training worked out again in a few lines of torch and numpy, for whatever a recipe says.

    case ──trained──► what cnnspec reports          case ──by_hand──► what a plain loop gives

Nothing of cnnspec is used by hand: not its batches, losses, schedules or averages. `make figures` compares many more
cases than the suite does.
"""

from __future__ import annotations

import argparse
import math
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from functools import partial
from time import perf_counter
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import Optimizer, lr_scheduler

from cnnspec.engine.recipe import Recipe
from cnnspec.pytorch.data.examples import Examples, Pixels
from cnnspec.pytorch.train.launch import joined
from cnnspec.pytorch.train.loop import epoch, measure
from cnnspec.pytorch.train.train_state import TrainState
from cnnspec.pytorch.train.watch import Metrics

CPU = torch.device("cpu")
PIXELS = Pixels(mean=(0.5,), std=(0.25,))


@dataclass(frozen=True)
class Case:
    """A data set, a network and a recipe, all of them small. ``loss`` is a name with its arguments, as YAML has it."""

    images: int
    held: int
    classes: int
    batch_size: int
    accumulate: int
    epochs: int
    loss: tuple[str, dict[str, Any]]
    optimizer: tuple[str, dict[str, Any]]
    scheduler: tuple[str, dict[str, Any], str] | None = None
    warmup: int | None = None
    ema: float | None = None
    clip: float | None = None
    early: dict[str, Any] | None = None
    has_norm: bool = False
    seed: int = 0

    def recipe(self) -> Recipe:
        scheduler = self.scheduler and {self.scheduler[0]: self.scheduler[1], "per": self.scheduler[2]}
        return Recipe.of(
            epochs=self.epochs,
            batch_size=self.batch_size,
            accumulate=self.accumulate,
            loss=dict([self.loss]),
            optimizer=dict([self.optimizer]),
            scheduler=scheduler,
            warmup=None if self.warmup is None else {"steps": self.warmup},
            ema=self.ema,
            clip=self.clip,
            early_stopping=self.early,
            channels_last=False,
        )

    def network(self) -> nn.Sequential:
        torch.manual_seed(self.seed)
        layers: list[nn.Module] = [nn.Flatten(), nn.Linear(4, 5)]
        layers += [nn.BatchNorm1d(5, eps=0.5)] if self.has_norm else []
        layers += [nn.Tanh(), nn.Linear(5, self.classes)]  # smooth, so that rounding stays small
        layers += [nn.LogSoftmax(1)] if self.loss[0] == "NLLLoss" else []
        return nn.Sequential(*layers)

    def data(self) -> tuple[Tensor, Tensor]:
        """Bytes N×1×2×2, darker for some classes, and labels; the last ``held`` are watched."""
        source = np.random.RandomState(self.seed)
        number = self.images + self.held
        labels = source.randint(0, self.classes, number)
        pixels = source.randint(0, 256, (number, 1, 2, 2)) // (1 + labels % 3)[:, None, None, None]
        return torch.from_numpy(pixels.astype(np.uint8)), torch.from_numpy(labels.astype(np.int64))

    def order(self, number: int) -> list[int]:
        return np.random.RandomState([self.seed, number]).permutation(self.images).tolist()


@dataclass
class Outcome:
    """Figures of each epoch, the rate of each step, the weights at the end, the epoch of the best checkpoint."""

    rows: list[tuple[float, float, float, float]] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    momenta: list[float] = field(default_factory=list)
    weights: dict[str, Tensor] = field(default_factory=dict)
    best: int = 0
    confusion: list[list[int]] = field(default_factory=list)


def trained(case: Case, held_batch: int | None = None, cut: int | None = None) -> Outcome:
    """What cnnspec's own loop reports. ``cut`` is a step at which training is saved and gone on with from the state."""
    pixels, labels = case.data()
    data = Examples.on(CPU, pixels, labels, PIXELS)
    found, recipe = Outcome(), case.recipe()
    with joined() as world:
        state = TrainState.of(recipe, case.network(), case.images, case.classes, world=world)
        watched = torch.arange(case.images, case.images + case.held)
        _note_rates(state, found)
        while not state.is_done:
            order = torch.tensor(case.order(state.epoch))
            figures = _epoch(state, data, order, cut, case, found)
            state = figures[1]
            held = measure(
                state.measured,
                data,
                watched,
                held_batch or case.batch_size,
                loss=state.loss,
                world=state.world,
            )
            row = Metrics.of(state.epoch, figures[0], held)
            found.rows.append((row.train_loss, row.train_accuracy, row.val_loss or 0.0, row.val_accuracy or 0.0))
            if state.close(row):
                found.best = row.epoch
        found.weights = {name: tensor.clone() for name, tensor in state.measured.state_dict().items()}
    return found


class Cut(Exception):
    """Training ends in the middle."""


def _epoch(
    state: TrainState, data: Examples, order: Tensor, cut: int | None, case: Case, found: Outcome
) -> tuple[Any, TrainState]:
    """An epoch; where it is cut, another state goes on from the state as JSON and tensors hold it."""
    from cnnspec.pytorch.train.checkpoint.plain import decode, encode
    from cnnspec.pytorch.train.checkpoint.state import State

    def after() -> None:
        if cut is not None and state.schedule.step == cut and len(found.rates) == cut:
            raise Cut

    try:
        return epoch(state, data, order, after=after), state
    except Cut:
        saved = state.state()
        kept = State({n: t.clone() for n, t in saved.tensors.items()}, decode(encode(saved.values)))
        again = TrainState.of(state.recipe, case.network(), case.images, case.classes, world=state.world)
        again.restore(kept)
        _note_rates(again, found)
        return epoch(again, data, order), again


def _note_rates(state: TrainState, found: Outcome) -> None:
    """Note the rate and the momentum of each step as the optimizer has them."""

    def note(optimizer: Optimizer, *_: Any) -> None:
        found.rates.append(optimizer.param_groups[0]["lr"])
        found.momenta.append(_momentum(optimizer))

    state.optimizer.register_step_pre_hook(note)


def _momentum(optimizer: Optimizer) -> float:
    group = optimizer.param_groups[0]
    return float(group["betas"][0] if "betas" in group else group.get("momentum", 0.0))


# ------------------------------------------------------------------------------------------------------------ by hand


def by_hand(case: Case) -> Outcome:
    """The plainest loop: sums over single images, torch's own classes for optimizer, scheduler and clipping."""
    pixels, labels = case.data()
    inputs = (pixels.double() / 255 - 0.5).div(0.25).float()
    model, found = case.network(), Outcome()
    optimizer = getattr(torch.optim, case.optimizer[0])(model.parameters(), fused=True, **case.optimizer[1])
    parts = len(_batches(list(range(case.images)), case.batch_size))
    steps = math.ceil(parts / case.accumulate)
    scheduler = _scheduler(case, optimizer, steps)
    average, best, waited, lowest = None, math.inf, 0, math.inf
    for number in range(1, case.epochs + 1):
        model.train()
        total = weight = 0.0
        hits = 0
        own = _batches(case.order(number), case.batch_size)
        for first in range(0, len(own), case.accumulate):
            group = own[first : first + case.accumulate]
            weighs = float(sum(_weights(case, labels[index]).sum() for index in group))
            optimizer.zero_grad()
            for index in group:
                logits = model(inputs[index])
                single = _losses(case, logits, labels[index])
                (single.sum() / weighs).backward()
                total += float(single.detach().double().sum())
                weight += float(_weights(case, labels[index]).double().sum())
                hits += sum(int(row.argmax()) == int(label) for row, label in zip(logits, labels[index], strict=True))
            if case.clip is not None:
                nn.utils.clip_grad_norm_(model.parameters(), case.clip)
            _step(case, optimizer, found)
            average = _averaged(case, average, model)
            if scheduler is not None and case.scheduler and case.scheduler[2] == "step":
                scheduler.step()
        measured = average if average is not None else model
        val_loss, val_hits, found.confusion = _measured(case, measured, inputs, labels)
        found.rows.append((total / weight, hits / case.images, val_loss, val_hits / case.held))
        if val_loss < best:
            best, found.best = val_loss, number
        if scheduler is not None and case.scheduler and case.scheduler[2] == "epoch":
            scheduler.step(*([val_loss] if case.scheduler[0] == "ReduceLROnPlateau" else []))
        if case.early:
            value = -val_hits / case.held if case.early["monitor"] == "val_accuracy" else val_loss
            lowest, waited = (value, 0) if value < lowest - case.early["min_delta"] else (lowest, waited + 1)
            if waited and waited >= case.early["patience"]:
                break
    found.weights = dict(measured.state_dict())
    return found


def _batches(order: Sequence[int], size: int) -> list[list[int]]:
    """In order; one image that is left over belongs to the batch before it."""
    parts = [list(order[start : start + size]) for start in range(0, len(order), size)]
    if size > 1 and len(parts) > 1 and len(parts[-1]) == 1:
        parts[-2:] = [parts[-2] + parts[-1]]
    return parts


def _weights(case: Case, labels: Tensor) -> Tensor:
    """What each image counts for in the mean; torch's MultiMarginLoss divides by the number of images."""
    weight = case.loss[1].get("weight")
    if weight is None or case.loss[0] == "MultiMarginLoss":
        return torch.ones(len(labels))
    return torch.tensor(weight, dtype=torch.float32)[labels]


def _losses(case: Case, logits: Tensor, labels: Tensor) -> Tensor:
    """The loss of each image by the formula, times its weight."""
    name, given = case.loss
    weight = torch.tensor(given.get("weight") or [1.0] * case.classes, dtype=torch.float32)
    rows = torch.arange(len(labels))
    if name == "MultiMarginLoss":
        lack = (given["margin"] - logits[rows, labels, None] + logits).clamp_min(0) ** given["p"]
        others = torch.ones_like(lack).scatter(1, labels[:, None], 0.0)
        return weight[labels] * (lack * others).sum(1) / case.classes
    logs = logits if name == "NLLLoss" else logits - logits.logsumexp(1, keepdim=True)
    smoothing = given.get("label_smoothing", 0.0)
    right, all_ = -weight[labels] * logs[rows, labels], -(weight * logs).sum(1)
    return (1 - smoothing) * right + smoothing / case.classes * all_


def _scheduler(case: Case, optimizer: Optimizer, steps: int) -> Any:
    if case.scheduler is None:
        return None
    name, given, per = case.scheduler
    length = case.epochs * (steps if per == "step" else 1)
    follows: dict[str, dict[str, Any]] = {
        "OneCycleLR": {"max_lr": case.optimizer[1]["lr"], "total_steps": length},
        "CosineAnnealingLR": {"T_max": length},
    }
    return getattr(lr_scheduler, name)(optimizer, **{**follows.get(name, {}), **given})


def _step(case: Case, optimizer: Optimizer, found: Outcome) -> None:
    """A step with the warmed rate; the scheduler's own rate stays."""
    rates = [group["lr"] for group in optimizer.param_groups]
    done = len(found.rates)
    if case.warmup is not None and done < case.warmup:
        for group in optimizer.param_groups:
            group["lr"] *= 0.01 + 0.99 * done / case.warmup
    found.rates.append(optimizer.param_groups[0]["lr"])
    found.momenta.append(_momentum(optimizer))
    optimizer.step()
    for group, rate in zip(optimizer.param_groups, rates, strict=True):
        group["lr"] = rate


@torch.no_grad()
def _averaged(case: Case, average: nn.Module | None, model: nn.Module) -> nn.Module | None:
    if case.ema is None:
        return None
    if average is None:
        return deepcopy(model)
    for mean, new in zip(average.state_dict().values(), model.state_dict().values(), strict=True):
        mean.copy_(case.ema * mean + (1 - case.ema) * new if mean.is_floating_point() else new)
    return average


@torch.no_grad()
def _measured(case: Case, model: nn.Module, inputs: Tensor, labels: Tensor) -> tuple[float, int, list[list[int]]]:
    """All watched images at once."""
    model.eval()
    held = labels[case.images :]
    logits = model(inputs[case.images :])
    confusion = [[0] * case.classes for _ in range(case.classes)]
    for row, label in zip(logits, held, strict=True):
        confusion[int(label)][int(row.argmax())] += 1
    loss = _losses(case, logits, held).double().sum() / _weights(case, held).double().sum()
    return float(loss), sum(confusion[label][label] for label in range(case.classes)), confusion


# -------------------------------------------------------------------------------------------------------------- cases

SCHEDULERS: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "StepLR": ({"step_size": 2, "gamma": 0.5}, ("step", "epoch")),
    "MultiStepLR": ({"milestones": [1, 3], "gamma": 0.3}, ("step", "epoch")),
    "ConstantLR": ({"factor": 0.5, "total_iters": 2}, ("step", "epoch")),
    "LinearLR": ({"start_factor": 0.2, "total_iters": 3}, ("step", "epoch")),
    "ExponentialLR": ({"gamma": 0.8}, ("step", "epoch")),
    "PolynomialLR": ({"total_iters": 4, "power": 2.0}, ("step", "epoch")),
    "CosineAnnealingLR": ({}, ("step", "epoch")),
    "CosineAnnealingWarmRestarts": ({"T_0": 2, "T_mult": 2}, ("step", "epoch")),
    "CyclicLR": ({"base_lr": 0.01, "max_lr": 0.2, "step_size_up": 3}, ("step", "epoch")),
    "OneCycleLR": ({"pct_start": 0.35}, ("step", "epoch")),
    "ReduceLROnPlateau": ({"patience": 0, "factor": 0.5, "threshold": 0.05}, ("epoch",)),
}


def drawn(source: random.Random) -> Case:
    """A case of anything that changes a figure."""
    classes = source.randint(2, 5)
    has_norm = source.random() < 0.3
    size = source.randint(2 if has_norm else 1, 12)
    images = source.randint(4, 30)
    name = source.choice(("CrossEntropyLoss", "CrossEntropyLoss", "NLLLoss", "MultiMarginLoss"))
    weight = [source.choice((0.25, 1.0, 3.0, 20.0)) for _ in range(classes)]
    given: dict[str, Any] = {"weight": weight} if source.random() < 0.7 else {}
    given |= {"label_smoothing": source.choice((0.0, 0.2))} if name == "CrossEntropyLoss" else {}
    given |= {"p": source.choice((1, 2)), "margin": 0.7} if name == "MultiMarginLoss" else {}
    rate = 0.02 if name == "NLLLoss" else 0.1  # of bare outputs it has no minimum: larger steps amplify rounding
    adam = source.random() < 0.3
    scheduler = source.choice((None, *SCHEDULERS))
    early = {
        "patience": source.randint(0, 2),
        "monitor": source.choice(("val_loss", "val_accuracy")),
        "min_delta": 0.01,
    }
    return Case(
        images=images,
        held=source.randint(2, 25),
        classes=classes,
        batch_size=size,
        accumulate=source.choice((1, 1, 2, 3)),
        epochs=source.randint(1, 4),
        loss=(name, given),
        optimizer=("Adam", {"lr": 0.02, "eps": 0.1})
        if adam
        else ("SGD", {"lr": rate, "momentum": source.choice((0.5, 0.9))}),
        scheduler=scheduler and (scheduler, SCHEDULERS[scheduler][0], source.choice(SCHEDULERS[scheduler][1])),
        warmup=source.choice((None, None, 1, 5)),
        ema=source.choice((None, None, 0.5, 0.9)),
        clip=source.choice((None, None, 0.3)),
        early=early if source.random() < 0.3 else None,
        has_norm=has_norm,
        seed=source.randint(0, 10**6),
    )


def differences(ours: Outcome, theirs: Outcome, tolerance: float = 2e-4) -> Iterator[str]:
    """What is not the same but for rounding."""
    pairs: dict[str, tuple[Any, Any]] = {
        "epochs": (len(ours.rows), len(theirs.rows)),
        "figures": (np.array(ours.rows), np.array(theirs.rows)),
        "rates": (np.array(ours.rates), np.array(theirs.rates)),
        "momenta": (np.array(ours.momenta), np.array(theirs.momenta)),
    }
    pairs |= {name: (ours.weights[name].numpy(), theirs.weights[name].numpy()) for name in theirs.weights}
    for name, (found, expected) in pairs.items():
        if np.shape(found) != np.shape(expected) or not np.allclose(found, expected, rtol=tolerance, atol=tolerance):
            yield f"{name}: {found} reported, {expected} by hand"
    if ours.best != theirs.best and not _is_close(theirs, ours.best):
        yield f"best epoch: {ours.best} reported, {theirs.best} by hand"


def _is_close(theirs: Outcome, epoch: int) -> bool:
    """Whether two epochs are as good as each other but for rounding."""
    return math.isclose(theirs.rows[epoch - 1][2], theirs.rows[theirs.best - 1][2], rel_tol=1e-5)


def is_steady(case: Case, outcome: Outcome) -> bool:
    """Whether rounding cannot turn a figure: no argmax, plateau or stop is decided by a last bit."""
    values = [row[2] for row in outcome.rows]
    best = math.inf
    for value in values:
        if abs(value - best * 0.95) < 1e-4 or abs(value - best + 0.01) < 1e-4:
            return False
        best = min(best, value)
    return not (case.early and case.early["monitor"] == "val_accuracy" and _is_edge(outcome))


def _is_edge(outcome: Outcome) -> bool:
    best = math.inf
    for row in outcome.rows:
        if abs(-row[3] - best + 0.01) < 1e-6:
            return True
        best = min(best, -row[3])
    return False


def check(case: Case, train: Callable[[Case], Outcome] = trained) -> list[str]:
    """What differs; nothing of a case that hangs on rounding."""
    theirs = by_hand(case)
    return list(differences(train(case), theirs)) if is_steady(case, theirs) else []


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.train.figures", description=__doc__)
    parser.add_argument("--cases", type=int, default=2000)
    parser.add_argument("--from", type=int, default=0, dest="first", metavar="SEED")
    given = parser.parse_args()
    torch.set_num_threads(1)
    start, wrong = perf_counter(), 0
    for seed in range(given.first, given.first + given.cases):
        source = random.Random(seed)
        case = drawn(source)
        steps = len(by_hand(case).rates)
        for cut in (None, source.randint(1, steps)):
            found = check(case, partial(trained, held_batch=source.randint(1, 30), cut=cut))
            wrong += bool(found)
            for line in found:
                print(f"seed {seed}, cut {cut}: {line}\n  {case}", flush=True)
    print(f"{given.cases:,} cases, each whole and resumed, {wrong} wrong, {perf_counter() - start:.0f} s")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()

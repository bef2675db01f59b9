"""A network on its way: what a recipe makes of it, and all that changes meanwhile.

    images, targets ──losses──► logits, own loss, whole loss ──backward──► gradients ──step──► weights, rates, averages

``state`` is what a checkpoint holds, and ``restore`` goes on from it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict, dataclass, field
from math import ceil, inf
from typing import Any, Literal

import torch
from pydantic import TypeAdapter, ValidationError
from torch import Tensor, nn
from torch.amp.autocast_mode import autocast
from torch.amp.grad_scaler import GradScaler
from torch.optim import Optimizer

from cnnspec.engine.diagnostics import CheckpointError
from cnnspec.engine.files import mistake
from cnnspec.engine.recipe import Recipe
from cnnspec.pytorch.data.batches import batches
from cnnspec.pytorch.data.examples import Augment
from cnnspec.pytorch.train.augment import Mix, augmenter, mixer
from cnnspec.pytorch.train.average import Average
from cnnspec.pytorch.train.checkpoint import State
from cnnspec.pytorch.train.checkpoint.generators import generator_state, of_all, of_one, restore_generators
from cnnspec.pytorch.train.checkpoint.modules import module_state, restore_module
from cnnspec.pytorch.train.checkpoint.moving import count, number, require_moved
from cnnspec.pytorch.train.checkpoint.optimizers import optimizer_state, restore_optimizer
from cnnspec.pytorch.train.checkpoint.state import grouped
from cnnspec.pytorch.train.factories import made_loss, made_optimizer, masses, mean_loss
from cnnspec.pytorch.train.finite import counting
from cnnspec.pytorch.train.running_metrics import RunningMetrics
from cnnspec.pytorch.train.schedule import Schedule
from cnnspec.pytorch.train.seeds import PROCESS, derived, reseed
from cnnspec.pytorch.train.stopping import Stopping
from cnnspec.pytorch.train.watch import Metrics
from cnnspec.pytorch.train.world import ALONE, World

# Mixed precision: convolutions and matrices in 16 bits, weights and losses in 32.
#
# bfloat16 has the exponents of float32 and needs nothing more. float16 has not: the loss is scaled up before the way
# back, so that small gradients do not vanish, and a step whose gradients have overflowed is left out.

Amp = Literal["bf16", "fp16"] | None
TYPES = {"bf16": torch.bfloat16, "fp16": torch.float16}


def mixed(device: torch.device, amp: Amp) -> AbstractContextManager[object]:
    """Where the network runs."""
    return nullcontext() if amp is None else autocast(device.type, TYPES[amp])


def scaler(device: torch.device, amp: Amp) -> GradScaler:
    """What scales the loss; for all but float16 it leaves everything as it is."""
    return GradScaler(device.type, enabled=amp == "fp16")


ROWS = TypeAdapter(list[Metrics])


@contextmanager
def restoring(field: str) -> Iterator[None]:
    """What one part of a checkpoint makes torch, pydantic or Python raise, as CheckpointError that names the part."""
    try:
        yield
    except ValidationError as error:
        raise CheckpointError(f"the checkpoint's `{field}` is not what a run saves: {mistake(error)}") from None
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, RuntimeError, ArithmeticError):
        raise CheckpointError(f"the checkpoint's `{field}` is missing, or is not what a run saves") from None


@dataclass(slots=True, eq=False)
class TrainState:
    """A model in the middle of ``epoch``, of which ``metrics`` knows the batches that are done.

    ``heads`` are the weights of the losses of aux heads, whose logits the model gives behind its own. ``rows`` are the
    epochs that are over, ``best`` the lowest loss among them, on the validation part if there is one. ``parameters``
    are those of the model, for which it would have to be walked through in each step.
    """

    recipe: Recipe
    model: nn.Module
    parameters: Sequence[nn.Parameter]
    device: torch.device
    heads: tuple[float, ...]
    world: World
    parallel: Any  # the model, which several processes have in a wrapper that makes their gradients one
    forward: Callable[[Tensor], Any]  # that, or the program that torch.compile makes of it
    loss: nn.Module
    augment: Augment | None
    mix: Mix | None
    optimizer: Optimizer
    schedule: Schedule
    scaler: GradScaler
    average: Average | None
    stopping: Stopping
    epoch: int = 1
    metrics: RunningMetrics = field(default_factory=RunningMetrics)
    rows: list[Metrics] = field(default_factory=list)
    best: float = inf

    @classmethod
    def of(
        cls,
        recipe: Recipe,
        model: nn.Module,
        images: int,
        classes: int,
        heads: Sequence[float] = (),
        world: World = ALONE,
    ) -> TrainState:
        """A model, on its device, before the first of its epochs of so many images, which a world shares."""
        device = next(model.parameters()).device
        optimizer = made_optimizer(recipe.optimizer, model, scaled=recipe.amp == "fp16")
        steps = ceil(len(batches(torch.arange(images), recipe.batch_size)) / recipe.accumulate)
        parallel = world.parallel(model)
        return cls(
            recipe=recipe,
            model=model,
            parameters=list(model.parameters()),
            device=device,
            heads=tuple(heads),
            world=world,
            parallel=parallel,
            forward=torch.compile(parallel) if recipe.compile else parallel,
            loss=made_loss(recipe.loss, device),
            augment=augmenter(recipe.augment),
            mix=mixer(recipe, classes),
            optimizer=optimizer,
            schedule=Schedule(recipe, optimizer, steps),
            scaler=scaler(device, recipe.amp),
            average=Average(model, recipe.ema) if recipe.ema else None,
            stopping=Stopping(recipe.early_stopping),
        )

    @property
    def measured(self) -> nn.Module:
        """The model whose figures count, and whose weights are written: the average, where there is one."""
        return self.average.model if self.average else self.model

    @property
    def watched(self) -> Sequence[nn.Parameter]:
        """The parameters whose gradients have to be finite: none while the scale of the loss may make them overflow."""
        may_overflow = self.scaler.is_enabled() and self.scaler.get_scale() > 1
        return () if may_overflow else self.parameters

    @property
    def is_done(self) -> bool:
        """Whether no epoch is left."""
        return self.epoch > self.recipe.epochs or self.stopping.is_over

    def losses(self, images: Tensor, targets: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The logits of a batch, their loss, and what is made small: that loss and those of the heads by their weights.

        ``targets`` are classes B, or shares of classes B×K.
        """
        with self.mixed():
            logits, *heads = self.forward(images) if self.heads else (self.forward(images),)
        loss, *others = (mean_loss(self.loss, each.float(), targets) for each in (logits, *heads))
        weighted = [weight * other for weight, other in zip(self.heads, others, strict=True)]
        return logits, loss, sum(weighted, loss)

    def again(self, images: Tensor) -> object:
        """The outputs of a batch once more, as ``losses`` works them out, layer by layer: no program, no processes."""
        with self.mixed():
            return self.model(images)

    def mixed(self) -> AbstractContextManager[object]:
        """The precision that the network runs in."""
        return mixed(self.device, self.recipe.amp)

    def passing(self, *, ends_step: bool) -> AbstractContextManager[object]:
        """A forward and backward pass; processes average their gradients only at the end of a step."""
        return nullcontext() if ends_step or self.world.size == 1 else self.parallel.no_sync()

    def way_back(self, total: Tensor, of_step: float) -> None:
        """Add the gradients of a loss that counts for so much of a step."""
        self.scaler.scale(total if of_step == 1 else total * of_step).backward()  # type: ignore[no-untyped-call]

    def masses(self, labels: Tensor, parts: Sequence[Tensor]) -> list[float]:
        """What the loss of each part divides by."""
        return masses(self.loss, labels, parts, mixed=self.mix is not None)

    def step(self) -> None:
        """Move the weights by the gradients, and all that follows the steps."""
        if self.recipe.clip is not None:
            self.scaler.unscale_(self.optimizer)
            nn.utils.clip_grad_norm_(self.parameters, self.recipe.clip)
        scale = self.scaler.get_scale() if self.scaler.is_enabled() else 1.0
        with self.schedule.warmed(), counting():
            self.scaler.step(self.optimizer)
        self.scaler.update()
        self.optimizer.zero_grad()
        if self.scaler.is_enabled() and self.scaler.get_scale() < scale:
            return  # the gradients have overflowed, and the step was left out
        if self.average:
            self.average.update(self.model, first=self.schedule.step == 0)
        self.schedule.after_step()

    def close(self, row: Metrics) -> bool:
        """The epoch is over; returns whether it was the best so far."""
        loss = row.train_loss if row.val_loss is None else row.val_loss
        better, self.best = loss < self.best, min(loss, self.best)
        self.schedule.after_epoch(row.val_loss)
        self.stopping.after_epoch(row)
        self.rows.append(row)
        self.epoch, self.metrics = self.epoch + 1, RunningMetrics()
        return better

    def state(self) -> State:
        optimizer, settings = optimizer_state(self.optimizer, self.model)
        generators, random, others = of_all(self.world.gathered(generator_state(self.device)))
        tensors = {
            **grouped("model", module_state(self.model)),
            **grouped("ema", module_state(self.average.model) if self.average else {}),
            **grouped("optimizer", optimizer),
            **grouped("generator", generators),
        }
        values = {
            "epoch": self.epoch,
            "tally": self.metrics.state(),
            "rows": [asdict(row) for row in self.rows],
            "best": self.best,
            "optimizer": settings,
            "schedule": self.schedule.state(),
            "scaler": self.scaler.state_dict(),
            "stopping": self.stopping.state(),
            "random": random,
            "others": others,
        }
        return State(tensors, values)

    def _steps(self) -> int:
        """The steps that can have been made up to here."""
        batches = ceil(self.metrics.images / self.recipe.batch_size)
        return (self.epoch - 1) * self.schedule.steps + ceil(batches / self.recipe.accumulate)

    def restore(self, state: State) -> int:
        """Go on from a state, of so many processes. Raises CheckpointError where it is not one of this run."""
        values = dict(state.values)
        with restoring("model"):
            restore_module(self.model, state.group("model"))
        with restoring("ema"):
            if self.average:
                restore_module(self.average.model, state.group("ema"))
        with restoring("optimizer"):
            restore_optimizer(self.optimizer, self.model, state.group("optimizer"), values["optimizer"])
        with restoring("epoch"):
            self.epoch = count("epoch", values["epoch"], 1, self.recipe.epochs + 1)
        with restoring("best"):
            self.best = number("best loss", values["best"])
        with restoring("tally"):
            self.metrics = RunningMetrics.of(values["tally"])
            count("number of correct images", self.metrics.correct, 0, self.metrics.images)
        with restoring("schedule"):
            self.schedule.restore(values["schedule"], self.epoch - 1, self._steps())
        with restoring("scaler"):
            require_moved("scale of the loss", values["scaler"], self.scaler.state_dict(), ("scale", "_growth_tracker"))
            self.scaler.load_state_dict(values["scaler"])
        with restoring("stopping"):
            self.stopping.restore(values["stopping"])
        with restoring("rows"):
            self.rows = ROWS.validate_python(values["rows"])
            count("number of epochs", len(self.rows), self.epoch - 1, self.epoch - 1)
        with restoring("random"):
            return self._restore_generators(state, values)

    def _restore_generators(self, state: State, values: Mapping[str, Any]) -> int:
        """The random numbers go on from where they stood; returns how many processes there were."""
        others = list(values["others"])
        found = of_one(self.world.rank, state.group("generator"), values["random"], others)
        if found is None:
            reseed(derived(self.recipe.seed, PROCESS, self.world.rank, self.epoch, self.metrics.images))
        else:
            restore_generators(self.device, *found)
        return 1 + len(others)

"""Each setting of a recipe does what a loop written by hand does, to the bit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.optim import Optimizer
from torch.optim.lr_scheduler import (
    ConstantLR,
    CosineAnnealingLR,
    CosineAnnealingWarmRestarts,
    CyclicLR,
    ExponentialLR,
    LinearLR,
    LRScheduler,
    MultiStepLR,
    OneCycleLR,
    PolynomialLR,
    ReduceLROnPlateau,
    StepLR,
)

from cnnspec.engine.recipe import Recipe
from cnnspec.engine.recipe.optimizers import OPTIMIZERS
from cnnspec.pytorch.data.examples import Examples, Pixels
from cnnspec.pytorch.train.loop import epoch, measure
from cnnspec.pytorch.train.running_metrics import RunningMetrics
from cnnspec.pytorch.train.train_state import TrainState
from cnnspec.pytorch.train.watch import Figures, Metrics

CPU = torch.device("cpu")
IMAGES, SIZE, CLASSES = 42, 10, 5  # four batches of 10 and one of 2
PIXELS = Pixels(mean=(0.5, 0.4), std=(0.2, 0.3))


def network() -> nn.Sequential:
    torch.manual_seed(3)
    return nn.Sequential(nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(144, CLASSES))


def examples() -> Examples:
    random = torch.Generator().manual_seed(1)
    images = torch.randint(0, 256, (IMAGES, 2, 8, 8), dtype=torch.uint8, generator=random)
    return Examples.on(CPU, images, torch.arange(IMAGES) % CLASSES, PIXELS)


def order(number: int) -> Tensor:
    return torch.randperm(IMAGES, generator=torch.Generator().manual_seed(number))


def trained(epochs: int = 3, **given: Any) -> TrainState:
    """The network after some epochs of a recipe, which looks at its own training images as at a validation part."""
    recipe = Recipe.of(**{"batch_size": SIZE, "epochs": epochs, "channels_last": False, **given})
    state = TrainState.of(recipe, network(), IMAGES, CLASSES)
    torch.manual_seed(7)
    while not state.is_done:
        go_on(state)
    return state


def go_on(state: TrainState) -> None:
    """One epoch."""
    data = examples()
    figures = epoch(state, data, order(state.epoch))
    held = measure(state.measured, data, data.all(), SIZE, loss=state.loss)
    state.close(Metrics.of(state.epoch, figures, held))


def batches(number: int) -> Iterator[tuple[Tensor, Tensor]]:
    """The batches of an epoch, picked and normalised image by image."""
    data = examples()
    mean, std = (torch.tensor(values).view(-1, 1, 1) for values in (PIXELS.mean, PIXELS.std))
    chosen = order(number).tolist()
    for start in range(0, IMAGES, SIZE):
        index = chosen[start : start + SIZE]
        yield data.take(torch.tensor(index))
        assert torch.allclose(data.take(torch.tensor(index))[0], (data.images[index] / 255 - mean) / std, atol=1e-5)


def equal(state: TrainState, model: nn.Module) -> bool:
    """Whether a model has the state's numbers, to the bit."""
    pairs = zip(state.model.state_dict().items(), model.state_dict().items(), strict=True)
    return all(name == other and torch.equal(ours, theirs) for (name, ours), (other, theirs) in pairs)


def by_hand(
    make: Callable[[nn.Module], Optimizer],
    schedule: Callable[[Optimizer], LRScheduler] | None = None,
    *,
    epochs: int = 3,
    per_step: bool = False,
    loss: Callable[[Tensor, Tensor], Tensor] = cross_entropy,
    before_step: Callable[[nn.Module, Optimizer, int], None] | None = None,
) -> nn.Module:
    """The plainest loop that has an optimizer and a scheduler."""
    model = network()
    optimizer = make(model)
    scheduler = schedule(optimizer) if schedule else None
    step = 0
    for number in range(1, epochs + 1):
        model.train()
        for images, labels in batches(number):
            optimizer.zero_grad()
            loss(model(images), labels).backward()
            if before_step:
                before_step(model, optimizer, step)
            optimizer.step()
            step += 1
            if scheduler and per_step:
                scheduler.step()
        if scheduler and not per_step:
            scheduler.step()
    return model


def sgd(lr: float = 0.05, **rest: Any) -> Callable[[nn.Module], Optimizer]:
    return lambda model: torch.optim.SGD(model.parameters(), lr=lr, fused=True, **rest)


SGD = {"SGD": {"lr": 0.05, "momentum": 0.9}}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimizer_is_torchs(name: str) -> None:
    """With its default arguments each moves the weights as torch's class does, fused where torch fuses it."""
    fused = {"fused": True} if OPTIMIZERS[name].fuses else {}
    model = by_hand(lambda model: getattr(torch.optim, name)(model.parameters(), lr=0.01, **fused))
    assert equal(trained(optimizer={name: {"lr": 0.01}}), model)


def test_arguments_of_an_optimizer_arrive() -> None:
    """Momentum, weight decay and Nesterov's way are those that were stated."""
    arguments = {"momentum": 0.9, "weight_decay": 0.01, "nesterov": True}
    assert equal(trained(optimizer={"SGD": {"lr": 0.05, **arguments}}), by_hand(sgd(**arguments)))
    assert not equal(trained(optimizer={"SGD": {"lr": 0.05, "momentum": 0.9}}), by_hand(sgd(**arguments)))


STEPS = 5  # batches an epoch
Made = Callable[[Optimizer], LRScheduler]
SCHEDULERS: list[tuple[dict[str, Any], Made, bool]] = [
    ({"StepLR": {"step_size": 1, "gamma": 0.5}}, lambda o: StepLR(o, 1, 0.5), False),
    ({"MultiStepLR": {"milestones": [1, 2]}}, lambda o: MultiStepLR(o, [1, 2]), False),
    ({"MultiStepLR": {"milestones": [3, 7]}, "per": "step"}, lambda o: MultiStepLR(o, [3, 7]), True),
    ({"ConstantLR": {"total_iters": 2}}, lambda o: ConstantLR(o, total_iters=2), False),
    ({"LinearLR": {"total_iters": 4}, "per": "step"}, lambda o: LinearLR(o, total_iters=4), True),
    ({"ExponentialLR": {"gamma": 0.9}}, lambda o: ExponentialLR(o, 0.9), False),
    ({"PolynomialLR": {"total_iters": 3, "power": 2}}, lambda o: PolynomialLR(o, 3, 2), False),
    ({"CosineAnnealingLR": None}, lambda o: CosineAnnealingLR(o, 3), False),
    ({"CosineAnnealingLR": {}, "per": "step"}, lambda o: CosineAnnealingLR(o, 3 * STEPS), True),
    ({"CosineAnnealingLR": {"T_max": 2, "eta_min": 0.01}}, lambda o: CosineAnnealingLR(o, 2, 0.01), False),
    ({"CosineAnnealingWarmRestarts": {"T_0": 2}}, lambda o: CosineAnnealingWarmRestarts(o, 2), False),
    (
        {"CyclicLR": {"base_lr": 0.01, "max_lr": 0.1, "step_size_up": 3}},
        lambda o: CyclicLR(o, 0.01, 0.1, 3),
        True,
    ),
    ({"OneCycleLR": {"max_lr": 0.2}}, lambda o: OneCycleLR(o, 0.2, total_steps=3 * STEPS), True),
    ({"OneCycleLR": None}, lambda o: OneCycleLR(o, 0.05, total_steps=3 * STEPS), True),
]


@pytest.mark.parametrize(("given", "made", "per_step"), SCHEDULERS, ids=[str(given) for given, _, _ in SCHEDULERS])
def test_a_scheduler_is_torchs(given: dict[str, Any], made: Made, per_step: bool) -> None:
    """Each moves the rate as torch's class does, once an epoch or once a step, over the length of the run."""
    model = by_hand(sgd(momentum=0.9), made, per_step=per_step)
    assert equal(trained(optimizer=SGD, scheduler=given), model)


def test_a_plateau_is_seen_by_the_validation_loss() -> None:
    """The rate falls where the loss has not become smaller, as torch's class has it for the same losses."""
    state = trained(epochs=8, optimizer={"SGD": {"lr": 1.5}}, scheduler={"ReduceLROnPlateau": {"patience": 0}})
    optimizer = sgd(1.5)(network())
    scheduler = ReduceLROnPlateau(optimizer, patience=0)
    for row in state.rows:
        scheduler.step(row.val_loss)
    assert optimizer.param_groups[0]["lr"] == state.optimizer.param_groups[0]["lr"] < 1.5


@pytest.mark.parametrize("given", [{"epochs": 2}, {"steps": 7, "start_factor": 0.1}])
def test_the_rate_is_warmed_up(given: dict[str, Any]) -> None:
    """Over the first steps the scheduler's rate is multiplied by a factor that grows in a line."""
    steps, start = given.get("steps", 2 * STEPS), given.get("start_factor", 0.01)

    def warm(_: nn.Module, optimizer: Optimizer, step: int) -> None:
        rate = 0.05 * 0.5 ** (step // STEPS)
        optimizer.param_groups[0]["lr"] = rate * (start + (1 - start) * step / steps if step < steps else 1)

    state = trained(optimizer=SGD, scheduler={"StepLR": {"step_size": 1, "gamma": 0.5}}, warmup=given)
    assert equal(state, by_hand(sgd(momentum=0.9), before_step=warm))


def test_gradients_are_clipped() -> None:
    """A gradient whose norm is larger than allowed is scaled down as torch's function does it."""

    def clip(model: nn.Module, _: Optimizer, __: int) -> None:
        nn.utils.clip_grad_norm_(model.parameters(), 0.1)

    assert equal(trained(optimizer=SGD, clip=0.1), by_hand(sgd(momentum=0.9), before_step=clip))
    assert not equal(trained(optimizer=SGD), by_hand(sgd(momentum=0.9), before_step=clip))


def test_batches_that_are_accumulated_make_the_step_of_one_large_batch() -> None:
    """Without BatchNorm, two batches of 10 are one of 20, the smaller last group included."""
    given = {"epochs": 2, "optimizer": {"SGD": {"lr": 0.05}}, "channels_last": False}

    def run(**sizes: int) -> nn.Module:
        model = network()
        model[1] = nn.Identity()
        state = TrainState.of(Recipe.of(**given, **sizes), model, IMAGES, CLASSES)
        while not state.is_done:
            go_on(state)
        return state.model

    halves, wholes = run(batch_size=10, accumulate=2), run(batch_size=20)
    for ours, theirs in zip(halves.parameters(), wholes.parameters(), strict=True):
        assert torch.allclose(ours, theirs, atol=1e-6)
    alone = run(batch_size=10)
    assert not torch.allclose(alone[0].weight, wholes[0].weight, atol=1e-4)


def test_a_step_of_several_batches_counts_once() -> None:
    """Schedules count steps of the optimizer."""
    assert trained(epochs=2, accumulate=2).schedule.step == 2 * 3


def test_weights_are_averaged() -> None:
    """The average begins as the first step's weights and follows the formula, with buffers; it is what is measured."""
    seen: list[dict[str, Tensor]] = []
    optimizer = torch.optim.SGD
    state = TrainState.of(Recipe.of(batch_size=SIZE, optimizer=SGD, ema=0.8), network(), IMAGES, CLASSES)
    step = state.optimizer.step

    def noted(*args: Any, **kwargs: Any) -> Any:
        done = step(*args, **kwargs)
        seen.append({name: tensor.clone() for name, tensor in state.model.state_dict().items()})
        return done

    state.optimizer.step = noted  # type: ignore[method-assign]
    epoch(state, examples(), order(1))
    assert isinstance(state.optimizer, optimizer)
    assert state.measured is not state.model
    for name, found in state.measured.state_dict().items():
        expected = seen[0][name].clone()
        for later in seen[1:]:
            expected = later[name] if not expected.is_floating_point() else 0.8 * expected + 0.2 * later[name]
        assert torch.allclose(found, expected, atol=1e-6), name


def test_the_average_of_weights_is_torchs() -> None:
    """torch's AveragedModel gives the same parameters."""
    from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

    model = network()
    averaged = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.9))
    optimizer = sgd(momentum=0.9)(model)
    for images, labels in batches(1):
        optimizer.zero_grad()
        cross_entropy(model(images), labels).backward()
        optimizer.step()
        averaged.update_parameters(model)
    state = trained(epochs=1, optimizer=SGD, ema=0.9)
    assert state.average
    for ours, theirs in zip(state.average.model.parameters(), averaged.module.parameters(), strict=True):
        assert torch.equal(ours, theirs)


@pytest.mark.parametrize(
    ("given", "loss"),
    [
        ({"CrossEntropyLoss": {"label_smoothing": 0.1}}, nn.CrossEntropyLoss(label_smoothing=0.1)),
        (
            {"CrossEntropyLoss": {"weight": [1, 2, 3, 4, 5]}},
            nn.CrossEntropyLoss(weight=torch.tensor([1.0, 2.0, 3.0, 4.0, 5.0])),
        ),
        ({"MultiMarginLoss": {"margin": 0.5}}, nn.MultiMarginLoss(margin=0.5)),
        ({"NLLLoss": None}, nn.NLLLoss()),
    ],
    ids=["smooth", "weights", "margin", "likelihood"],
)
def test_a_loss_is_torchs(given: dict[str, Any], loss: nn.Module) -> None:
    """Label smoothing, weights of classes and other losses move the weights as torch's classes do."""
    assert equal(trained(epochs=1, loss=given, optimizer=SGD), by_hand(sgd(momentum=0.9), loss=loss, epochs=1))


def rows(values: Sequence[float]) -> list[Metrics]:
    return [Metrics(n, 1.0, 0.5, value, 1 - value, 1.0, 1.0) for n, value in enumerate(values, 1)]


@pytest.mark.parametrize("monitor", ["val_loss", "val_accuracy"])
def test_training_stops_early(monitor: str) -> None:
    """After so many epochs that were not better by the margin than the best, training is over."""
    given = {"patience": 2, "monitor": monitor, "min_delta": 0.05}
    state = TrainState.of(Recipe.of(early_stopping=given, epochs=20), network(), IMAGES, CLASSES)
    closed = []
    for row in rows([0.9, 0.5, 0.48, 0.4, 0.39, 0.38, 0.1]):
        if state.is_done:
            break
        state.close(row)
        closed.append(row.val_loss)
    assert closed == [0.9, 0.5, 0.48, 0.4, 0.39, 0.38]


def test_the_first_of_equal_epochs_is_the_best() -> None:
    """A checkpoint is the best where the validation loss is less than that of every epoch before."""
    state = TrainState.of(Recipe.of(epochs=20), network(), IMAGES, CLASSES)
    assert [state.close(row) for row in rows([0.9, 0.5, 0.5, 0.6, 0.4])] == [True, True, False, False, True]


def test_images_are_mixed_as_torchvision_mixes() -> None:
    """The steps of MixUp and CutMix are those of a loop that gives torchvision's batches to the loss."""
    from torchvision.transforms import v2

    for key, transform in (("mixup", v2.MixUp), ("cutmix", v2.CutMix)):
        state = trained(epochs=1, optimizer=SGD, **{key: 0.7})
        mix = transform(alpha=0.7, num_classes=CLASSES)
        model = network()
        optimizer = sgd(momentum=0.9)(model)
        torch.manual_seed(7)
        for images, labels in batches(1):
            mixed, shares = mix(images, labels)
            logits = model(mixed)
            optimizer.zero_grad()
            (-(shares * logits.log_softmax(1)).sum(1).mean()).backward()
            optimizer.step()
        for ours, theirs in zip(state.model.parameters(), model.parameters(), strict=True):
            assert torch.allclose(ours, theirs, atol=1e-6), key


def test_half_precision_is_torchs_autocast() -> None:
    """With bf16 the network runs under autocast, and loss and weights stay in float32."""
    model = network()
    optimizer = sgd(momentum=0.9)(model)
    for images, labels in batches(1):
        with torch.autocast("cpu", torch.bfloat16):
            logits = model(images)
        assert logits.dtype == torch.bfloat16
        optimizer.zero_grad()
        cross_entropy(logits.float(), labels).backward()
        optimizer.step()
    assert equal(trained(epochs=1, optimizer=SGD, amp="bf16"), model)
    assert not equal(trained(epochs=1, optimizer=SGD), model)


def test_float16_scales_the_loss_and_leaves_out_steps_that_overflow() -> None:
    """Gradients that overflow under too large a scale move nothing; the scale is halved, and training goes on."""
    state = TrainState.of(Recipe.of(batch_size=SIZE, optimizer=SGD, amp="fp16", ema=0.5), network(), IMAGES, CLASSES)
    state.scaler.load_state_dict({**state.scaler.state_dict(), "scale": 2.0**40})
    before = {name: p.clone() for name, p in state.model.named_parameters()}
    data = examples()
    state.model.train()
    epoch(state, data, order(1)[:SIZE])
    assert all(torch.equal(before[name], p) for name, p in state.model.named_parameters())
    assert state.scaler.get_scale() == 2.0**39
    assert state.schedule.step == 0
    state.scaler.load_state_dict({**state.scaler.state_dict(), "scale": 256.0})
    state.metrics = RunningMetrics()
    epoch(state, data, order(1))
    assert state.schedule.step == STEPS
    assert all(p.isfinite().all() for p in state.model.parameters())


def test_a_compiled_network_trains_as_the_network_does() -> None:
    """torch.compile's program moves the same parameters to nearly the same numbers."""
    torch.compiler.reset()
    compiled, plain = (trained(epochs=1, optimizer=SGD, compile=wanted) for wanted in (True, False))
    assert compiled.forward is not compiled.model
    for ours, theirs in zip(compiled.model.parameters(), plain.model.parameters(), strict=True):
        assert torch.allclose(ours, theirs, atol=1e-4)


EVERYTHING = {
    "optimizer": {"AdamW": {"lr": 0.01}},
    "scheduler": {"OneCycleLR": {}},
    "warmup": {"epochs": 1},
    "augment": ["RandomHorizontalFlip", {"RandomRotation": {"degrees": 10}}],
    "mixup": 0.2,
    "cutmix": 0.5,
    "clip": 1.0,
    "accumulate": 2,
    "ema": 0.9,
    "early_stopping": {"patience": 3},
    "amp": "bf16",
}


@pytest.mark.parametrize("scheduler", [given for given, _, _ in SCHEDULERS] + [{"ReduceLROnPlateau": None}], ids=str)
def test_a_state_holds_all_that_training_goes_on_from(scheduler: dict[str, Any]) -> None:
    """Broken off in the middle of an epoch and restored into a new state, training ends at the same bits."""
    from cnnspec.pytorch.train.checkpoint.plain import decode, encode
    from cnnspec.pytorch.train.checkpoint.state import State

    recipe = Recipe.of(**{**EVERYTHING, "scheduler": scheduler, "batch_size": SIZE, "epochs": 3})
    whole = TrainState.of(recipe, network(), IMAGES, CLASSES)
    torch.manual_seed(7)
    go_on(whole)
    states: list[State] = []

    def note() -> None:
        if whole.metrics.steps == 2:
            state = whole.state()
            tensors = {name: tensor.clone() for name, tensor in state.tensors.items()}
            states.append(State(tensors, decode(encode(state.values))))

    figures = epoch(whole, examples(), order(2), after=note)
    finish(whole, figures)
    torch.manual_seed(99)
    again = TrainState.of(recipe, network(), IMAGES, CLASSES)
    again.restore(states[0])
    finish(again, epoch(again, examples(), order(2)))
    assert equal(again, whole.model)
    assert whole.average
    assert again.average
    assert equal(TrainState.of(Recipe(), again.average.model, IMAGES, CLASSES), whole.average.model)
    assert [(r.train_loss, r.val_loss) for r in again.rows] == [(r.train_loss, r.val_loss) for r in whole.rows]
    assert again.optimizer.param_groups[0]["lr"] == whole.optimizer.param_groups[0]["lr"]


def finish(state: TrainState, figures: Figures) -> None:
    """The end of the second epoch, and all of the third."""
    data = examples()
    held = measure(state.measured, data, data.all(), SIZE, loss=state.loss)
    state.close(Metrics.of(2, figures, held))
    go_on(state)


def test_determinism_is_asked_of_torch_and_given_back() -> None:
    """Within, torch may use nothing that gives other numbers each time; afterwards it may as before."""
    from cnnspec.pytorch.train.device import deterministic

    with deterministic(wanted=True):
        assert torch.are_deterministic_algorithms_enabled()
    assert not torch.are_deterministic_algorithms_enabled()
    with deterministic(wanted=False):
        assert not torch.are_deterministic_algorithms_enabled()


def test_losses_of_aux_heads_are_added_by_their_weights() -> None:
    """googlenet's two heads train with 0.3 of their loss each, as by hand, and the figures are the network's own."""
    from cnnspec import build, graph

    wide = graph("mnist/googlenet_fixed")
    assert [head.weight for head in wide.aux] == [0.3, 0.3]

    def fresh() -> nn.Module:
        torch.manual_seed(2)
        return build("mnist/googlenet_fixed", dropout=0)

    images = torch.randint(0, 256, (6, 1, 28, 28), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))
    data = Examples.on(CPU, images, torch.arange(6), Pixels(mean=(0.5,), std=(0.25,)))
    state = TrainState.of(Recipe.of(batch_size=3, optimizer=SGD), fresh(), 6, 10, (0.3, 0.3))
    figures = epoch(state, data, torch.arange(6))
    model = fresh()
    optimizer = sgd(momentum=0.9)(model)
    model.train()
    own = 0.0
    for index in torch.arange(6).split(3):
        inputs, labels = data.take(index)
        logits, first, second = model(inputs)
        loss = cross_entropy(logits, labels)
        optimizer.zero_grad()
        (loss + 0.3 * cross_entropy(first, labels) + 0.3 * cross_entropy(second, labels)).backward()
        optimizer.step()
        own += loss.item() * 3
    assert equal(state, model)
    assert figures.loss == pytest.approx(own / 6, rel=1e-6)

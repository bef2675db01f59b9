"""Training on images of MNIST's size: cnnspec's epoch, loops by hand, Lightning's Trainer and Keras.

Every side trains the same network, with Adam, in batches of 64; one round of each is so many images.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, Dataset, RandomSampler
from torchvision import transforms

import cnnspec
from benchmarks.finding import Finding, Goal
from benchmarks.step import nothing
from benchmarks.timing import Rounds, alternate
from benchmarks.trainers import keras_fit, lightning_fit
from cnnspec.engine.recipe import Recipe
from cnnspec.pytorch.data.examples import Examples, Pixels
from cnnspec.pytorch.train.device import placed
from cnnspec.pytorch.train.loop import epoch
from cnnspec.pytorch.train.running_metrics import RunningMetrics
from cnnspec.pytorch.train.train_state import TrainState

IMAGES, BATCH = 60_000, 64
PIXELS = Pixels(mean=(0.5,), std=(0.29,))
CPU = torch.device("cpu")
RECIPE = Recipe.of(batch_size=BATCH)
BATCHES = {"lenet": 100, "googlenet": 20, "resnet18": 6}  # a round of each side


class Digits(Dataset[tuple[Tensor, int]]):
    """Noise of MNIST's size, read as torchvision.datasets.MNIST reads its own: uint8 tensor, PIL image, transform."""

    def __init__(self) -> None:
        self.data = torch.randint(256, (IMAGES, 28, 28), dtype=torch.uint8)
        self.targets = torch.randint(10, (IMAGES,))
        self.transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize(PIXELS.mean, PIXELS.std)])

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        image = Image.fromarray(self.data[index].numpy(), mode="L")
        return self.transform(image), int(self.targets[index])

    def __len__(self) -> int:
        return len(self.data)


@dataclass(frozen=True)
class Side:
    """What cnnspec is held against, in words, and how many times as fast it aims to be."""

    words: str
    goal: float


ONE_BATCH = Side("the same step on one batch that is there already", 0.95)
OTHERS = {
    "Lightning": Side("Lightning's Trainer, normalised tensors through a DataLoader", 1.0),
    "Keras": Side("Keras 3 on torch, normalised arrays in memory", 1.0),
}


def measure(quick: bool) -> Iterator[Finding]:
    digits = Digits()
    for name in BATCHES:
        yield from of_network(name, digits, 3 if quick else BATCHES[name], rounds=2 if quick else 9)


def of_network(name: str, digits: Digits, batches: int, rounds: int) -> Iterator[Finding]:
    drawn = batches * BATCH
    sides: dict[str, Callable[[], None]] = {
        "cnnspec": in_memory(name, digits, drawn),
        "one batch": one_batch(name, digits, batches),
        "Lightning": lightning_fit(cnnspec.build(f"mnist/{name}"), *normalised(digits, drawn), BATCH),
        "Keras": keras_fit(cnnspec.build(f"mnist/{name}"), *normalised(digits, drawn), BATCH),
    }
    shown = {"one batch": ONE_BATCH, **OTHERS}
    if name == "lenet":
        loaders = {f"{workers} workers": usual_loop(name, digits, drawn, workers) for workers in (0, 2)}
        found = alternate({**sides, **loaders}, rounds, prepare=nothing)
        best = min(loaders, key=found.median)
        shown = {**shown, best: Side(f"the usual loop over a DataLoader, {best} (the better of 0 and 2)", 2.0)}
    else:
        found = alternate(sides, rounds, prepare=nothing)
    yield from against(name, found, drawn, shown)


def against(name: str, found: Rounds, drawn: int, sides: Mapping[str, Side]) -> Iterator[Finding]:
    for key, side in sides.items():
        yield Finding(
            what=f"throughput of training mnist/{name}",
            against=side.words,
            value=found.ratio(key, "cnnspec"),
            goal=Goal(side.goal, at_least=True),
            ours=drawn / found.median("cnnspec"),
            theirs=drawn / found.median(key),
            unit="images/s",
            note=f"mnist/{name}: {drawn:,} images a round, batch {BATCH}, {torch.get_num_threads()} threads",
        )


def in_memory(
    name: str, digits: Digits, drawn: int, recipe: Recipe = RECIPE, device: torch.device = CPU
) -> Callable[[], None]:
    """What `cnnspec train` does in an epoch."""
    model = placed(cnnspec.build(f"mnist/{name}"), device, recipe.channels_last)
    state = TrainState.of(recipe, model, drawn, classes=10)
    data = Examples.on(device, digits.data.unsqueeze(1), digits.targets, PIXELS)

    def run() -> None:
        state.metrics = RunningMetrics()
        epoch(state, data, torch.randperm(IMAGES)[:drawn].to(device))

    return run


def one_batch(name: str, digits: Digits, batches: int, device: torch.device = CPU) -> Callable[[], None]:
    """As many of the same steps; every one on the same images, which are normalised before the clock starts."""
    model = placed(cnnspec.build(f"mnist/{name}"), device)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.001, fused=True)
    data = Examples.on(device, digits.data.unsqueeze(1), digits.targets, PIXELS)
    images, labels = data.take(torch.arange(BATCH, device=device))

    def run() -> None:
        for _ in range(batches):
            step(model, optimizer, images, labels)

    return run


def normalised(digits: Digits, drawn: int) -> tuple[Tensor, Tensor]:
    """float32 N×1×28×28, and labels N."""
    return Examples.on(CPU, digits.data.unsqueeze(1), digits.targets, PIXELS).take(torch.arange(drawn))


def usual_loop(name: str, digits: Digits, drawn: int, workers: int) -> Callable[[], None]:
    """The loop of most tutorials. Workers stay between rounds, so that their start is not counted."""
    model = cnnspec.build(f"mnist/{name}")
    optimizer = torch.optim.Adam(model.parameters(), lr=0.001)
    sampler = RandomSampler(digits, num_samples=drawn)
    loader = DataLoader(digits, BATCH, sampler=sampler, num_workers=workers, persistent_workers=workers > 0)

    def run() -> None:
        total, hits = 0.0, 0
        for images, labels in loader:
            loss, logits = step(model, optimizer, images, labels)
            total += loss.item() * len(labels)
            hits += int((logits.argmax(1) == labels).sum().item())

    return run


def step(model: nn.Module, optimizer: torch.optim.Optimizer, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    logits = model(images)
    loss = cross_entropy(logits, labels)
    optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    optimizer.step()
    return loss, logits

"""Training LeNet: cnnspec's epoch over images in memory, the usual loop over a DataLoader, and steps without data."""

from __future__ import annotations

from collections.abc import Callable, Iterator

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
from cnnspec.data.examples import Examples, Pixels
from cnnspec.recipe import Recipe
from cnnspec.train.loop import epoch
from cnnspec.train.tally import Tally
from cnnspec.train.trainee import Trainee

IMAGES, BATCH = 60_000, 64
PIXELS = Pixels(mean=(0.5,), std=(0.29,))


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


def measure(quick: bool) -> Iterator[Finding]:
    drawn = 20 * BATCH if quick else 100 * BATCH
    digits = Digits()
    sides = {"cnnspec": in_memory(digits, drawn), "one batch": one_batch(digits, drawn)}
    loaders = {f"{workers} workers": usual_loop(digits, drawn, workers) for workers in (0, 2)}
    found = alternate({**sides, **loaders}, rounds=2 if quick else 9, prepare=nothing)
    best = min(loaders, key=found.median)
    note = f"{drawn:,} of {IMAGES:,} images a round, batch {BATCH}; DataLoader " + " and ".join(
        f"{name}: {drawn / found.median(name):,.0f} images/s" for name in loaders
    )
    yield against(found, drawn, best, f"the usual loop over a DataLoader, {best} (the better of 0 and 2)", 2.0, note)
    yield against(found, drawn, "one batch", "the same step on one batch that is there already", 0.9, note)


def against(found: Rounds, drawn: int, side: str, words: str, goal: float, note: str) -> Finding:
    return Finding(
        what="throughput of training mnist/lenet",
        against=words,
        value=found.ratio(side, "cnnspec"),
        goal=Goal(goal, at_least=True),
        ours=drawn / found.median("cnnspec"),
        theirs=drawn / found.median(side),
        unit="images/s",
        note=note,
    )


def in_memory(digits: Digits, drawn: int) -> Callable[[], None]:
    trainee = Trainee.of(Recipe.of(batch_size=BATCH), cnnspec.build("mnist/lenet"), drawn, classes=10)
    data = Examples.on(torch.device("cpu"), digits.data.unsqueeze(1), digits.targets, PIXELS)

    def run() -> None:
        trainee.tally = Tally()
        epoch(trainee, data, torch.randperm(IMAGES)[:drawn])

    return run


def one_batch(digits: Digits, drawn: int) -> Callable[[], None]:
    """As many of the same steps; every one on the same images, which are normalised before the clock starts."""
    model = cnnspec.build("mnist/lenet")
    optimizer = torch.optim.Adam(model.parameters(), lr=0.001, fused=True)
    data = Examples.on(torch.device("cpu"), digits.data.unsqueeze(1), digits.targets, PIXELS)
    images, labels = data.take(torch.arange(BATCH))

    def run() -> None:
        for _ in range(drawn // BATCH):
            step(model, optimizer, images, labels)

    return run


def usual_loop(digits: Digits, drawn: int, workers: int) -> Callable[[], None]:
    """The loop of most tutorials. Workers stay between rounds, so that their start is not counted."""
    model = cnnspec.build("mnist/lenet")
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

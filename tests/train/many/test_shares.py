"""What each of several processes takes: every image once, and weights that make of all shares the whole."""

from __future__ import annotations

import pytest
import torch

from cnnspec import UsageError, graph, load
from cnnspec.engine.recipe import Recipe
from cnnspec.pytorch.data.batches import batches
from cnnspec.pytorch.train.batch_shards import check_shares, parts_of, shares_of
from cnnspec.pytorch.train.device import device_named
from cnnspec.pytorch.train.processes import Processes
from cnnspec.pytorch.train.world import World


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8])
@pytest.mark.parametrize(("images", "batch"), [(1, 8), (42, 8), (41, 8), (40, 8), (23, 5), (7, 1)])
def test_every_image_is_taken_once(size: int, images: int, batch: int) -> None:
    """The shares of each batch, side by side, are the batch that one process takes; they differ by one at most."""
    order = torch.randperm(images)
    parts = parts_of(order, batch)
    shares = [[Processes(rank, size).share(part) for part in parts] for rank in range(size)]
    for number, part in enumerate(batches(order, batch)):
        own = [each[number] for each in shares]
        assert torch.equal(torch.cat(own), part)
        assert max(map(len, own)) - min(map(len, own)) <= 1


@pytest.mark.parametrize("size", [1, 2, 3])
def test_shares_add_up_to_one(size: int) -> None:
    """Those of a batch over the processes, and those of a step over its batches, too."""
    parts = parts_of(torch.arange(41), 8)
    assert [len(part) for part in parts] == [8, 8, 8, 8, 9]
    rows = [
        list(shares_of(parts, [Processes(rank, size).share(part) for part in parts], 2, lengths))
        for rank in range(size)
    ]
    for batch in zip(*rows, strict=True):
        assert sum(share.of_batch for share in batch) == pytest.approx(1)
    steps = [sum(share.of_step for row in rows for share in row[first : first + 2]) for first in (0, 2, 4)]
    assert steps == pytest.approx([1, 1, 1])
    assert [share.ends_step for share in rows[0]] == [False, True, False, True, True]
    assert not parts_of(torch.arange(0), 8)


def lengths(parts: object) -> list[float]:
    return [float(len(part)) for part in parts]  # type: ignore[attr-defined]


NORMED = "mnist/resnet50"


@pytest.mark.parametrize(
    ("name", "images", "settings", "message"),
    [
        ("mnist/lenet", 100, {"batch_size": 3}, "a batch of 3 images cannot be shared by 4 processes"),
        (NORMED, 23, {"batch_size": 8}, "4 processes share a batch of 7 images, and BatchNorm cannot train on fewer"),
    ],
)
def test_shares_of_too_few_images_are_refused(name: str, images: int, settings: dict[str, int], message: str) -> None:
    """Before the first step; a BatchNorm over all processes takes shares of one image and of none."""
    network, order = graph(load(name)), torch.arange(images)
    with pytest.raises(UsageError, match=message):
        check_shares(Recipe.of(**settings), network, order, World(size=4))
    check_shares(Recipe.of(**settings), network, order, World())
    if name == NORMED:
        check_shares(Recipe.of(**settings, sync_batchnorm=True), network, order, World(size=4))


def test_each_process_takes_a_device_of_its_own() -> None:
    """A single GPU that is named cannot be shared; CPUs are."""
    assert device_named("cpu", World(1, 2, 1)) == torch.device("cpu")
    with pytest.raises(UsageError, match="a GPU for each; not on `cuda:1`"):
        device_named("cuda:1", World(1, 2, 1))
    if not torch.cuda.is_available():
        with pytest.raises(UsageError, match="there is no device `cuda:1` here"):
            device_named("cuda", World(1, 2, 1))

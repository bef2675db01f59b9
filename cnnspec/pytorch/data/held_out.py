"""Parts that are held back from training, with every class in proportion.

stratified    the test part of data that have none: the same for everyone
drawn         some images of an order: a validation part, or the images that a recipe limits a run to
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

SEED = 0  # the test part is the same for everyone, whatever the seed of a run


def stratified(labels: NDArray[np.int64], share: int) -> tuple[Tensor, Tensor]:
    """Indices of all but, and of, one in ``share`` of each class, drawn once and for ever the same.

    A class of two images or more has at least one in each.
    """
    random = np.random.RandomState(SEED)  # its stream is frozen: numpy promises the same in every version
    chosen = [random.permutation(np.flatnonzero(labels == c)) for c in np.unique(labels)]
    test = np.sort(
        np.concatenate([members[: max(round(len(members) / share), min(len(members) - 1, 1))] for members in chosen])
    )
    train = np.setdiff1d(np.arange(len(labels)), test)
    return torch.from_numpy(train), torch.from_numpy(test)


def drawn(order: Tensor, labels: Tensor, number: int, spared: int) -> tuple[Tensor, Tensor]:
    """The first images of each class in ``order``, ``number`` in all, and the rest; both in that order.

    Classes come in proportion, and each gives one at least, but leaves ``spared`` images, where that is possible.
    """
    own = labels[order].numpy()
    classes, first, inverse, sizes = np.unique(own, return_index=True, return_inverse=True, return_counts=True)
    by_order = np.argsort(first)  # what cannot be divided goes to classes as the order has them, not by their numbers
    shares = np.empty(len(classes), np.int64)
    shares[by_order] = proportional(sizes[by_order], number, spared)
    grouped = np.argsort(inverse, kind="stable")
    place = np.empty(len(own), np.int64)
    place[grouped] = np.arange(len(own)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    is_drawn = torch.from_numpy(place < shares[inverse])
    return order[is_drawn], order[~is_drawn]


def proportional(sizes: NDArray[np.int64], number: int, spared: int) -> NDArray[np.int64]:
    """How many images each class of these sizes gives to ``number``, by the largest remainder."""
    room = np.maximum(sizes - spared, 0)
    if room.sum() < number:
        room = sizes
    exact = sizes * (number / sizes.sum())
    shares: NDArray[np.int64] = np.minimum(np.maximum(np.floor(exact).astype(np.int64), 1), room)
    while (missing := number - shares.sum()) != 0:
        if missing > 0:
            shares[np.argmax(np.where(shares < room, exact - shares, -np.inf))] += 1
        else:
            least = 1 if shares.max() > 1 else 0  # a class gives its only image last
            shares[np.argmax(np.where(shares > least, shares - exact, -np.inf))] -= 1
    return shares

"""The validation part, and the images that a recipe limits a run to: every class in proportion."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from cnnspec import Spec, UsageError, graph
from cnnspec.engine.recipe import Recipe
from cnnspec.engine.recipe.model import held_back
from cnnspec.pytorch.data.dataset import Dataset, InMemory, lacking
from cnnspec.pytorch.data.held_out import drawn, stratified
from cnnspec.pytorch.train import prepare as preparing
from cnnspec.pytorch.train.prepare import split

sizes = st.lists(st.integers(1, 40), min_size=1, max_size=12).filter(lambda counts: sum(counts) > 4)


def labels_of(counts: Sequence[int]) -> Tensor:
    return torch.repeat_interleave(torch.arange(len(counts)), torch.tensor(counts))


@settings(deadline=None, max_examples=150)
@given(sizes, st.floats(0.01, 0.9), st.integers(0, 99))
def test_every_class_is_held_back_in_proportion(counts: list[int], fraction: float, seed: int) -> None:
    """So many in all; of each class its share but for rounding, one at least in both parts where it has two."""
    labels = labels_of(counts)
    held = held_back(len(labels), fraction)
    if len(labels) - held < 2:
        with pytest.raises(UsageError, match="leaves too few"):
            split(labels, fraction, seed)
        return
    train, validation = split(labels, fraction, seed)
    assert len(validation) == held
    assert torch.cat([train, validation]).sort().values.tolist() == list(range(len(labels)))
    assert all(torch.equal(part, part.sort().values) for part in (train, validation))
    of_train, of_validation = (
        torch.bincount(labels[part], minlength=len(counts)).tolist() for part in (train, validation)
    )
    spare, several = len(labels) - len(counts), sum(count > 1 for count in counts)
    if held <= spare:
        assert min(of_train) > 0
        if held >= several:
            assert all(own > 0 for own, count in zip(of_validation, counts, strict=True) if count > 1)
    room = [min(max(held * count / len(labels), 1), count - 1) for count in counts]
    if held <= spare and sum(room) <= held + 1e-9 and min(counts) > 1:
        assert all(own >= int(least) for own, least in zip(of_validation, room, strict=True))


def test_a_large_class_gives_its_share() -> None:
    """144 of 1,437 digits are 14 or 15 of each class, whatever the seed."""
    labels = labels_of([144, 145, 142, 146, 145, 146, 145, 143, 139, 142])
    for seed in range(5):
        _, validation = split(labels, 0.1, seed)
        assert set(torch.bincount(labels[validation]).tolist()) <= {14, 15}


def test_the_seed_draws() -> None:
    """Another seed holds other images back, and gives what cannot be divided to other classes."""
    labels = labels_of([15] * 10)
    parts = [split(labels, 0.1, seed)[1] for seed in range(20)]
    assert len({tuple(part.tolist()) for part in parts}) == 20
    assert torch.equal(parts[3], split(labels, 0.1, 3)[1])
    counts = torch.stack([torch.bincount(labels[part]) for part in parts])
    assert set(counts.flatten().tolist()) == {1, 2}
    assert (counts == 2).any(0).all()


@settings(deadline=None, max_examples=60)
@given(sizes, st.integers(4, 60), st.integers(0, 99))
def test_fewer_images_have_every_class(counts: list[int], most: int, seed: int) -> None:
    """`images` takes some of each class, where there are as many as classes."""
    labels = labels_of(counts)
    train, validation = split(labels, 0.0, seed, most)
    assert (len(train), len(validation)) == (min(most, len(labels)), 0)
    if most >= len(counts):
        assert len(labels[train].unique()) == len(counts)


def test_what_is_drawn_keeps_its_order() -> None:
    """The first of each class, in the order that was given."""
    order = torch.tensor([5, 0, 3, 1, 4, 2])
    taken, rest = drawn(order, torch.tensor([0, 0, 0, 1, 1, 1]), 2, 1)
    assert (taken.tolist(), rest.tolist()) == ([5, 0], [3, 1, 4, 2])


def test_small_classes_have_a_test_image() -> None:
    """One of two is tested, one of one is trained on; of others a fifth."""
    labels = labels_of([40, 2, 1, 7])
    train, test = stratified(labels.numpy(), 5)
    assert torch.bincount(labels[test], minlength=4).tolist() == [8, 1, 0, 1]
    assert torch.bincount(labels[train], minlength=4).tolist() == [32, 1, 1, 6]


def test_classes_that_a_part_lacks_are_named() -> None:
    """All of few, some of many."""
    names = tuple("abcdefghijkl")
    assert lacking(names, torch.arange(12), "test") == []
    assert lacking(names, torch.arange(11), "test") == ["the test part has no image of the class `l`"]
    (many,) = lacking(names, torch.tensor([0]), "validation")
    assert many.endswith("of the classes `b`, `c`, `d`, `e`, `f`, `g`, `h`, `i` and 3 more")


@pytest.mark.parametrize(
    ("counts", "own", "told"),
    [
        ([40, 40, 40], None, []),
        ([40, 2, 1], None, ["the validation part has no image of the class `c`"]),
        ([40, 40, 40], [3, 0, 3], ["the validation part has no image of the class `b`"]),
    ],
)
def test_a_run_says_which_classes_its_parts_lack(
    small: Spec, monkeypatch: pytest.MonkeyPatch, counts: list[int], own: list[int] | None, told: list[str]
) -> None:
    """Before it trains, as warnings."""

    def part(numbers: list[int]) -> InMemory:
        labels = labels_of(numbers)
        return InMemory(torch.zeros(len(labels), 1, 8, 8, dtype=torch.uint8), labels)

    data = Dataset("made", part(counts), part([2, 2, 2]), ("a", "b", "c"), part(own) if own else None)
    monkeypatch.setattr(preparing, "load_data", lambda *given: data)
    notes: list[str] = []
    spec: Any = small
    network = graph(spec, num_classes=3)
    prepared = preparing.prepare(spec, network, Recipe(), torch.device("cpu"), notes.append)
    assert notes == [f"warning: {line}" for line in told]
    assert prepared.watched.labels[prepared.validation].bincount(minlength=3).tolist() == (own or [*_held(counts)])


def _held(counts: list[int]) -> list[int]:
    labels = labels_of(counts)
    return torch.bincount(labels[split(labels, 0.1, 0)[1]], minlength=3).tolist()

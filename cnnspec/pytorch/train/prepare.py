"""A data set made ready for a network: fitted, split, and on the device.

Dataset ──checked, resized──► training images ──split──► train, validation (indices)
                              validation images          which replace the second where the data have their own
                              test images                pixels: statistics of the train part
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from cnnspec.engine.diagnostics import UsageError
from cnnspec.engine.network import Graph
from cnnspec.engine.recipe import Recipe
from cnnspec.engine.recipe.model import held_back
from cnnspec.engine.spec import Spec
from cnnspec.pytorch.data.dataset import Dataset, lacking
from cnnspec.pytorch.data.examples import Data, Pixels
from cnnspec.pytorch.data.held_out import drawn
from cnnspec.pytorch.data.load import load_data
from cnnspec.pytorch.data.locate import Note
from cnnspec.pytorch.train.compatibility import check_fit, say_fit
from cnnspec.pytorch.train.seeds import VALIDATION, generator


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """Images with the indices of those that are trained on, and of those that are watched; test images, class names.

    ``watched`` are the training images or the data's own validation part; ``test`` is None where there is no test part.
    """

    examples: Data
    train: Tensor
    watched: Data
    validation: Tensor
    test: Data | None
    pixels: Pixels
    classes: tuple[str, ...]


def prepare(spec: Spec, network: Graph, recipe: Recipe, device: torch.device, note: Note) -> Prepared:
    """The recipe's data set for a network. Raises DataError, and UsageError where the two do not belong together."""
    dataset = _dataset(spec, network, recipe, note)
    labels, share = dataset.train.labels, 0.0 if dataset.validation else recipe.validation
    train, validation = split(labels, share, recipe.seed, recipe.images)
    part = dataset.train.fitted(network.input)
    pixels = part.pixels(train)
    examples = watched = part.on(device, pixels)
    if dataset.validation:
        watched = dataset.validation.fitted(network.input).on(device, pixels)
        validation = watched.all()
    test = dataset.test.fitted(network.input).on(device, pixels) if dataset.test else None
    parts = {"training": labels[train], "validation": watched.labels[validation.to(device)]}
    parts |= {"test": test.labels} if test else {}
    for doubt in (line for name, own in parts.items() if len(own) for line in lacking(dataset.classes, own, name)):
        note(f"warning: {doubt}")
    return Prepared(examples, train.to(device), watched, validation.to(device), test, pixels, dataset.classes)


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """The part that a trained network is measured on: ``test``, or ``validation`` where the data have no test part."""

    name: Literal["test", "validation"]
    data: Data


def prepare_measured(
    spec: Spec, network: Graph, recipe: Recipe, pixels: Pixels, device: torch.device, note: Note
) -> Measured:
    """That part alone, normalized by the statistics that a run was trained with. Raises as ``prepare`` does."""
    dataset = _dataset(spec, network, recipe, note)
    part = dataset.test or dataset.validation
    assert part is not None
    name: Literal["test", "validation"] = "test" if dataset.test else "validation"
    for doubt in lacking(dataset.classes, part.labels, name):
        note(f"warning: {doubt}")
    return Measured(name, part.fitted(network.input).on(device, pixels))


def _dataset(spec: Spec, network: Graph, recipe: Recipe, note: Note) -> Dataset:
    dataset = load_data(recipe.data, recipe.folder, network.input, network.output[0], note, recipe.workers)
    check_fit(spec, network, dataset)
    say_fit(dataset, network.input, note)
    return dataset


def split(labels: Tensor, fraction: float, seed: int, most: int | None = None) -> tuple[Tensor, Tensor]:
    """Indices of the training and of the validation part of images with these labels, in order, drawn by the seed.

    Of them together there are ``most`` at most, and the others are not used. Every class is in proportion in both, with
    one image at least where it has enough.
    """
    count = len(labels) if most is None else min(len(labels), most)
    held_out = held_back(count, fraction)
    if count - held_out < 2:
        raise UsageError(f"a validation part of {fraction} leaves too few of {count} images to train on")
    order = torch.randperm(len(labels), generator=generator(seed, VALIDATION))
    used, _ = drawn(order, labels, count, 0) if count < len(labels) else (order, None)
    validation, train = drawn(used, labels, held_out, 1)
    return train.sort().values, validation.sort().values

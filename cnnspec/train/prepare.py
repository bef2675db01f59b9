"""A data set made ready for a network: fitted, split, and on the device.

Dataset ──checked, resized──► training images ──split──► train, validation (indices)
                              test images                pixels: statistics of the train part
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from cnnspec.data.dataset import Dataset
from cnnspec.data.examples import Data, Pixels
from cnnspec.data.found import Note
from cnnspec.data.load import load_data
from cnnspec.diagnostics import UsageError
from cnnspec.network import Graph
from cnnspec.recipe import Recipe
from cnnspec.recipe.model import held_back
from cnnspec.spec import Spec
from cnnspec.train.fit import check_fit, say_fit
from cnnspec.train.seeds import VALIDATION, generator


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """Training images with the indices of those that are trained on and watched, test images, class names."""

    examples: Data
    train: Tensor
    validation: Tensor
    test: Data
    pixels: Pixels
    classes: tuple[str, ...]


def prepare(spec: Spec, network: Graph, recipe: Recipe, device: torch.device, note: Note) -> Prepared:
    """The recipe's data set for a network. Raises DataError, and UsageError where the two do not belong together."""
    dataset = _dataset(spec, network, recipe, note)
    train, validation = split(len(dataset.train.labels), recipe.validation, recipe.seed, recipe.images)
    part = dataset.train.fitted(network.input)
    pixels = part.pixels(train)
    test = dataset.test.fitted(network.input).on(device, pixels)
    return Prepared(part.on(device, pixels), train.to(device), validation.to(device), test, pixels, dataset.classes)


def prepare_test(spec: Spec, network: Graph, recipe: Recipe, pixels: Pixels, device: torch.device, note: Note) -> Data:
    """The test part alone, normalised by the statistics that a run was trained with. Raises as ``prepare`` does."""
    dataset = _dataset(spec, network, recipe, note)
    return dataset.test.fitted(network.input).on(device, pixels)


def _dataset(spec: Spec, network: Graph, recipe: Recipe, note: Note) -> Dataset:
    dataset = load_data(recipe.data, recipe.folder, network.input, network.output[0], note, recipe.workers)
    check_fit(spec, network, dataset)
    say_fit(dataset, network.input, note)
    return dataset


def split(count: int, fraction: float, seed: int, most: int | None = None) -> tuple[Tensor, Tensor]:
    """Indices of the training and of the validation part of ``count`` images, in order, drawn by the seed.

    Of them together there are ``most`` at most: the others are left alone.
    """
    whole, count = count, count if most is None else min(count, most)
    held_out = held_back(count, fraction)
    if count - held_out < 2:
        raise UsageError(f"a validation part of {fraction} leaves too few of {count} images to train on")
    order = torch.randperm(whole, generator=generator(seed, VALIDATION))[:count]
    return order[held_out:].sort().values, order[:held_out].sort().values

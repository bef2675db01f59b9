"""A data set and a network are brought together, or refused with what mends it."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from msgspec.structs import replace
from torchvision.transforms.v2.functional import resize

from cnnspec import Spec, UsageError, graph, load
from cnnspec.pytorch.data.dataset import InMemory
from cnnspec.pytorch.data.digits import digits
from cnnspec.pytorch.data.examples import Examples, pixels_of
from cnnspec.pytorch.train import Recipe
from cnnspec.pytorch.train.compatibility import check_fit, check_trainable
from cnnspec.pytorch.train.prepare import prepare, split
from tests.train.conftest import Notes

CPU = torch.device("cpu")

ALIKE = torch.zeros(100, dtype=torch.int64)  # labels of images of one class


def test_images_are_resized_as_torchvision_does() -> None:
    """Bilinear, on bytes, over more images than are worked on at a time."""
    part = digits().train
    images = part.images.repeat(4, 1, 1, 1)
    ours = InMemory(images, part.labels).fitted((1, 28, 20)).images
    assert ours.dtype == torch.uint8
    assert torch.equal(ours, resize(images, [28, 20], antialias=True))


def test_images_of_the_right_size_are_left_alone() -> None:
    """No copy is made of what fits."""
    part = digits().train
    assert part.fitted((1, 8, 8)).images.data_ptr() == part.images.data_ptr()


def test_resizing_and_repeating_are_said() -> None:
    """A line says that images are resized, another that grey is repeated; neither is there without need."""
    notes = Notes()
    spec = load("mnist/lenet", input=(3, 28, 28))
    data = prepare(spec, graph(spec), Recipe(), CPU, notes.note)
    assert notes.notes == [
        "digits: images of 8×8 are resized to 28×28, the network's input (bilinear)",
        "digits: the grey channel is repeated to 3, as the network takes them",
    ]
    images, _ = data.test.take(torch.arange(2))
    assert images.shape == (2, 3, 28, 28)
    assert torch.equal(images[:, 0], images[:, 2])


def test_nothing_is_said_where_all_fits(small: Spec) -> None:
    """An image of the network's size needs no line."""
    notes = Notes()
    prepare(small, graph(small), Recipe(), CPU, notes.note)
    assert notes.notes == []


def test_batches_are_normalised_by_the_training_part(small: Spec) -> None:
    """The images that are trained on have mean 0 and deviation 1; the others follow the same scale."""
    data = prepare(small, graph(small), Recipe(validation=0.3), CPU, Notes().note)
    images, labels = data.examples.take(data.train)
    assert images.dtype == torch.float32
    assert abs(float(images.mean())) < 1e-5
    assert abs(float(images.std(correction=0)) - 1) < 1e-5
    pixels = data.examples.images[data.train].double() / 255
    assert data.pixels.mean == pytest.approx((float(pixels.mean()),), abs=1e-12)
    assert data.pixels.std == pytest.approx((float(pixels.std(correction=0)),), abs=1e-12)
    assert torch.equal(labels, data.examples.labels[data.train])


def test_images_of_one_colour_do_not_divide_by_zero(small: Spec) -> None:
    """A deviation of 0 leaves the pixels as they are, instead of infinite."""
    images = torch.full((4, 1, 8, 8), 9, dtype=torch.uint8)
    batch, _ = Examples.on(CPU, images, torch.zeros(4).long(), pixels_of(images, torch.arange(4))).take(torch.arange(4))
    assert batch.isfinite().all()


def test_classes_that_differ_are_refused_with_the_setting(small: Spec) -> None:
    """Both numbers are named, and the param that mends it, which was tried."""
    for spec in (load("mnist/lenet", num_classes=7), replace(small, settings={"num_classes": 7})):
        with pytest.raises(UsageError, match=r"digits has 10 classes, but .* has 7 outputs") as caught:
            check_fit(spec, graph(spec), digits())
        assert caught.value.help == "--set num_classes=10"


def test_a_repair_that_does_not_work_is_not_offered(tmp_path: Path) -> None:
    """Without such a param, the help is in words."""
    path = tmp_path / "fixed.yaml"
    path.write_text("cnnspec: 1\nname: fixed\ninput: [1, 8, 8]\nlayers:\n  - Flatten\n  - Linear: {out_features: 3}\n")
    spec = load(path)
    with pytest.raises(UsageError) as caught:
        check_fit(spec, graph(spec), digits())
    assert caught.value.help == "give its last layer 10 outputs"


def test_channels_that_differ_are_refused() -> None:
    """Grey is repeated to three channels, and to no other number."""
    spec = load("mnist/lenet", input=(2, 28, 28))
    with pytest.raises(UsageError, match="digits has 1 channel, but mnist/lenet takes 2") as caught:
        check_fit(spec, graph(spec), digits())
    assert "--input 1,28,28" in caught.value.help


def test_a_network_that_is_no_classifier_of_images_is_refused(tmp_path: Path) -> None:
    """A flat input, a map as output, or no weights at all: none can be trained on images with classes."""
    path = tmp_path / "net.yaml"
    path.write_text("cnnspec: 1\nname: net\ninput: [1, 8, 8]\nlayers:\n  - Flatten\n")
    with pytest.raises(UsageError, match="has no parameters: there is nothing to train"):
        check_trainable(graph(load(path)))
    path.write_text("cnnspec: 1\nname: net\ninput: [1, 8, 8]\nlayers:\n  - Conv2d: {out_channels: 3, kernel_size: 3}\n")
    with pytest.raises(UsageError, match=r"one output for each class; .* gives 3×6×6"):
        check_trainable(graph(load(path)))
    path.write_text("cnnspec: 1\nname: net\ninput: [64]\nlayers:\n  - Linear: {out_features: 10}\n")
    with pytest.raises(UsageError, match=r"takes images C×H×W; .* takes 64"):
        check_trainable(graph(load(path)))


@pytest.mark.parametrize("fraction", [0, 0.1, 0.001, 0.9])
def test_a_split_parts_the_images(fraction: float) -> None:
    """Each image is in one part; the held-out part has its share, and at least one image where it is wanted."""
    train, validation = split(ALIKE, fraction, 3)
    assert sorted([*train.tolist(), *validation.tolist()]) == list(range(100))
    assert len(validation) == (max(round(100 * fraction), 1) if fraction else 0)


def test_a_split_follows_from_the_seed() -> None:
    """The same seed holds the same images back, another one others."""
    assert torch.equal(split(ALIKE, 0.2, 3)[1], split(ALIKE, 0.2, 3)[1])
    assert not torch.equal(split(ALIKE, 0.2, 3)[1], split(ALIKE, 0.2, 4)[1])


def test_a_split_that_leaves_nothing_is_refused() -> None:
    """Two images are the least to train on."""
    with pytest.raises(UsageError, match="leaves too few of 10 images"):
        split(ALIKE[:10], 0.99, 0)

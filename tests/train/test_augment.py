"""Training images are made of others one by one, and a batch at once is no different from that."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torchvision.transforms import InterpolationMode, v2
from torchvision.transforms.v2 import functional as vision

from cnnspec import UsageError, graph
from cnnspec.engine.recipe import Recipe
from cnnspec.engine.recipe.transforms import RandomAffine, RandomRotation
from cnnspec.pytorch.train.affine import Moves, moved
from cnnspec.pytorch.train.augment import augmenter, mixer
from cnnspec.pytorch.train.checks import check_suits
from tests.cli.runner import run

IMAGES = torch.randint(0, 256, (64, 3, 8, 6), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


def augmented(*transforms: Any) -> torch.Tensor:
    augment = augmenter(Recipe.of(augment=list(transforms)).augment)
    assert augment is not None
    return augment(IMAGES)


def test_no_transforms_are_no_function() -> None:
    """A recipe that augments nothing costs nothing."""
    assert augmenter(()) is None
    assert mixer(Recipe(), 10) is None


@pytest.mark.parametrize(
    ("name", "flip"), [("RandomHorizontalFlip", vision.horizontal_flip), ("RandomVerticalFlip", vision.vertical_flip)]
)
def test_each_image_is_flipped_by_itself(name: str, flip: Any) -> None:
    """Every image is as it was or as torchvision flips it; about as many as the chance says, and never all alike."""
    made, flipped = augmented(name), flip(IMAGES)
    turned = [torch.equal(image, other) for image, other in zip(made, flipped, strict=True)]
    kept = [torch.equal(image, other) for image, other in zip(made, IMAGES, strict=True)]
    assert all(t or k for t, k in zip(turned, kept, strict=True))
    assert 15 < sum(turned) < 50
    assert torch.equal(augmented({name: {"p": 1}}), flipped)
    assert torch.equal(augmented({name: {"p": 0}}), IMAGES)


@given(
    st.tuples(st.integers(1, 8), st.integers(1, 6)),
    st.one_of(st.none(), st.integers(0, 3), st.tuples(st.integers(0, 3), st.integers(0, 3))),
    st.sampled_from(["constant", "edge", "reflect"]),
)
def test_each_image_is_cropped_by_itself(size: tuple[int, int], padding: Any, mode: str) -> None:
    """Every image is one of the crops that torchvision's own functions make of it after padding."""
    made = augmented({"RandomCrop": {"size": size, "padding": padding, "padding_mode": mode, "fill": 7}})
    border = [0] if padding is None else [padding] if isinstance(padding, int) else list(padding)
    padded = vision.pad(IMAGES, border, fill=7, padding_mode=mode)
    assert made.dtype == torch.uint8
    tops, lefts = padded.shape[2] - size[0] + 1, padded.shape[3] - size[1] + 1
    for image, whole in zip(made[:6], padded[:6], strict=True):
        crops = (vision.crop(whole, top, left, *size) for top in range(tops) for left in range(lefts))
        assert any(torch.equal(image, crop) for crop in crops)


def test_crops_reach_every_place() -> None:
    """The first and the last row and column are drawn as well."""
    torch.manual_seed(0)
    images = torch.arange(8, dtype=torch.uint8).view(1, 1, 8, 1).repeat(200, 1, 1, 1)
    augment = augmenter(Recipe.of(augment=[{"RandomCrop": {"size": [5, 1]}}]).augment)
    assert augment is not None
    assert set(augment(images)[:, 0, 0, 0].tolist()) == {0, 1, 2, 3}


def test_other_transforms_see_one_image_at_a_time() -> None:
    """Each image is turned by an angle of its own, as torchvision turns it, with the same draws."""
    torch.manual_seed(5)
    made = augmented({"RandomPerspective": {"p": 1}})
    torch.manual_seed(5)
    bend = v2.RandomPerspective(p=1)
    assert torch.equal(made, torch.stack([bend(image) for image in IMAGES]))
    assert not torch.equal(made, v2.RandomPerspective(p=1)(IMAGES))


MOVES = [
    {"RandomAffine": {"degrees": 30, "translate": [0.2, 0.1], "scale": [0.5, 1.5], "shear": 20}},
    {"RandomAffine": {"degrees": [10, 80], "shear": [-40, -10]}},
    {"RandomRotation": {"degrees": [20, 70]}},
]


@pytest.mark.parametrize("given", MOVES)
@pytest.mark.parametrize(("mode", "fill"), [("bilinear", 0), ("bilinear", 200), ("nearest", 0), ("nearest", 9)])
def test_each_image_is_moved_by_itself(given: Any, mode: str, fill: int) -> None:
    """As torchvision's functions move it, but for the last bit of a blend and a pixel that lies between two."""
    ((name, arguments),) = given.items()
    (transform,) = Recipe.of(augment=[{name: {**arguments, "interpolation": mode, "fill": fill}}]).augment
    assert isinstance(transform, RandomAffine | RandomRotation)
    moves = Moves.drawn(transform, IMAGES)
    made = moved(IMAGES, moves, mode, fill)
    how = {"interpolation": InterpolationMode(mode), "fill": [float(fill)]}
    for image, other, angle, shift, scale, shear in zip(
        made, IMAGES, moves.angle, moves.shift, moves.scale, moves.shear, strict=True
    ):
        if name == "RandomRotation":
            theirs = vision.rotate(other, -float(angle), **how)
        else:
            pixels = [int(part) for part in shift]
            theirs = vision.affine(other, float(angle), pixels, float(scale), shear.tolist(), **how)
        apart = (image.int() - theirs.int()).abs()
        assert int(apart.max()) <= 1 if mode == "bilinear" else float((apart > 0).float().mean()) < 0.02


def test_moves_are_drawn_in_their_ranges() -> None:
    """As torchvision draws them, and every image its own."""
    many = torch.zeros(4000, 1, 20, 10, dtype=torch.uint8)
    (transform,) = Recipe.of(augment=[MOVES[0]]).augment
    assert isinstance(transform, RandomAffine)
    moves = Moves.drawn(transform, many)
    assert -30 <= float(moves.angle.min()) < -29 < 29 < float(moves.angle.max()) <= 30
    assert sorted(set(moves.shift[:, 0].tolist())) == [-2, -1, 0, 1, 2]
    assert sorted(set(moves.shift[:, 1].tolist())) == [-2, -1, 0, 1, 2]
    assert 0.5 <= float(moves.scale.min()) < 0.51 < 1.49 < float(moves.scale.max()) <= 1.5
    assert -20 <= float(moves.shear[:, 0].min()) < -19 < 19 < float(moves.shear[:, 0].max()) <= 20
    assert not moves.shear[:, 1].any()
    (transform,) = Recipe.of(augment=[MOVES[2]]).augment
    assert isinstance(transform, RandomRotation)
    turned = Moves.drawn(transform, many).angle  # against the clock, so that they are negative here
    assert -70 <= float(turned.min()) < -69 < -21 < float(turned.max()) <= -20


def test_transforms_are_made_in_their_order() -> None:
    """Inverted and then padded is not padded and then inverted."""
    invert, padding = {"RandomInvert": {"p": 1}}, {"Pad": {"padding": 1}}
    assert augmented(invert, padding)[0, 0, 0, 0] == 0
    assert augmented(padding, invert)[0, 0, 0, 0] == 255


def test_one_of_two_mixtures_is_drawn_for_each_batch() -> None:
    """With both, some batches are blended and others are pasted."""
    mix = mixer(Recipe.of(mixup=1.0, cutmix=1.0), 4)
    assert mix is not None
    torch.manual_seed(0)
    images, labels = IMAGES.float(), torch.arange(64) % 4
    pasted = [bool(torch.isin(mix(images, labels)[0], images).all()) for _ in range(20)]
    assert 3 < sum(pasted) < 17
    assert torch.allclose(mix(images, labels)[1].sum(1), torch.ones(64))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"augment": [{"RandomCrop": {"size": 32, "padding": 4}}]},
            "makes images of 1×32×32, and the network takes 1×28×28",
        ),
        (
            {"augment": [{"RandomCrop": {"size": 40}}]},
            "cannot be done to images of 1×28×28: a crop of 40×40 does not fit",
        ),
        ({"augment": [{"Pad": {"padding": 2}}]}, "makes images of 1×32×32"),
        ({"augment": [{"Pad": {"padding": 30, "padding_mode": "reflect"}}]}, "cannot be done to images of 1×28×28"),
        ({"augment": [{"Pad": {"padding": 30, "padding_mode": "symmetric"}}]}, "cannot be done to images of 1×28×28"),
        ({"loss": "NLLLoss"}, "`NLLLoss` takes the logarithms that `LogSoftmax` gives"),
        ({"loss": {"CrossEntropyLoss": {"weight": [1, 2, 3]}}}, "the loss has 3 weights, and the network 10 outputs"),
    ],
)
def test_what_does_not_suit_the_network_is_refused(given: dict[str, Any], message: str) -> None:
    """Images of another size and weights of other classes are told, with both figures."""
    with pytest.raises(UsageError) as caught:
        check_suits(Recipe.of(**given), graph("mnist/lenet"))
    assert message in caught.value.message
    check_suits(Recipe.of(augment=[{"RandomCrop": {"size": 28, "padding": 4}}]), graph("mnist/lenet"))


@pytest.mark.parametrize(
    ("flags", "code", "said"),
    [
        (("mnist/resnet18", "--batch-size", "1"), 2, "BatchNorm"),
        (("mnist/lenet", "--set", "augment=[{CenterCrop: {size: 20}}]"), 2, "`augment`"),
        (("mnist/lenet", "--weights", "no/such/file"), 5, "there is no file no/such/file"),
        (("mnist/lenet", "--weights", "torchvision:IMAGENET1K_V1"), 2, "torchvision has no builder"),
    ],
)
def test_what_does_not_suit_is_refused_before_data_are_read(flags: tuple[str, ...], code: int, said: str) -> None:
    """The command says so, though there is no data folder."""
    result = run("train", *flags, "--data", "mnist", "--data-dir", "/no/such/folder")
    assert result.exit_code == code
    assert said in result.stderr

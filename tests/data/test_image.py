"""Images of files arrive as Pillow and torchvision would make them, or are refused by name."""

from __future__ import annotations

import os
import struct
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest
import torch
from PIL import EpsImagePlugin, Image
from torchvision.transforms.v2.functional import center_crop, resize

from cnnspec import DataError
from cnnspec.pytorch.data import image as module
from cnnspec.pytorch.data.image import cut, read_image

NOISE = np.random.RandomState(0).randint(0, 256, (30, 50, 3)).astype(np.uint8)


def saved(tmp_path: Path, image: Image.Image, name: str = "image.png", **how: object) -> Path:
    path = tmp_path / name
    image.save(path, **how)
    return path


def test_an_image_of_the_right_size_is_left_alone(tmp_path: Path) -> None:
    """Colours stay to the bit, in the order of their channels."""
    path = saved(tmp_path, Image.fromarray(NOISE))
    assert torch.equal(read_image(path, (3, 30, 50)), torch.from_numpy(NOISE).permute(2, 0, 1))


def test_grey_is_seen_as_colours_and_colours_as_grey(tmp_path: Path) -> None:
    """Pillow's own weights make grey of colours; grey is the same in three channels."""
    grey = read_image(saved(tmp_path, Image.fromarray(NOISE)), (1, 30, 50))
    assert torch.equal(grey[0], torch.from_numpy(np.array(Image.fromarray(NOISE).convert("L"))))
    three = read_image(saved(tmp_path, Image.fromarray(NOISE[:, :, 0])), (3, 30, 50))
    assert torch.equal(three[0], three[2])


@pytest.mark.parametrize("size", [(30, 30), (15, 25), (28, 28), (64, 64), (60, 10)])
def test_the_centre_is_cut_as_torchvision_cuts_it(size: tuple[int, int]) -> None:
    """The shorter side is resized until the image covers the size, and the middle of it stays."""
    image = torch.from_numpy(NOISE).permute(2, 0, 1).contiguous()
    scale = max(size[0] / 30, size[1] / 50)
    covering = [max(round(30 * scale), size[0]), max(round(50 * scale), size[1])]
    expected = center_crop(resize(image, covering, antialias=True), list(size))
    found = cut(image, *size)
    assert found.shape == expected.shape
    if (covering[0] - size[0]) % 2 == (covering[1] - size[1]) % 2 == 0:  # else the middle is a matter of rounding
        assert torch.equal(found, expected)


def test_what_is_transparent_is_white(tmp_path: Path) -> None:
    """The colours below what is transparent are not seen."""
    pixels = np.dstack([NOISE, np.zeros((30, 50), np.uint8)])
    assert read_image(saved(tmp_path, Image.fromarray(pixels)), (3, 30, 50)).min() == 255


def test_an_image_is_turned_as_its_camera_said(tmp_path: Path) -> None:
    """The orientation of EXIF, which every viewer follows."""
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter to the right
    path = saved(tmp_path, Image.fromarray(NOISE), exif=exif)
    turned = torch.from_numpy(np.rot90(NOISE, -1).copy()).permute(2, 0, 1)
    assert torch.equal(read_image(path, (3, 50, 30)), turned)


def test_what_is_no_image_is_a_data_error(tmp_path: Path) -> None:
    """No image, half an image, no file, more than a byte a value."""
    path = tmp_path / "image.png"
    with pytest.raises(DataError, match="cannot be read: No such file"):
        read_image(path, (3, 8, 8))
    path.write_text("no image")
    with pytest.raises(DataError, match=r"image\.png is no image that can be read"):
        read_image(path, (3, 8, 8))
    whole = saved(tmp_path, Image.fromarray(NOISE)).read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match=r"image\.png cannot be read"):
        read_image(path, (3, 8, 8))
    saved(tmp_path, Image.fromarray(np.zeros((4, 4), np.uint16)))
    with pytest.raises(DataError, match="expected 8 bits a channel, found the mode I;16"):
        read_image(path, (3, 8, 8))


def test_a_pipe_is_no_image(tmp_path: Path) -> None:
    """It is refused, and not waited at."""
    os.mkfifo(tmp_path / "a.png")
    with pytest.raises(DataError, match="is not a regular file"):
        read_image(tmp_path / "a.png", (1, 8, 8))


@pytest.mark.parametrize("name", ["a.png", "a.eps"])
def test_a_file_of_another_format_starts_no_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """PostScript is a program, for which Pillow would start Ghostscript; it is tried under no name."""
    (tmp_path / "gs").write_text(f"#!/bin/sh\ntouch {tmp_path}/started\n")
    (tmp_path / "gs").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr(EpsImagePlugin, "gs_binary", None)  # where it is found once, and kept
    (tmp_path / name).write_text("%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 20 20\nshowpage\n%%EOF\n")
    with pytest.raises(DataError, match=r"is no image that can be read"):
        read_image(tmp_path / name, (3, 8, 8))
    assert not (tmp_path / "started").exists()


def test_whatever_a_decoder_raises_is_a_data_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pillow's plugins raise errors of many kinds."""
    path = saved(tmp_path, Image.fromarray(NOISE))
    for error in (TypeError("x" * 9999), IndexError(), struct.error("unpack"), Image.DecompressionBombError("bomb")):
        monkeypatch.setattr(module, "_opaque", Mock(side_effect=error))
        with pytest.raises(DataError, match=r"image\.png cannot be read: (x|IndexError|unpack|bomb)") as caught:
            read_image(path, (3, 8, 8))
        assert len(caught.value.message) < 250 + len(str(path))


def test_no_truncated_or_flipped_image_ends_in_anything_but_a_data_error(tmp_path: Path) -> None:
    """Whatever is done to a file, it is read or refused."""
    random, told = np.random.RandomState(1), []
    for name in ("a.png", "a.jpg", "a.gif", "a.webp", "a.tiff", "a.bmp"):
        whole = saved(tmp_path, Image.fromarray(NOISE), name).read_bytes()
        for _ in range(40):
            data = bytearray(whole[: random.randint(len(whole))] if random.rand() < 0.3 else whole)
            for _ in range(random.randint(1, 4)):
                if data:
                    data[random.randint(len(data))] = random.randint(256)
            (tmp_path / name).write_bytes(data)
            try:
                assert read_image(tmp_path / name, (3, 8, 8)).shape == (3, 8, 8)
            except DataError as error:
                told.append(name in error.message)
    assert len(told) > 50
    assert all(told)


def test_an_image_that_unfolds_to_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The size is looked at before the pixels are unfolded."""
    monkeypatch.setattr(module, "MAX_PIXELS", 1499)
    with pytest.raises(DataError, match="size: expected at most 1,499 pixels, found 50×30"):
        read_image(saved(tmp_path, Image.fromarray(NOISE)), (3, 8, 8))

"""One image file -> uint8 C×H×W in a network's size.

file ──decode──turned as its camera said──► grey or colours ──shorter side resized, centre cut out──► C×H×W
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps, UnidentifiedImageError
from torch import Tensor
from torch.nn.functional import interpolate

from cnnspec.engine.diagnostics import DataError, UsageError, clip
from cnnspec.engine.safe_open import open_regular

# What is tried, whatever a file is called: Pillow knows others, of which EPS starts a program.
FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")
ENDINGS = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".pbm", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"})
MAX_PIXELS = 2**27  # 134 million: a small file can unfold to more than there is memory
MOST_TOLD = 200  # characters of what a decoder says
MODES = {1: "L", 3: "RGB"}
PLAIN = frozenset({"1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr"})  # a byte a value: others would be cut


def read_image(path: Path, input: Sequence[int]) -> Tensor:
    """An image as a network takes it, ``input`` being C, H, W with 1 or 3 channels; what is transparent is white.

    Raises DataError.
    """
    pixels = torch.from_numpy(_decoded(path, MODES[input[0]]))
    planes = pixels.unsqueeze(0) if input[0] == 1 else pixels.permute(2, 0, 1)
    return cut(planes.contiguous(), input[1], input[2])


def cut(image: Tensor, height: int, width: int) -> Tensor:
    """An image C×H×W resized (bilinear) until it covers height and width, and its centre of that size."""
    rows, columns = image.shape[1:]
    scale = max(height / rows, width / columns)
    size = (max(round(rows * scale), height), max(round(columns * scale), width))
    if size != (rows, columns):
        image = interpolate(image.unsqueeze(0), size, mode="bilinear", antialias=True).squeeze(0)
    top, left = (size[0] - height) // 2, (size[1] - width) // 2
    return image[:, top : top + height, left : left + width].contiguous()


def _decoded(path: Path, mode: str) -> np.ndarray:
    """Bytes H×W or H×W×3."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of large images and odd metadata; the bound is ours
            with open_regular(path) as file, Image.open(file, formats=FORMATS) as image:
                _check(path, image)
                turned = ImageOps.exif_transpose(image)
                return np.array(_opaque(turned).convert(mode))
    except UnidentifiedImageError:
        raise DataError(f"{path} is no image that can be read", HELP) from None
    except UsageError as error:  # a folder, a pipe
        raise DataError(error.message) from None
    except DataError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever damaged or hostile bytes make Pillow's decoders raise
        reason = clip(getattr(error, "strerror", None) or str(error) or type(error).__name__, MOST_TOLD)
        raise DataError(f"{path} cannot be read: {reason}", HELP) from None


HELP = "save it anew as PNG or JPEG"


def _check(path: Path, image: Image.Image) -> None:
    """Refuse what is not a byte a value, and what is too large to be unfolded."""
    if image.width * image.height > MAX_PIXELS:
        raise DataError(f"{path}: size: expected at most {MAX_PIXELS:,} pixels, found {image.width:,}×{image.height:,}")
    if image.mode not in PLAIN:
        raise DataError(f"{path}: pixels: expected 8 bits a channel, found the mode {image.mode}", HELP)


def _opaque(image: Image.Image) -> Image.Image:
    """The image on white, where parts of it are transparent."""
    if "A" not in image.getbands() and "transparency" not in image.info:
        return image
    image = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)

"""Dropout: random zeros in training, nothing in evaluation."""

from typing import Literal

from cnnspec.engine.layers.base import NOTHING, ExtraSaved, Layer, Probability
from cnnspec.engine.layers.known_as import OtherName
from cnnspec.engine.layers.shape import Shape


class _Dropout(Layer):
    """Passes its input itself on where it does nothing: in evaluation, and where ``p`` is 0."""

    role = "dropout"
    label = "dropout {p}"
    passes_in_evaluation = True
    saved_for_backward = NOTHING
    channelwise = True
    p: Probability = 0.5
    inplace: bool = False

    def overwrites(self, training: bool) -> bool:
        return training and self.inplace and self.p > 0

    def view(self, x: Shape, training: bool) -> range | None:
        return None if training and self.p > 0 else range(x.elements)

    def extra_saved(self, xs: tuple[Shape, ...], y: Shape) -> ExtraSaved:
        """The factors that the values are multiplied by; a single 0 where all of them are."""
        if self.p in (0, 1):
            return ExtraSaved(shared=int(self.p))
        return ExtraSaved(numbers=self.drawn(y))

    def drawn(self, y: Shape) -> int:
        """How many factors are drawn for one image."""
        return y.elements


class Dropout(_Dropout):
    """Sets each value to 0 with probability ``p`` in training, and scales the others up to make up for it."""


class Dropout2d(_Dropout):
    """Sets each channel of a C×H×W map to 0 with probability ``p`` in training, and scales the others up."""

    known_as = (OtherName(("spatialdropout2d",), "Keras", ("p",)),)
    ranks = (3,)

    def infer(self, x: Shape) -> Shape:
        self.check_rank(x)
        return x

    def drawn(self, y: Shape) -> int:
        return y[0]


class AlphaDropout(_Dropout):
    """Dropout for SELU networks: keeps the mean and the variance of the values."""

    def overwrites(self, training: bool) -> bool:
        """Torch's module takes ``inplace`` and makes a new tensor all the same."""
        return False


class StochasticDepth(Layer):
    """Sets whole images (``row``) or the whole batch to 0 with probability ``p`` in training, scales the others up."""

    known_as = (OtherName(("droppath",), "timm", ("p", "scale_by_keep"), stated=(("mode", "row"),)),)
    role = label = "drop path"
    positional = ("p", "mode")
    target = "torchvision.ops.StochasticDepth"
    passes_in_evaluation = True
    saved_for_backward = NOTHING
    channelwise = True
    p: Probability
    mode: Literal["row", "batch"]

    def view(self, x: Shape, training: bool) -> range | None:
        return None if training and self.p > 0 else range(x.elements)

    def extra_saved(self, xs: tuple[Shape, ...], y: Shape) -> ExtraSaved:
        """The factor of each image, or of all."""
        if self.p == 0:
            return ExtraSaved()
        return ExtraSaved(numbers=1) if self.mode == "row" else ExtraSaved(shared=1)

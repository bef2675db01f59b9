"""Dropout: random zeros in training, nothing in evaluation."""

from cnnspec.layers.base import Layer, Probability
from cnnspec.layers.shape import Shape


class Dropout(Layer):
    """Sets each value to 0 with probability ``p`` in training, and scales the others up to make up for it."""

    p: Probability = 0.5
    inplace: bool = False


class Dropout2d(Layer):
    """Sets each channel of a C×H×W map to 0 with probability ``p`` in training, and scales the others up."""

    ranks = (3,)
    p: Probability = 0.5
    inplace: bool = False

    def infer(self, x: Shape) -> Shape:
        self.check_rank(x)
        return x


class AlphaDropout(Layer):
    """Dropout for SELU networks: keeps the mean and the variance of the values."""

    p: Probability = 0.5
    inplace: bool = False

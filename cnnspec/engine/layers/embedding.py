"""Layers that turn whole numbers into vectors."""

from cnnspec.engine.layers.base import ITS_INPUT, Layer, Number, Positive, PositiveNumber, Tensor, Whole
from cnnspec.engine.layers.known_as import OtherName
from cnnspec.engine.layers.shape import Shape


class Embedding(Layer):
    """A vector of ``embedding_dim`` numbers, which are trained, for each whole number from 0 to ``num_embeddings``."""

    known_as = (OtherName(("tokenembedding", "lookuptable"), "", ("num_embeddings", "embedding_dim")),)
    role = "embedding"
    label = "embedding {embedding_dim}"
    takes = ("int64",)
    positional = ("num_embeddings", "embedding_dim")
    trains = ("weight",)
    saved_for_backward = ITS_INPUT
    channelwise = True
    num_embeddings: Positive
    embedding_dim: Positive
    padding_idx: Whole | None = None
    max_norm: PositiveNumber | None = None
    norm_type: Number = 2.0
    scale_grad_by_freq: bool = False
    sparse: bool = False

    def infer(self, x: Shape) -> Shape:
        if self.padding_idx is not None and not -self.num_embeddings <= self.padding_idx < self.num_embeddings:
            self.refuse(
                "no-such-index",
                f"`padding_idx` is {self.padding_idx}, and there are {self.num_embeddings} embeddings",
                argument="padding_idx",
                label=f"from 0 to {self.num_embeddings - 1}",
            )
        return Shape((*x, self.embedding_dim))

    def tensors(self, x: Shape) -> dict[str, Tensor]:
        return {"weight": Tensor((self.num_embeddings, self.embedding_dim))}

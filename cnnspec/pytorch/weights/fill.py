"""Tensors by name -> a module's own: everything is compared, then everything is copied."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from cnnspec.engine.diagnostics import CheckpointError, UsageError, clip, count, listing, nearest
from cnnspec.engine.diagnostics.escape import printable

MOST_TOLD = 4  # of what does not fit
MOST_OF_NAME = 120  # characters of a key that are told
MOST_SIZES = 8
MOST_NAMED = 8  # missing keys, of which each may be another's misspelling; where more are, it is another network
# What PyTorch counts in a BatchNorm, and files from before 0.4.1 do not have; torch takes them for 0, too.
OPTIONAL = "num_batches_tracked"
# DenseNets that torchvision wrote before ids could hold no dots: `norm.1` is `norm1` today.
OLD_KEY = re.compile(r"(.*denselayer\d+\.(?:norm|relu|conv))\.([12]\.\w+)")


def fill(module: nn.Module, given: Mapping[str, Tensor], origin: str, owner: str) -> None:
    """Copy tensors into the parameters and buffers of the same names; numbers are converted to the module's type.

    ``origin`` and ``owner`` are what messages call the file and the network. Raises CheckpointError, and has then
    changed nothing.
    """
    wanted = module.state_dict(keep_vars=True)  # the tensors themselves, not views of them
    if any(tensor.is_meta for tensor in wanted.values()):
        raise UsageError("on the meta device there are no numbers, and so no weights", "name another device")
    given = _renamed(given, wanted)
    misfit = _compare(given, wanted)
    if misfit.any:
        raise CheckpointError(f"{origin} does not fit {owner}: {misfit.words}", misfit.help)
    with torch.no_grad():
        for name, tensor in wanted.items():
            if name in given:
                tensor.copy_(given[name])


def tensors(module: nn.Module) -> dict[str, Tensor]:
    """What the state dict holds, by name; a tensor that has several names is here under its first."""
    first: dict[int, str] = {}
    state: Mapping[str, Tensor] = module.state_dict(keep_vars=True)
    return {name: tensor for name, tensor in state.items() if first.setdefault(id(tensor), name) == name}


def _renamed(given: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Old keys by the names that they have today, where the network has these."""
    found = {}
    for name, tensor in given.items():
        match = None if name in wanted else OLD_KEY.fullmatch(name)
        new = f"{match[1]}{match[2]}" if match else name
        found[new if new in wanted else name] = tensor
    return found


@dataclass(frozen=True, slots=True)
class _Misfit:
    """Names of tensors that differ, are missing, or are too much."""

    given: Mapping[str, Tensor]
    wanted: Mapping[str, Tensor]
    differing: Sequence[str]
    missing: Sequence[str]
    extra: Sequence[str]

    @property
    def any(self) -> bool:
        return bool(self.differing or self.missing or self.extra)

    @property
    def words(self) -> str:
        """A few of each, and how many there are in all."""
        everything = [*self.differing, *self.missing, *self.extra]
        if len(everything) <= MOST_TOLD:
            return listing(list(map(self.about, everything)))
        kinds = {"differing": self.differing, "missing": self.missing, "unknown": self.extra}
        sums = listing([f"{len(names)} {kind}" for kind, names in kinds.items() if names])
        told = [names[0] for names in kinds.values() if names]
        told += [name for name in everything if name not in told][: MOST_TOLD - len(told)]
        return f"{sums} keys: {listing(list(map(self.about, told)))} among them"

    def about(self, name: str) -> str:
        """What is wrong with one tensor."""
        called = f"`{printable(clip(name, MOST_OF_NAME))}`"
        if name not in self.wanted:
            return f"the network has no {called}"
        if name in self.given:
            return f"{called} is {_kind(self.given[name])} where the network has {_kind(self.wanted[name])}"
        few = self.extra if len(self.missing) <= MOST_NAMED else ()
        near = nearest(name, (other for other in few if _same_shape(self.given[other], self.wanted[name])))
        return f"{called} is missing{f', and there is `{near}`' if near else ''}"

    @property
    def help(self) -> str:
        """What to do about keys behind a prefix, and about a last layer for other classes."""
        if any(form(self.given[name]) for name in self.differing):
            return "save the tensors as dense ones, with their numbers: `tensor.to_dense()`, `tensor.dequantize()`"
        if self.missing:
            prefix = next(
                (name.removesuffix(self.missing[0]) for name in self.extra if name.endswith(self.missing[0])), ""
            )
            behind = prefix and all(prefix + name in self.given for name in self.missing)
            return f"in the file these keys stand behind `{prefix}`: take that off" if behind else ""
        return "" if self.extra else self.of_head()

    def of_head(self) -> str:
        """Where all that differs is how many outputs one layer has."""
        layers = {name.rpartition(".")[0] for name in self.differing}
        pairs = [(self.given[name].shape, self.wanted[name].shape) for name in self.differing]
        if len(layers) != 1 or any(len(a) != len(b) or a[1:] != b[1:] or a == b for a, b in pairs):
            return ""
        theirs, ours = pairs[0][0][0], pairs[0][1][0]
        return (
            f"`{layers.pop()}` has {count(theirs, 'output')} in the file and {ours:,} in the network: build it with "
            f"{theirs:,} (num_classes, where the spec has it), and replace the layer once it is loaded"
        )


def _compare(given: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> _Misfit:
    known = {id(wanted[name]) for name in wanted if name in given}  # a tensor of several names needs to be there once
    missing = [name for name in wanted if id(wanted[name]) not in known and not name.endswith(OPTIONAL)]
    extra = [name for name in given if name not in wanted]
    differing = [name for name in wanted if name in given and not _fits(given[name], wanted[name])]
    return _Misfit(given, wanted, differing, missing, extra)


def _fits(given: Tensor, wanted: Tensor) -> bool:
    return _same_shape(given, wanted) and _family(given) == _family(wanted) and _converts(given.dtype, wanted.dtype)


def _same_shape(given: Tensor, wanted: Tensor) -> bool:
    return not form(given) and given.shape == wanted.shape


def form(tensor: Tensor) -> str:
    """What a tensor is that is no dense block of numbers, such as ``sparse_coo``; nothing for one that is."""
    if tensor.is_nested:
        return "nested"
    if tensor.is_meta:
        return "meta (without numbers)"
    if tensor.is_quantized:
        return "quantized"
    return "" if tensor.layout is torch.strided else str(tensor.layout).removeprefix("torch.").removeprefix("_")


def _converts(given: torch.dtype, wanted: torch.dtype) -> bool:
    """Whether torch has a conversion; it has none of some types for packed bits."""
    try:
        torch.zeros(1, dtype=wanted).copy_(torch.empty(1, dtype=given))
    except (RuntimeError, NotImplementedError):
        return False
    return True


def _family(tensor: Tensor) -> str:
    """Kinds of numbers that are converted into each other: half precision into single, and the like."""
    return "floating" if tensor.is_floating_point() else "complex" if tensor.is_complex() else "whole"


def _kind(tensor: Tensor) -> str:
    if what := form(tensor):
        return what
    return f"{_sizes(tensor.shape)} {str(tensor.dtype).removeprefix('torch.')}"


def _sizes(shape: torch.Size) -> str:
    """``16×1×5×5``; of many dimensions the first, and how many there are."""
    if len(shape) <= MOST_SIZES:
        return "×".join(map(str, shape)) or "a scalar"
    return f"{'×'.join(map(str, shape[:MOST_SIZES]))}×… ({len(shape):,} dimensions)"

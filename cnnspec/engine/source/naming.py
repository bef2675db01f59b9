"""Names of classes, arguments and attributes: a spec's own where Python takes them."""

from __future__ import annotations

import builtins
import keyword
import re
import unicodedata
from collections.abc import Collection, Iterator
from itertools import count

from cnnspec.engine.layers import REGISTRY
from cnnspec.engine.source.values import quoted

MODULES = frozenset("math nn torch F OrderedDict Callable NamedTuple partial Tensor Slice LayerNorm2d".split())
LOCALS = frozenset("self x layers layer module name".split())  # what the source itself calls so
FUNCTIONS = frozenset("make_divisible isinstance len max min range round sum super enumerate type zip".split())
LETTERS = "ijkmn"  # what rounds are counted by
RESERVED = MODULES | LOCALS | FUNCTIONS | frozenset(keyword.kwlist)


CARRIED = "in_channels"  # the variable that holds the channels that arrive from round to round
ARRIVING = f".{CARRIED}"  # the same in expressions, where no name of a spec can be like it


def spelled(name: str) -> str:
    """A name of a spec as an argument or a variable; no two names are spelled alike."""
    if name == ARRIVING:
        return CARRIED
    bare = name.rstrip("_")
    return f"{name}_" if bare in RESERVED or bare in REGISTRY else name  # a layer's class stands in the source, too


def is_attribute(name: str) -> bool:
    """Whether a child can be written as ``self.name``."""
    return name.isidentifier()  # no id is a word of Python


def attribute(name: str) -> str:
    """How a child is read."""
    return f"self.{name}" if is_attribute(name) else f"self.get_submodule({quoted(name)})"


def class_name(text: str) -> str:
    """``squeeze-unit_2`` as ``SqueezeUnit2``; what stands between two digits leaves an underscore."""
    plain = unicodedata.normalize("NFKC", text)  # as Python reads it
    words = re.sub(r"(?<=\d)\W(?=\d)", "_", re.sub(r"_(?!\d)|(?<!\d)_", " ", plain))
    title = "".join(word[:1].upper() + word[1:] for word in re.split(r"\W+", words))
    usable = title.isidentifier() and title not in RESERVED and not hasattr(builtins, title)
    return title if usable else f"{title}Block" if title.isidentifier() else f"Block{title}"


def snake(text: str) -> str:
    """``MaxPool2d`` as ``max_pool2d``."""
    found = ""
    for i, c in enumerate(text):
        starts = c.isupper() and i > 0 and (not text[i - 1].isupper() or text[i + 1 : i + 2].islower())
        found += ("_" if starts else "") + c.lower()
    return found


def unused(wanted: str, taken: Collection[str]) -> str:
    """The name, with a number behind it where it is taken."""
    return next(name for name in _numbered(wanted) if name not in taken)


def _numbered(wanted: str) -> Iterator[str]:
    yield wanted
    for number in count(2):
        yield f"{wanted}{number}"

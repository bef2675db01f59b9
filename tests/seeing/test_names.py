"""What cnnspec.pytorch.evaluate offers."""

from __future__ import annotations

import pytest

import cnnspec.pytorch.evaluate


def test_every_listed_name_is_there() -> None:
    """The names of the package are found, and none of them is a module."""
    assert sorted(cnnspec.pytorch.evaluate.__all__) == cnnspec.pytorch.evaluate.__all__
    for name in cnnspec.pytorch.evaluate.__all__:
        assert callable(getattr(cnnspec.pytorch.evaluate, name)), name


def test_an_unknown_name_is_an_attribute_error() -> None:
    """As with any module."""
    with pytest.raises(AttributeError, match="no attribute 'evluate'"):
        cnnspec.pytorch.evaluate.evluate  # noqa: B018

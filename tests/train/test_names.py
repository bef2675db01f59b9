"""What cnnspec.pytorch.train offers."""

from __future__ import annotations

import pytest

import cnnspec.pytorch.train


def test_every_listed_name_is_there() -> None:
    """The names of the package are found, those that need torch as well."""
    assert sorted(cnnspec.pytorch.train.__all__) == cnnspec.pytorch.train.__all__
    for name in cnnspec.pytorch.train.__all__:
        assert callable(getattr(cnnspec.pytorch.train, name)), name


def test_an_unknown_name_is_an_attribute_error() -> None:
    """As with any module."""
    with pytest.raises(AttributeError, match="no attribute 'trian'"):
        cnnspec.pytorch.train.trian  # noqa: B018

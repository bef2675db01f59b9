"""What cnnspec.seeing offers."""

from __future__ import annotations

import pytest

import cnnspec.seeing


def test_every_listed_name_is_there() -> None:
    """The names of the package are found, and none of them is a module."""
    assert sorted(cnnspec.seeing.__all__) == cnnspec.seeing.__all__
    for name in cnnspec.seeing.__all__:
        assert callable(getattr(cnnspec.seeing, name)), name


def test_an_unknown_name_is_an_attribute_error() -> None:
    """As with any module."""
    with pytest.raises(AttributeError, match="no attribute 'evluate'"):
        cnnspec.seeing.evluate  # noqa: B018

"""What cnnspec.pytorch.report offers."""

from __future__ import annotations

import pytest

import cnnspec.pytorch.report


def test_every_listed_name_is_there() -> None:
    """The names of the package are found, and none of them is a module."""
    assert sorted(cnnspec.pytorch.report.__all__) == cnnspec.pytorch.report.__all__
    for name in cnnspec.pytorch.report.__all__:
        assert callable(getattr(cnnspec.pytorch.report, name)), name


def test_an_unknown_name_is_an_attribute_error() -> None:
    """As with any module."""
    with pytest.raises(AttributeError, match="no attribute 'compered'"):
        cnnspec.pytorch.report.compered  # noqa: B018

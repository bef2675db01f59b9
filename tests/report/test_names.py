"""What cnnspec.report offers."""

from __future__ import annotations

import pytest

import cnnspec.report


def test_every_listed_name_is_there() -> None:
    """The names of the package are found, and none of them is a module."""
    assert sorted(cnnspec.report.__all__) == cnnspec.report.__all__
    for name in cnnspec.report.__all__:
        assert callable(getattr(cnnspec.report, name)), name


def test_an_unknown_name_is_an_attribute_error() -> None:
    """As with any module."""
    with pytest.raises(AttributeError, match="no attribute 'compare'"):
        cnnspec.report.compare  # noqa: B018

"""Settings are checked before anything else is done."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from cnnspec import UsageError
from cnnspec.train import Settings
from tests.cli.runner import run


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"lr": math.nan}, "`lr` must be a finite number, not nan"),
        ({"lr": math.inf}, "`lr` must be a finite number, not inf"),
        ({"lr": 0}, "`lr` must be greater than 0, not 0"),
        ({"lr": -0.1}, "`lr` must be greater than 0, not -0.1"),
        ({"lr": "0.1"}, "`lr` must be a valid number, not '0.1'"),
        ({"epochs": 0}, "`epochs` must be greater than or equal to 1, not 0"),
        ({"epochs": True}, "`epochs` must be a valid integer, not True"),
        ({"batch_size": 0}, "`batch_size` must be greater than or equal to 1, not 0"),
        ({"validation": 1.0}, "`validation` must be less than 1, not 1.0"),
        ({"validation": -0.5}, "`validation` must be greater than or equal to 0, not -0.5"),
        ({"seed": -1}, "`seed` must be greater than or equal to 0, not -1"),
        ({"epoch": 3}, "there is no setting `epoch`"),
        ({"data": "digit"}, "there is no data set `digit`"),
        ({"lr": -1, "epochs": 0}, "; "),
    ],
)
def test_an_impossible_setting_is_refused_by_name(given: dict[str, Any], message: str) -> None:
    """Each message names the setting, what it must be and what it was; several come in one."""
    with pytest.raises(UsageError) as caught:
        Settings.of(**given)
    assert message in caught.value.message


def test_a_misspelt_name_is_guessed() -> None:
    """A near name is offered, and where none is near, all of them."""
    with pytest.raises(UsageError, match="did you mean `batch_size`"):
        Settings.of(batchsize=3)
    with pytest.raises(UsageError, match="did you mean `fashion-mnist`"):
        Settings.of(data="fashon-mnist")
    with pytest.raises(UsageError, match="known: digits, mnist, fashion-mnist, cifar10, cifar100, folder and fake"):
        Settings.of(data="imagenet")


@pytest.mark.parametrize("flags", [("--lr", "nan"), ("--epochs", "0"), ("--batch-size", "-1"), ("--data", "minst")])
def test_settings_are_refused_before_the_spec_or_the_data_are_read(flags: tuple[str, str]) -> None:
    """The command ends with the code for usage, though neither the spec nor the data folder is there."""
    result = run("train", "no/such/spec", "--data-dir", "/no/such/folder", *flags)
    assert result.exit_code == 2
    assert flags[1] in result.stderr
    assert "Traceback" not in result.output


def test_settings_are_frozen_and_take_paths_as_text() -> None:
    """A folder may be given as text; nothing changes afterwards."""
    settings = Settings.of(data_dir="data", lr=1)
    assert settings.data_dir == Path("data")
    with pytest.raises(ValueError, match="frozen"):
        settings.epochs = 3  # type: ignore[misc]

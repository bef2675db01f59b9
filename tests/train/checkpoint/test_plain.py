"""Values come back from JSON as they were, types included."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from cnnspec.pytorch.train.checkpoint.plain import decode, encode

KEYS = st.text(max_size=4) | st.integers() | st.sampled_from(["()", "{}", "Counter", "float"])
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5)
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(KEYS, inner, max_size=3)
        | st.dictionaries(KEYS, st.integers(), max_size=3).map(Counter)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.text(max_size=4), VALUES, max_size=4))
def test_what_is_written_is_read(values: dict[str, Any]) -> None:
    """Equal, of the same types, and plain JSON in between."""
    data = encode(values)
    json.loads(data, parse_constant=pytest.fail)
    found = decode(data)
    assert found == values
    assert repr(found) == repr(values)


def test_schedulers_go_on_from_json() -> None:
    """MultiStepLR counts its milestones by number, which JSON's keys are not; ReduceLROnPlateau's best is infinite."""
    for make in (
        lambda o: torch.optim.lr_scheduler.MultiStepLR(o, [2, 4], 0.1),
        lambda o: torch.optim.lr_scheduler.OneCycleLR(o, 1.0, total_steps=9),
    ):
        rates = []
        for saved in (None, 3):
            optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
            scheduler = make(optimizer)
            for step in range(6):
                optimizer.step()
                scheduler.step()
                if step == saved:
                    state = decode(encode(scheduler.state_dict()))
                    scheduler = make(torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0))
                    scheduler.optimizer = optimizer
                    scheduler.load_state_dict(state)
            rates.append(optimizer.param_groups[0]["lr"])
        assert rates[0] == rates[1]
    plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer)
    assert decode(encode(plateau.state_dict())) == plateau.state_dict()


@pytest.mark.parametrize("value", [torch.zeros(1), {1, 2}, object(), b"bytes", 1j])
def test_what_has_no_form_in_json_is_refused(value: object) -> None:
    """Rather than written as something else."""
    with pytest.raises(TypeError, match="a checkpoint holds no"):
        encode({"value": value})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "1",
        '{"a": NaN}',
        '{"a": Infinity}',
        '{"a": {"float": "1"}}',
        '{"a": {"()": 3}}',
        '{"a": {"{}": [[1]]}}',
        '{"a": {"{}": [[[], 1]]}}',
        '{"a": {"Counter": {}}}',
        '{"a":' + "[" * 100_000,
        '{"a":' + '{"()":[' * 50_000,
        '{"a": ' + "9" * 5000 + "}",
        "\ud800",
    ],
)
def test_what_nobody_wrote_is_refused(text: str) -> None:
    """As a ValueError, however deep or long."""
    with pytest.raises(ValueError, match=r"."):
        decode(text.encode("utf-8", "surrogatepass"))

"""Training on a CUDA GPU: the figures of the CPU, resumed to the bit, in 16 bits and compiled."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from cnnspec import load
from cnnspec.pytorch.train import Result, resume, train
from tests.torture.runs import outcome, recipe, write_spec
from tests.train.test_resume import broken_off

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA GPU here"),
]
Run = Callable[..., Result]


def test_a_gpu_learns_what_the_cpu_does(run_small: Run) -> None:
    """From the same weights and in the same order of images the losses are those of the CPU, but for rounding."""
    ours, theirs = (run_small(device, device=device, epochs=2) for device in ("cuda", "cpu"))
    for one, other in zip(ours.metrics, theirs.metrics, strict=True):
        assert one.train_loss == pytest.approx(other.train_loss, rel=2e-2)
    assert ours.test.accuracy == pytest.approx(theirs.test.accuracy, abs=0.03)


@pytest.mark.parametrize("turn", [1, 7, 35])
def test_a_run_on_a_gpu_goes_on_to_the_same_bits(tmp_path: Path, turn: int) -> None:
    """With determinism asked for, a run that was broken off ends as one that was not."""
    spec = write_spec(tmp_path)
    on_gpu = recipe(spec).model_copy(update={"device": "cuda", "deterministic": True, "threads": None})
    whole = train(load(spec), on_gpu, tmp_path / "whole").folder
    resume(broken_off(spec, tmp_path / "cut", turn, on_gpu))
    assert outcome(tmp_path / "cut") == outcome(whole)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of what torch.compile itself still uses
@pytest.mark.parametrize(
    "settings",
    [{"amp": "bf16"}, {"amp": "fp16"}, {"amp": "bf16", "channels_last": True, "compile": True}],
    ids=["bf16", "fp16", "bf16 and compiled"],
)
def test_a_gpu_learns_in_16_bits(run_small: Run, settings: dict[str, object]) -> None:
    """And compiled: it comes as far as in 32 bits, and the weights that are written have 32."""
    plain = run_small("plain", device="cuda", epochs=4)
    mixed = run_small("mixed", device="cuda", epochs=4, **settings)
    assert mixed.test.accuracy == pytest.approx(plain.test.accuracy, abs=0.05)
    assert mixed.metrics[-1].train_loss == pytest.approx(plain.metrics[-1].train_loss, rel=0.1)


def test_a_gpu_is_taken_where_there_is_one(run_small: Run) -> None:
    """By the default recipe, `device: auto`."""
    result = json.loads((run_small().folder / "result.json").read_text(encoding="utf-8"))
    assert result["device"].startswith("cuda")

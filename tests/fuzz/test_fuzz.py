"""Random specs are what PyTorch makes of them; ``make fuzz`` runs many more."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnspec.engine.layers import REGISTRY, activation
from cnnspec.engine.source import dataflow
from tests.fuzz import sources as source_specs
from tests.fuzz.judge import judge
from tests.fuzz.many import sources, verdicts
from tests.fuzz.tally import Tally, arguments, codes
from tests.fuzz.text import TYPES, spec, spec_of
from tests.fuzz.torchside import Disagreement

SEEDS = 660


@pytest.mark.parametrize("part", range(4))
def test_seeds_agree(part: int) -> None:
    """The first specs of ``make fuzz`` agree with PyTorch, are near half of them sound, and hold every layer type."""
    tally = verdicts(range(part, SEEDS, 4))
    assert not tally.disagreements, tally.disagreements[0]
    assert 0.35 < tally.accepted / tally.specs < 0.65


@settings(max_examples=60, deadline=None)
@given(st.randoms(use_true_random=False), st.sampled_from(TYPES))
def test_drawn_specs_agree(random: Random, focus: str) -> None:
    """Specs that Hypothesis draws, and would shrink, agree with PyTorch."""
    judge(spec(random, focus))


def test_a_seed_is_one_text() -> None:
    """A seed gives the same text each time, so a disagreement can be looked at again."""
    assert spec_of(7) == spec_of(7)


def test_codes_are_read_from_the_source() -> None:
    """The codes to be reached are those that the layers and the network say."""
    assert {"window-too-large", "in-place-shared", "in-place-gradient", "undefined-from", "mixes-batch"} <= codes()
    assert ("Conv2d", "padding_mode") in arguments()


def test_what_is_never_come_by_is_told() -> None:
    """A run that leaves out a layer type, an argument or a code says so."""
    missing = Tally(taken=set(REGISTRY) - {"GLU"}, turned_down=set(REGISTRY)).missing()
    assert missing[0] == "GLU was never accepted"
    assert "Conv2d.groups never had another value" in missing
    assert "nothing was refused as window-too-large" in missing


@pytest.mark.parametrize("rule", ["GLU", "PReLU"])
def test_a_wrong_rule_is_a_disagreement(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A shape rule that says otherwise than torch is found by the specs of its type."""
    monkeypatch.setattr(getattr(activation, rule), "infer", lambda self, x: x)
    monkeypatch.setattr(activation.PReLU, "tensors", lambda self, x: {})
    seeds = range(TYPES.index(rule), len(TYPES) * 40, len(TYPES))
    with pytest.raises(Disagreement):
        _ = [judge(spec_of(seed)) for seed in seeds]


def test_sources_of_seeds_are_their_networks() -> None:
    """The first specs of ``make fuzz-source``, in which everything stands that it looks for."""
    tally = sources(range(16))
    assert not tally.disagreements, tally.disagreements[0][1]
    assert {"conditions", "shared ids", "repeats", "outputs", "heads"} <= set(tally.reasons)


@pytest.mark.parametrize("traced", [True, False])
def test_two_lines_of_one_id_that_are_one_module_are_found(traced: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The emitter that took the second line of an id for the first one is caught, by its dataflow and by the bits."""
    monkeypatch.setattr(dataflow, "runs_again", lambda *_: True)
    for seed in range(60):
        _, graph, features = source_specs.spec_of(seed)
        try:
            source_specs.judge(graph, traced=traced)
        except Disagreement:
            assert features["shared ids"]
            return
    pytest.fail("no seed finds it")

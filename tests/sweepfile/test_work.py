"""Recipes and sweeps are texts of strangers, too: the work of checking one is counted and bounded."""

from __future__ import annotations

import pytest

from cnnspec.engine.checking import check_source, diagnose
from cnnspec.engine.diagnostics import Source
from cnnspec.engine.syntax.meter import MAX_STEPS, Meter

RECIPE = "cnnspec_recipe: 1\n"
SWEEP = "cnnspec_sweep: 1\n"
LENET = f"{SWEEP}spec: mnist/lenet\nrecipe: mnist/lenet\n"
OVERSHOOT = 1.2  # the last thing is done to its end


def listed(form: str, count: int) -> str:
    return ", ".join(form.format(number) for number in range(count))


def lines(form: str, count: int) -> str:
    return "".join(form.format(number) for number in range(count))


def network(names: str, rest: str = "axes: {seed: [0]}\n") -> str:
    return f"{SWEEP}spec: [{names}]\n{rest}"


def axes(form: str, number: int) -> str:
    return "".join(f"  {form.format(axis)}\n" for axis in range(number))


SEEDS = f"{LENET}axes: {{seed: [0]}}\n"
LARGE = f"{{augment: [{listed('RandomHorizontalFlip', 2_000)}]}}"
DRAWN = f"{LENET}sampler: random\nbudget: {{runs: 3}}\naxes:\n  seed: {{from: 0, to: 100000, steps: 10000}}\n"
HEAVY = {
    "many names of one spec": (network(listed("{{name: a{}, spec: resnet152}}", 11_000)), "too-much-work"),
    "many names of nothing": (network(listed("a{}", 20_000)), "too-much-work"),
    "one name many times": (network(listed("first", 50_000)), "too-much-work"),
    "values that cannot be": (
        f"{LENET}axes:\n{axes('optimizer.Adam.lr{}: [' + listed('{}', 600) + ']', 90)}",
        "bad-axis",
    ),
    "many values of a large recipe": (
        f"{SWEEP}spec: mnist/lenet\nrecipe: {LARGE}\naxes: {{epochs: [{listed('1{}', 900)}]}}\n",
        "too-much-work",
    ),
    "many settings": (f"{SEEDS}set: {{{listed('optimizer.Adam.x{}: 1', 20_000)}}}\n", "bad-axis"),
    "many keys": (SEEDS + lines("axez{}: 1\n", 20_000), "unknown-key"),
    "many choices": (f"{SEEDS}choose: [{listed('sead{}', 50_000)}]\n", "unknown-axis"),
    "many bounds": (f"{SEEDS}budget: {{{listed('runz{}: 1', 20_000)}}}\n", "unknown-key"),
    "many conditions": (
        DRAWN + axes(f"epochs{{}}: {{{{values: [1], when: {{{{seed: [{listed('1{}', 500)}]}}}}}}}}", 90),
        "unknown-axis",
    ),
    "many keys of a recipe": (RECIPE + lines("lrx{}: 1\n", 20_000), "unknown-key"),
    "many transforms": (f"{RECIPE}augment: [{listed('RandomHorizontalFlip', 40_000)}]\n", "too-much-work"),
    "many unknown transforms": (f"{RECIPE}augment: [{listed('Random{}', 20_000)}]\n", "unknown-operation"),
}


@pytest.mark.parametrize("name", HEAVY)
def test_heavy_texts_are_answered(name: str) -> None:
    """Each gets a code at a place of its own, and no more steps than a spec may ask for."""
    text, code = HEAVY[name]
    source, meter = Source("t.yaml", text), Meter()
    found = diagnose(source, meter=meter)
    assert code in {d.code for d in found}
    assert code != "too-much-work" or [d.span.line for d in found if d.code == code] != [1]
    assert meter.total <= MAX_STEPS * OVERSHOOT


def test_repairs_are_tried_with_bounded_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """A text that took most of the work is not checked 24 times more."""
    texts: list[str] = []
    real = diagnose
    monkeypatch.setattr(
        "cnnspec.engine.checking.diagnose", lambda source, *a, **k: texts.append("") or real(source, *a, **k)
    )
    text = LENET.replace("lenet", "alexnet") + f"axes:\n  epochs: [{listed('1{}', 900)}]\n"
    check_source(Source("t.yaml", text + "".join(f"  params.dropout{'s' * n}: [0.1]\n" for n in range(1, 6))))
    assert len(texts) <= 2


def test_a_sweep_of_usual_size_stays_far_inside() -> None:
    """Every shipped name at once, and an axis of a thousand values, leave half of the work undone."""
    for text in (
        f"{SWEEP}spec: [mnist/lenet, mnist/alexnet, mnist/vgg16, resnet50, efficientnet_b0]\naxes: {{seed: [0, 1]}}\n",
        f"{LENET}axes: {{epochs: [{listed('1{}', 900)}], batch_size: [{listed('1{}', 50)}]}}\nbudget: {{runs: 9}}\n",
    ):
        meter = Meter()
        assert diagnose(Source("t.yaml", text), meter=meter) == ()
        assert meter.total < MAX_STEPS / 2

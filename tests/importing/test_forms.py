"""The forms of a spec: one that does not hold gives way to a plainer one, and what no form says has its line."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from cnnspec.engine.diagnostics import Diagnostic, Label, Sink, Source, SpecError
from cnnspec.engine.spec import builtin_blocks, read
from cnnspec.pytorch.importing import import_module, imported
from cnnspec.pytorch.importing import text as writing
from cnnspec.pytorch.importing.text import Form
from cnnspec.pytorch.importing.verify import Unsound
from tests.importing import modules
from tests.importing.equal import import_equal

IMAGE = (3, 32, 32)


@pytest.mark.parametrize(("works", "form"), [(True, Form.COPIES), (False, Form.LINES)])
@pytest.mark.parametrize("name", ["Residual", "Hides"])
def test_a_form_that_fails_gives_way_to_a_plainer_one(
    name: str, works: bool, form: Form, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever goes wrong in the shorter forms, the network is imported, and a note says how it is written."""
    fold = writing.fold

    def failing(*args: Any, alike: bool) -> Any:
        if works and alike:
            return fold(*args, alike=alike)
        raise IndexError

    monkeypatch.setattr(writing, "fold", failing)
    torch.manual_seed(0)
    made = import_equal(getattr(modules, name)(), IMAGE, name)
    assert made.form is form
    assert f"written with {form.value}: a shorter form did not hold" in made.notes


def test_what_the_checker_refuses_is_told_at_the_line_of_the_module(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistake on a line of the written spec stands where the module's own code made that line."""

    def refuse(text: str, *_: Any) -> None:
        source = Source("written", text)
        line = next(number for number, row in enumerate(text.splitlines(), 1) if "Tanh" in row)
        spec = read(source, Sink(), builtin_blocks())
        raise Unsound(spec, [Diagnostic("too-large", "this is too large", Label(source.span(line)))])

    monkeypatch.setattr(imported, "verify", refuse)
    with pytest.raises(SpecError) as raised:
        import_module(modules.WeightlessLists(), {"input": IMAGE})
    (found,) = raised.value.diagnostics
    assert (found.code, found.message) == ("too-large", "this is too large")
    assert (
        found.span.source.line(found.span.line).strip()
        == "return self.downs[1](self.downs[0](torch.tanh(self.ups[1](x))))"
    )

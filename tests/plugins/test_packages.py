"""Layers that installed packages offer."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import cnnspec
from cnnspec.engine.layers import REGISTRY
from cnnspec.engine.plugins import PluginFault, packages
from cnnspec.engine.spec import builtin_blocks
from tests.cli.runner import run
from tests.plugins.conftest import FILES

SPEC = FILES["net.yaml"]


def install(monkeypatch: pytest.MonkeyPatch, entries: str, **modules: str) -> None:
    """A package with entry points, as pip would lay it down."""
    site = Path("site")
    (site / "gates-1.0.dist-info").mkdir(parents=True)
    (site / "gates-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: gates\nVersion: 1.0\n")
    (site / "gates-1.0.dist-info" / "entry_points.txt").write_text(f"[cnnspec.layers]\n{entries}\n")
    for name, text in modules.items():
        (site / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(site.resolve())
    packages.offered.cache_clear()


def gates(monkeypatch: pytest.MonkeyPatch, more: str = "") -> None:
    install(
        monkeypatch,
        f"ChannelGate = gates:ChannelGate\n{more}",
        gates=FILES["my_layers.py"].replace("my_modules", "gate_modules"),
        gate_modules=FILES["my_modules.py"],
        other="raise RuntimeError('imported')\n",
    )


def test_a_layer_is_there_where_its_package_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without --plugin; listed with the package that it comes from; and built."""
    gates(monkeypatch)
    assert run("check", "net.yaml").stdout == "net.yaml: OK\n"
    assert "From gates" in run("layers", "ChannelGate").output
    assert type(cnnspec.build("net.yaml").get_submodule("2")).__module__ == "gate_modules"


def test_only_layers_that_a_spec_names_are_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another offer of the same package stays asleep, and so do all where nothing is unknown."""
    gates(monkeypatch, "Other = other:Other")
    cnnspec.check("mnist/lenet")
    assert not {"gates", "other"} & set(sys.modules)
    cnnspec.check("net.yaml")
    assert "gates" in sys.modules
    assert "other" not in sys.modules


def test_packages_are_not_looked_through_for_a_spec_that_needs_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the shipped specs none does; ids with capitals are no layers."""
    monkeypatch.setattr("importlib.metadata.entry_points", lambda **_: pytest.fail("looked through the packages"))
    packages.offered.cache_clear()
    builtin_blocks.cache_clear()
    for name in ("mnist/lenet", "resnet50", "densenet121", "mobilenet_v3_small"):
        cnnspec.graph(name)
    text = "cnnspec: 1\ninput: [4]\nlayers:\n  - ReLU:\n    id: Mixed_5b\n  - Tanh:\n    from: Mixed_5b\n"
    Path("ids.yaml").write_text(text)
    assert cnnspec.check("ids.yaml") == ()


def test_a_name_of_cnnspecs_own_or_of_a_block_is_never_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """No package can take the place of what a spec means."""
    install(
        monkeypatch, "ReLU = evil:ReLU\nBottleneck = evil:Bottleneck\nMine = evil:Mine", evil="raise RuntimeError\n"
    )
    text = (
        "cnnspec: 1\ninput: [4, 8, 8]\nlayers: [ReLU, Mine, Bottleneck: {width: 4}]\nblocks: {Mine: {layers: [ReLU]}}\n"
    )
    Path("own.yaml").write_text(text)
    assert cnnspec.graph("own.yaml").nodes
    assert "evil" not in sys.modules
    assert run("layers").exit_code == 2  # the list has all that is offered, and `Mine` cannot be imported
    assert REGISTRY["ReLU"].__module__ == "cnnspec.engine.layers.activation"


@pytest.mark.parametrize(
    ("entries", "module", "message", "help"),
    [
        ("ChannelGate = gates:ChannelGate", "import nothing_here\n", "of the package gates cannot be", "gates.py:1"),
        ("ChannelGate = nowhere:ChannelGate", "", "No module named 'nowhere'", ""),
        ("ChannelGate = gates:Nothing", "", "AttributeError", ""),
        ("ChannelGate = gates:f", "def f(): pass\n", "is not a layer of that name: gates:f", "subclass of Layer"),
        ("ChannelGate = gates:Layer", "from cnnspec.engine.layers import Layer\n", "is not a layer of that name", ""),
    ],
)  # fmt: skip
def test_an_offer_that_is_none_is_told(
    monkeypatch: pytest.MonkeyPatch, entries: str, module: str, message: str, help: str
) -> None:
    """With the package, and the line of its file where there is one; other specs are checked all the same."""
    install(monkeypatch, entries, gates=module)
    with pytest.raises(PluginFault) as caught:
        cnnspec.load("net.yaml")
    assert message in caught.value.message
    assert help in caught.value.help
    done = run("check", "net.yaml", "mnist/lenet")
    assert done.exit_code == 2
    assert "mnist/lenet: OK" in done.stdout
    assert "Traceback" not in done.output


def test_a_base_and_its_patches_may_name_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a spec builds on is read with it."""
    gates(monkeypatch)
    Path("patched.yaml").write_text(
        "cnnspec: 1\nextends: mnist/lenet\npatch:\n  - insert_before: conv2\n    layers: [ChannelGate: {squeeze: 2}]\n"
    )
    Path("mine.yaml").write_text("cnnspec: 1\nextends: net.yaml\n")
    for name in ("patched.yaml", "mine.yaml"):
        assert "ChannelGate" in [node.type for node in cnnspec.graph(name).nodes]

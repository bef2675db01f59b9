"""Layers of the user's own: what works with them, what is refused, and whose defect a failure is."""

from __future__ import annotations

import os
import pickle
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import cnnspec
from cnnspec.engine.layers import REGISTRY
from cnnspec.engine.network.receptive_field import fields
from cnnspec.engine.plugins import PluginFault
from cnnspec.engine.plugins.register import PluginWarning
from tests.cli.runner import run
from tests.plugins.conftest import FILES, PAGE

PLUGIN = ("--plugin", "my_layers.py")
LAYER = "from cnnspec.engine.layers import Layer, Shape, Tensor\n\n\nclass Own(Layer):\n"


def python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env={**os.environ, **environment}
    )


def spec_of(line: str) -> Path:
    path = Path("own.yaml")
    path.write_text(f"cnnspec: 1\ninput: [4, 8, 8]\nlayers:\n  - {line}\n")
    return path


def own(body: str, name: str = "own_layers.py", title: str = "Own") -> str:
    """A plugin of one layer."""
    Path(name).write_text(f"{LAYER}{body}".replace("class Own", f"class {title}"))
    return name


# ------------------------------------------------------------------------------------------------------ what works


def test_the_example_of_the_docs_prints_what_stands_there() -> None:
    """The files of docs/how-to/plugins.md, checked and summed up by the commands that it shows."""
    (text,) = re.findall(r"```text\n(\$ .*?)```", PAGE, re.DOTALL)
    for part in re.split(r"^\$ cnnspec ", text, flags=re.MULTILINE)[1:]:
        command, _, shown = part.partition("\n")
        printed = run(*command.split()).output
        assert [line.rstrip() for line in printed.strip().splitlines()] == [
            s.rstrip() for s in shown.strip().splitlines()
        ]


def test_a_network_with_it_runs_trains_and_is_initialised() -> None:
    """The module is the user's own, with the weights that the spec asks for."""
    torch.manual_seed(0)
    net = cnnspec.build("net.yaml", plugins=["my_layers.py"])
    gate = net.get_submodule("2")
    assert type(gate).__module__ == "my_modules"
    assert gate.up.std() < 0.5
    net(torch.randn(2, 3, 32, 32)).sum().backward()
    assert all(parameter.grad is not None for parameter in net.parameters())
    assert cnnspec.graph("net.yaml").params == sum(p.numel() for p in net.parameters())


def test_its_source_makes_the_same_module() -> None:
    """What the layer infers from its input is written out, by name."""
    assert cnnspec.export(cnnspec.load("net.yaml", plugins=["my_layers.py"]), out="exported.py") == Path("exported.py")
    done = python("import exported; print(*(tuple(p.shape) for p in exported.Net().parameters()))")
    built = cnnspec.build("net.yaml")
    assert done.stdout.strip() == " ".join(str(tuple(p.shape)) for p in built.parameters()), done.stderr


SCALES = """
from torch import nn
class Scale(nn.Module):
    def __init__(self, groups=1, dim=5, p=0.25):
        super().__init__()
        self.rest = groups, dim, p
    def forward(self, x):
        return x * {factor} + sum(self.rest)
"""


def test_source_gives_every_argument_of_a_module_by_name() -> None:
    """A module may have its arguments in another order, other defaults than its layer, and the name of another one."""
    for name, factor in (("scales", 2), ("others", 3)):
        Path(f"{name}.py").write_text(SCALES.replace("{factor}", str(factor)))
    body = "    target = '{}.Scale'\n    dim: int\n    groups: int\n    p: float = 0.5\n"
    cnnspec.plugin(own(body.format("scales")))
    cnnspec.plugin(own(body.format("others"), "more_layers.py", "Other"))
    lines = "Own: {dim: 2, groups: 3, p: 0.5}\n  - Other: {dim: 4, groups: 5}\n  - Own: {dim: 7, groups: 2}"
    text = str(cnnspec.export(spec_of(lines)))
    assert "from others import Scale as Other" in text
    namespace: dict[str, Any] = {}
    exec(text, namespace)
    x = torch.randn(2, 4, 8, 8)
    assert torch.equal(namespace["Own2"]()(x), cnnspec.build("own.yaml")(x))


def test_a_param_called_as_a_layer_does_not_hide_its_class() -> None:
    """Inside `__init__` an argument would stand before the class that the file imports."""
    Path("scales.py").write_text(SCALES.replace("{factor}", "2"))
    cnnspec.plugin(own("    target = 'scales.Scale'\n    dim: int\n"))
    spec_of(
        "B: {Own: 3}\n  - B: {Own: 5}\nblocks:\n  B:\n    params: {Own: int}\n    layers:\n      - Own: {dim: $Own}"
    )
    text = str(cnnspec.export("own.yaml"))
    assert "def __init__(self, Own_: int" in text
    namespace: dict[str, Any] = {}
    exec(text, namespace)
    x = torch.randn(2, 4, 8, 8)
    assert torch.equal(namespace["Own2"]()(x), cnnspec.build("own.yaml")(x))


def test_no_source_is_written_of_a_module_that_is_nowhere() -> None:
    """Without a `target` the module is torch.nn's of the same name; where there is none, nothing is written."""
    cnnspec.plugin(own("    pass\n"))
    with pytest.raises(PluginFault, match=r"it has no `target`, and torch\.nn has no `Own`"):
        cnnspec.export(spec_of("Own"))
    Path("of_torch.py").write_text(f"{LAYER}    pass\n".replace("Own", "FeatureAlphaDropout"))
    cnnspec.plugin("of_torch.py")
    assert "nn.FeatureAlphaDropout()" in str(cnnspec.export(spec_of("FeatureAlphaDropout")))


def test_checking_imports_neither_torch_nor_the_module() -> None:
    """The file with the module is read when a network is built."""
    code = (
        "import sys, cnnspec\n"
        "assert cnnspec.check('net.yaml', plugins=['my_layers.py']) == ()\n"
        "assert 'my_layers' in sys.modules and not {'my_modules', 'torch'} & set(sys.modules)\n"
    )
    done = python(code)
    assert done.returncode == 0, done.stderr


def test_both_may_stand_in_one_file() -> None:
    """The class of the module is made when it is asked for, under a name that pickle finds."""
    net = cnnspec.build(spec_of("Squash"), plugins=["one_file.py"])
    again = pickle.loads(pickle.dumps(net))
    assert torch.equal(again(torch.ones(1, 4, 8, 8)), torch.full((1, 4, 8, 8), 0.5))
    done = python(
        "import sys, cnnspec; cnnspec.graph('own.yaml', plugins=['one_file.py']); assert 'torch' not in sys.modules"
    )
    assert done.returncode == 0, done.stderr


def test_a_pickle_is_read_where_the_plugin_is() -> None:
    """In a new process after cnnspec.plugin, or with its folder on the path; elsewhere it says what it lacks."""
    net = cnnspec.build("net.yaml", plugins=["my_layers.py"])
    Path("net.pickle").write_bytes(pickle.dumps(net))
    read = "import pickle; print(len(list(pickle.load(open('net.pickle', 'rb')).parameters())))"
    assert python(f"import cnnspec; cnnspec.plugin('my_layers.py'); {read}").stdout == "6\n"
    Path("elsewhere").mkdir()
    moved = read.replace("net.pickle", "../net.pickle")
    there = f"import os; os.chdir('elsewhere'); {moved}"
    assert python(f"import sys; sys.path.remove(''); {there}").stderr.strip().endswith("No module named 'my_modules'")
    assert python(there, PYTHONPATH=f"{os.environ.get('PYTHONPATH', '')}:{Path.cwd()}").stdout == "6\n"


def test_every_command_takes_it() -> None:
    """Those that read specs, and those that list layers."""
    for command in (
        ("check", "net.yaml"), ("summary", "net.yaml", "--columns", "key,field,kept,weights"), ("inputs", "net.yaml"),
        ("layers",), ("layers", "ChannelGate"), ("schema",), ("zoo", "first"), ("diagram", "net.yaml"),
    ):  # fmt: skip
        done = run(*command, *PLUGIN)
        assert done.exit_code == 0, done.output
        assert "ChannelGate" in done.output or command[0] in ("check", "inputs", "zoo", "summary")
    assert "From my_layers.py" in run("layers", "ChannelGate", *PLUGIN).output


def test_a_run_is_trained_and_measured_with_it() -> None:
    """The folder of a run holds no code: `eval` wants the plugin as well."""
    Path("net.yaml").write_text(FILES["net.yaml"].replace("[3, 32, 32]", "[1, 8, 8]"))
    given = ("--data", "fake", "--epochs", "1", "--batch-size", "500", "--out", "run")
    assert run("train", "net.yaml", *PLUGIN, *given).exit_code == 0
    done = python("import sys; sys.argv = ['cnnspec', 'eval', 'run']; from cnnspec.cli.app import main; main()")
    assert done.returncode == 5
    assert "no layer is called `ChannelGate`" in done.stderr
    assert run("eval", "run", *PLUGIN).stdout.splitlines()[-1].startswith("test accuracy ")


def test_a_file_is_loaded_once() -> None:
    """The same file by another path is the same plugin."""
    assert cnnspec.plugin("my_layers.py") == ("ChannelGate",)
    layer = REGISTRY["ChannelGate"]
    assert cnnspec.plugin(Path.cwd() / "my_layers.py") == ("ChannelGate",)
    assert REGISTRY["ChannelGate"] is layer


def test_the_schema_knows_its_arguments() -> None:
    """An editor completes them."""
    cnnspec.plugin("my_layers.py")
    from cnnspec.engine.schema import schema

    known = schema()["$defs"]["ChannelGate-arguments"]["properties"]
    assert known["squeeze"]["description"] == "A positive whole number. Default: 4."


def test_a_block_of_the_specs_own_goes_before_it() -> None:
    """So that no installed plugin changes what a spec means."""
    text = FILES["net.yaml"].replace("init:\n  ChannelGate: {up: xavier_normal_}\n", "")
    text += "blocks:\n  ChannelGate:\n    params: {squeeze: int}\n    layers: [ReLU]\n"
    Path("net.yaml").write_text(text)
    graph = cnnspec.graph("net.yaml", plugins=["my_layers.py"])
    assert [node.type for node in graph.nodes] == ["Conv2d", "ReLU", "ReLU", "Flatten", "Linear"]


def test_a_mistake_in_its_arguments_is_a_mistake_of_the_spec() -> None:
    """Names, types and refusals are told as of any layer."""
    cnnspec.plugin("my_layers.py")
    for line, code in (
        ("ChannelGate: {squeez: 2}", "unknown-argument"),
        ("ChannelGate: {squeeze: two}", "wrong-type"),
        ("ChannelGate: {squeeze: 8}", "not-divisible"),
        ("ChannelGat", "unknown-layer"),
    ):
        assert [d.code for d in cnnspec.check(spec_of(line))] == [code]
    assert "did you mean `ChannelGate`?" in run("check", "own.yaml").output


VALIDATED = f"""\
from pydantic import field_validator, model_validator

{LAYER}
    a: int = 1
    b: int = 2

    @field_validator("a")
    @classmethod
    def odd(cls, a: int) -> int:
        if a % 2 == 0:
            raise ValueError("a is odd")
        return a

    @model_validator(mode="after")
    def order(self) -> "Own":
        if self.a > self.b:
            raise ValueError("a is not above b")
        return self
"""


def test_a_validator_of_its_own_is_told_in_its_words() -> None:
    """pydantic's ways to say more of arguments work."""
    Path("valid.py").write_text(VALIDATED)
    cnnspec.plugin("valid.py")
    (odd,) = cnnspec.check(spec_of("Own: {a: 2}"))
    assert (odd.code, odd.message) == ("wrong-type", "`a`: a is odd")
    (order,) = cnnspec.check(spec_of("Own: {a: 3}"))
    assert (order.code, order.message) == ("wrong-type", "`Own`: a is not above b")


# -------------------------------------------------------------------------------------------------- what is refused

REFUSED = [
    ("nowhere.py", None, "there is no file nowhere.py", ""),
    ("net.yaml", None, "net.yaml is not a Python file", "my_layers.py"),
    ("my-layers.py", "", "cannot be a module", "letters, digits and `_`"),
    ("json.py", "", "has the name of another module", "another name"),
    ("sqlite3.py", "", "has the name of another module", "another name"),
    ("torch.py", "", "has the name of another module", "another name"),
    ("a.py", "x = 1\n", "a.py defines no layer", "cnnspec.engine.layers.Layer"),
    ("a.py", "from cnnspec.engine.layers import Layer\n", "a.py defines no layer", ""),
    ("a.py", "import nothing_here\n", "ModuleNotFoundError: No module named 'nothing_here'", "a.py:1: import nothing"),
    ("a.py", "def f():\n    return x\n\n\nf()\n", "NameError: name 'x' is not defined", "a.py:2: return x"),
    ("a.py", "class A(:\n", "SyntaxError: invalid syntax", "a.py:1: class A(:"),
    ("a.py", "raise SystemExit(3)\n", "cannot be imported: SystemExit: 3", "a.py:1"),
    ("a.py", LAYER.replace("Own", "Add") + "    pass\n", "`Add` of a.py has a name that is already in use", ""),
    (
        "a.py",
        LAYER.replace("Own", "Bottleneck") + "    pass\n",
        "`Bottleneck` of a.py has a name that is already in use",
        "",
    ),
    ("a.py", LAYER.replace("Own", "Sequential") + "    pass\n", "has a name that is already in use", ""),
    (
        "a.py",
        LAYER.replace("Own", "own") + "    pass\n",
        "a name that a spec cannot contain",
        "starts with a capital letter",
    ),
    ("a.py", LAYER + "    inputs = None\n", "is not a module that takes one tensor", "joins"),
    ("a.py", LAYER + "    inputs = 2\n", "is not a module that takes one tensor, or several", "input_names"),
    (
        "a.py",
        LAYER + "    input_names = ('x', 'x')\n",
        "is not a module that takes one tensor, or several",
        "input_names",
    ),
    ("a.py", LAYER + "    a: dict[str, int] = {}\n", "a spec cannot pass `a` to `Own`", "a tuple or a union"),
    ("a.py", LAYER + "    a: object = None\n", "a spec cannot pass `a` to `Own`", ""),
    ("a.py", LAYER + "    a: 'Nothing' = 1\n", "argument types of `Own` of a.py are not supported", ""),
    ("a.py", LAYER + "    a = 3\n", "cannot be imported: PydanticUserError", "a.py:4"),
]


@pytest.mark.parametrize(("name", "text", "message", "help"), REFUSED)
def test_what_is_no_plugin_is_refused_with_its_line(name: str, text: str | None, message: str, help: str) -> None:
    """The command ends with 2 and without a traceback; nothing is registered."""
    if text is not None:
        Path(name).write_text(text)
    before = dict(REGISTRY)
    with pytest.raises(PluginFault) as caught:
        cnnspec.plugin(name)
    assert message in caught.value.message
    assert help in caught.value.help
    assert before == REGISTRY
    done = run("check", "net.yaml", "--plugin", name)
    assert done.exit_code == 2
    assert "Traceback" not in done.output


def test_a_plugin_that_exits_fails_like_any_other() -> None:
    """A layer that calls sys.exit ends no command with a code of its own."""
    name = own("    def infer(self, x):\n        raise SystemExit(5)\n")
    Path("net.yaml").write_text("cnnspec: 1\ninput: [3, 8, 8]\nlayers: [Own]\n")
    done = run("check", "net.yaml", "--plugin", name)
    assert (done.exit_code, "SystemExit: 5" in done.output) == (3, True)


def test_a_plugin_may_be_mended_and_loaded_again() -> None:
    """What was refused leaves nothing behind."""
    with pytest.raises(PluginFault):
        cnnspec.plugin(own("    inputs = None\n"))
    own("    pass\n")
    assert cnnspec.plugin("own_layers.py") == ("Own",)


def test_all_layers_of_a_file_are_registered_or_none() -> None:
    """The second of two has a name that is already in use."""
    Path("two.py").write_text(f"{LAYER}    pass\n\n\nclass Add(Layer):\n    pass\n")
    with pytest.raises(PluginFault):
        cnnspec.plugin("two.py")
    assert "Own" not in REGISTRY


def test_a_plugin_does_not_shadow_libraries() -> None:
    """A file beside it that is called like a module of Python is not taken for that."""
    Path("wave.py").write_text("raise RuntimeError\n")
    load = "import sys; sys.path.remove(''); import cnnspec; cnnspec.plugin('my_layers.py')"
    done = python(f"{load}; assert 'wave' not in sys.modules; import wave; wave.open")
    assert done.returncode == 0, done.stderr


# ------------------------------------------------------------------------------------------- defects of the plugin

INFER, GIVES = (
    "    def infer(self, x):\n        return ",
    "`infer` of `Own` of own_layers.py must return a Shape of positive sizes",
)
FAILING = [
    (f"{INFER}x[0] // 0\n", "fails in `infer`: ZeroDivisionError", "own_layers.py:6: return x[0] // 0"),
    (f"{INFER}deeper(x)\n\n\ndef deeper(x):\n    return x[9]\n", "IndexError", "own_layers.py:10: return x[9]"),
    (f"{INFER}None\n", f"{GIVES}, but returned None", "own_layers.py:5"),
    (f"{INFER}Shape((0, 3))\n", GIVES, "own_layers.py:5"),
    (f"{INFER}Shape((x[0], 0.5))\n", GIVES, "own_layers.py:5"),
    ("    def tensors(self, x):\n        return ['weight']\n", "`tensors` of `Own`", "own_layers.py:5"),
    ("    def tensors(self, x):\n        return {'weight': (1, 2)}\n", "`tensors` of `Own`", "own_layers.py:5"),
    ("    def macs(self, x, y):\n        return 0.5\n", "`macs` of `Own`", "own_layers.py:5"),
    ("    def macs(self, x):\n        return 1\n", "fails in `macs`: TypeError", ""),
    (
        f"{INFER}self.refuse('no-such-code', 'no')\n",
        "refuses with `no-such-code`, which is not a code",
        "own_layers.py",
    ),
]


@pytest.mark.parametrize(("body", "message", "help"), FAILING)
def test_a_failing_rule_is_told_at_the_line_of_the_spec(body: str, message: str, help: str) -> None:
    """With the plugin's own file and line; lines that depend on it are silent, and others are checked."""
    cnnspec.plugin(own(body))
    path = spec_of("Own\n  - Conv2d: {out_channels: 2, kernel_siz: 3}")
    found = {diagnostic.code: diagnostic for diagnostic in cnnspec.check(path)}
    assert set(found) == {"plugin-failed", "unknown-argument"}
    failed = found["plugin-failed"]
    assert message in failed.message
    assert help in failed.help
    assert failed.span.text == "Own"
    done = run("check", str(path))
    assert done.exit_code == 3
    assert "Traceback" not in done.output


def test_its_cause_is_kept_for_python() -> None:
    """Whoever debugs a layer sees the exception itself; commands end without a traceback."""
    cnnspec.plugin(own("    def dependency(self, x, y):\n        return {}[x]\n"))
    graph = cnnspec.graph(spec_of("Own"))
    with pytest.raises(PluginFault, match="fails in `dependency`: KeyError") as caught:
        fields(graph)
    assert isinstance(caught.value.__cause__, KeyError)
    done = run("summary", "own.yaml", "--columns", "key,field")
    assert done.exit_code == 2
    assert "own_layers.py:6: return {}[x]" in done.stderr


NET = "from torch import nn\n\n\nclass Own(nn.{}):\n    def __init__(self):\n        {}\n"
TENSORS = "has weight of 3×2, bias of 3, and its `tensors` says no tensors"


@pytest.mark.parametrize(
    ("body", "module", "message", "help"),
    [
        ("", "", "ModuleNotFoundError: No module named 'mods'", ""),
        ("", "x = 1\n", "AttributeError", ""),
        ("", "class Own:\n    pass\n", "AssertionError", ""),
        ("", NET.format("Module", "1 / 0"), "ZeroDivisionError", "mods.py:6: 1 / 0"),
        ("    a: int = 1\n", NET.format("Module", "super().__init__()"), "unexpected keyword argument 'a'", ""),
        ("", NET.format("Linear", "super().__init__(2, 3)"), TENSORS, "own_layers.py"),
    ],
)
def test_a_module_that_is_not_what_its_layer_says_is_refused(body: str, module: str, message: str, help: str) -> None:
    """When the network is built: it cannot be imported or made, or has other tensors."""
    if module:
        Path("mods.py").write_text(module)
    cnnspec.plugin(own(f"    target = 'mods.Own'\n{body}"))
    path = spec_of("Own: {a: 3}" if body else "Own")
    with pytest.raises(PluginFault) as caught:
        cnnspec.build(path)
    assert message in caught.value.message
    assert help in caught.value.help


SEVERAL = """
from cnnspec.layers import Layer, Output, Shape


class Modulate(Layer):
    \"\"\"A map times one factor for each channel, and the factors' signs.\"\"\"

    input_names = ("x", "factors")
    target = "modulating.Modulate"
    ranks = (3,)

    def infer(self, x, factors):
        self.check_rank(x)
        if tuple(factors) != tuple(x[:1]):
            self.refuse("shape-mismatch", f"{x} has no {factors} channels", label=f"{x} and {factors}", dims=(0,))
        return {"scaled": x, "positive": Output(Shape(factors), "bool")}
"""
MODULATING = """
from torch import nn


class Modulate(nn.Module):
    def forward(self, x, factors):
        return x * factors[:, :, None, None], factors > 0
"""


def test_a_layer_takes_and_gives_several_tensors(tmp_path: Path) -> None:
    """Inputs by name, outputs by name and of another dtype: in the graph, the module and the source."""
    (tmp_path / "several.py").write_text(SEVERAL)
    (tmp_path / "modulating.py").write_text(MODULATING)
    cnnspec.plugin(tmp_path / "several.py")
    text = """
cnnspec: 1
input: {image: [4, 5, 5], factors: [4]}
outputs: {image: modulated.scaled, signs: modulated.positive}
layers:
  - {Modulate: , id: modulated, from: {factors: factors, x: image}}
"""
    graph = cnnspec.graph(cnnspec.loads(text))
    assert {name: (tuple(one.shape), one.dtype) for name, one in graph.signature().outputs.items()} == {
        "image": ((4, 5, 5), "float32"),
        "signs": ((4,), "bool"),
    }
    image, factors = torch.randn(2, 4, 5, 5), torch.randn(2, 4)
    given = cnnspec.build(graph)(image, factors)
    assert torch.equal(given["image"], image * factors[:, :, None, None])
    assert torch.equal(given["signs"], factors > 0)
    assert "= self.modulated(image, factors)" in cnnspec.export(cnnspec.loads(text), "python")
    with pytest.raises(cnnspec.SpecError, match="has no input `scale`"):
        cnnspec.graph(cnnspec.loads(text.replace("{factors: factors,", "{scale: factors,")))


def test_a_layer_goes_before_one_of_cnnspecs_own(tmp_path: Path) -> None:
    """A layer of a plugin under the name of another is the one that specs get, and whoever loads it is warned."""
    (tmp_path / "instead.py").write_text(LAYER.replace("Own", "ReLU") + '    target = "torch.nn.Tanh"\n')
    with pytest.warns(PluginWarning, match="`ReLU` of .*instead.py replaces cnnspec's own layer of that name"):
        cnnspec.plugin(tmp_path / "instead.py")
    spec = cnnspec.loads("cnnspec: 1\ninput: [3]\nlayers: [ReLU]\n")
    assert isinstance(next(iter(cnnspec.build(spec).children())), nn.Tanh)

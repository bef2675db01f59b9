"""``python -m benchmarks.timm_import [NAME…]``: import a hundred modules of timm and write their table.

Each module is built without pretrained weights, all of its weights and buffers are randomized, and it is imported. The
built spec and its exported source, with the module's weights, must give the module's outputs to the bit. The table goes
into docs/how-to/importing.md. Results are kept in build/timm_import.jsonl: a module that is done is not imported again
unless it is named. timm must be installed; it is no dependency of cnnspec.
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

import cnnspec
from cnnspec.engine.diagnostics import CnnspecError, SpecError
from cnnspec.pytorch.importing import import_module
from cnnspec.pytorch.importing.construct import constructing

BUILD, PAGE = Path("build/timm_import.jsonl"), Path("docs/how-to/importing.md")
BEGIN, END = "<!-- timm: begin -->\n", "<!-- timm: end -->\n"
OUTCOMES = ("imported", "refused")
SIZE = 64  # of an image, where the module takes it
SIZES = {
    **dict.fromkeys(("inception_v3", "inception_v4", "inception_resnet_v2", "xception41", "xception41p"), 96),
    **dict.fromkeys(("legacy_xception", "dpn48b", "dpn68", "dpn92"), 96),
    **dict.fromkeys(("vit_tiny_patch16_224", "deit_tiny_patch16_224", "mixer_s32_224", "resmlp_12_224"), 224),
    **dict.fromkeys(("visformer_tiny", "levit_128s", "levit_conv_128s", "swin_tiny_patch4_window7_224"), 224),
    **dict.fromkeys(("efficientformer_l1", "efficientvit_m0", "cait_xxs24_224", "coat_lite_tiny"), 224),
    **dict.fromkeys(("botnet26t_256", "halonet26t", "coatnet_nano_rw_224"), 256),
    "coatnet_nano_rw_224": 224,
}
NAMES = """
    resnet10t resnet18 resnet26d resnet33ts resnet50 resnet50_gn resnet50_clip resnetaa50 resnetblur18 resnetrs50
    resnetv2_18 resnetv2_50d_gn wide_resnet50_2 resnext26ts resnext50_32x4d seresnet18 seresnext26d_32x4d
    legacy_seresnet18 ecaresnet26t gcresnext26ts skresnet18 resnest14d res2net50_26w_4s
    densenet121 densenetblur121d rdnet_tiny vgg11 vgg13_bn
    efficientnet_b0 efficientnet_lite0 efficientnet_es efficientnet_b0_gn efficientnet_blur_b0 efficientnet_cc_b0_4e
    efficientnetv2_rw_t tf_efficientnet_b0 tf_efficientnetv2_b0 mixnet_s mnasnet_100 semnasnet_075 fbnetc_100
    spnasnet_100 tinynet_e hardcorenas_a lcnet_050
    mobilenetv1_100 mobilenetv2_100 mobilenetv3_large_100 mobilenetv3_small_050 tf_mobilenetv3_small_075
    mobilenetv4_conv_small mobilenetv4_conv_blur_medium mobilenet_edgetpu_v2_s
    ghostnet_050 ghostnetv2_100 ghostnetv3_050 repghostnet_050
    regnetx_002 regnety_002 regnetz_005 nf_regnet_b0 gernet_s
    convnext_atto convnext_atto_ols convnextv2_atto nfnet_l0 dm_nfnet_f0 nf_resnet26 eca_nfnet_l0
    dla34 dla46x_c dla60_res2net dpn48b dpn68 dpn92 hrnet_w18_small
    inception_v3 inception_v4 inception_resnet_v2 inception_next_atto xception41 xception41p legacy_xception
    nasnetalarge rexnet_100 rexnetr_100 repvgg_a0 repvgg_b1g4 mobileone_s0
    cspresnet50 cspdarknet53 cs3darknet_s cs3edgenet_x darknet17 selecsls42 vovnet39a ese_vovnet19b_dw eca_vovnet39b
    hgnet_tiny hgnetv2_b0 tresnet_m starnet_s1 fasternet_t0 edgenext_xx_small poolformer_s12 poolformerv2_s12
    convmixer_768_32 levit_128s levit_conv_128s vit_tiny_patch16_224 mixer_s32_224 visformer_tiny mobilevit_xxs
    repvit_m1 fastvit_t8 efficientformer_l1 efficientvit_b0 shvit_s1 swin_tiny_patch4_window7_224 coatnet_nano_rw_224
    mambaout_femto
""".split()


def main() -> None:
    arguments = parse()
    results = {} if arguments.again else done(arguments.results)
    for name in arguments.names or NAMES:
        if arguments.names or name not in results:
            results[name] = imported(name)
            print(line(results[name]), flush=True)
            keep(arguments.results, results[name])
    if not arguments.names:
        write_page(arguments.page, [results[name] for name in NAMES])
        print(f"{arguments.page} is written")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.timm_import", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="import these alone, and leave the page as it is")
    parser.add_argument("--again", action="store_true", help="import what is done already again")
    parser.add_argument("--results", type=Path, default=BUILD, metavar="FILE", help="where results are kept")
    parser.add_argument("--page", type=Path, default=PAGE, metavar="FILE", help="the page that has the table")
    return parser.parse_args()


def done(path: Path) -> dict[str, dict[str, Any]]:
    """The last result of each name."""
    if not path.exists():
        return {}
    return {result["name"]: result for result in map(json.loads, path.read_text(encoding="utf-8").splitlines())}


def keep(path: Path, result: Mapping[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(result) + "\n")


# ---------------------------------------------------------------------------------------------------------- one module


def imported(name: str) -> dict[str, Any]:
    """What becomes of one module: `imported`, `refused`, or a fault: `unsound`, `differs`, `traceback`."""
    import timm

    size = SIZES.get(name, SIZE)
    result: dict[str, Any] = {"name": name, "timm": timm.__version__, "size": size}
    started = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.manual_seed(0)
        network, given = constructing(lambda: timm.create_model(name, pretrained=False))
        randomize(network)
        try:
            made = import_module(network, {"input": (3, size, size)}, name, given)
        except SpecError as error:
            found = [{"code": d.code, "message": d.message} for d in error.diagnostics]
            result |= {"outcome": "refused", "diagnostics": found}
        except CnnspecError as error:
            result |= {"outcome": "unsound", "message": str(error)}
        except Exception:  # noqa: BLE001 - a fault of the importer is a result
            result |= {"outcome": "traceback", "message": traceback.format_exc()[-1500:]}
        else:
            wrong = differences(made.text, network, size)
            result |= {"outcome": "differs" if wrong else "imported", "message": ", ".join(wrong)}
            result |= {
                "lines": len(made.text.splitlines()),
                "form": made.form.name,
                "notes": [*made.notes],
                "text": made.text,
            }
    return result | {"seconds": round(time.perf_counter() - started, 1)}


@torch.no_grad()
def randomize(network: nn.Module) -> None:
    """Draws every weight and buffer, so that no zero or one hides a path."""
    for key, tensor in [*network.named_parameters(), *network.named_buffers()]:
        if not tensor.is_floating_point():
            continue
        if key.endswith("running_var") or tensor.dim() < 2:
            tensor.uniform_(0.5, 1.5) if not key.endswith("bias") else tensor.normal_(std=0.2)
        else:
            tensor.normal_(std=(2 / max(tensor[0].numel(), 1)) ** 0.5)


def differences(text: str, network: nn.Module, size: int) -> list[str]:
    """What does not give the module's outputs: the network that a text builds, or its exported source."""
    images = torch.randn(3, 3, size, size, generator=torch.Generator().manual_seed(1))
    expected = outputs(network, images)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "imported.yaml"
        path.write_text(text, encoding="utf-8")
        others = {"built": lambda: cnnspec.build(path), "source": lambda: executed(str(cnnspec.export(path)))}
        return [what for what, make in others.items() if not same(make, network, images, expected)]


def same(make: Callable[[], nn.Module], network: nn.Module, images: Tensor, expected: Tensor) -> bool:
    """Whether a network with the module's weights gives the module's outputs."""
    theirs = network.state_dict()
    try:
        other = make()
        other.load_state_dict({key: theirs[key] for key in other.state_dict()}, strict=True)
        return torch.equal(outputs(other, images), expected)
    except (CnnspecError, RuntimeError, KeyError):
        return False


def outputs(network: nn.Module, images: Tensor) -> Tensor:
    with torch.no_grad():
        found: Tensor = network.eval()(images)
    return found


def executed(source: str) -> nn.Module:
    """The network of an exported source: its last class."""
    scope: dict[str, Any] = {"__name__": "exported"}
    exec(compile(source, "exported", "exec"), scope)
    *_, last = [v for v in scope.values() if isinstance(v, type) and v.__module__ == "exported"]
    made: nn.Module = last()
    return made


# ------------------------------------------------------------------------------------------------------------ the page


def line(result: Mapping[str, Any]) -> str:
    return f"{result['name']}: {result['outcome']}: {said(result)} ({result['seconds']} s)"


def said(result: Mapping[str, Any]) -> str:
    """The lines of the spec that was written, or why it was not written."""
    if result["outcome"] == "imported":
        return f"{result['lines']} lines{'' if result['form'] == 'CLASSES' else ', ' + result['form']}"
    if result["outcome"] == "refused":
        told = Counter(f"{d['message']} [{d['code']}]" for d in result["diagnostics"])
        return "; ".join(f"{message} ×{n}" if n > 1 else message for message, n in told.items())
    return str(result["message"])


def write_page(path: Path, results: Sequence[Mapping[str, Any]]) -> None:
    """Puts the tables between the marks of the page."""
    before, _, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    path.write_text(f"{before}{BEGIN}{chr(10).join(tables(results))}\n{END}{after}", encoding="utf-8")


def tables(results: Sequence[Mapping[str, Any]]) -> list[str]:
    """What came of all modules, what stands against those that were refused, and each module."""
    outcomes = Counter(result["outcome"] for result in results)
    counts = ", ".join(f"{outcomes[word]} {word}" for word in (*OUTCOMES, *sorted({*outcomes} - {*OUTCOMES})))
    rows = [f"Of {len(results)} modules of timm {results[0]['timm']}: {counts}.", ""]
    rows += ["| why modules are refused | code | modules |", "| --- | --- | --- |"]
    rows += [f"| {reason} | `{code}` | {len(names)} |" for (reason, code), names in reasons(results)]
    rows += ["", "| module | input | |", "| --- | --- | --- |"]
    return rows + [f"| {r['name']} | {r['size']}² | {r['outcome']}, {outcome(r)} |" for r in results]


def reasons(results: Sequence[Mapping[str, Any]]) -> list[tuple[tuple[str, str], set[str]]]:
    """The messages without what is one module's own, each with the modules that it refuses, most of them first."""
    found: dict[tuple[str, str], set[str]] = {}
    for result in results:
        for told in result.get("diagnostics", ()):
            found.setdefault((general(told["message"]), told["code"]), set()).add(result["name"])
    return sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))


PATH = re.compile(r"`(?!torch\.)(?:[a-z_][\w-]*|\d+)(?:\.[\w-]+)*`( \(\w+\))?")  # of a module, with its class


def general(message: str) -> str:
    """A message without the paths, shapes and numbers of a module."""
    return re.sub(r"\b\d+\b", "N", re.sub(r"\(\d[\d, ]*\)", "(…)", PATH.sub("`…`", message)))


def outcome(result: Mapping[str, Any]) -> str:
    """The lines of the spec, or how many messages there are instead."""
    if result["outcome"] == "imported":
        return f"{result['lines']} lines" + (
            ", with a note of sizes" if any("size" in n for n in result["notes"]) else ""
        )
    told = len({general(d["message"]) for d in result.get("diagnostics", ())})
    return f"{told} {'reason' if told == 1 else 'reasons'}" if told else str(result["message"]).splitlines()[0]


if __name__ == "__main__":
    main()

"""A network as ONNX: checked by onnx, and run once in onnxruntime beside torch, before it is handed on."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import torch

from cnnspec.engine.diagnostics import CnnspecError, UsageError, listing
from cnnspec.pytorch.exporting.program import ExportedNetwork, apart, failing

NEEDED = ("onnx", "onnxscript", "onnxruntime")
LARGEST = 2**31 - 1  # bytes of one file, as protobuf counts
TOLERANCE = 1e-5  # of the largest output, between onnxruntime and torch


def as_onnx(network: ExportedNetwork) -> bytes:
    """An `.onnx` file with a free batch. Raises UsageError."""
    require()
    if 4 * (network.graph.params + network.graph.buffers) > LARGEST:
        raise UsageError("an ONNX file holds less than 2 GiB, and the weights are more", "export with --to torch")
    model = _model(network)
    data = bytes(model.SerializeToString())
    distance = furthest(network, data)
    if distance > TOLERANCE:
        raise CnnspecError(f"the ONNX file computes something else: outputs differ by {distance:.1e} of the largest")
    return data


def require() -> None:
    """Raises UsageError where a package is missing, with how it is had."""
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise UsageError(f"ONNX needs {listing(missing)}, not installed: pip install 'cnnspec[onnx]'")


def _model(network: ExportedNetwork) -> Any:
    from onnx import checker, helper

    program = network.exported()
    with failing("torch.onnx"):
        made = torch.onnx.export(
            program,
            input_names=network.inputs,
            output_names=network.outputs,
            dynamic_shapes=network.free,  # for the name of the dimension, which a program does not keep
            dynamo=True,
            verbose=False,
        )
        assert made is not None
        model = made.model_proto
        helper.set_model_props(model, network.facts)
        checker.check_model(model, full_check=True)
    return model


def furthest(network: ExportedNetwork, data: bytes, batch: int = 3) -> float:
    """How far onnxruntime's outputs are from torch's, as a share of the largest."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    inputs = network.example(batch)
    with torch.no_grad():
        wanted = network.module(*inputs)
    wanted = list(wanted.values()) if isinstance(wanted, dict) else [wanted]
    arrays = dict(zip(network.inputs, (tensor.numpy() for tensor in inputs), strict=True))
    found = [torch.from_numpy(array) for array in session.run(network.outputs, arrays)]
    return max(apart(one, two) for one, two in zip(found, wanted, strict=True))

"""The shape rules held against the expectations of others: ONNX's backend cases, torch's own operator tests."""

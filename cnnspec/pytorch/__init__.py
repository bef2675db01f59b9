"""The PyTorch half: builds, loads weights, imports, exports, trains, sweeps and reports."""

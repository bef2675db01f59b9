"""Faults that are made on purpose, in large numbers: `make torture` runs all of them, the tests a share."""

"""Tests of cnnspec/lint."""

"""Tests of `make report`, of which no run trains anything."""

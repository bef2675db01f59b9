"""Graph -> tables and records."""

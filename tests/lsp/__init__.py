"""The language server over a real connection: a process, and messages through its pipes."""

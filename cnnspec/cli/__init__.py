"""The command line: parse, call, print, exit code. Thin; what it prints is made elsewhere."""

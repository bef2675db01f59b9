"""Side-by-side measurements of cnnspec: ``python -m benchmarks`` (``make bench``)."""

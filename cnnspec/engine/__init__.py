"""The engine: reads, checks, prices and draws networks. It never imports torch."""

"""The one layout: what it does to a text, and what it leaves alone."""

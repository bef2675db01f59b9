"""Hostile specs: what they are (cases), how a process fares with one (child), and what each costs (`make hostile`)."""

"""The engine by itself: installed from its wheel into an empty environment, and under Pyodide in node."""

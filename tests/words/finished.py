"""The files and folders whose words follow the glossary, and those whose names do. The test keeps them so.

One path a line, in order. A folder includes all files in it.
"""

FINISHED = """
cnnspec/engine/explanations
docs/explanation/results.md
recipes
tests/golden
""".split()

FINISHED_NAMES = """
cnnspec/engine/explanations
tests/words
""".split()

"""The words that people read: plain American English and the field's terms, as a table of patterns.

    glossary.py   phrase -> better word; the uses that are allowed, each with its reason
    prose.py      a file -> its prose: string literals, docstrings, comments, Markdown, golden texts
    scan.py       prose -> findings, `file:line: phrase → use …`
    names.py      identifiers that are participles
    finished.py   the folders and files that test_words.py keeps clean

`python -m tests.words PATH...` prints the findings in any files or folders, `--names` the identifiers.
"""

"""One layout for specs, recipes and sweeps. The rules are in docs/reference/language.md.

    text ──events──► tree of entries, each with its comments ──write──► text in the one layout
                                                                          │
                     the same events and the same comments  ◄──compare───┘

What YAML reads is the same before and after, and so are the comments: ``formatted`` compares both.
"""

from cnnspec.engine.formatting.layout import formatted, formatted_source

__all__ = ["formatted", "formatted_source"]

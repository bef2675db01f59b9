"""The language server: what the checker knows, where the cursor is.

    editor ──JSON-RPC──► Server ──► OpenText ──► Analysis ──► diagnostics · hints · hover · completion · rename …
                            │                       │
                            │                       └─ the engine's own expansion, spans and fixes
                            └─ one thread works; work that a newer message makes stale is ended

It imports the engine alone, never torch.
"""

from cnnspec.lsp.server import serve

__all__ = ["serve"]

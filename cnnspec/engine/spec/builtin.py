"""The built-in blocks: what `cnnspec/blocks/` says, in the language that users write in."""

from __future__ import annotations

from functools import lru_cache

from cnnspec.engine.diagnostics import Sink, Source
from cnnspec.engine.spec.model import Block
from cnnspec.engine.spec.read import read_blocks
from cnnspec.engine.zoo import PACKAGE


@lru_cache(maxsize=1)
def builtin_blocks() -> dict[str, Block]:
    """The blocks that ship with the package, by name."""
    texts = {path: path.read_text(encoding="utf-8") for path in sorted((PACKAGE / "blocks").glob("*.yaml"))}
    sources = [Source(f"cnnspec/blocks/{path.name}", text, shipped=True) for path, text in texts.items()]
    names = [line.strip()[:-1] for text in texts.values() for line in text.split("\n") if _opens_block(line)]
    sink = Sink()
    blocks = {name: block for source in sources for name, block in read_blocks(source, sink, names).items()}
    assert not len(sink), [str(d.span) + d.message for d in sink]
    return blocks


def _opens_block(line: str) -> bool:
    return line.startswith("  ") and line[2:3].isupper() and line.rstrip().endswith(":")

"""manifest.json: what belongs to a checkpoint, and how it is known again.

It is written in one way only, and holds the hash of itself with that field empty: ``parse`` sees each bit that differs,
be it in a blank.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

MANIFEST = "manifest.json"
MOST = 65_536  # bytes of a manifest
STRICT = ConfigDict(strict=True, frozen=True, extra="forbid")

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
FileName = Annotated[str, Field(pattern=r"^[a-z]{1,32}\.(safetensors|json)$")]  # and so in the folder, never out of it


class HeldFile(BaseModel):
    """A file of a checkpoint: its size, and the hash of its bytes."""

    model_config = STRICT

    bytes: Annotated[int, Field(ge=0)]
    sha256: Sha256


class Manifest(BaseModel):
    """The files of a checkpoint, and whether no checkpoint before it was better."""

    model_config = STRICT

    format: Literal[1] = 1
    best: bool
    files: Annotated[dict[FileName, HeldFile], Field(max_length=32)]
    sha256: Sha256 | Literal[""] = ""

    @classmethod
    def of(cls, files: Mapping[str, bytes], best: bool) -> Manifest:
        held = {name: HeldFile(bytes=len(data), sha256=sha256(data)) for name, data in files.items()}
        return cls(best=best, files=held).sealed()

    def sealed(self) -> Manifest:
        """The same with the hash of itself."""
        bare = self.model_copy(update={"sha256": ""})
        return bare.model_copy(update={"sha256": sha256(bare.text())})

    def text(self) -> bytes:
        return (self.model_dump_json(indent=2) + "\n").encode()

    @classmethod
    def parse(cls, data: bytes) -> Manifest:
        """A manifest that is as it was written. Raises ValueError."""
        try:
            found = cls.model_validate_json(data)
        except ValidationError as error:
            raise ValueError(error.errors(include_url=False)[0]["msg"]) from None
        if found.sealed().text() != data:
            raise ValueError("it does not have the hash that it states")
        return found


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()

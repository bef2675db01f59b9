"""The keys of a spec that extends another: `extends`, `patch`, and params that may be set without being declared."""

from __future__ import annotations

from cnnspec.engine.schema.values import Schema, or_expression
from cnnspec.engine.spec.items import GROUP
from cnnspec.engine.spec.patch import AFTER, BEFORE, FORM, REMOVE, REPLACE

BASE = r"^(?!/|~|[A-Za-z]:[/\\])(?!(?:.*/)?\.\.(?:/|$))[^\\$]+$"
BAD_BASE = "a shipped name, or a file of this folder or below it: base.yaml, base.yaml:variant"
PART = r"(?:\*\*|(?:(?!\*\*)[^.$])+)"
KEY = rf"^{PART}(?:\.{PART})*$"
BAD_KEY = "a key such as layer4.0.conv2: * stands for any part of one, ** for any number of parts"
EDITS = {
    REPLACE: "The keys of lines of the base: `layers` stand in the place of each.",
    BEFORE: "The keys of lines of the base: `layers` stand between each and what it takes.",
    AFTER: "The keys of lines of the base: `layers` stand between each and what takes it.",
    REMOVE: "The keys of lines of the base that are left out; what each took goes on in its stead.",
}


def extends() -> Schema:
    """The spec that is extended."""
    about = "The spec that this one is an edited copy of: a shipped name, or a file of this folder."
    return {"description": about, "type": "string", "pattern": BASE, "patternErrorMessage": BAD_BASE}


def patch() -> Schema:
    """A list of edits; what stands in one is said where it is known what may be called."""
    return {"description": "Edits of the lines of the base, by their keys.", "type": "array"}


def edits(suffix: str) -> Schema:
    """One edit: what it does to which lines, and with which."""
    key = {"type": ["string", "integer", "number"], "pattern": KEY, "patternErrorMessage": BAD_KEY}
    lines = {"description": "The lines that are put there.", "$ref": f"#/$defs/chain{suffix}"}
    return {
        "title": "patch",
        "description": f"{FORM[0].upper()}{FORM[1:]}.",
        "type": "object",
        "properties": {
            **{name: {"description": about, **key} for name, about in EDITS.items()},
            GROUP: {**lines, "minItems": 1},
            "when": {"description": "Whether the edit is made.", **or_expression({"type": ["boolean"]})},
        },
        "additionalProperties": False,
        "anyOf": [{"required": [name]} for name in EDITS],
        "dependentSchemas": {name: _alone(name) for name in EDITS},
    }


def _alone(name: str) -> Schema:
    """An edit does one thing; all but `remove` put lines somewhere."""
    if name == REMOVE:
        return {"propertyNames": {"enum": [name, "when"]}}
    return {"propertyNames": {"enum": [name, GROUP, "when"]}, "required": [GROUP]}


def param_over(param: Schema) -> Schema:
    """What a spec may say of a param that its base declares: anything that a declaration may, or a value alone."""
    known = {name: param[name] for name in ("properties", "patternProperties", "additionalProperties")}
    about = "A new default for a param of the base; or a declaration, as of any param."
    types = ["string", "number", "boolean", "null", "array", "object"]
    return {"title": "param", "description": about, "type": types, **known}

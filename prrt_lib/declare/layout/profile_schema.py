"""The form of a profile as JSON Schema, for editors and for the documentation."""

from __future__ import annotations

from typing import Any

from prrt_lib.declare.dictionary import dictionary
from prrt_lib.declare.layout.profile_form import (
    FLAG,
    FORM,
    MAP,
    REQUIRED,
    TEXT,
    WHOLE,
    WORDS,
    choices,
)


def json_schema() -> dict[str, Any]:
    """The form as JSON Schema (2020-12), for editors and for the documentation."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Profile: how a workbook's sheets and headers map onto the data dictionary",
        **_object("profile"),
        "$defs": {level: _object(level) for level in ("sheet", "records", "column")},
    }


def _object(level: str) -> dict[str, Any]:
    properties = {
        key: {"description": meaning, **_schema(key, kind)}
        for key, (kind, meaning) in FORM[level].items()
    }
    if level == "records":
        properties["table"]["enum"] = list(dictionary().tables)
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
        "required": list(REQUIRED[level]),
    }


def _schema(key: str, kind: str) -> dict[str, Any]:
    allowed = {**choices(), "epoch": [1900, 1904]}.get(key)
    if allowed:
        return {"enum": list(allowed)}
    scalar = {"type": ["string", "number"]}
    texts = {"type": "array", "items": scalar}
    entry = {"anyOf": [{"type": "string"}, {"$ref": "#/$defs/column"}]}
    return {
        TEXT: {"type": "string"},
        WHOLE: {"type": "integer", "minimum": 1},
        FLAG: {"type": "boolean"},
        MAP: {"type": "object", "additionalProperties": scalar},
        WORDS: {"type": "object", "additionalProperties": {"anyOf": [scalar, texts]}},
        "sheets": {"type": "array", "items": {"$ref": "#/$defs/sheet"}, "minItems": 1},
        "records": {"type": "array", "items": {"$ref": "#/$defs/records"}, "minItems": 1},
        "columns": {"type": "object", "additionalProperties": entry},
    }.get(kind, texts)

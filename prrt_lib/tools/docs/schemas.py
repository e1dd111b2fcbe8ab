"""The JSON Schema of a scenario file, from the declared parameters."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from prrt_lib.declare.parameters import Parameters
from prrt_lib.run.notebook_form import STORY, declared

TYPES: dict[str, dict[str, Any]] = {
    "str": {"type": "string"},
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "bool": {"type": "boolean"},
    "list": {"type": "array"},
    "list[str]": {"type": "array", "items": {"type": "string"}},
    "list[float]": {"type": "array", "items": {"type": "number"}},
    "list[int]": {"type": "array", "items": {"type": "integer"}},
}


def scenario_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of params/<scenario>.yaml."""
    properties = {
        item.name: {**TYPES[str(item.type)], "description": item.metadata["meaning"]}
        for item in fields(Parameters)
        if item.name not in ("scenario", "notebooks")
    }
    properties["notebooks"] = {
        "type": "object",
        "additionalProperties": False,
        "properties": {name: _notebook(name) for name in STORY},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "PRRT scenario",
        "type": "object",
        "required": ["workbook", "profile", "cutoff"],
        "additionalProperties": False,
        "properties": properties,
    }


def _notebook(name: str) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            item.name: {**TYPES[item.type], "description": item.meaning}
            for item in declared(name)
            if item.name != "scenario"
        },
    }

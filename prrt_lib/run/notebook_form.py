"""A notebook read without running it: its heading, its code, its declared parameters."""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from prrt_lib.base.errors import ParameterError, Problem
from prrt_lib.base.paths import PROJECT
from prrt_lib.declare.parameters import Parameters, convert, unknown_name
from prrt_lib.run.keys import parsed

FOLDER = PROJECT / "notebooks"
# The order of a paper; the report reads the result rows of all others and comes last.
STORY = (
    "quality", "characteristics", "exposure", "response", "survival", "cox", "biomarkers",
    "adverse_events", "report",
)  # fmt: skip


@dataclass(frozen=True)
class NotebookParameter:
    """One line of the parameters cell: ``name: type = default  # meaning``."""

    name: str
    type: str
    default: Any
    meaning: str


def notebook_path(name: str) -> Path:
    return FOLDER / f"{name}.ipynb"


def cells(name: str) -> list[dict[str, Any]]:
    """The cells of a notebook as the file holds them."""
    return json.loads(notebook_path(name).read_text(encoding="utf-8"))["cells"]


def source(cell: Mapping[str, Any]) -> str:
    return "".join(cell["source"])


def code(name: str) -> str:
    """All code of a notebook, cell after cell."""
    return "\n".join(source(cell) for cell in cells(name) if cell["cell_type"] == "code")


def declared(name: str) -> list[NotebookParameter]:
    """Parameters that notebook ``name`` declares; raises ParameterError on a malformed line."""
    text = next(
        source(cell) for cell in cells(name) if "parameters" in cell["metadata"].get("tags", [])
    )
    lines, found = text.splitlines(), []
    for node in parsed(text).body:
        if not isinstance(node, ast.AnnAssign) or "#" not in lines[node.end_lineno - 1]:
            raise ParameterError(
                Problem(f"notebooks/{name}.ipynb, parameters cell", f"line {node.lineno}",
                        "name: type = default  # meaning", "write the line in this form")
            )  # fmt: skip
        meaning = lines[node.end_lineno - 1].split("#", 1)[1].strip()
        default = ast.literal_eval(node.value)
        found.append(
            NotebookParameter(node.target.id, ast.unparse(node.annotation), default, meaning)
        )
    return found


def arguments(parameters: Parameters) -> dict[str, dict[str, Any]]:
    """Notebook -> the parameters it runs with, checked before any kernel starts.

    Raises ParameterError with every misspelt notebook, misspelt parameter and wrong type.
    """
    problems = [
        unknown_name(name, list(STORY), f"{parameters.scenario}, notebooks")
        for name in parameters.notebooks
        if name not in STORY
    ]
    chosen: dict[str, dict[str, Any]] = {}
    for name in STORY:
        types = {item.name: item.type for item in declared(name) if item.name != "scenario"}
        chosen[name] = {"scenario": parameters.scenario}
        for key, value in (parameters.notebooks.get(name) or {}).items():
            where = f"{parameters.scenario}, notebooks: {name}: {key}"
            if key not in types:
                problems.append(unknown_name(key, list(types), where))
                continue
            try:
                chosen[name][key] = convert(value, types[key], where)
            except ParameterError as error:
                problems += error.problems
    if problems:
        raise ParameterError(problems)
    return chosen


@cache
def heading(name: str) -> str:
    """First heading of a notebook."""
    lines = (line for cell in cells(name) for line in source(cell).splitlines())
    return next((line.lstrip("# ") for line in lines if line.startswith("# ")), name)

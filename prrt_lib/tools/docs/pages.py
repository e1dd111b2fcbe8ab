"""The generated pages of docs/: a test fails when one of them is stale."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from prrt_lib.base.paths import write_text
from prrt_lib.declare import findings, rows
from prrt_lib.declare.asked.clauses import clauses, columns_of, exhibits
from prrt_lib.declare.dictionary import NOWHERE, USED, Column, dictionary
from prrt_lib.declare.parameters import Parameters
from prrt_lib.read.parsing import reasons
from prrt_lib.run.notebook_form import STORY, declared, heading

NOTE = "<!-- Made by `make docs`. Change the declaration it comes from, not this page. -->\n\n"
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
EXHIBIT = ["number", "table or figure", "notebook", "figure file", "result rows"]

# How a column that no page shows is spoken of.
SAID = {USED: "used, not shown", NOWHERE: "not shown"}


def pages() -> dict[str, str]:
    """File name below docs/ -> text, for every generated page."""
    from prrt_lib.declare.layout.profile_schema import json_schema as profile_schema

    return {
        "data-dictionary.md": dictionary_page(),
        "parameters.md": parameters_page(),
        "endpoints.md": endpoints_page(),
        "rules.md": rules_page(),
        "result-rows.md": result_rows_page(),
        "traceability.md": traceability_page(),
        "schemas/profile.schema.json": _json(profile_schema()),
        "schemas/scenario.schema.json": _json(scenario_schema()),
    }


def write_pages(folder: Path) -> list[Path]:
    """Writes every generated page below ``folder``; the files written."""
    written = []
    for name, text in pages().items():
        write_text(Path(folder) / name, text)
        written.append(Path(folder) / name)
    return written


def _json(content: object) -> str:
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def table(header: Sequence[str], lines: Iterable[Sequence[object]]) -> str:
    """A Markdown table."""
    shown = [list(header), ["---"] * len(header), *([str(cell) for cell in line] for line in lines)]
    return "".join(
        "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in line) + " |\n"
        for line in shown
    )


def _described(column: Column) -> list[str]:
    allowed = ", ".join(column.allowed) if column.allowed else ("open" if column.open else "")
    limits = (
        ""
        if column.range is None
        else " to ".join("" if end is None else str(end) for end in column.range)
    )
    marks = [
        word
        for word in ("required", "multiple", "free_text", "identifying")
        if getattr(column, word)
    ]
    notes = " ".join(text for text in (", ".join(marks), column.description) if text)
    typed = ", ".join([column.value_column, *column.companions.values()])
    return [
        f"`{column.name}`", column.label, column.kind, column.unit, allowed, limits, column.clause,
        f"`{typed}`", notes,
    ]  # fmt: skip


def dictionary_page() -> str:
    """docs/data-dictionary.md."""
    header = [
        "column",
        "label",
        "kind",
        "unit",
        "allowed",
        "plausible",
        "clause",
        "typed columns",
        "notes",
    ]
    parts = [
        NOTE,
        "# Data dictionary\n\n"
        "The canonical tables. Every workbook is mapped onto them by a profile.\n",
    ]
    for item in dictionary().tables.values():
        parts.append(f"\n## {item.name}\n{item.description} Key: {', '.join(item.key)}.\n\n")
        parts.append(table(header, (_described(column) for column in item.columns.values())))
    parts.append("\n## Derived, one row per treated patient\n\n")
    parts.append(table(
        ["column", "label", "unit", "allowed", "clause", "derived from"],
        ([f"`{c.name}`", c.label, c.unit, ", ".join(c.allowed), c.clause, ", ".join(c.derived_from)]
         for c in dictionary().derived.values()),
    ))  # fmt: skip
    return "".join(parts)


def parameters_page() -> str:
    """docs/parameters.md."""
    lines = []
    blank = Parameters("")
    for item in fields(Parameters):
        if item.name != "scenario":
            lines.append(
                [
                    f"`{item.name}`",
                    item.type,
                    f"`{getattr(blank, item.name)}`",
                    item.metadata["meaning"],
                ]
            )
    parts = [NOTE, "# Parameters\n\nA scenario is a YAML file in `params/`; its name is the file's "
             "stem. Only what differs from these defaults is written there.\n\n",
             table(["name", "type", "default", "meaning"], lines),
             "\n## Per notebook\n\nUnder `notebooks:`, by notebook name.\n"]  # fmt: skip
    for name in STORY:
        parts.append(f"\n### {name}: {heading(name)}\n\n")
        parts.append(table(
            ["name", "type", "default", "meaning"],
            ([f"`{p.name}`", p.type, f"`{p.default!r}`", p.meaning] for p in declared(name)),
        ))  # fmt: skip
    return "".join(parts)


def endpoints_page() -> str:
    """docs/endpoints.md."""
    from prrt_lib.study.endpoints import ENDPOINTS, SETTINGS

    parts = [
        NOTE,
        "# Endpoints\n\nEach endpoint declares its clock. "
        "Endpoints with different origins never share a name.\n",
    ]
    for name, item in ENDPOINTS.items():
        parts.append(f"\n## `{name}`: {item.label}\n\n")
        facts = {
            key: value
            for key, value in vars(item).items()
            if key not in ("name", "label") and value
        }
        parts.append(
            table(
                ["what", "declared"],
                ([key.replace("_", " "), _flat(value)] for key, value in facts.items()),
            )
        )
    parts.append(
        "\n# Settings\n\nA setting names a sensitivity analysis; the main analysis has none.\n\n"
    )
    knowing = {
        name: ", ".join(key for key, item in ENDPOINTS.items() if name in item.settings)
        for name in SETTINGS
    }
    lines = ([f"`{name or '(main)'}`", text, knowing[name]] for name, text in SETTINGS.items())
    parts.append(table(["setting", "meaning", "endpoints"], lines))
    return "".join(parts)


def _flat(value: object) -> str:
    if isinstance(value, Mapping):
        return "; ".join(f"{key}: {item}" for key, item in value.items())
    if isinstance(value, (tuple, list)):
        return ", ".join(str(item) or "(main)" for item in value)
    return str(value)


def rules_page() -> str:
    """docs/rules.md."""
    order = findings.SEVERITIES.index
    known = sorted(findings.rules().values(), key=lambda rule: (order(rule.severity), rule.id))
    lines = ([f"`{r.id}`", r.severity, r.message, r.how_to_resolve] for r in known)
    why = ([f"`{name}`", one.means, one.resolve] for name, one in sorted(reasons().items()))
    return (
        f"{NOTE}# Rules\n\nEvery question that can be asked about a workbook. An error stops the "
        "run; a warning takes the value out of the analyses that need it; a note is worth "
        "knowing.\n\n"
        f"{table(['rule', 'severity', 'what is wrong', 'how to resolve'], lines)}"
        "\n## Reasons\n\nWhy a cell was read as it was; a question names its reason in "
        "brackets.\n\n"
        f"{table(['reason', 'what it means', 'how to resolve'], why)}"
    )


def result_rows_page() -> str:
    """docs/result-rows.md."""
    statistics = ([f"`{name}`", text] for name, text in rows.STATISTICS.items())
    return (
        f"{NOTE}# Result rows\n\nEvery estimate that is shown anywhere is one row of "
        f"`results/<notebook>.csv`; schema version {rows.SCHEMA_VERSION}.\n\n"
        f"* key: `{', '.join(rows.KEY)}`; `row_id` is the first 12 hex digits of SHA-256 over the "
        "key's texts in this order, joined by tabs (empty for unused, whole numbers without a "
        "decimal point)\n"
        f"* values: `{', '.join(rows.VALUES)}`\n* words: `{', '.join(rows.WORDS)}`\n"
        f"* `state`: {', '.join(rows.STATES)}; `role`: {', '.join(rows.ROLES)}\n"
        f"* `population`: {', '.join(rows.POPULATIONS)}\n"
        "* `time` is in days; models stay on the log scale\n\n"
        f"{table(['statistic', 'meaning'], statistics)}"
    )


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


def traceability_page() -> str:
    """docs/traceability.md."""
    lines = []
    for clause, item in clauses().items():
        keys = _keys(item["rows"])
        columns = ", ".join(f"`{column.address}`" for column in columns_of(clause))
        lines.append([clause, item["clause"], columns, item["notebook"], keys, item["shows"]])
    header = ["id", "registry clause", "columns", "notebook", "result rows", "shown in"]
    return (
        f"{NOTE}# Traceability\n\nEach clause of the registry entry, the columns that hold it, "
        "the notebook that answers it and the result rows where the answer stands.\n\n"
        f"{table(header, lines)}\n## Columns of the workbook\n\nThe result rows that show what a "
        "column holds. What is used and not shown serves other numbers: dates, ids, texts, limits; "
        "what is not shown is read by no page but the one on quality.\n\n"
        f"{table(['column', 'clause', 'result rows'], _columns())}\n"
        "## Tables and figures of a paper\n\nWhere each stands. A figure "
        "of single patients is drawn from them and has no result row.\n\n"
        f"{table(EXHIBIT, _shown())}"
    )


def _keys(keys: Mapping[str, Any]) -> str:
    values = {name: value if isinstance(value, list) else [value] for name, value in keys.items()}
    return ", ".join(f"{name} = {' and '.join(value)}" for name, value in values.items())


def _columns() -> list[list[str]]:
    """A line per column of the workbook that carries a clause."""
    return [
        [f"`{column.address}`", column.clause,
         SAID[shown] if isinstance(shown, str) else _keys(shown)]
        for one in dictionary().tables.values() for column in one.columns.values()
        if column.clause
        for shown in [column.shown_by]
    ]  # fmt: skip


def _shown() -> list[list[str]]:
    """A line per table or figure of a paper."""
    return [
        [number, item["title"], item["notebook"],
         f"`{item['figure']}`" if "figure" in item else "",
         _keys(item["rows"]) or "single patients"]
        for number, item in exhibits().items()
    ]  # fmt: skip

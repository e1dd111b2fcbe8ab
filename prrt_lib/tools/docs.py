"""The generated pages of docs/: a test fails when one of them is stale."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from prrt_lib.base.paths import write_text
from prrt_lib.declare import rows
from prrt_lib.declare.asked import findings
from prrt_lib.declare.asked.clauses import clauses, columns_of, exhibits
from prrt_lib.declare.dictionary import NOWHERE, USED, dictionary
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
# How a column that no page shows is spoken of.
SAID = {USED: "used, not shown", NOWHERE: "not shown"}


def pages() -> dict[str, str]:
    """File name below docs/ -> text, for every generated page."""
    from prrt_lib.declare.layout.profile_schema import json_schema as profile_schema

    schemas = {"profile": profile_schema(), "scenario": scenario_schema()}
    return {
        "data-dictionary.md": dictionary_page(),
        "parameters.md": parameters_page(),
        "endpoints.md": endpoints_page(),
        "rules.md": rules_page(),
        "result-rows.md": result_rows_page(),
        "traceability.md": traceability_page(),
        **{
            f"schemas/{name}.schema.json": json.dumps(schema, indent=1, ensure_ascii=False) + "\n"
            for name, schema in schemas.items()
        },
    }


def write_pages(folder: Path) -> list[Path]:
    """Writes every generated page below ``folder``; the files written."""
    written = {Path(folder) / name: text for name, text in pages().items()}
    for path, text in written.items():
        write_text(path, text)
    return list(written)


def table(header: Sequence[str], lines: Iterable[Sequence[object]]) -> str:
    """A Markdown table."""
    shown = [list(header), ["---"] * len(header), *([str(cell) for cell in line] for line in lines)]
    return "".join(
        "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in line) + " |\n"
        for line in shown
    )


def dictionary_page() -> str:
    """docs/data-dictionary.md."""
    header = ["column", "label", "kind", "unit", "allowed", "plausible", "clause", "typed columns",
              "notes"]  # fmt: skip
    parts = [
        NOTE,
        "# Data dictionary\n\n"
        "The canonical tables. Every workbook is mapped onto them by a profile.\n",
    ]
    for item in dictionary().tables.values():
        lines = []
        for column in item.columns.values():
            allowed = ", ".join(column.allowed) or ("open" if column.open else "")
            limits = " to ".join("" if end is None else str(end) for end in column.range or ())
            kinds = ("required", "multiple", "free_text", "identifying")
            marks = ", ".join(word for word in kinds if getattr(column, word))
            typed = ", ".join([column.value_column, *column.companions.values()])
            lines.append([
                f"`{column.name}`", column.label, column.kind, column.unit, allowed, limits,
                column.clause, f"`{typed}`", " ".join(filter(None, (marks, column.description))),
            ])  # fmt: skip
        parts.append(f"\n## {item.name}\n{item.description} Key: {', '.join(item.key)}.\n\n")
        parts.append(table(header, lines))
    parts.append("\n## Derived, one row per treated patient\n\n")
    parts.append(table(
        ["column", "label", "unit", "allowed", "clause", "derived from"],
        ([f"`{c.name}`", c.label, c.unit, ", ".join(c.allowed), c.clause, ", ".join(c.derived_from)]
         for c in dictionary().derived.values()),
    ))  # fmt: skip
    return "".join(parts)


def parameters_page() -> str:
    """docs/parameters.md."""
    blank = Parameters("")
    lines = (
        [f"`{item.name}`", item.type, f"`{getattr(blank, item.name)}`", item.metadata["meaning"]]
        for item in fields(Parameters)
        if item.name != "scenario"
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

    def flat(value: object) -> str:
        if isinstance(value, Mapping):
            return "; ".join(f"{key}: {item}" for key, item in value.items())
        if isinstance(value, (tuple, list)):
            return ", ".join(str(item) or "(main)" for item in value)
        return str(value)

    parts = [
        NOTE,
        "# Endpoints\n\nEach endpoint declares its clock. "
        "Endpoints with different origins never share a name.\n",
    ]
    for name, item in ENDPOINTS.items():
        facts = (
            [key.replace("_", " "), flat(value)]
            for key, value in vars(item).items()
            if key not in ("name", "label") and value
        )
        parts += [f"\n## `{name}`: {item.label}\n\n", table(["what", "declared"], facts)]
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

    def closed(properties: dict[str, Any]) -> dict[str, Any]:
        return {"type": "object", "additionalProperties": False, "properties": properties}

    properties = {
        item.name: {**TYPES[str(item.type)], "description": item.metadata["meaning"]}
        for item in fields(Parameters)
        if item.name not in ("scenario", "notebooks")
    }
    properties["notebooks"] = closed({
        name: closed({
            item.name: {**TYPES[item.type], "description": item.meaning}
            for item in declared(name)
            if item.name != "scenario"
        })
        for name in STORY
    })  # fmt: skip
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "PRRT scenario",
        "type": "object",
        "required": ["workbook", "profile", "cutoff"],
        "additionalProperties": False,
        "properties": properties,
    }


def traceability_page() -> str:
    """docs/traceability.md."""

    def words(keys: Mapping[str, Any]) -> str:
        lists = {
            name: value if isinstance(value, list) else [value] for name, value in keys.items()
        }
        return ", ".join(f"{name} = {' and '.join(value)}" for name, value in lists.items())

    asked = (
        [clause, item["clause"], ", ".join(f"`{one.address}`" for one in columns_of(clause)),
         item["notebook"], words(item["rows"]), item["shows"]]
        for clause, item in clauses().items()
    )  # fmt: skip
    columns = (
        [f"`{column.address}`", column.clause,
         SAID[column.shown_by] if isinstance(column.shown_by, str) else words(column.shown_by)]
        for one in dictionary().tables.values() for column in one.columns.values()
        if column.clause
    )  # fmt: skip
    shown = (
        [number, item["title"], item["notebook"],
         f"`{item['figure']}`" if "figure" in item else "",
         words(item["rows"]) or "single patients"]
        for number, item in exhibits().items()
    )  # fmt: skip
    header = ["id", "registry clause", "columns", "notebook", "result rows", "shown in"]
    exhibit = ["number", "table or figure", "notebook", "figure file", "result rows"]
    return (
        f"{NOTE}# Traceability\n\nEach clause of the registry entry, the columns that hold it, "
        "the notebook that answers it and the result rows where the answer stands.\n\n"
        f"{table(header, asked)}\n## Columns of the workbook\n\nThe result rows that show what a "
        "column holds. What is used and not shown serves other numbers: dates, ids, texts, limits; "
        "what is not shown is read by no page but the one on quality.\n\n"
        f"{table(['column', 'clause', 'result rows'], columns)}\n"
        "## Tables and figures of a paper\n\nWhere each stands. A figure "
        "of single patients is drawn from them and has no result row.\n\n"
        f"{table(exhibit, shown)}"
    )

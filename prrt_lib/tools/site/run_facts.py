"""What a run was made from: in short on the bar of every page, whole on a page of its own."""

from __future__ import annotations

import html
from dataclasses import fields
from typing import Any

from prrt_lib.declare.parameters import Parameters
from prrt_lib.run.notebook_form import STORY
from prrt_lib.tools.site.markup import element, facts, raw, table, words

INTERNAL = "INTERNAL"
SHORT = 8


def stamps(about: dict[str, Any]) -> list[str]:
    """Words that every page of this run carries."""
    return ["SYNTHETIC", INTERNAL] if about.get("synthetic") else [INTERNAL]


def in_short(parameters: Parameters, record: dict[str, Any]) -> list[tuple[str, str]]:
    """The facts that every page shows, with the hashes cut short."""
    return [
        ("scenario", parameters.scenario),
        ("data cut-off", parameters.cutoff),
        ("workbook", _named(record.get("workbook", {}))),
        ("profile", _named(record.get("profile", {}))),
        ("prrt_lib", record.get("prrt_lib", "")),
        ("seed", str(parameters.seed)),
    ]


def _named(file: dict[str, str]) -> str:
    return f"{file.get('name', '?')} {file.get('sha256', '')[:SHORT]}".strip()


def bar(parameters: Parameters, record: dict[str, Any], failures: int) -> str:
    """HTML of the bar: stamps, title, facts, and how many notebooks stopped."""
    marks = "".join(
        element("strong", word, class_="prrt-stamp") for word in stamps(record.get("about", {}))
    )
    if failures:
        count = "1 notebook" if failures == 1 else f"{failures} notebooks"
        marks += f'<a class="prrt-stamp prrt-stopped" href="index.html">{count} stopped</a>'
    shown = "".join(
        f"<span>{html.escape(name)} <b>{html.escape(value)}</b></span>"
        for name, value in in_short(parameters, record)
    )
    title = element("span", parameters.title or parameters.scenario, class_="prrt-bar-title")
    return (
        f'<div class="prrt-bar"><div class="prrt-bar-marks">{marks}{title}</div>'
        f'<div class="prrt-bar-facts">{shown}<a href="facts.html">all facts of this run</a>'
        '<button type="button" data-trace-cell hidden>from a cell to its numbers</button></div>'
        "</div>"
    )


def facts_page(parameters: Parameters, record: dict[str, Any], fresh: list[str]) -> str:
    """Markdown of the page "All facts of this run"."""
    parts = {
        "Inputs": facts(inputs(parameters, record), "What went in"),
        "Parameters": table(
            "Parameters of the scenario", ("name", "value", "meaning"), settings(parameters)
        ),
        "Software": facts(software(record), "Versions and hashes of the code"),
        "Rows of the workbook": table(
            "Rows read", ("table", "rows"),
            [(name, str(count)) for name, count in sorted(record["about"]["rows"].items())],
        ),
        "Notebooks": table(
            "Notebooks of this run", ("notebook", "state", "SHA-256 of the notebook"),
            [(name, "complete", record[f"notebook {name}"]["key"]["notebook"]) if name in fresh
             else (name, "not complete", "") for name in STORY],
        ),
    }  # fmt: skip
    body = "\n".join(f"## {heading}\n\n{raw(text)}" for heading, text in parts.items())
    return f"# All facts of this run\n\n{body}"


def inputs(parameters: Parameters, record: dict[str, Any]) -> list[tuple[str, str]]:
    """Scenario, cut-off, workbook and profile with their whole hashes."""
    workbook, profile = record["workbook"], record["profile"]
    return [
        ("stamp", " ".join(stamps(record["about"]))),
        ("scenario", parameters.scenario),
        ("data cut-off", parameters.cutoff),
        ("workbook", workbook["name"]), ("workbook, SHA-256", workbook["sha256"]),
        ("profile", profile["name"]), ("profile, SHA-256", profile["sha256"]),
        ("amendments", "; ".join(parameters.amendments) or "none"),
    ]  # fmt: skip


def settings(parameters: Parameters) -> list[tuple[str, str, str]]:
    """Every parameter of the scenario with the value it had and its meaning."""
    return [
        (item.name, words(getattr(parameters, item.name)), item.metadata.get("meaning", ""))
        for item in fields(parameters)
    ]


def changed(parameters: Parameters) -> str:
    """The parameters that differ from their defaults, beside what every scenario has to name."""
    plain = Parameters(parameters.scenario)
    named = ("workbook", "profile", "cutoff", "title", "amendments")
    apart = [
        f"{name} = {value}"
        for name, value, _ in settings(parameters)
        if name not in named and getattr(parameters, name) != getattr(plain, name)
    ]
    return "; ".join(apart) or "all at their defaults"


def software(record: dict[str, Any]) -> list[tuple[str, str]]:
    """Versions of the packages, and the hashes of the lock and of the library's code."""
    return [
        ("prrt_lib", record["prrt_lib"]), *record["versions"].items(),
        ("requirements.lock, SHA-256", record["lock"]), ("code, SHA-256", record["code"]),
        ("code, commit", commit(record)),
        ("schema of the result rows", record["schema_version"]),
    ]  # fmt: skip


def commit(record: dict[str, Any]) -> str:
    """The commit of the code, and whether anything was changed since."""
    told = record.get("source") or {"commit": "unknown", "tree": "unknown"}
    trees = {"clean": ", nothing changed since", "changed": ", with changes that are not committed"}
    return told["commit"] + trees.get(told["tree"], "")

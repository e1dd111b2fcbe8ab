"""The bar on top of every page: whose numbers these are, and which run they come from."""

from __future__ import annotations

import html
from typing import Any

from prrt_lib.declare.parameters import Parameters
from prrt_lib.tools.site.markup import element

INTERNAL = "INTERNAL"
SHORT = 8


def stamps(about: dict[str, Any]) -> list[str]:
    """Words that every page of this run carries."""
    return ["SYNTHETIC", INTERNAL] if about.get("synthetic") else [INTERNAL]


def facts(parameters: Parameters, record: dict[str, Any]) -> list[tuple[str, str]]:
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
        words = "1 notebook stopped" if failures == 1 else f"{failures} notebooks stopped"
        marks += f'<a class="prrt-stamp prrt-stopped" href="index.html">{words}</a>'
    shown = "".join(
        f"<span>{html.escape(name)} <b>{html.escape(value)}</b></span>"
        for name, value in facts(parameters, record)
    )
    title = element("span", parameters.title or parameters.scenario, class_="prrt-bar-title")
    return (
        f'<div class="prrt-bar"><div class="prrt-bar-marks">{marks}{title}</div>'
        f'<div class="prrt-bar-facts">{shown}<a href="facts.html">all facts of this run</a>'
        '<button type="button" data-trace-cell hidden>from a cell to its numbers</button></div>'
        "</div>"
    )

"""The project's own pages beside a run's pages: what is declared, and how far it agrees with R."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

from prrt_lib.base.paths import PROJECT, Places
from prrt_lib.declare.parameters import Parameters
from prrt_lib.edges import keys, manifest
from prrt_lib.edges.pages import HERE, header

DOCS = PROJECT / "docs"
# Page -> title, in the order of the start page.
REFERENCE = {
    "endpoints": "Endpoints and settings",
    "data-dictionary": "Data dictionary",
    "parameters": "Parameters",
    "rules": "Rules of the workbook's questions",
    "traceability": "Registry clause to result row",
    "result-rows": "Result rows",
    "parity": "Agreement with R",
    "coverage": "Coverage in simulation",
    "choices": "Choices where the decisions are silent",
    "glossary": "Glossary",
}


def present() -> list[str]:
    """Reference pages whose source exists."""
    return [name for name in REFERENCE if (DOCS / f"{name}.md").exists()]


def key(parameters: Parameters, about: dict[str, Any]) -> str:
    """What the reference pages depend on."""
    sources = [keys.file_digest(DOCS / f"{name}.md") for name in present()]
    return keys.digest([sources, header("", parameters, about), keys.code_key([__name__])])


def write_reference(parameters: Parameters, about: dict[str, Any], places: Places) -> list[Path]:
    """The reference pages of a run; the files written."""
    from nbconvert.filters import markdown2html

    style = (HERE / "page.css").read_text(encoding="utf-8")
    written = []
    for name in present():
        text = (DOCS / f"{name}.md").read_text(encoding="utf-8")
        body = _local(markdown2html(text))
        target = places.reports / f"{name}.html"
        manifest.write_text(target, _page(name, body, style, parameters, about))
        written.append(target)
    return written


def _page(name: str, body: str, style: str, parameters: Parameters, about: dict[str, Any]) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f"<title>{html.escape(REFERENCE[name])}</title>"
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<style>{style}</style></head><body class="prrt-index">'
        f"{header(name, parameters, about)}<main>{body}</main></body></html>\n"
    )


def _beside(link: re.Match) -> str:
    return f'href="{link[1]}.html"' if link[1] in REFERENCE else ""


def _local(body: str) -> str:
    """Links between reference pages stay; links and pictures elsewhere in docs/ become text."""
    body = re.sub(r'href="([a-z-]+)\.md(#[^"]*)?"', _beside, body)
    body = re.sub(r"<img[^>]*>", "", body)
    return re.sub(r'<a\s+(?:href="\.\.?/[^"]*")?\s*>(.*?)</a>', r"\1", body)

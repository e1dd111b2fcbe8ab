"""Executed notebooks as self-contained pages: no request leaves the reader's machine."""

from __future__ import annotations

import html
from functools import cache
from pathlib import Path
from typing import Any

from prrt_lib.base.paths import Places
from prrt_lib.declare.parameters import Parameters
from prrt_lib.edges.manifest import write_text
from prrt_lib.edges.notebook_form import STORY, cells, source

HERE = Path(__file__).parent
INTERNAL = "INTERNAL"


def stamps(about: dict[str, Any]) -> list[str]:
    """Words that every page of this run carries."""
    return ["SYNTHETIC", INTERNAL] if about.get("synthetic") else [INTERNAL]


@cache
def heading(name: str) -> str:
    """First heading of a notebook."""
    lines = (line for cell in cells(name) for line in source(cell).splitlines())
    return next((line.lstrip("# ") for line in lines if line.startswith("# ")), name)


def header(name: str, parameters: Parameters, about: dict[str, Any]) -> str:
    """The bar on top of every page: stamps, facts of the run, the other pages."""
    marks = "".join(
        f'<span class="prrt-stamp">{html.escape(word)}</span>' for word in stamps(about)
    )
    links = []
    for page in ("index", *STORY):
        here = ' aria-current="page"' if page == name else ""
        text = "Start" if page == "index" else heading(page)
        links.append(f'<a href="{page}.html"{here}>{html.escape(text)}</a>')
    facts = (
        f"scenario {parameters.scenario} · data cut-off {parameters.cutoff} · "
        f"profile {parameters.profile}"
    )
    return (
        f'<header class="prrt-header"><div class="title">{marks}'
        f"{html.escape(parameters.title or parameters.scenario)}</div>"
        f'<div class="facts">{html.escape(facts)}</div>'
        f'<nav aria-label="Pages">{"".join(links)}</nav>'
        "</header>"
    )


@cache
def _exporter() -> Any:
    from nbconvert import HTMLExporter

    exporter = HTMLExporter(template_file=str(HERE / "page.html.j2"), theme="light")
    # Each of these would name an address on the network.
    for address in ("require_js_url", "jquery_url", "mathjax_url", "jupyter_widgets_base_url",
                    "widget_renderer_url", "mermaid_js_url"):  # fmt: skip
        if exporter.has_trait(address):
            setattr(exporter, address, "")
    return exporter


def write_page(
    name: str, notebook: Any, parameters: Parameters, about: dict[str, Any], places: Places
) -> Path:
    """The page of an executed notebook; the name of the file written."""
    style = (HERE / "page.css").read_text(encoding="utf-8")
    top = header(name, parameters, about)
    resources = {"prrt": {"style": style, "header": top}, "metadata": {"name": heading(name)}}
    text, _ = _exporter().from_notebook_node(notebook, resources=resources)
    target = places.reports / f"{name}.html"
    write_text(target, text)
    return target

"""Which pages the site has, under which heading, in the order of a paper."""

from __future__ import annotations

from prrt_lib.base.paths import PROJECT
from prrt_lib.run.notebook_form import STORY

DOCS = PROJECT / "docs"
PAPER = (
    "report", "characteristics", "exposure", "response", "survival", "cox", "biomarkers",
    "adverse_events",
)  # fmt: skip
# Page of docs/ -> its title in the navigation.
REFERENCE = {
    "site": "How to read these pages",
    "tracing": "Where a number comes from",
    "sign-off": "Signing tables and figures",
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


def reference() -> list[str]:
    """Reference pages whose source exists."""
    return [name for name in REFERENCE if (DOCS / f"{name}.md").exists()]


def sections() -> dict[str, list[str]]:
    """Heading in the navigation -> the pages below it."""
    results = [name for name in PAPER if name in STORY]
    data = [name for name in STORY if name not in PAPER]
    return {
        "Results": results,
        "Data and run": [*data, "findings", "facts"],
        "Reference": reference(),
    }


def trees() -> str:
    """The navigation as hidden contents trees, in Markdown."""
    return "\n".join(_tree(heading, pages) for heading, pages in sections().items() if pages)


def _tree(heading: str, pages: list[str]) -> str:
    lines = [f"{REFERENCE[name]} <{name}>" if name in REFERENCE else name for name in pages]
    first = ["Start <self>"] if heading == "Results" else []
    body = "\n".join([*first, *lines])
    return f"```{{toctree}}\n:hidden:\n:titlesonly:\n:caption: {heading}\n\n{body}\n```\n"

"""Which pages the site has, under which heading; pages of docs/ as the site takes them."""

from __future__ import annotations

import re
from pathlib import Path

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
LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)")
TITLE = re.compile(r"^# .*$", re.MULTILINE)
HEADING = re.compile(r"^(#+ )", re.MULTILINE)
PICTURES = (".png", ".svg")


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
    found = []
    for heading, pages in sections().items():
        lines = [f"{REFERENCE[name]} <{name}>" if name in REFERENCE else name for name in pages]
        body = "\n".join(["Start <self>", *lines] if heading == "Results" else lines)
        options = f":hidden:\n:titlesonly:\n:caption: {heading}"
        if pages:
            found.append(f"```{{toctree}}\n{options}\n\n{body}\n```\n")
    return "\n".join(found)


def reference_pages(target: Path) -> list[str]:
    """Writes the reference pages with their pictures to ``target``; their names."""
    names = reference()

    def local(link: re.Match) -> str:
        """A link within the site, whose picture comes along; the text alone of any other link."""
        picture, text, place = link.groups()
        source = DOCS / place
        if picture and place.endswith(PICTURES) and source.is_file() and "/" not in place:
            (target / place).write_bytes(source.read_bytes())
            return link[0]
        page = place.split("#")[0].removesuffix(".md")
        kept = place.startswith("#") or (page in names and not picture)
        return link[0] if kept else text

    for name in names:
        text = one_title((DOCS / f"{name}.md").read_text(encoding="utf-8"))
        (target / f"{name}.md").write_text(LINK.sub(local, text), encoding="utf-8")
    return names


def one_title(text: str) -> str:
    """``text`` with one title: where there are several, the later headings go down a level."""
    titles = [found.start() for found in TITLE.finditer(text)]
    rest = titles[1] if len(titles) > 1 else len(text)
    return text[:rest] + HEADING.sub(r"#\1", text[rest:])

"""The start page: headline numbers first, then the sections of a paper, then the files."""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any

from prrt_lib.base.errors import Problem
from prrt_lib.base.paths import Places
from prrt_lib.declare.parameters import Parameters
from prrt_lib.declare.yaml_files import load_words
from prrt_lib.run.notebook_form import STORY, source
from prrt_lib.run.pages import heading
from prrt_lib.tools import sign_off
from prrt_lib.tools.site import bar, contents
from prrt_lib.tools.site.headline import PLAN, tiles
from prrt_lib.tools.site.markup import boxed, element, facts, in_markdown
from prrt_lib.tools.site.notebooks import (
    Cell,
    Pictures,
    document,
    html_output,
    markdown,
    one,
    shown,
)
from prrt_lib.tools.site.run_facts import changed, commit

HOW_TO_SIGN = (
    "To sign: open Review beneath a table or figure, keep a verdict, save the sign-off file at the "
    "foot of a page, and hand it to whoever holds this run."
)
FILES = {"tables.docx": "Word", "tables.xlsx": "Excel", "tables.tex": "LaTeX"}
TITLES = {"findings": "Questions about the workbook", **contents.REFERENCE}


def start_page(
    parameters: Parameters, record: dict[str, Any], places: Places, failures: list[Problem],
    fresh: Mapping[str, dict], pictures: Pictures,
) -> dict:  # fmt: skip
    """The start page as a notebook; ``fresh`` are the executed notebooks of this run."""
    plan = load_words(PLAN)
    title = in_markdown(parameters.title or parameters.scenario)
    population = record.get("about", {}).get("headline") or parameters.population
    pieces = [
        markdown(f"# {title}\n\n{contents.trees()}"),
        placed(stopped(failures)),
        placed(tiles(plan["headline"], places, population, fresh)),
        *(cell for part in plan["sections"] for cell in section(part, fresh, pictures)),
        *files(places, complete="report" in fresh),
        *signed(places),
        *this_run(parameters, record),
    ]
    return document([cell for cell in pieces if cell])


def placed(text: str) -> Cell | None:
    """HTML as a cell of its own; None where there is none."""
    return shown([html_output(text)]) if text else None


def stopped(failures: list[Problem]) -> str:
    """What stopped, in words; nothing of an earlier run stands in for it."""
    if not failures:
        return ""
    lines = "".join(element("li", str(problem)) for problem in failures)
    return (
        '<div class="prrt-failed" role="alert"><p>This run is not complete. Pages and numbers of '
        "what stopped are left out; nothing of an earlier run stands in for them.</p>"
        f"<ul>{lines}</ul></div>"
    )


def section(part: Mapping[str, Any], fresh: Mapping[str, dict], pictures: Pictures) -> list[Cell]:
    """One section: its pieces as the notebooks showed them, and the pages that hold more."""
    wanted = [piece for piece in part["pieces"] if piece["notebook"] in STORY]
    if not wanted:
        return []
    pieces = [
        taken(fresh[piece["notebook"]], piece["cell"], part["title"], pictures)
        for piece in wanted
        if piece["notebook"] in fresh
    ]
    note = "" if pieces else "<p>Not complete in this run.</p>"
    links = ", ".join(
        f'<a href="{name}.html">{html.escape(TITLES.get(name) or heading(name))}</a>'
        for name in part["pages"]
        if name in STORY or name in TITLES
    )
    more = placed(f'{note}<p class="prrt-more">More: {links}</p>')
    return [markdown(f"## {part['title']}"), *(cell for cell in pieces if cell), more]


def taken(notebook: dict, text: str, title: str, pictures: Pictures) -> Cell | None:
    """The output of the first cell that holds ``text``; None where no cell does."""
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code" and text in source(cell) and cell.get("outputs"):
            made = one(cell, title, pictures)
            return {**made, "metadata": {**made["metadata"], "tags": ["remove-input"]}}
    return None


def files(places: Places, complete: bool) -> list[Cell]:
    """The files for the manuscript, when they belong to this run."""
    links = "".join(
        f'<li><a href="{name}" download>{kind}: {name}</a></li>'
        for name, kind in FILES.items()
        if complete and (places.reports / name).exists()
    )
    return [markdown("## Tables for the manuscript"), placed(f"<ul>{links}</ul>")] if links else []


def signed(places: Places) -> list[Cell]:
    """What reviewers have signed so far, and whether it still counts."""
    state = sign_off.summary(places)
    entries = boxed(state.table.html(signed=False)) if state.entries else ""
    told = element("p", state.sentence) + entries + element("p", HOW_TO_SIGN, class_="prrt-more")
    return [markdown("## Sign-off"), placed(told)]


def this_run(parameters: Parameters, record: dict[str, Any]) -> list[Cell]:
    """The facts of the run in short, with a link to all of them."""
    versions = ", ".join(f"{name} {value}" for name, value in record["versions"].items())
    short = [
        *bar.facts(parameters, record), ("parameters", changed(parameters)),
        ("amendments", "; ".join(parameters.amendments) or "none"),
        ("commit of the code", commit(record)), ("versions", versions),
    ]  # fmt: skip
    more = '<p class="prrt-more">More: <a href="facts.html">all facts of this run</a></p>'
    return [markdown("## This run"), placed(facts(short, "This run") + more)]

"""The start page: headline numbers first, then the sections of a paper, then the files."""

from __future__ import annotations

import html
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from prrt_lib.base.errors import Problem
from prrt_lib.base.paths import Places
from prrt_lib.declare import numbers
from prrt_lib.declare.parameters import Parameters
from prrt_lib.declare.yaml_files import load_words
from prrt_lib.draw import tables
from prrt_lib.run.headline import MAIN, row_of, texts
from prrt_lib.run.headline import PLAN as HEADLINE
from prrt_lib.run.notebook_form import STORY, heading, source
from prrt_lib.tools.site import contents, run_facts
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

PLAN = Path(__file__).with_name("start.yaml")
HOW_TO_SIGN = (
    "To sign: open Review beneath a table or figure, keep a verdict, and hand on the sign-off file "
    "that is saved at the foot of a page."
)
FILES = {"tables.docx": "Word", "tables.xlsx": "Excel", "tables.tex": "LaTeX"}
TITLES = {"findings": "Questions about the workbook", **contents.REFERENCE}
# Endings of warnings about deaths without a date and progression that few were looked at for.
DOUBTS = ("deaths without a date", "patients have an evaluable scan")
NUMERIC = ("estimate", "low", "high", "n", "total", "events", "at_risk")

Row = dict[str, Any]


def start_page(
    parameters: Parameters, record: dict[str, Any], places: Places, failures: list[Problem],
    fresh: Mapping[str, dict], pictures: Pictures, signed: Any = None,
) -> dict:  # fmt: skip
    """The start page as a notebook; ``fresh`` are the executed notebooks of this run, ``signed``
    says in a sentence and a table what reviewers have signed."""
    plan = load_words(PLAN)
    title = in_markdown(parameters.title or parameters.scenario)
    population = record.get("about", {}).get("headline") or parameters.population
    pieces = [
        markdown(f"# {title}\n\n{contents.trees()}"),
        placed(stopped(failures)),
        placed(tiles(load_words(HEADLINE)["headline"], places, population, fresh)),
        *(cell for part in plan["sections"] for cell in section(part, fresh, pictures)),
        *files(places, complete="report" in fresh),
        *(sign_off(signed) if signed else []),
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


def sign_off(state: Any) -> list[Cell]:
    """What reviewers have signed so far, and whether it still counts."""
    entries = boxed(state.table.html(signed=False)) if state.entries else ""
    told = element("p", state.sentence) + entries + element("p", HOW_TO_SIGN, class_="prrt-more")
    return [markdown("## Sign-off"), placed(told)]


def this_run(parameters: Parameters, record: dict[str, Any]) -> list[Cell]:
    """The facts of the run in short, with a link to all of them."""
    versions = ", ".join(f"{name} {value}" for name, value in record["versions"].items())
    short = [
        *run_facts.in_short(parameters, record), ("parameters", changed(parameters)),
        ("amendments", "; ".join(parameters.amendments) or "none"),
        ("commit of the code", commit(record)), ("versions", versions),
    ]  # fmt: skip
    more = '<p class="prrt-more">More: <a href="facts.html">all facts of this run</a></p>'
    return [markdown("## This run"), placed(facts(short, "This run") + more)]


def tiles(plan: list[dict], places: Places, population: str, fresh: Mapping[str, dict]) -> str:
    """The headline numbers as a list; "" where the run has none of them."""
    files = {item["results"]: rows(places.results / f"{item['results']}.csv") for item in plan}
    made = ""
    for item in plan:
        found = files[item["results"]] if item["results"] in fresh else []
        row = row_of(item, found, population)
        if row and (row["n"] > 0 or not item.get("if_any")):
            made += tile(item, {**row, **tables.between(row, found)}, beyond(row, found))
    return f'<dl class="prrt-tiles">{made}</dl>' if made else ""


def rows(path: Path) -> list[Row]:
    """Result rows of one notebook with their numbers as numbers; none without the file."""
    return [
        {**row, **{name: float(row[name]) if row[name] else float("nan") for name in NUMERIC}}
        for row in texts(path)
    ]


def beyond(row: Row, found: list[Row]) -> str:
    """ "too few at risk" where a median lies beyond the last day with enough at risk."""
    same = ("endpoint", "population", *MAIN)
    ends = [one for one in found if one["statistic"] == "at_risk"
            and all(one[name] == row[name] for name in same)]  # fmt: skip
    late = row["statistic"] == "median" and row["state"] == "ok" and ends
    last = float(ends[0]["time"] or "-inf") if late else 0.0
    return "too few at risk at that time" if late and row["estimate"] > last else ""


def tile(item: Mapping[str, Any], row: Row, late: str = "") -> str:
    """One headline number: what it is, the number, its limits and counts."""
    value, note = said(row, item.get("counts", "patients"))
    note = "; ".join(filter(None, (note, late)))
    name = f"{item['name']}: {row['level']}" if item.get("last") else item["name"]
    ids = " ".join((row["row_id"], *row.get("between_ids", ())))
    return (
        f'<div class="prrt-tile"><dt><a href="{item["page"]}.html">{html.escape(name)}</a></dt>'
        f'<dd data-rows="{ids}"><b>{html.escape(value)}</b> '
        f"<span>{html.escape(note)}</span></dd></div>"
    )


def said(row: Row, counts: str = "patients") -> tuple[str, str]:
    """The number of a row, and what goes with it in small type; ``counts``: what a count counts."""
    if row["state"] != "ok":
        unit = f" {numbers.unit(row)}" if row.get("between") else ""
        return numbers.estimate(row) + unit, "; ".join(filter(None, (_doubt(row), _counts(row))))
    if row["statistic"] == "count":
        return numbers.plain(row["estimate"], 0), counts
    within = numbers.limits(row)
    limited = f"95 % limits {within}" if within else ""
    if row["statistic"] == "proportion":
        share = f"{numbers.plain(row['n'], 0)} of {numbers.plain(row['total'], 0)}"
        return numbers.percent(row["estimate"]), "; ".join(filter(None, (share, limited)))
    value = f"{numbers.scaled(row, row['estimate'])} {numbers.unit(row)}"
    return value, "; ".join(filter(None, ("median", limited, _counts(row), _doubt(row))))


def _doubt(row: Row) -> str:
    """The first of the row's warnings that a reader of the card has to know."""
    parts = row["warning"].split("; ")
    return next((part for part in parts if part.endswith(DOUBTS)), "")


def _counts(row: Row) -> str:
    events, n = numbers.plain(row["events"], 0), numbers.plain(row["n"], 0)
    return f"{events} events in {n} patients" if events and n else ""

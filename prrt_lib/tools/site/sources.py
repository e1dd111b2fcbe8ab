"""Everything the generator reads: one file per page."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from prrt_lib.base.errors import Problem
from prrt_lib.base.paths import Places
from prrt_lib.declare.parameters import Parameters
from prrt_lib.run.headline import texts
from prrt_lib.run.notebook_form import STORY, heading
from prrt_lib.tools.site.contents import reference_pages
from prrt_lib.tools.site.markup import in_markdown, raw, table
from prrt_lib.tools.site.notebooks import Pictures, prepared
from prrt_lib.tools.site.run_facts import facts_page
from prrt_lib.tools.site.start import start_page

SHOWN = ("cell", "sheet", "record", "column", "rule", "severity", "message", "how_to_resolve",
         "state")  # fmt: skip
HEADER = ("cell", "sheet", "patient", "column", "rule", "severity", "what was found",
          "how to resolve", "state")  # fmt: skip
COUNTED = ("rule", "severity", "questions", "open", "how to resolve")


def write(
    target: Path, parameters: Parameters, record: dict[str, Any], places: Places,
    failures: list[Problem], done: list[str], signed: Any = None,
) -> Pictures:  # fmt: skip
    """Writes the sources of all pages; pictures that their HTML names, by file name."""
    target.mkdir(parents=True)
    pictures: Pictures = {}
    executed = {
        name: json.loads((places.reports / f"{name}.ipynb").read_text(encoding="utf-8"))
        for name in done
    }
    start = start_page(parameters, record, places, failures, executed, pictures, signed)
    _write_notebook(target, "index", start)
    for name, notebook in executed.items():
        given = record[f"notebook {name}"]["key"]["given"]
        _write_notebook(target, name, prepared(name, notebook, given, pictures))
    for name in (name for name in STORY if name not in done):
        _write(target, name, not_made(name, failures))
    _write(target, "findings", findings_page(places))
    _write(target, "facts", facts_page(parameters, record, done))
    reference_pages(target)
    return pictures


def not_made(name: str, failures: list[Problem]) -> str:
    """The page of a notebook that did not complete, in Markdown."""
    own = [problem for problem in failures if f"notebooks/{name}.ipynb" in str(problem)]
    said = "\n".join(f"* {in_markdown(str(problem))}" for problem in own or failures)
    why = "This notebook stopped:" if own else "Not run, because another notebook stopped:"
    return f"# {heading(name)}\n\nNothing of an earlier run is shown here. {why}\n\n{said}\n"


def _write_notebook(target: Path, name: str, notebook: dict) -> None:
    (target / f"{name}.ipynb").write_text(json.dumps(notebook), encoding="utf-8")


def _write(target: Path, name: str, text: str) -> None:
    (target / f"{name}.md").write_text(text, encoding="utf-8")


def findings_page(places: Places) -> str:
    """Markdown of the page; a message holds no text of a cell."""
    found = texts(places.processed / "findings.csv")
    intro = (
        "# Questions about the workbook\n\n"
        "Every cell or record that could not be used as it stands, with where it is and how to "
        "resolve it. What each rule asks stands on the page of [rules](rules.md). A message never "
        "repeats what a cell says.\n\n"
    )
    if not found:
        return intro + "The workbook raised no question.\n"
    lines = ([item[name] for name in SHOWN] for item in found)
    return (
        f"{intro}## By rule\n\n{raw(table('Questions by rule', COUNTED, counted(found)))}\n"
        f"## One by one\n\n{raw(table('Every question', HEADER, lines))}"
    )


def counted(found: list[dict[str, str]]) -> list[tuple[str, ...]]:
    """Rule, severity, number, how many are open, what to do; the most frequent first."""
    number = Counter((item["rule"], item["severity"]) for item in found)
    waiting = Counter((i["rule"], i["severity"]) for i in found if i["state"] == "open")
    # What a column adds to its rule's advice stands behind "Here:".
    todo = {
        (item["rule"], item["severity"]): item["how_to_resolve"].split(" Here: ")[0]
        for item in reversed(found)
    }
    return [(*key, str(count), str(waiting[key]), todo[key]) for key, count in number.most_common()]

"""Everything the generator reads: one file per page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from prrt_lib.base.errors import Problem
from prrt_lib.base.paths import Places
from prrt_lib.declare.parameters import Parameters
from prrt_lib.run.notebook_form import STORY
from prrt_lib.run.pages import heading
from prrt_lib.tools.site.documents import reference_pages
from prrt_lib.tools.site.findings import findings_page
from prrt_lib.tools.site.markup import in_markdown
from prrt_lib.tools.site.notebooks import Pictures, prepared
from prrt_lib.tools.site.run_facts import facts_page
from prrt_lib.tools.site.start import start_page


def write(
    target: Path, parameters: Parameters, record: dict[str, Any], places: Places,
    failures: list[Problem], done: list[str],
) -> Pictures:  # fmt: skip
    """Writes the sources of all pages; pictures that their HTML names, by file name."""
    target.mkdir(parents=True)
    pictures: Pictures = {}
    executed = {name: _executed(places, name) for name in done}
    start = start_page(parameters, record, places, failures, executed, pictures)
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


def _executed(places: Places, name: str) -> dict:
    return json.loads((places.reports / f"{name}.ipynb").read_text(encoding="utf-8"))


def _write_notebook(target: Path, name: str, notebook: dict) -> None:
    (target / f"{name}.ipynb").write_text(json.dumps(notebook), encoding="utf-8")


def _write(target: Path, name: str, text: str) -> None:
    (target / f"{name}.md").write_text(text, encoding="utf-8")

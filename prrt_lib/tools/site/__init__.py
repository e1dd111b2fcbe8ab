"""The reviewer's site of one run: pages that open from a folder, without a server or network."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from prrt_lib.base.errors import Problem
from prrt_lib.base.paths import Places
from prrt_lib.declare.parameters import Parameters
from prrt_lib.run import keys
from prrt_lib.run.notebook_form import STORY

LAST = "report"
WORK = ".site"


def key(parameters: Parameters, record: dict[str, Any], places: Places, failures: list) -> str:
    """What the site depends on: the run, this code, the pages of docs/, a sign-off beside it."""
    from prrt_lib.tools.site import contents

    made_of = {name: item for name, item in record.items() if name != "site"}
    here = sorted(path for path in Path(__file__).parent.rglob("*.*") if path.suffix != ".pyc")
    docs = [contents.DOCS / f"{name}.md" for name in contents.reference()]
    others = [*docs, places.reports / "sign-off.json"]
    digests = [(path.name, keys.file_digest(path)) for path in (*here, *others)]
    code = keys.code_key(["prrt_lib.tools.site"])
    return keys.digest([made_of, [str(problem) for problem in failures], digests, code])


def complete(record: dict[str, Any], failures: list) -> list[str]:
    """Notebooks whose products belong to this run; the report reads the rows of all others."""
    done = [name for name in STORY if f"notebook {name}" in record]
    return [name for name in done if name != LAST or not failures]


def build(
    parameters: Parameters, record: dict[str, Any], places: Places, failures: list[Problem]
) -> list[Path]:
    """The files of the site, written into the run's reports; the start page is index.html.

    Everything is made in a hidden folder beside them first, so that a killed build leaves the
    pages that were there.
    """
    from prrt_lib.tools.sign_off import write_items
    from prrt_lib.tools.site import bar, placing, sources, vectors
    from prrt_lib.tools.site.generator import generate
    from prrt_lib.tools.site.trace_data import write_trace

    work = places.reports / WORK
    shutil.rmtree(work, ignore_errors=True)
    try:
        done = complete(record, failures)
        pictures = sources.write(work / "source", parameters, record, places, failures, done)
        top = bar.bar(parameters, record, len(failures))
        pages, _ = generate(work / "source", work, parameters.title or parameters.scenario, top)
        for name, content in pictures.items():
            (pages / "_images").mkdir(exist_ok=True)
            (pages / "_images" / name).write_bytes(content)
        vectors.add(pages, places.figures)
        placed = placing.place(pages, places.reports)
        return [*placed, *write_trace(places, done), *write_items(places)]
    finally:
        shutil.rmtree(work, ignore_errors=True)


def remove(places: Places) -> None:
    """Takes the site of an earlier run away: its pages would show what is no longer so."""
    from prrt_lib.tools.site import contents, placing

    pages = (name for names in contents.sections().values() for name in names)
    placing.remove(places.reports, pages)

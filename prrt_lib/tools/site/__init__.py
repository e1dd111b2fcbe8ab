"""The reviewer's site of one run: pages that open from a folder, without a server or network."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from prrt_lib.base.errors import Problem
from prrt_lib.base.paths import Places
from prrt_lib.declare.parameters import Parameters
from prrt_lib.run import keys
from prrt_lib.run.notebook_form import STORY

LAST = "report"
WORK = ".site"


@dataclass(frozen=True)
class Site:
    """The pages of a run, for :func:`prrt_lib.run.scenario.run`.

    ``signing`` names the module that knows what reviewers have signed, imported when pages are
    built: its ``summary(places)`` stands on the start page, its ``write_items(places)`` writes
    the items that the pages offer for review. Without it nothing can be signed.
    """

    signing: str = ""

    def key(
        self, parameters: Parameters, record: dict[str, Any], places: Places, failures: list
    ) -> str:
        """What the site depends on: the run, its code, the pages of docs/, a sign-off beside it."""
        from prrt_lib.tools.site import contents

        made_of = {name: item for name, item in record.items() if name != "site"}
        here = sorted(path for path in Path(__file__).parent.rglob("*.*") if path.suffix != ".pyc")
        docs = [contents.DOCS / f"{name}.md" for name in contents.reference()]
        others = [*docs, places.reports / "sign-off.json"]
        digests = [(path.name, keys.file_digest(path)) for path in (*here, *others)]
        code = keys.code_key(["prrt_lib.tools.site", *filter(None, [self.signing])])
        return keys.digest([made_of, [str(problem) for problem in failures], digests, code])

    def build(
        self,
        parameters: Parameters,
        record: dict[str, Any],
        places: Places,
        failures: list[Problem],
    ) -> list[Path]:
        """The files of the site, written into the run's reports; the start page is index.html.

        Everything is made in a hidden folder beside them first, so that a killed build leaves the
        pages that were there.
        """
        from prrt_lib.tools.site import generator, run_facts, sources
        from prrt_lib.tools.site.trace_data import write_trace

        signing = import_module(self.signing) if self.signing else None
        signed = signing.summary(places) if signing else None
        work = places.reports / WORK
        shutil.rmtree(work, ignore_errors=True)
        try:
            done = complete(record, failures)
            pictures = sources.write(
                work / "source", parameters, record, places, failures, done, signed
            )
            top, title = run_facts.bar(parameters, record, len(failures)), parameters.title
            pages, _ = generator.generate(work / "source", work, title or parameters.scenario, top)
            for name, content in pictures.items():
                (pages / "_images").mkdir(exist_ok=True)
                (pages / "_images" / name).write_bytes(content)
            generator.add_vectors(pages, places.figures)
            placed = generator.place(pages, places.reports)
            items = signing.write_items(places) if signing else []
            return [*placed, *write_trace(places, done), *items]
        finally:
            shutil.rmtree(work, ignore_errors=True)

    def remove(self, places: Places) -> None:
        """Takes the site of an earlier run away: its pages would show what is no longer so."""
        from prrt_lib.tools.site import contents, generator

        pages = (name for names in contents.sections().values() for name in names)
        generator.remove(places.reports, pages)


def complete(record: dict[str, Any], failures: list) -> list[str]:
    """Notebooks whose products belong to this run; the report reads the rows of all others."""
    done = [name for name in STORY if f"notebook {name}" in record]
    return [name for name in done if name != LAST or not failures]

"""One scenario from workbook to pages: what is fresh stays, what changed runs."""

from __future__ import annotations

import errno
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

from prrt_lib import __version__
from prrt_lib.base.errors import InputError, NotebookError, Problem
from prrt_lib.base.paths import PROJECT, Places
from prrt_lib.declare.parameters import Parameters
from prrt_lib.run import keys, manifest, stages
from prrt_lib.run.lock import held, remove_left_behind, sweep
from prrt_lib.run.notebook_form import STORY, arguments, code, notebook_path

LAST = "report"
# Started first, so that none of them is the one everybody waits for.
LONGEST = ("survival", "biomarkers", "adverse_events")
SCHEMA = "1"
EXECUTION = {"prrt_lib.run.execute"}
EVERYTHING = ("prrt_lib.cli", "prrt_lib.run.scenario", *stages.READING, *stages.COHORT)
Say = Callable[[str], None]


class Site(Protocol):
    """What makes the reviewer's pages of a run; whoever starts the run brings it."""

    def key(
        self, parameters: Parameters, record: dict, places: Places, failures: list[Problem]
    ) -> str: ...

    def build(
        self, parameters: Parameters, record: dict, places: Places, failures: list[Problem]
    ) -> list[Path]: ...

    def remove(self, places: Places) -> None: ...


def run(
    parameters: Parameters, out: Path = PROJECT, jobs: int = 2, say: Say = print,
    site: Site | None = None, pages: bool = True,
) -> dict:  # fmt: skip
    """The manifest of the finished run of one scenario below ``out``.

    With a ``site`` its pages are built; without ``pages`` those of an earlier run are taken away.
    Raises InputError (exit 2) before anything is written when the input cannot be used, and
    NotebookError (exit 3) naming every notebook that stopped, after the others have run.
    """
    started = time.monotonic()
    places = Places(parameters.scenario, Path(out).resolve())
    chosen = arguments(parameters)
    files = stages.inputs(parameters)
    try:
        with held(places.processed, say) as lock:
            for folder in (places.processed, places.figures, places.reports):
                sweep(folder)
            remove_left_behind()
            Run(parameters, places, files, say, lock, site, pages).all(chosen, jobs)
            record = manifest.read(places)
    except OSError as error:
        raise InputError(_disk(error, places)) from error
    say(f"finished in {time.monotonic() - started:.1f} s")
    return record


def _disk(error: OSError, places: Places) -> Problem:
    unwritable = "a place that cannot be written"
    found = {
        errno.ENOSPC: "no space left on the disk",
        errno.EDQUOT: "no space left in the user's quota",
        errno.EACCES: unwritable,
        errno.EPERM: unwritable,
        errno.EROFS: "a read-only file system",
        errno.ENOTDIR: "a file where a folder should be",
        errno.EEXIST: "a file where a folder should be",
    }.get(error.errno or 0, f"{type(error).__name__}: {error.strerror}")
    return Problem(
        str(error.filename or places.root), found, "a folder with room that can be written",
        "free space or choose another folder with --out, then run again",
    )  # fmt: skip


@dataclass
class Run:
    """The state of one run: its manifest, and what has been done so far."""

    parameters: Parameters
    places: Places
    files: stages.Inputs
    say: Say
    lock: tuple[int, ...] = ()
    site: Site | None = None
    pages: bool = True

    def __post_init__(self) -> None:
        self.record = manifest.read(self.places)
        if self.record.get("schema_version") != SCHEMA:
            self.record = {}
        self.environment = keys.environment_key()

    def all(self, chosen: dict[str, dict[str, Any]], jobs: int) -> None:
        self.cohort()
        stale = self.stale([name for name in STORY if name != LAST], chosen)
        failures = self.execute(stale, chosen, jobs)
        last = [] if failures else self.stale([LAST], chosen)
        failures += self.execute(last, chosen, jobs)
        self.finish([*stale, *last], failures)
        if failures:
            raise NotebookError(failures)

    def cohort(self) -> None:
        """The built cohort, taken as it is when nothing it depends on has changed."""
        key = stages.cohort_key(self.parameters, self.files)
        stage = self.record.get("cohort", {})
        if stage.get("key") != key or not manifest.intact(self.places.root, stage["outputs"]):
            self.say("reading the workbook and building the cohort")
            read = stages.reading(self.files, self.places.root, self.say)
            before = self.record
            self.forget("cohort")
            try:
                stages.cohort(self.parameters, read, self.places)
            except InputError:
                # Refused before its first file was written: what was there is still good.
                if "cohort" in before:
                    manifest.write(self.places, before)
                raise
            outputs = manifest.outputs(self.places.root, stages.cohort_files(self.places))
            self.remember("cohort", {"key": key, "outputs": outputs})
        self.about = json.loads((self.places.processed / "about.json").read_text("utf-8"))
        self.columns = stages.columns_read(self.places)

    def forget(self, *stages_: str) -> None:
        """A stage that is being rewritten is not done, also when the process is killed now."""
        left = {name: item for name, item in self.record.items() if name not in stages_}
        if len(left) < len(self.record):
            self.record = left
            manifest.write(self.places, self.record)

    def remember(self, stage: str, content: dict[str, Any]) -> None:
        self.record = {**self.record, "schema_version": SCHEMA, stage: content}
        manifest.write(self.places, self.record)

    def made_by(self, name: str, given: dict[str, Any]) -> dict[str, Any]:
        """What is known before notebook ``name`` runs: its text, code and parameters."""
        return {
            "notebook": keys.file_digest(notebook_path(name)),
            "code": keys.code_key(keys.imported_names(code(name)) | EXECUTION),
            "environment": self.environment,
            "given": given,
        }

    def made_from(self, reads: dict[str, list[str]]) -> dict[str, Any]:
        """The present state of everything that a notebook read when it last ran."""
        known = asdict(self.parameters)
        return {
            "parameters": {item: known.get(item) for item in reads.get("parameters", [])},
            "columns": {item: self.columns.get(item) for item in reads.get("columns", [])},
            "results": {
                item: keys.file_digest(self.places.results / f"{item}.csv")
                for item in reads.get("results", [])
            },
        }

    def stale(self, names: list[str], chosen: dict[str, dict[str, Any]]) -> list[str]:
        """Those of ``names`` whose products are missing, changed, or made from something else."""
        return [name for name in names if not self.fresh(name, chosen[name])]

    def fresh(self, name: str, given: dict[str, Any]) -> bool:
        stage = self.record.get(f"notebook {name}", {})
        if not stage or not manifest.intact(self.places.root, stage["outputs"]):
            return False
        now = {**self.made_by(name, given), **self.made_from(stage["reads"])}
        return json.loads(json.dumps(now)) == stage["key"]

    def execute(
        self, names: list[str], chosen: dict[str, dict[str, Any]], jobs: int
    ) -> list[Problem]:
        """Runs ``names`` side by side, the longest first; the problems of those that failed."""
        self.forget(*(f"notebook {name}" for name in names))
        failures = []
        with ThreadPoolExecutor(max_workers=max(1, jobs)) as pool:
            order = sorted(names, key=lambda name: (name not in LONGEST, STORY.index(name)))
            work = {pool.submit(self.one, name, chosen[name]): name for name in order}
            try:
                for future in as_completed(work):
                    try:
                        self.remember(f"notebook {work[future]}", future.result())
                    except NotebookError as error:
                        failures += error.problems
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        return sorted(failures, key=str)

    def one(self, name: str, given: dict[str, Any]) -> dict[str, Any]:
        """Runs one notebook; what it read and wrote."""
        from prrt_lib.run.execute import execute

        began = time.monotonic()
        made_by = self.made_by(name, given)
        target = self.places.reports / f"{name}.ipynb"
        reads_file = self.places.processed / "reads" / f"{name}.json"
        reads_file.unlink(missing_ok=True)
        execute(
            notebook_path(name), target, given, self.places.scenario, self.places.root, self.lock
        )
        self.say(f"  {name:<16} {time.monotonic() - began:5.1f} s")
        # A notebook that saves no rows, the report, reads the rows of all others.
        reads = {"results": [other for other in STORY if other != name]}
        if reads_file.exists():
            reads = json.loads(reads_file.read_text("utf-8"))
        footprints = self.places.processed / "footprints" / f"{name}.json"
        written = [target, reads_file, footprints, self.places.results / f"{name}.csv"]
        written += [self.places.figures / figure for figure in reads.get("figures", [])]
        written += [self.places.reports / document for document in reads.get("reports", [])]
        outputs = manifest.outputs(self.places.root, [path for path in written if path.exists()])
        return {"reads": reads, "key": {**made_by, **self.made_from(reads)}, "outputs": outputs}

    def finish(self, rebuilt: list[str], failures: list[Problem]) -> None:
        """The manifest's facts, the site and the closing lines."""
        from prrt_lib.run.headline import closing_lines

        facts = self.facts(rebuilt)
        if any(self.record.get(name) != value for name, value in facts.items()):
            self.record = {**self.record, **facts}
            manifest.write(self.places, self.record)
        if not rebuilt:
            self.say("nothing changed, no notebook was run")
        for line in closing_lines(self.parameters, self.record, self.places):
            self.say(line)
        if self.site:
            self.publish(self.site, failures)

    def publish(self, site: Site, failures: list[Problem]) -> None:
        """The reviewer's pages, when something that they show has changed."""
        key = site.key(self.parameters, self.record, self.places, failures)
        stage = self.record.get("site", {})
        if stage.get("key") != key or not manifest.intact(self.places.root, stage["outputs"]):
            self.forget("site")
            if not self.pages:
                site.remove(self.places)
                return
            began = time.monotonic()
            written = site.build(self.parameters, self.record, self.places, failures)
            outputs = manifest.outputs(self.places.root, written)
            self.remember("site", {"key": key, "outputs": outputs})
            self.say(f"  site             {time.monotonic() - began:5.1f} s")
        self.say(f"report: {self.places.reports / 'index.html'}")

    def made_with(self, rebuilt: list[str]) -> dict[str, Any]:
        """Packages and commit that the products were made with: known when some were made now."""
        if not rebuilt:
            return {name: self.record.get(name, {}) for name in ("versions", "source")}
        names = {name for one in STORY for name in keys.imported_names(code(one))}
        modules = keys.packages({*names, *EVERYTHING, *EXECUTION})
        return {"versions": manifest.versions(modules), "source": manifest.commit(PROJECT)}

    def facts(self, rebuilt: list[str]) -> dict[str, Any]:
        """What the manifest says beside the stages: inputs, versions, parameters, rows."""
        return {
            "scenario": self.places.scenario, "prrt_lib": __version__, "schema_version": SCHEMA,
            **self.made_with(rebuilt),
            "workbook": {"name": self.files.workbook.name, "sha256": self.files.workbook_sha},
            "profile": {"name": self.files.profile.stem, "sha256": self.files.profile_sha},
            "workbooks": manifest.workbooks(self.files.books),
            "lock": keys.file_digest(keys.LOCK), "code": keys.code_key(EVERYTHING),
            "parameters": asdict(self.parameters), "about": self.about,
        }  # fmt: skip

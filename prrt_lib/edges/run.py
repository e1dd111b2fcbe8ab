"""One scenario from workbook to pages: what is fresh stays, what changed runs."""

from __future__ import annotations

import errno
import json
import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from prrt_lib import __version__
from prrt_lib.base.errors import InputError, NotebookError, Problem
from prrt_lib.base.paths import PROJECT, Places
from prrt_lib.declare.parameters import Parameters
from prrt_lib.edges import keys, manifest, stages
from prrt_lib.edges.notebook_form import STORY, arguments, code, notebook_path

LAST = "report"
SCHEMA = "1"
Say = Callable[[str], None]


def run(parameters: Parameters, out: Path = PROJECT, jobs: int = 2, say: Say = print) -> dict:
    """The manifest of the finished run of one scenario below ``out``.

    Raises InputError (exit 2) before anything is written when the input cannot be used, and
    NotebookError (exit 3) naming every notebook that stopped, after the others have run.
    """
    started = time.monotonic()
    places = Places(parameters.scenario, Path(out).resolve())
    chosen = arguments(parameters)
    files = stages.inputs(parameters)
    try:
        Run(parameters, places, files, say).all(chosen, jobs)
    except OSError as error:
        raise InputError(_disk(error, places)) from error
    say(f"finished in {time.monotonic() - started:.1f} s")
    return manifest.read(places)


def _disk(error: OSError, places: Places) -> Problem:
    found = {
        errno.ENOSPC: "no space left on the disk",
        errno.EACCES: "a folder that cannot be written",
        errno.EROFS: "a read-only file system",
        errno.EPERM: "a folder that cannot be written",
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

    def __post_init__(self) -> None:
        self.record = manifest.read(self.places)
        if self.record.get("schema_version") != SCHEMA:
            self.record = {}
        self.environment = keys.environment_key()

    def all(self, chosen: dict[str, dict[str, Any]], jobs: int) -> None:
        self.cohort()
        stale = [name for name in STORY if not self.fresh(name, chosen[name])]
        early = [name for name in stale if name != LAST]
        failures = self.execute(early, chosen, jobs)
        if not failures and not self.fresh(LAST, chosen[LAST]):
            failures = self.execute([LAST], chosen, jobs)
        self.finish(rebuilt=stale, failures=failures)
        if failures:
            raise NotebookError(failures)

    def cohort(self) -> None:
        key = stages.cohort_key(self.parameters, self.files)
        stage = self.record.get("cohort", {})
        if stage.get("key") == key and manifest.intact(self.places.root, stage["outputs"]):
            self.about = json.loads((self.places.processed / "about.json").read_text("utf-8"))
            self.columns = stages.columns_read(self.places)
            return
        self.say("reading the workbook and building the cohort")
        stages.reading(self.files, self.places.root)
        self.forget("cohort")
        self.about = stages.cohort(self.parameters, self.files, self.places)
        self.columns = stages.columns_read(self.places)
        outputs = manifest.outputs(self.places.root, stages.cohort_files(self.places))
        self.remember("cohort", {"key": key, "outputs": outputs})

    def forget(self, stage: str) -> None:
        """A stage that is being rewritten is not done, also when the process is killed now."""
        if self.record.pop(stage, None):
            manifest.write(self.places, self.record)

    def remember(self, stage: str, content: dict[str, Any]) -> None:
        self.record = {**self.record, "schema_version": SCHEMA, stage: content}
        manifest.write(self.places, self.record)

    def key(self, name: str, given: dict[str, Any], reads: dict[str, list[str]]) -> dict[str, Any]:
        """What notebook ``name`` depends on, given what it read when it last ran."""
        known = asdict(self.parameters)
        return {
            "notebook": keys.file_digest(notebook_path(name)),
            "code": keys.code_key(keys.imported_names(code(name)) | {"prrt_lib.edges.pages"}),
            "environment": self.environment,
            "given": given,
            "about": keys.digest(self.about),
            "page": keys.digest([self.parameters.title, self.parameters.cutoff]),
            "parameters": {item: known.get(item) for item in reads.get("parameters", [])},
            "columns": {item: self.columns.get(item) for item in reads.get("columns", [])},
            "results": {
                item: keys.file_digest(self.places.results / f"{item}.csv")
                for item in reads.get("results", [])
            },
        }

    def fresh(self, name: str, given: dict[str, Any]) -> bool:
        stage = self.record.get(f"notebook {name}", {})
        if not stage or not manifest.intact(self.places.root, stage["outputs"]):
            return False
        now = json.loads(json.dumps(self.key(name, given, stage["reads"])))
        return now == stage["key"]

    def execute(self, names: list[str], chosen: dict[str, dict[str, Any]], jobs: int):
        if not names:
            return []
        for name in names:
            self.forget(f"notebook {name}")
        with ThreadPoolExecutor(max_workers=max(1, jobs)) as pool:
            work = [(name, pool.submit(self.one, name, chosen[name])) for name in names]
            failures = []
            for name, future in work:
                try:
                    self.remember(f"notebook {name}", future.result())
                except NotebookError as error:
                    failures += error.problems
        return failures

    def one(self, name: str, given: dict[str, Any]) -> dict[str, Any]:
        """Runs one notebook and its page; what it read and wrote."""
        from prrt_lib.edges.execute import execute
        from prrt_lib.edges.pages import write_page

        began = time.monotonic()
        target = self.places.reports / f"{name}.ipynb"
        notebook = execute(
            notebook_path(name), target, given, self.places.scenario, self.places.root
        )
        ran = time.monotonic()
        page = write_page(name, notebook, self.parameters, self.about, self.places)
        self.say(f"  {name:<16} {ran - began:5.1f} s   page {time.monotonic() - ran:4.1f} s")
        reads_file = self.places.processed / "reads" / f"{name}.json"
        reads = json.loads(reads_file.read_text("utf-8")) if reads_file.exists() else {}
        written = [target, page, reads_file, self.places.results / f"{name}.csv"]
        written += [self.places.figures / figure for figure in reads.get("figures", [])]
        outputs = manifest.outputs(self.places.root, [path for path in written if path.exists()])
        return {"reads": reads, "key": self.key(name, given, reads), "outputs": outputs}

    def finish(self, rebuilt: list[str], failures: list[Problem]) -> None:
        from prrt_lib.edges.summary import headline, write_index

        facts = {
            "scenario": self.places.scenario, "prrt_lib": __version__,
            "versions": versions() if rebuilt else self.record.get("versions", {}),
            "workbook": {"name": self.files.workbook.name, "sha256": self.files.workbook_sha},
            "profile": {"name": self.files.profile.stem, "sha256": self.files.profile_sha},
            "lock": keys.file_digest(keys.LOCK), "about": self.about,
            "parameters": asdict(self.parameters), "schema_version": SCHEMA,
        }  # fmt: skip
        if any(self.record.get(name) != value for name, value in facts.items()):
            self.record = {**self.record, **facts}
            manifest.write(self.places, self.record)
        index = write_index(self.parameters, self.record, self.places, failures)
        if not rebuilt:
            self.say("nothing changed, no notebook was run")
        for line in headline(self.parameters, self.record, self.places):
            self.say(line)
        self.say(f"report: {index}")


PACKAGES = ("pandas", "numpy", "scipy", "lifelines", "statsmodels", "papermill", "matplotlib")


def versions() -> dict[str, str]:
    """Versions that the run used."""
    import platform
    from importlib.metadata import version

    return {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}}


def clean(scenario: str, out: Path = PROJECT) -> list[Path]:
    """Removes the products of one scenario; the folders that were removed."""
    places = Places(scenario, Path(out).resolve())
    gone = [path for path in (places.processed, places.figures, places.reports) if path.exists()]
    for path in gone:
        shutil.rmtree(path)
    return gone

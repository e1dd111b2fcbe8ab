"""The result rows of a scenario in this very process: no kernel, no page, no file that stays."""

from __future__ import annotations

import ast
import json
import os
import types
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import pandas as pd

from prrt_lib.base.errors import NotebookError, Problem, PrrtError
from prrt_lib.base.paths import Places
from prrt_lib.declare import footprints, reads, results, rows
from prrt_lib.declare.asked.answers import Answer
from prrt_lib.declare.parameters import Parameters
from prrt_lib.declare.quoting import unquoted
from prrt_lib.read.reading import Reading
from prrt_lib.run import notebook_form
from prrt_lib.run.keys import parsed
from prrt_lib.run.lock import own_folder, remove_left_behind
from prrt_lib.run.stages import columns_read
from prrt_lib.study.build import write_cohort

# The report saves no rows of its own.
NOTEBOOKS = notebook_form.STORY[:-1]


@dataclass(frozen=True)
class Rerun:
    """What one pass over the notebooks gave.

    ``rows``: all result rows, ``notebook`` telling whose; ``findings``: all questions;
    ``patients``: the cohort, one row per treated patient; ``columns``: hash of every column by
    "table.column"; ``made``: notebook -> its rows, what it read, and its footprints as
    :mod:`prrt_lib.declare.footprints` saves them.
    """

    parameters: Parameters
    rows: pd.DataFrame
    findings: pd.DataFrame
    patients: pd.DataFrame
    columns: Mapping[str, str]
    made: Mapping[str, tuple[pd.DataFrame, Mapping[str, Any], Mapping[str, Any]]]

    def stale(self, columns: Mapping[str, str], parameters: Parameters) -> list[str]:
        """Notebooks that read a column or a parameter which is another one now."""
        old, new = vars(self.parameters), vars(parameters)
        changed = {f"columns {name}" for name in {*self.columns, *columns}
                   if self.columns.get(name) != columns.get(name)}  # fmt: skip
        changed |= {f"parameters {name}" for name in new if new[name] != old[name]}
        return [
            name
            for name, (_, read, _) in self.made.items()
            if new["notebooks"].get(name) != old["notebooks"].get(name)
            or any(f"{kind} {one}" in changed for kind in ("columns", "parameters")
                   for one in read[kind])
        ]  # fmt: skip


def rerun(
    reading: Reading,
    parameters: Parameters,
    since: Rerun | None = None,
    answers: Sequence[Answer] = (),
    only: Iterable[str] = NOTEBOOKS,
) -> Rerun:
    """Result rows of the notebooks ``only`` (all) for what a reading gave.

    Of each notebook the statements run on which the rows it saves depend; a statement that shows
    something and binds no name has no part in them, so nothing is drawn. With ``since`` a
    notebook that reads nothing new keeps the rows it had. Two environment variables are set
    meanwhile: not for several threads at once.
    Raises InputError where nothing can be analysed, NotebookError where a notebook stops.
    """
    given = notebook_form.arguments(parameters)
    with _root_of_its_own(parameters.scenario) as places:
        write_cohort(reading.tables, reading.findings, reading.lineage, parameters, places, answers)
        columns = columns_read(places)
        todo = set(since.stale(columns, parameters) if since else only)
        made = dict(since.made) if since else {}
        for name in NOTEBOOKS:
            if name in todo:
                made[name] = _one(name, given[name], places)
        asked = unquoted(
            pd.read_csv(places.processed / "findings.csv", dtype=str, keep_default_na=False)
        )
        patients = pd.read_parquet(places.processed / "cohort.parquet")
    frames = [frame.assign(notebook=name) for name, (frame, _, _) in made.items() if len(frame)]
    whole = pd.concat(frames, ignore_index=True) if frames else rows.result_rows([])
    return Rerun(parameters, whole, asked, patients, columns, made)


@contextmanager
def _root_of_its_own(scenario: str) -> Iterator[Places]:
    """A temporary output root that the analyses of this process take for the scenario's."""
    before = {name: os.environ.get(name) for name in ("PRRT_OUT", results.BATCH)}
    remove_left_behind()
    with own_folder() as (folder, _):
        os.environ.update({"PRRT_OUT": str(folder), results.BATCH: scenario})
        try:
            yield Places(scenario, folder.resolve())
        finally:
            for name, value in before.items():
                os.environ.pop(name) if value is None else os.environ.update({name: value})


def _one(name: str, given: Mapping[str, Any], places: Places) -> tuple:
    """(result rows, what was read, footprints) of one notebook."""
    reads.clear()
    footprints.clear()
    defaults = {item.name: item.default for item in notebook_form.declared(name)}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            exec(rows_code(name, notebook_form.code(name)), {**defaults, **given})
    except PrrtError:
        raise
    except Exception as error:
        # Only the library's own errors are known to hold no text of a patient.
        raise NotebookError(
            Problem(f"notebooks/{name}.ipynb", type(error).__name__, "every statement to complete",
                    "run the scenario and open the failed notebook")
        ) from error  # fmt: skip
    file = places.results / f"{name}.csv"
    saved = results.read(file) if file.exists() else rows.result_rows([])
    content = {
        kind: json.loads((places.processed / kind / f"{name}.json").read_text("utf-8"))
        for kind in ("reads", "footprints")
    }
    return saved, content["reads"], content["footprints"]


@cache
def rows_code(name: str, source: str) -> types.CodeType:
    """The statements of a notebook's ``source`` that the rows it saves depend on, compiled."""
    needed: set[str] = set()
    kept: list[ast.stmt] = []
    declared = {item.name for item in notebook_form.declared(name)}
    for statement in reversed(parsed(source).body):
        calls = (node for node in ast.walk(statement) if isinstance(node, ast.Call))
        saves = any(ast.unparse(call.func) == "results.save" for call in calls)
        if saves or (_bound(statement) - declared) & needed:
            if isinstance(statement, (ast.Import, ast.ImportFrom)):
                statement.names = [one for one in statement.names if _name(one) in needed]
            needed |= {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}
            kept.insert(0, statement)
    return compile(ast.Module(kept, []), f"notebooks/{name}.ipynb", "exec")


def _bound(statement: ast.stmt) -> set[str]:
    """Names that a statement binds, or whose content it changes."""
    if isinstance(statement, (ast.Import, ast.ImportFrom)):
        return {_name(one) for one in statement.names}
    targets = getattr(statement, "targets", [getattr(statement, "target", None)])
    nodes = [node for target in targets if target for node in ast.walk(target)]
    return {node.id for node in nodes if isinstance(node, ast.Name)}


def _name(alias: ast.alias) -> str:
    return (alias.asname or alias.name).partition(".")[0]

"""One notebook, executed by papermill: to a temporary file first, then into place."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

# Before papermill: it keeps a slow grammar from being imported.
from prrt_lib.run import kernel  # isort: split

import papermill

from prrt_lib.base import errors
from prrt_lib.base.errors import NotebookError, Problem
from prrt_lib.run.temporary import own_folder

OWN_ERRORS = frozenset(name for name in vars(errors) if name.endswith("Error"))


def execute(
    source: Path, target: Path, arguments: Mapping[str, Any], scenario: str, out: Path,
    inherited: tuple[int, ...] = (),
) -> Any:  # fmt: skip
    """The executed notebook, put at ``target`` only when every cell completed.

    A failed run is kept beside it as ``*.failed.ipynb``; raises NotebookError naming the cell.
    The kernel inherits the open files ``inherited``.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    half = target.with_name(f".{target.stem}.part.ipynb")
    failed = target.with_suffix(".failed.ipynb")
    try:
        with own_folder() as (own, mark):
            environment = kernel.environment(scenario, out, own)
            notebook = papermill.execute_notebook(
                str(source), str(half), parameters=dict(arguments), kernel_name="python3",
                progress_bar=False, autosave_cell_every=0, request_save_on_cell_execute=False,
                kernel_manager_class=kernel.manager(environment, own, (*inherited, *mark)),
            )  # fmt: skip
    except papermill.PapermillExecutionError as error:
        os.replace(half, failed)
        raise NotebookError(_failure(error, source, failed, out)) from None
    except RuntimeError as error:
        raise NotebookError(_lost(error, source)) from None
    finally:
        half.unlink(missing_ok=True)
    _write(strip_run(notebook), target)
    failed.unlink(missing_ok=True)
    return notebook


def _failure(
    error: papermill.PapermillExecutionError, source: Path, failed: Path, out: Path
) -> Problem:
    # Only the library's own errors are known to hold no text of a patient.
    found = f"{error.ename}: {error.evalue}" if error.ename in OWN_ERRORS else error.ename
    kept = failed.relative_to(out) if failed.is_relative_to(out) else failed.name
    return Problem(
        f"notebooks/{source.name}, cell {error.cell_index + 1}",
        found, "every cell to complete", f"open {kept} and look at that cell",
    )  # fmt: skip


def _lost(error: RuntimeError, source: Path) -> Problem:
    return Problem(
        f"notebooks/{source.name}", f"a kernel that ended by itself ({type(error).__name__})",
        "a kernel that lives until the last cell", "free memory or use --jobs 1, then run again",
    )  # fmt: skip


def strip_run(notebook: Any) -> Any:
    """``notebook`` without times, paths and run metadata, so that equal runs are equal bytes."""
    for holder in (notebook, *notebook.cells):
        holder.metadata.pop("papermill", None)
        holder.metadata.pop("execution", None)
    notebook.metadata["kernelspec"] = {
        "display_name": "Python 3", "language": "python", "name": "python3",
    }  # fmt: skip
    notebook.metadata.pop("language_info", None)
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number}"
    return notebook


def _write(notebook: Any, target: Path) -> None:
    import nbformat

    half = target.with_name(f".{target.name}.part")
    nbformat.write(notebook, half)
    os.replace(half, target)

"""One notebook, executed by papermill: to a temporary file first, then into place."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from prrt_lib.base.errors import NotebookError, Problem
from prrt_lib.base.paths import PROJECT
from prrt_lib.declare.results import BATCH

# jsonschema loads this 0.8 s grammar only to check URIs, which notebooks do not need.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

import papermill  # noqa: E402
from jupyter_client.kernelspec import KernelSpec  # noqa: E402
from jupyter_client.manager import AsyncKernelManager  # noqa: E402


def kernel_environment(scenario: str, out: Path) -> dict[str, str]:
    """Environment of a kernel: this library, this output root, nothing in the user's home."""
    cache = out / "data" / "processed" / ".cache"
    (cache / "ipython").mkdir(parents=True, exist_ok=True)
    return {
        **os.environ,
        "PRRT_OUT": str(out),
        BATCH: scenario,
        "PYTHONPATH": str(PROJECT),
        "PYTHONHASHSEED": "0",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "MPLCONFIGDIR": str(cache / "matplotlib"),
        "IPYTHONDIR": str(cache / "ipython"),
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
    }


def kernel_manager(environment: Mapping[str, str]) -> type[AsyncKernelManager]:
    """A manager whose kernel is this very interpreter, whatever kernels the user has installed."""

    class OwnKernel(AsyncKernelManager):
        @property
        def kernel_spec(self) -> KernelSpec:
            launch = [
                sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}",
                "--log-level=ERROR",
            ]  # fmt: skip
            return KernelSpec(argv=launch, display_name="Python 3", language="python")

        async def _async_start_kernel(self, **options: Any) -> None:
            await super()._async_start_kernel(**{**options, "env": dict(environment)})

        start_kernel = _async_start_kernel

    return OwnKernel


def execute(source: Path, target: Path, arguments: Mapping[str, Any], scenario: str, out: Path):
    """The executed notebook at ``target``, put there only when every cell completed.

    A failed run is kept beside it as ``*.failed.ipynb``; raises NotebookError naming the cell.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    half = target.with_name(f".{target.name}")
    failed = target.with_suffix(".failed.ipynb")
    try:
        notebook = papermill.execute_notebook(
            str(source), str(half), parameters=dict(arguments), kernel_name="python3",
            progress_bar=False, autosave_cell_every=0, request_save_on_cell_execute=False,
            kernel_manager_class=kernel_manager(kernel_environment(scenario, out)),
        )  # fmt: skip
    except papermill.PapermillExecutionError as error:
        os.replace(half, failed)
        raise NotebookError(_failure(error, source, failed, out)) from None
    finally:
        half.unlink(missing_ok=True)
    _write(strip_run(notebook), target)
    failed.unlink(missing_ok=True)
    return notebook


def _failure(error: papermill.PapermillExecutionError, source: Path, failed: Path, out: Path):
    # Only the library's own errors are known to hold no text of a patient.
    own = error.ename.endswith("Error") and error.ename in _own_errors()
    found = f"{error.ename}: {error.evalue}" if own else error.ename
    kept = failed.relative_to(out) if failed.is_relative_to(out) else failed.name
    return Problem(
        f"notebooks/{source.name}, cell {error.cell_index + 1}",
        found, "every cell to complete", f"open {kept} and look at that cell",
    )  # fmt: skip


def _own_errors() -> set[str]:
    from prrt_lib.base import errors

    return {name for name in vars(errors) if name.endswith("Error")}


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

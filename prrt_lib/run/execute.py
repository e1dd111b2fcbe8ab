"""One notebook, executed by papermill in a kernel of its own: this interpreter and this library.

The result goes to a temporary file first, then into place; nothing is in the user's home.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from prrt_lib.base import errors
from prrt_lib.base.errors import NotebookError, Problem
from prrt_lib.base.paths import PROJECT
from prrt_lib.declare.results import BATCH
from prrt_lib.run.lock import own_folder

# jsonschema loads this 0.8 s grammar only to check URIs, which notebooks do not need.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

import nbformat  # noqa: E402
import papermill  # noqa: E402
from jupyter_client.kernelspec import KernelSpec  # noqa: E402
from jupyter_client.manager import AsyncKernelManager  # noqa: E402

OWN_ERRORS = frozenset(name for name in vars(errors) if name.endswith("Error"))
# A socket's path has at most 103 characters (macOS); its name takes up to 20 of them.
LONGEST_FOLDER = 80


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
            environment = kernel_environment(scenario, out, own)
            notebook = papermill.execute_notebook(
                str(source), str(half), parameters=dict(arguments), kernel_name="python3",
                progress_bar=False, autosave_cell_every=0, request_save_on_cell_execute=False,
                kernel_manager_class=kernel_manager(environment, own, (*inherited, *mark)),
            )  # fmt: skip
    except papermill.PapermillExecutionError as error:
        os.replace(half, failed)
        # Only the library's own errors are known to hold no text of a patient.
        found = f"{error.ename}: {error.evalue}" if error.ename in OWN_ERRORS else error.ename
        kept = failed.relative_to(out) if failed.is_relative_to(out) else failed.name
        raise NotebookError(
            Problem(f"notebooks/{source.name}, cell {error.cell_index + 1}", found,
                    "every cell to complete", f"open {kept} and look at that cell")
        ) from None  # fmt: skip
    except RuntimeError as error:
        found = f"a kernel that ended by itself ({type(error).__name__})"
        raise NotebookError(
            Problem(f"notebooks/{source.name}", found, "a kernel that lives until the last cell",
                    "free memory or use --jobs 1, then run again")
        ) from None  # fmt: skip
    finally:
        half.unlink(missing_ok=True)
    whole = target.with_name(f".{target.name}.part")
    nbformat.write(strip_run(notebook), whole)
    os.replace(whole, target)
    failed.unlink(missing_ok=True)
    return notebook


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


def kernel_environment(scenario: str, out: Path, folder: Path) -> dict[str, str]:
    """Environment of a kernel that keeps its own files in ``folder``, removed when it ends."""
    return {
        **os.environ,
        "PRRT_OUT": str(out),
        BATCH: scenario,
        "PYTHONPATH": str(PROJECT),
        "PYTHONHASHSEED": "0",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "MPLCONFIGDIR": str(font_cache(out)),
        "IPYTHONDIR": str(folder / "ipython"),
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTER_DATA_DIR": str(folder / "data"),
        "JUPYTER_RUNTIME_DIR": str(folder),
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
    }


def font_cache(out: Path) -> Path:
    """Where matplotlib keeps its list of fonts: shared by all runs, which saves building it."""
    shared = PROJECT / ".cache" / "matplotlib"
    try:
        shared.mkdir(parents=True, exist_ok=True)
        usable = os.access(shared, os.W_OK)
    except OSError:
        usable = False
    return shared if usable else out / "data" / "processed" / ".cache" / "matplotlib"


def kernel_manager(
    environment: Mapping[str, str], folder: Path, inherited: tuple[int, ...] = ()
) -> type[AsyncKernelManager]:
    """A manager whose kernel is this very interpreter, whatever kernels the user has installed.

    Kernel and driver talk over sockets in ``folder``, which only this user can open. The kernel
    also holds the files ``inherited``.
    """

    class OwnKernel(AsyncKernelManager):
        def __init__(self, **options: Any):
            super().__init__(**options)
            sockets_fit = os.name != "nt" and len(str(folder)) <= LONGEST_FOLDER
            self.transport = "ipc" if sockets_fit else "tcp"
            self.connection_file = str(folder / "kernel.json")

        @property
        def kernel_spec(self) -> KernelSpec:
            launch = [
                sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}",
                "--log-level=CRITICAL", "--HistoryManager.enabled=False",
            ]  # fmt: skip
            return KernelSpec(argv=launch, display_name="Python 3", language="python")

        async def _async_start_kernel(self, **options: Any) -> None:
            own = {"env": dict(environment), "pass_fds": inherited}
            await super()._async_start_kernel(**{**options, **own})

        start_kernel = _async_start_kernel

    return OwnKernel

"""The kernel of one notebook: this interpreter and this library, nothing of the user's home."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from prrt_lib.base.paths import PROJECT
from prrt_lib.declare.results import BATCH

# jsonschema loads this 0.8 s grammar only to check URIs, which notebooks do not need.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

from jupyter_client.kernelspec import KernelSpec  # noqa: E402
from jupyter_client.manager import AsyncKernelManager  # noqa: E402

# A socket's path has at most 103 characters (macOS); its name takes up to 20 of them.
LONGEST_FOLDER = 80


def environment(scenario: str, out: Path, folder: Path) -> dict[str, str]:
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


def manager(
    environment: Mapping[str, str], folder: Path, inherited: tuple[int, ...] = ()
) -> type[AsyncKernelManager]:
    """A manager whose kernel is this very interpreter, whatever kernels the user has installed.

    Kernel and driver talk over sockets in ``folder``, which only this user can open. The kernel
    also holds the files ``inherited``.
    """

    class OwnKernel(AsyncKernelManager):
        def __init__(self, **options: Any):
            super().__init__(**options)
            self.transport = "ipc" if _sockets_fit(folder) else "tcp"
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


def _sockets_fit(folder: Path) -> bool:
    return os.name != "nt" and len(str(folder)) <= LONGEST_FOLDER

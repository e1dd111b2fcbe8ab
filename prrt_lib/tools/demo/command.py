"""The command that writes the demonstration: two workbooks and their truth."""

from __future__ import annotations

from pathlib import Path

from prrt_lib.base.errors import ParameterError, Problem
from prrt_lib.declare.parameters import unknown_name
from prrt_lib.tools.demo.abstract import abstracted
from prrt_lib.tools.demo.cohort import SyntheticCohort, generate
from prrt_lib.tools.demo.model import MODELS, SEED
from prrt_lib.tools.demo.truth import write_truth
from prrt_lib.tools.demo.write import write_sheets, write_wide

DEFAULT_N = 135
DEMO_SEED = SEED


def write_workbooks(cohort: SyntheticCohort, folder: Path, stem: str = "demo") -> list[Path]:
    """Writes <stem>.xlsx, <stem>_wide.xlsx and <stem>_truth.csv into ``folder``."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    book = abstracted(cohort)
    paths = [folder / f"{stem}.xlsx", folder / f"{stem}_wide.xlsx", folder / f"{stem}_truth.csv"]
    write_sheets(cohort, book, paths[0])
    write_wide(cohort, book, paths[1])
    write_truth(book, paths[2])
    return paths


def demo_data(root: Path, n: int | None = None, seed: int | None = None,
              model: str | None = None, out: Path | None = None) -> list[Path]:  # fmt: skip
    """Writes the demonstration into ``out`` (default data/raw below ``root``); the paths.

    Raises ParameterError on fewer than 10 patients or an unknown model.
    """
    n = DEFAULT_N if n is None else n
    model = model or "default"
    if model not in MODELS:
        raise ParameterError(unknown_name(model, list(MODELS), "demo-data --model"))
    if n < 10:
        raise ParameterError(
            Problem("demo-data --n", str(n), "at least 10 patients", "ask for more patients")
        )
    cohort = generate(n, DEMO_SEED if seed is None else seed, MODELS[model])
    return write_workbooks(cohort, Path(out) if out else Path(root) / "data" / "raw")

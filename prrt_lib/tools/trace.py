"""What ``python -m prrt_lib trace`` prints: from a number to its cells, from a cell to numbers."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from prrt_lib import __version__
from prrt_lib.base.errors import InputError, Problem
from prrt_lib.base.paths import Places
from prrt_lib.declare.quoting import quoted
from prrt_lib.declare.rows import KEY, VALUES, WORDS
from prrt_lib.run import manifest
from prrt_lib.study.tracing import Traces, as_text

SHOWN = 60


def trace(row_id: str, scenario: str, root: Path, whole: bool = False, out: Path | None = None):
    """The text that says what ``row_id`` is and which cells it was read from.

    With ``out`` all cells go into that CSV file. Raises InputError where the scenario was not
    run, has no such row, or its result rows were changed after the run.
    """
    known, notes = _traces(scenario, root)
    row, cells = known.known(row_id), known.cells(row_id, whole)
    facts = [f"{name}: {as_text(row[name])}" for name in (*KEY, *VALUES, *WORDS)
             if as_text(row[name])]  # fmt: skip
    footprint = known.footprint(row_id)
    facts.append(f"read: {', '.join(footprint['columns']) or 'nothing of a patient'}")
    counted = known.counted(row_id)
    if counted is not None:
        facts.append(f"counted in n: {', '.join(sorted(counted[0])) or 'nobody'}")
        facts.append(
            f"in the total alone: {', '.join(sorted(counted[1] - counted[0])) or 'nobody'}"
        )
    return "\n".join([*notes, f"result row {row_id} of {row['notebook']}", *facts, "",
                      *_listed(cells, out, "cells of", "record")])  # fmt: skip


def touched(address: str, scenario: str, root: Path, out: Path | None = None) -> str:
    """The text that lists the result rows which rest on a cell such as ``Sheet!B12``."""
    known, notes = _traces(scenario, root)
    found = known.touched(address)
    return "\n".join([*notes, *_listed(found, out, "result rows of", "notebook")])


def _listed(frame: pd.DataFrame, out: Path | None, what: str, by: str) -> list[str]:
    count = f"{len(frame)} {what} {frame[by].nunique()} {by}s"
    if out is not None:
        quoted(frame).to_csv(out, index=False)
        return [f"{count}, written to {out}"]
    shown = _brief(frame.head(SHOWN))
    more = len(frame) - len(shown)
    left = [f"and {more} more; --csv FILE writes all"] if more > 0 else []
    return [count, shown.to_string(index=False) if len(shown) else "", *left]


def _brief(frame: pd.DataFrame) -> pd.DataFrame:
    """Cells as a terminal has room for: where, whose, what; of a question its rule."""
    if "sheet" not in frame:
        return frame
    place = frame["sheet"] + "!" + frame["cell"]
    asked = frame["question"].str.partition(":")[0]
    return pd.DataFrame({"cell": place, "question": asked}).join(
        frame[["record", "column", "value", "raw", "status", "rule"]]
    )[["cell", "record", "column", "value", "raw", "status", "rule", "question"]]


def _traces(scenario: str, root: Path) -> tuple[Traces, list[str]]:
    """The traces of a finished run, and a note where another version of the library made it."""
    places = Places(scenario, root.resolve())
    recorded = manifest.read(places)
    results = {
        name: digest
        for stage, content in recorded.items() if stage.startswith("notebook ")
        for name, digest in content["outputs"].items() if name.endswith(".csv")
    }  # fmt: skip
    if not results:
        raise InputError(
            Problem(str(places.processed), "no finished run", "a scenario that was run",
                    f"make SCENARIO={scenario}")
        )  # fmt: skip
    if changed := list(manifest.altered(root, results)):
        raise InputError(
            [Problem(name, "a file that is not as the run wrote it", "the run's own result rows",
                     f"make SCENARIO={scenario} writes it anew") for name in changed]
        )  # fmt: skip
    made = recorded.get("prrt_lib")
    told = f"note: made by prrt_lib {made}, traced by {__version__}: run again if they differ"
    return Traces(places), [] if made == __version__ else [told]

"""The cohort stage on disk: what notebooks read, written whole or not at all."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from prrt_lib.base.paths import Places
from prrt_lib.declare.asked.answers import Answer
from prrt_lib.declare.asked.findings import COLUMNS, findings_frame
from prrt_lib.declare.parameters import Parameters
from prrt_lib.declare.quoting import quoted
from prrt_lib.read.questions import with_states
from prrt_lib.study.cohort import Cohort, build, with_derived
from prrt_lib.study.data import headline_banner
from prrt_lib.study.typed import until


def write_cohort(
    tables: Mapping[str, pd.DataFrame],
    findings: pd.DataFrame,
    lineage: pd.DataFrame,
    parameters: Parameters,
    places: Places,
    answers: Sequence[Answer] = (),
) -> dict[str, Any]:
    """Facts about the built cohort (n, headline, banner), once its files are below ``places``.

    ``answers`` give the findings their state and the data cut at which they were first seen.
    Everything is computed before the first file is replaced, and each file in one step.
    ``columns.json`` holds the SHA-256 of every column as notebooks see it.
    """
    cohort = build(tables, parameters, findings)
    asked = with_states(all_findings(findings, cohort, lineage), lineage, answers)
    stored = stored_tables(tables, cohort)
    prints = fingerprints(cohort, stored, asked)
    places.tables.mkdir(parents=True, exist_ok=True)
    for name, table in stored.items():
        _replace(places.tables / f"{name}.parquet", _parquet(table))
    _replace(places.processed / "cohort.parquet", _parquet(cohort.patients))
    _replace(places.processed / "lineage.parquet", _parquet(lineage))
    _replace(places.processed / "flow.csv", _csv(cohort.flow))
    _replace(places.processed / "findings.csv", _csv(asked))
    _replace(places.processed / "parameters.json", _json(asdict(parameters)))
    _replace(places.processed / "columns.json", _json(prints))
    return facts(cohort)


def facts(cohort: Cohort) -> dict[str, Any]:
    """Number of patients, headline population and the banner above it."""
    wanted = cohort.parameters.population
    fallback = wanted == "gep" and not cohort.patients["in_gep"].any()
    banner = headline_banner(cohort.patients["gep_primary"]) if fallback else ""
    return {"patients": len(cohort.patients), "headline": "all_treated" if fallback else wanted,
            "headline_banner": banner}  # fmt: skip


def stored_tables(tables: Mapping[str, pd.DataFrame], cohort: Cohort) -> dict[str, pd.DataFrame]:
    """All canonical tables with every row, ``used`` telling those up to the cut-off, and extras."""
    cutoff = pd.Timestamp(cohort.parameters.cutoff)
    stored = {}
    for name, frame in with_derived(tables, cohort.parameters).items():
        stored[name] = frame.assign(used=frame.index.isin(until(frame, name, cutoff).index))
    for name in ("scans", "biomarker_windows"):
        stored[name] = cohort.tables[name].assign(used=True)
    return stored


def all_findings(findings: pd.DataFrame, cohort: Cohort, lineage: pd.DataFrame) -> pd.DataFrame:
    """Findings of reading, and those of the study layer that reading has not asked already.

    The latter take the address of their cell from ``lineage``.
    """
    known = findings.reindex(columns=list(COLUMNS)).to_dict("records") if len(findings) else []
    asked = {(item["rule"], item["record"]) for item in known}
    new = [item for item in cohort.findings if (item["rule"], item["record"]) not in asked]
    own = addressed(new, lineage)
    return findings_frame([*known, *own], first_seen=cohort.parameters.cutoff)


def addressed(own: list[dict[str, str]], lineage: pd.DataFrame) -> list[dict[str, str]]:
    """``own`` with sheet and cell where lineage knows the table, record, column (and row)."""
    if not own or not len(lineage):
        return own
    wanted = {(item.get("table"), item.get("record"), item.get("column")) for item in own}
    names = ["table", "record", "column", "row", "sheet", "cell"]
    rows = lineage[names][lineage["record"].isin({item.get("record") for item in own})]
    exact: dict[tuple, tuple[str, str]] = {}
    for table, record, column, row, sheet, cell in rows.itertuples(index=False):
        if (table, record, column) in wanted:
            exact.setdefault((table, record, column, str(row)), (sheet, cell))
            exact.setdefault((table, record, column, None), (sheet, cell))
    found = []
    for item in own:
        key = (item.get("table"), item.get("record"), item.get("column"), item.get("row"))
        sheet, cell = exact.get(key, ("", ""))
        found.append({**item, "sheet": sheet, "cell": cell} if sheet else item)
    return found


def fingerprints(
    cohort: Cohort, stored: Mapping[str, pd.DataFrame], findings: pd.DataFrame
) -> dict[str, str]:
    """ "table.column" -> SHA-256 of its content for the treated patients, keyed by patient."""
    prints = _prints("derived", cohort.patients)
    treated = set(cohort.patients["patient_id"])
    for name, table in stored.items():
        seen = table[table["used"] & table["patient_id"].isin(treated)]
        prints |= _prints(name, seen.drop(columns="used"))
    prints["findings"] = _digest(_csv(findings))
    prints["flow"] = _digest(_csv(cohort.flow))
    return prints


def _prints(table: str, frame: pd.DataFrame) -> dict[str, str]:
    keys = pd.util.hash_pandas_object(frame["patient_id"].astype(str), index=False).to_numpy()
    prints = {}
    for name in frame:
        series = frame[name]
        values = pd.util.hash_pandas_object(series, index=False).to_numpy()
        missing = series.isna().to_numpy()
        content = b"".join(part.tobytes() for part in (keys, values, missing))
        prints[f"{table}.{name}"] = _digest(content)
    return prints


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _parquet(frame: pd.DataFrame) -> bytes:
    return frame.to_parquet(None, index=False)


def _csv(frame: pd.DataFrame) -> bytes:
    return quoted(frame).to_csv(index=False, lineterminator="\n").encode("utf-8")


def _json(content: Any) -> bytes:
    return (json.dumps(content, indent=1, sort_keys=True) + "\n").encode("utf-8")


def _replace(path: Path, content: bytes, swap: Callable[[Any, Any], None] = os.replace) -> None:
    half = path.with_name(f".{path.name}.part")
    half.write_bytes(content)
    swap(half, path)

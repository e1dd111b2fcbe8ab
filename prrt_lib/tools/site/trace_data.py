"""The data behind the numbers of a run's pages, as script files: no page ever fetches JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from prrt_lib.base.paths import Places, write_text
from prrt_lib.declare.derivations import abstracted, of_cohort
from prrt_lib.declare.dictionary import dictionary
from prrt_lib.declare.rows import KEY as ROW_KEY
from prrt_lib.declare.rows import NUMERIC, STATISTICS, VALUES, WORDS
from prrt_lib.study.endpoints import ENDPOINTS, SETTINGS, horizon
from prrt_lib.study.tracing import Traces, as_text

FOLDER = "trace"
# Beyond this many cells a page would be slow to load: the command traces there, the page says so.
MOST_CELLS = 500_000
# The words and numbers of a row; key columns first.
FIELDS = (*ROW_KEY, *VALUES, *WORDS)


class Words:
    """Texts, or tuples of texts, by number: each is written once."""

    def __init__(self) -> None:
        self.numbers: dict[Any, int] = {}

    def __call__(self, text: Any) -> int:
        return self.numbers.setdefault(text, len(self.numbers))

    @property
    def texts(self) -> list[Any]:
        return list(self.numbers)


def write_trace(places: Places, notebooks: Collection[str] | None = None) -> list[Path]:
    """The script files written below ``reports/<scenario>/trace``; none without footprints.

    With ``notebooks`` the rows of these alone: one that stopped leaves its older rows behind.
    """
    if not any((places.processed / "footprints").glob("*.json")):
        return []
    known = Traces(places)
    rows = known.rows
    kept = rows if notebooks is None else rows[rows["notebook"].isin(notebooks)]
    files = {"index": _index(known), "rows": _rows(known, kept)}
    if len(known.lineage) <= MOST_CELLS:
        for table, cells in known.lineage.groupby("table", sort=True):
            files[f"table_{table}"] = _cells(cells)
    head = "window.PRRT=window.PRRT||{};PRRT.data=PRRT.data||{};"
    written = []
    for name, content in files.items():
        # What could end the script element or the statement is escaped: pages show it as text.
        text = json.dumps(content, ensure_ascii=True, separators=(",", ":"))
        text = text.replace("<", "\\u003c")
        written.append(places.reports / FOLDER / f"{name}.js")
        write_text(written[-1], f"{head}PRRT.data[{json.dumps(name)}]={text};\n")
    return written


def _index(known: Traces) -> dict[str, Any]:
    """What every panel needs: footprints, patients, derived values, meanings of words."""
    columns = Words()
    people = known.cohort.sort_index()
    read = {name for one in known.footprints.values() for name in one["columns"]}
    derived = sorted(
        name.partition(".")[2] for name in read
        if name.startswith("derived.") and name.partition(".")[2] in people
    )  # fmt: skip
    parameters = json.loads((known.places.processed / "parameters.json").read_text("utf-8"))
    return {
        "scenario": known.places.scenario,
        "with_cells": len(known.lineage) <= MOST_CELLS,
        "footprints": {
            key: {
                "cells": _numbers(columns, abstracted(one["columns"])),
                "derived": [derived.index(name) for name in derived
                            if f"derived.{name}" in one["columns"]],
                "populations": one["populations"],
                "options": {name: parameters.get(name) for name in one["parameters"]},
            }
            for key, one in known.footprints.items()
        },
        "cohort": _numbers(columns, of_cohort()),
        "columns": columns.texts,
        "labels": {name: dictionary().column(name).label for name in columns.texts},
        "records": sorted(set(known.lineage["record"]) | set(people["patient_id"])),
        "patients": people["patient_id"].tolist(),
        "populations": {
            name.removeprefix("in_"): people[name].astype(int).tolist()
            for name in people if name.startswith("in_")
        },
        "derived": [
            {"name": name, "label": dictionary().label(name), "values": people[name].map(as_text)
             .tolist()} for name in derived
        ],
        "sheets": {
            sheet: sorted(set(part["table"])) for sheet, part in known.lineage.groupby("sheet")
        },
        "statistics": dict(STATISTICS), "settings": dict(SETTINGS),
        "endpoints": {
            name: {"label": one.label, "origin": one.origin, "entry": one.entry,
                   "event": one.event, "competing": one.competing, "censoring": one.censoring,
                   "horizon": horizon()}
            for name, one in ENDPOINTS.items()
        },
    }  # fmt: skip


def _numbers(columns: Words, addresses: Iterable[str]) -> list[int]:
    return sorted(columns(address) for address in sorted(addresses))


def _rows(known: Traces, kept: pd.DataFrame) -> dict[str, Any]:
    """The rows ``kept`` with notebook and footprint; texts stand as numbers of ``words``."""
    words, prints = Words(), Words()
    rows: dict[str, list] = {}
    columns = [kept[name].tolist() for name in FIELDS]
    for row_id, notebook, *values in zip(kept["row_id"], kept["notebook"], *columns, strict=True):
        shown = [
            words(value)
            if name not in NUMERIC
            else float(f"{value:.10g}")
            if math.isfinite(value)
            else None
            for name, value in zip(FIELDS, values, strict=True)
        ]
        rows[row_id] = [words(notebook), prints(known.row_footprints[row_id]), *shown]
    return {"fields": ["notebook", "footprint", *FIELDS],
            "numeric": [name for name in FIELDS if name in NUMERIC],
            "words": words.texts, "footprints": prints.texts, "rows": rows}  # fmt: skip


def _cells(cells: pd.DataFrame) -> dict[str, Any]:
    """The cells of one table: of each its kind, its place, its value and what is written.

    A kind is column, sheet, letter, status, rule and question; a place is record and sheet row.
    """
    words, kinds, places = Words(), Words(), Words()
    letters = cells["cell"].str.extract(r"^([A-Z]*)(\d*)$")
    shared = [cells["column"], cells["sheet"], letters[0], cells["status"], cells["rule"],
              cells["question"]]  # fmt: skip
    lines = [
        [kinds(kind), places(place), words(value), words(raw)]
        for kind, place, value, raw in zip(
            zip(*shared, strict=True), zip(cells["record"], letters[1], strict=True),
            cells["value"].astype(str), cells["raw"].astype(str), strict=True,
        )
    ]  # fmt: skip
    return {"kinds": kinds.texts, "places": places.texts, "words": words.texts, "cells": lines}

"""From a result row to the cells it was read from, and from a cell to the rows it touches."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from prrt_lib.base.errors import InputError, Problem
from prrt_lib.base.paths import Places, places
from prrt_lib.declare import footprints, results
from prrt_lib.declare.derivations import abstracted, of_cohort
from prrt_lib.declare.dictionary import dictionary
from prrt_lib.declare.shown import Shown

# One line per cell: where it stands, what it says, how it was read, what is still asked.
CELLS = ("record", "table", "column", "row", "value", "raw", "sheet", "cell", "status", "rule",
         "question")  # fmt: skip
# The level of patients without a value, as analyses name it.
UNKNOWN = "not known"
ROWS = ("row_id", "notebook", "analysis", "population", "endpoint", "group", "group_level",
        "variable", "level", "statistic", "setting")  # fmt: skip


def trace(row: Any, scenario: str | None = None, whole: bool = False) -> pd.DataFrame:
    """The cells behind one result row, a line each (:data:`CELLS`).

    ``row`` is a row of result rows or its ``row_id``; without ``scenario`` the one built scenario
    that has this row. A cell of the workbook such as "Sheet!B12" gives the result rows that rest
    on it instead (:data:`ROWS`), and needs the scenario. By default the cells of the patients the
    row is about, in the columns its analysis read; with ``whole`` also the cells that decide who
    is analysed, of all records.
    Raises InputError where no scenario, or more than one, has the row.
    """
    name = row if isinstance(row, str) else str(row["row_id"])
    if scenario is not None and CELL.match(name.strip()):
        return Traces(places(scenario)).touched(name)
    return traces(name, scenario).cells(name, whole)


# A cell as Excel and LibreOffice write it: =[book.xlsx]Sheet!$B$12, 'My Sheet'!B12, $Sheet.B12.
CELL = re.compile(r"^=?(?:\$?(?P<sheet>'(?:[^']|'')+'|[^'!]+?)[!.])?\$?(?P<column>[A-Za-z]{1,3})"
                  r"\$?(?P<row>[1-9][0-9]{0,6})$")  # fmt: skip


def cell_address(text: str, sheets: Sequence[str]) -> tuple[str, str]:
    """(sheet, cell) of a reference as people copy it, the sheet being one of ``sheets``.

    Taken are absolute signs, quoted names, the name or path of the workbook in front, and upper
    or lower case. Without a sheet it is the only one there is. Raises InputError otherwise.
    """
    found = CELL.match(text.strip())
    if found is None:
        raise InputError(
            Problem(repr(text), "no reference to one cell", "Sheet!B12, 'My Sheet'!$B$12 or "
                    "[book.xlsx]Sheet!B12", "copy the address of one cell")
        )  # fmt: skip
    named = (found["sheet"] or "").strip("'").replace("''", "'")
    named = named[named.find("[") :] if "[" in named else named
    own = named.partition("]")[2] if named.startswith("[") else named
    # The workbook's name tells sheets apart only where several workbooks were read.
    for wanted in (named, own):
        like = [sheet for sheet in sheets if wanted in ("", sheet)] or [
            sheet for sheet in sheets
            if wanted.casefold() in (sheet.casefold(), sheet.partition("]")[2].casefold())
        ]  # fmt: skip
        if len(like) == 1:
            return like[0], f"{found['column']}{found['row']}".upper()
    what = f"sheet {named!r}" if named else "no sheet"
    raise InputError(
        Problem(repr(text), what, f"one of the sheets {', '.join(sheets)}", "name sheet and cell")
    )


def traces(row_id: str, scenario: str | None = None) -> Traces:
    """The traces of ``scenario``, or of the one built scenario that has ``row_id``."""
    if scenario is not None:
        return Traces(places(scenario))
    folders = sorted(places("_").processed.parent.glob("*/footprints"))
    found = [one for one in (Traces(places(folder.parent.name)) for folder in folders)
             if row_id in one.row_footprints]  # fmt: skip
    if len(found) != 1:
        names = ", ".join(one.places.scenario for one in found) or "none"
        raise InputError(
            Problem(f"result row {row_id}", f"built scenarios that have it: {names}",
                    "exactly one", "name the scenario")
        )  # fmt: skip
    return found[0]


@dataclass(frozen=True, repr=False)
class Traces(Shown):
    """What the rows of one finished scenario were computed from."""

    places: Places

    def shown(self) -> tuple[str, None, list[str]]:
        """Which scenario, and how to ask."""
        counted = f"{len(self.row_footprints)} result rows of scenario {self.places.scenario}"
        ways = ".cells(row_id): the cells of a row; .touched('Sheet!B12'): the rows of a cell"
        return counted, None, [ways]

    @cached_property
    def _noted(self) -> tuple[dict[str, footprints.Content], dict[str, str]]:
        folder = self.places.processed / "footprints"
        if not folder.is_dir() or not (self.places.processed / "lineage.parquet").exists():
            raise InputError(
                Problem(str(self.places.processed), "no footprints or no lineage",
                        "a run by this version", f"make SCENARIO={self.places.scenario}")
            )  # fmt: skip
        return footprints.load(folder)

    @property
    def footprints(self) -> Mapping[str, footprints.Content]:
        """Footprint id -> columns, populations and parameters that were read."""
        return self._noted[0]

    @property
    def row_footprints(self) -> Mapping[str, str]:
        """Result row -> footprint id."""
        return self._noted[1]

    @cached_property
    def rows(self) -> pd.DataFrame:
        """Result rows with a footprint by ``row_id``, and the ``notebook`` they come from."""
        files = sorted(self.places.results.glob("*.csv"))
        frames = [results.read(file).assign(notebook=file.stem) for file in files]
        rows = pd.concat(frames, ignore_index=True)
        noted = rows["row_id"].isin(list(self.row_footprints))
        return rows[noted].set_index("row_id", drop=False)

    @cached_property
    def cohort(self) -> pd.DataFrame:
        """The treated patients with their derived columns, by ``patient_id``."""
        frame = pd.read_parquet(self.places.processed / "cohort.parquet")
        return frame.set_index("patient_id", drop=False)

    @cached_property
    def lineage(self) -> pd.DataFrame:
        """Every cell that was read (:data:`CELLS`), with its typed value and open question."""
        frame = pd.read_parquet(self.places.processed / "lineage.parquet")
        frame = frame.assign(value=self._values(frame), question=self._questions(frame))
        return frame.assign(address=frame["table"] + "." + frame["column"])

    def _values(self, lineage: pd.DataFrame) -> pd.Series:
        """The typed value of each cell as text; "" where it has none."""
        values = pd.Series("", index=lineage.index, dtype=object)
        for (table, column), part in lineage.groupby(["table", "column"], sort=False):
            declared = dictionary().tables[table].columns.get(column)
            file = self.places.tables / f"{table}.parquet"
            if declared is None or not file.exists():
                continue
            typed = pd.read_parquet(file, columns=["patient_id", "row", declared.value_column])
            typed = typed.drop_duplicates(["patient_id", "row"]).set_index(["patient_id", "row"])
            known = typed[declared.value_column].map(as_text)
            keys = pd.MultiIndex.from_frame(part[["record", "row"]])
            values.loc[part.index] = known.reindex(keys).fillna("").to_numpy()
        return values

    def _questions(self, lineage: pd.DataFrame) -> pd.Series:
        """Open questions about each cell: rule and message."""
        file = self.places.processed / "findings.csv"
        asked = pd.read_csv(file, dtype=str, keep_default_na=False)
        asked = asked[asked["cell"] != ""]
        told = asked["rule"] + ": " + asked["message"]
        by_cell = told.groupby([asked["sheet"], asked["cell"]]).agg("; ".join)
        keys = pd.MultiIndex.from_frame(lineage[["sheet", "cell"]])
        return pd.Series(by_cell.reindex(keys).fillna("").to_numpy(), index=lineage.index)

    def known(self, row_id: str) -> pd.Series:
        """The result row ``row_id``; raises InputError where there is none."""
        if row_id not in self.rows.index:
            raise InputError(
                Problem(f"result row {row_id}", "no such row in this scenario",
                        "12 hex digits of a row of results/*.csv", "copy the row_id from a page")
            )  # fmt: skip
        return self.rows.loc[row_id]

    def footprint(self, row_id: str) -> footprints.Content:
        """What the analysis of ``row_id`` read."""
        return self.footprints[self.row_footprints[self.known(row_id)["row_id"]]]

    def records(self, footprint: Mapping[str, Any]) -> frozenset[str]:
        """The patients whose values were read: of the populations, else of all records."""
        if not footprint["columns"]:
            return frozenset()
        if not footprint["populations"]:
            return frozenset(self.lineage["record"])
        flags = [f"in_{name}" for name in footprint["populations"]]
        return frozenset(self.cohort.loc[self.cohort[flags].any(axis=1), "patient_id"])

    def about(self, row_id: str) -> frozenset[str]:
        """The patients that ``row_id`` speaks of: its own population, its level of a grouping."""
        row, records = self.known(row_id), self.records(self.footprint(row_id))
        people = self.cohort[self.cohort["patient_id"].isin(records)]
        if row["population"]:
            people = people[people[f"in_{row['population']}"]]
        if row["group"] in people and row["group_level"]:
            wanted = "" if row["group_level"] == UNKNOWN else row["group_level"]
            level = people[people[row["group"]].map(as_text) == wanted]
            people = level if len(level) else people
        return frozenset(people["patient_id"]) if len(people) else records

    def counted(self, row_id: str) -> tuple[frozenset[str], frozenset[str]] | None:
        """The patients that a share counts and those of its total; None where the derived values
        do not give exactly the row's n and total."""
        row, people = self.known(row_id), self.cohort
        if row["statistic"] != "proportion" or row["variable"] not in people:
            return None
        people = people[people["patient_id"].isin(self.about(row_id))]
        values, stratum = people[row["variable"]].map(as_text), re.sub("[ -]", "_", row["stratum"])
        base = people.get(f"in_{stratum}", values != "")
        level = base & (values == row["level"])
        if (level.sum(), base.sum()) != (row["n"], row["total"]):
            return None
        return tuple(frozenset(people.loc[mask, "patient_id"]) for mask in (level, base))

    def cells(self, row_id: str, whole: bool = False) -> pd.DataFrame:
        """See :func:`trace`."""
        footprint = self.footprint(row_id)
        columns = abstracted(footprint["columns"])
        wanted = self.lineage["address"].isin(columns)
        if whole:
            own = wanted & self.lineage["record"].isin(self.records(footprint))
            kept = own | self.lineage["address"].isin(of_cohort())
        else:
            kept = wanted & self.lineage["record"].isin(self.about(row_id))
        return self.lineage.loc[kept, list(CELLS)].reset_index(drop=True)

    def touched(self, address: str) -> pd.DataFrame:
        """Result rows whose footprint holds the cell at ``address`` (:data:`ROWS`).

        ``address`` as :func:`cell_address` takes it. Raises InputError where the cell was not read
        as a value.
        """
        sheet, cell = cell_address(address, sorted(self.lineage["sheet"].unique()))
        found = self.lineage[(self.lineage["sheet"] == sheet) & (self.lineage["cell"] == cell)]
        if found.empty:
            raise InputError(
                Problem(f"{sheet}!{cell}", "a cell that holds no value of a patient",
                        "a cell that the profile reads", "check sheet and cell")
            )  # fmt: skip
        hit = {key for key, one in self.footprints.items() if self._holds(one, found)}
        rows = self.rows[self.rows["row_id"].map(self.row_footprints).isin(hit)]
        return rows[list(ROWS)].reset_index(drop=True)

    def _holds(self, footprint: footprints.Content, cells: pd.DataFrame) -> bool:
        if cells["address"].isin(of_cohort()).any():
            return True
        own = cells["address"].isin(abstracted(footprint["columns"]))
        return bool((own & cells["record"].isin(self.records(footprint))).any())


def as_text(value: Any) -> str:
    """A typed value as it is shown: dates as ISO days, whole numbers without a point."""
    if value is None or value is pd.NaT or (isinstance(value, float) and value != value):
        return ""
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    return f"{value:g}" if isinstance(value, float) else str(value)

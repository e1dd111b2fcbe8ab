"""What must not change when a workbook says the same in another way."""

from __future__ import annotations

import datetime as dt
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from rewritten import Grid, grids, respelt, shuffled, with_lines, write

from prrt_lib.base.paths import PROJECT
from prrt_lib.declare.dictionary import DATE_KINDS, dictionary
from prrt_lib.declare.parameters import Parameters
from prrt_lib.read.reading import Reading, read_workbook
from prrt_lib.read.sheets import ids
from prrt_lib.study.cohort import build
from prrt_lib.study.times import times

DATA = Path(__file__).parent / "data"
RAW = PROJECT / "data" / "raw"
WORKBOOKS = {
    "sheets_24": (DATA / "sheets_24.xlsx", "sheets", "2017-06-30"),
    "wide_24": (DATA / "wide_24.xlsx", "wide", "2017-06-30"),
    "demo": (RAW / "demo.xlsx", "template", "2026-06-30"),
    "demo_wide": (RAW / "demo_wide.xlsx", "demo_wide", "2026-06-30"),
}
ASKED = ["rule", "severity", "table", "record", "column", "status", "message", "how_to_resolve"]
# How a column's cells are written, not what they say.
OF_WRITING = ("text-beside-true-dates",)
ENDPOINTS = ("os_dx_delayed", "os_prrt", "ttp", "pfs", "cif_progression")
every_workbook = pytest.mark.parametrize("name", list(WORKBOOKS))
small_workbooks = pytest.mark.parametrize("name", ["sheets_24", "wide_24"])
one_of_each = pytest.mark.parametrize("name", ["sheets_24", "wide_24", "demo"])


@cache
def original(name: str) -> Reading:
    path, profile, _ = WORKBOOKS[name]
    return read_workbook(path, profile)


@cache
def cells(name: str) -> list[Grid]:
    return grids(WORKBOOKS[name][0])


def again(name: str, sheets: list[Grid], folder: Path, epoch: int = 1900) -> Reading:
    return read_workbook(write(sheets, folder / "again.xlsx", epoch), WORKBOOKS[name][1])


def assert_same_tables(one: Reading, other: Reading, raws: bool = True) -> None:
    for table, frame in one.tables.items():
        kept = [c for c in frame if raws or not c.endswith("_raw")]
        pd.testing.assert_frame_equal(frame[kept], other.tables[table][kept], obj=table)


def asked(reading: Reading, *less: str) -> list[tuple]:
    """The questions without the addresses of their cells."""
    found = reading.findings[~reading.findings["rule"].isin(less)]
    return sorted(found[ASKED].itertuples(index=False, name=None))


def read_cells(name: str, kinds: tuple[str, ...], part: str) -> dict[tuple[str, str], object]:
    """(sheet, cell) -> typed value of every cell of these kinds that was read with certainty."""
    reading, found = original(name), {}
    sure = reading.lineage[reading.lineage["status"].eq("ok")
                           & reading.lineage["source"].isin(["cell", "spread"])]  # fmt: skip
    for (table, column), group in sure.groupby(["table", "column"]):
        declared = dictionary().tables[table].columns[column]
        if declared.kind in kinds:
            parsed = pd.Series(group["raw"].to_numpy()) if part == "raw" else None
            frame = reading.tables[table].set_index("row")
            values = frame[declared.companions[part]] if parsed is None else parsed
            for line in group.itertuples():
                value = values.loc[line.row]
                if value == value:  # a value that a check made unused stands as it is
                    found[(line.sheet, line.cell)] = value
    return found


# --- 1: order -------------------------------------------------------------------------------------
@every_workbook
def test_the_order_of_rows_columns_and_sheets_changes_nothing(name, tmp_path):
    read = again(name, shuffled(cells(name), seed=5), tmp_path)
    assert_same_tables(original(name), read)
    assert asked(read) == asked(original(name))


# --- 2: units -------------------------------------------------------------------------------------
@pytest.mark.parametrize("per_gbq, unit", [(1 / 0.037, "mCi"), (1.0, "GBq"), (1000.0, "MBq")])
@small_workbooks
def test_activities_in_another_unit_are_the_same_activities(name, per_gbq, unit, tmp_path):
    given = read_cells(name, ("activity",), "lo")
    assert len(given) >= 60
    written = respelt(cells(name), given, lambda gbq: (f"{gbq * per_gbq:.10f} {unit}", "General"))
    read = again(name, written, tmp_path)
    was, now = (r.tables["prrt_cycles"]["activity_gbq"] for r in (original(name), read))
    np.testing.assert_allclose(was, now, rtol=1e-9)
    columns = [c for c in original(name).tables["prrt_cycles"] if not c.startswith("activity")]
    pd.testing.assert_frame_equal(
        original(name).tables["prrt_cycles"][columns], read.tables["prrt_cycles"][columns]
    )
    assert asked(read) == asked(original(name))


def test_a_column_may_change_its_unit_in_header_and_profile(tmp_path):
    sheets = cells("sheets_24")
    cycles = next(grid for grid in sheets if grid.name == "PRRT cycles")
    lines = [
        {**line, "E": (line["E"][0] * 37, "General")} if at else
        {**line, "E": ("Activity (MBq)", "General")}
        for at, line in enumerate(cycles.lines)
    ]  # fmt: skip
    changed = [Grid(cycles.name, lines, (), 1) if g is cycles else g for g in sheets]
    text = (PROJECT / "params/profiles/sheets.yaml").read_text()
    old = "{header: Activity (mCi), unit: mCi}"
    assert old in text
    profile = tmp_path / "mbq.yaml"
    profile.write_text(text.replace(old, "{header: Activity (MBq), unit: MBq}"))
    read = read_workbook(write(changed, tmp_path / "mbq.xlsx"), str(profile))
    was, now = (r.tables["prrt_cycles"]["activity_gbq"] for r in (original("sheets_24"), read))
    np.testing.assert_allclose(was, now, rtol=1e-12)


# --- 4: time --------------------------------------------------------------------------------------
@pytest.mark.parametrize("days", [1, 400])
@small_workbooks
def test_shifting_every_date_and_the_cutoff_changes_no_duration(name, days, tmp_path):
    by = pd.Timedelta(days, "D")
    given = read_cells(name, DATE_KINDS, "lo")
    read = again(name, respelt(cells(name), given, lambda d: as_date(d + by)), tmp_path)
    for table, frame in original(name).tables.items():
        dates = [c for c in frame if frame[c].dtype.kind == "M"]
        moved = frame.assign(**{c: frame[c] + by for c in dates})
        kept = [c for c in frame if not c.endswith("_raw")]
        pd.testing.assert_frame_equal(moved[kept], read.tables[table][kept], obj=table)
    cutoff = WORKBOOKS[name][2]
    later = str((pd.Timestamp(cutoff) + by).date())
    one, other = cohort(original(name), cutoff), cohort(read, later)
    for endpoint in ENDPOINTS:
        pd.testing.assert_frame_equal(times(one, endpoint).frame, times(other, endpoint).frame)


def test_shifting_the_demonstration_shifts_each_full_date_and_nothing_else(tmp_path):
    # Partial dates stay where they are, so only their neighbours' narrowing may differ.
    by = pd.Timedelta(3, "D")
    given = read_cells("demo", DATE_KINDS, "lo")
    # Of two equal rows only the first is known by its cells: both have to stay equal.
    twice = set(original("demo").findings.query("rule == 'duplicate-row'")["sheet"])
    given = {key: day for key, day in given.items() if key[0] not in twice}
    read = again("demo", respelt(cells("demo"), given, lambda d: as_date(d + by)), tmp_path)
    now = {key: value for key, value in read_cells_of(read).items() if key in given}
    assert len(given) > 2000
    moved = [now.get(key) == value + by for key, value in given.items()]
    # A contradiction with a partial date may fall away or appear: its date is then (un)used.
    lost = [key for key in given if key not in now]
    assert sum(moved) == len(given) - len(lost) and len(lost) <= 0.005 * len(given)


def read_cells_of(reading: Reading) -> dict[tuple[str, str], pd.Timestamp]:
    found = {}
    sure = reading.lineage[reading.lineage["status"] == "ok"]
    for (table, column), group in sure.groupby(["table", "column"]):
        declared = dictionary().tables[table].columns[column]
        if declared.kind in DATE_KINDS:
            lows = reading.tables[table].set_index("row")[declared.companions["lo"]]
            for line in group.itertuples():
                found[(line.sheet, line.cell)] = lows.loc[line.row]
    return found


# --- 5, 6: how a date is written ------------------------------------------------------------------
@every_workbook
def test_the_1904_date_system_changes_nothing(name, tmp_path):
    read = again(name, cells(name), tmp_path, epoch=1904)
    assert_same_tables(original(name), read)
    assert asked(read) == asked(original(name))


def as_date(day: pd.Timestamp) -> tuple[object, str]:
    return day.to_pydatetime(), "yyyy-mm-dd"


SPELLINGS = {
    "ISO text": lambda day: (day.strftime("%Y-%m-%d"), "General"),
    "dd-Mon-yyyy text": lambda day: (day.strftime("%d-%b-%Y"), "General"),
    "true date": as_date,
    "serial": lambda day: ((day - pd.Timestamp(1899, 12, 30)).days, "General"),
}


@pytest.mark.parametrize("spelling", list(SPELLINGS))
@small_workbooks
def test_every_spelling_of_a_full_date_gives_identical_tables(name, spelling, tmp_path):
    given = read_cells(name, DATE_KINDS, "lo")
    read = again(name, respelt(cells(name), given, SPELLINGS[spelling]), tmp_path)
    assert_same_tables(original(name), read, raws=False)
    assert asked(read, *OF_WRITING) == asked(original(name), *OF_WRITING)


def test_the_demonstration_in_other_units_and_serial_dates_is_the_same(tmp_path):
    days = read_cells("demo", DATE_KINDS, "lo")
    given = read_cells("demo", ("activity",), "lo")
    written = respelt(cells("demo"), days, SPELLINGS["serial"])
    written = respelt(written, given, lambda gbq: (f"{gbq * 1000:.10f} MBq", "General"))
    read = again("demo", written, tmp_path)
    assert len(days) > 3000 and len(given) > 300
    for table, frame in original("demo").tables.items():
        kept = [c for c in frame if not c.endswith("_raw")]
        one, other = frame[kept], read.tables[table][kept]
        pd.testing.assert_frame_equal(one, other, rtol=1e-9, obj=table)
    assert asked(read, *OF_WRITING) == asked(original("demo"), *OF_WRITING)


# --- 8: copies ------------------------------------------------------------------------------------
FIRST = {"sheets_24": "Patients", "wide_24": "PRRT abstraction", "demo": "patients"}


def lonely(name: str) -> tuple[int, dict]:
    """A data row of a patient who stands once in the first sheet and is not held out."""
    grid = next(g for g in cells(name) if g.name == FIRST[name])
    about = original(name).about["held_out"]
    texts = [str(line.get("A", ("",))[0]) for line in grid.lines[grid.head :]]
    keys = [ids.key(text) for text in texts]
    at = next(i for i, key in enumerate(keys) if keys.count(key) == 1 and texts[i] not in about)
    return at, grid.lines[grid.head + at]


def with_row(name: str, line: dict) -> list[Grid]:
    return [
        with_lines(grid, [*grid.lines[grid.head :], line]) if grid.name == FIRST[name] else grid
        for grid in cells(name)
    ]


@pytest.mark.parametrize("name", ["sheets_24", "wide_24", "demo"])
def test_an_exact_copy_of_a_row_is_reported_and_changes_nothing(name, tmp_path):
    _, line = lonely(name)
    read = again(name, with_row(name, line), tmp_path)
    assert_same_tables(original(name), read)
    more = [one for one in asked(read) if one not in asked(original(name))]
    assert more and {one[0] for one in more} == {"duplicate-row"}
    assert asked(read, "duplicate-row") == asked(original(name), "duplicate-row")


@pytest.mark.parametrize("name", ["sheets_24", "wide_24", "demo"])
def test_a_conflicting_copy_holds_the_patient_out_and_nobody_else(name, tmp_path):
    _, line = lonely(name)
    grid = next(g for g in cells(name) if g.name == FIRST[name])
    head = grid.lines[grid.head - 1]
    sex = next(at for at, (text, _) in head.items() if text in ("Sex", "Gender"))
    other = "Male" if str(line[sex][0]).casefold().startswith("f") else "Female"
    read = again(name, with_row(name, {**line, sex: (other, "General")}), tmp_path)
    held = set(read.about["held_out"]) - set(original(name).about["held_out"])
    assert len(held) == 1 and set(read.about["held_out"].values()) >= {"conflicting-patient"}
    for table, frame in original(name).tables.items():
        rest = frame[~frame["patient_id"].isin(held)].drop(columns="row").reset_index(drop=True)
        pd.testing.assert_frame_equal(rest, read.tables[table].drop(columns="row"), obj=table)
    about = [one for one in asked(read) if one[3] in held]
    assert [one[0] for one in about] == ["conflicting-patient"]


# --- 11: one or several workbooks -----------------------------------------------------------------
@pytest.mark.parametrize(
    "name, turned", [("sheets_24", True), ("wide_24", True), ("demo", True), ("demo", False)]
)
def test_a_workbook_split_in_two_and_merged_equals_the_whole(name, turned, tmp_path):
    paths = []
    for half in (0, 1):
        sheets = [
            with_lines(grid, [line for line in grid.lines[grid.head :] if side(line) == half])
            for grid in cells(name)
        ]
        paths.append(write(sheets, tmp_path / f"part{half}.xlsx"))
    read = read_workbook(paths[::-1] if turned else paths, WORKBOOKS[name][1])
    assert_same_tables(original(name), read)
    per_record = [one for one in asked(read) if one[3]]
    assert per_record == [one for one in asked(original(name)) if one[3]]
    # What is asked of a whole sheet or column is asked of each workbook.
    assert {one[0] for one in asked(read)} == {one[0] for one in asked(original(name))}


def side(line: dict) -> int:
    """Which half a row goes to; all spellings of an id go to the same."""
    return sum(ids.key(str(line.get("A", ("",))[0])).encode()) % 2


# --- 16, 17: order of dates -----------------------------------------------------------------------
def cohort(reading: Reading, cutoff: str):
    return build(reading.tables, Parameters("invariants", cutoff=cutoff), reading.findings)


@every_workbook
def test_dates_that_are_used_stand_in_the_order_of_a_life(name):
    tables = original(name).tables
    one = tables["patients"].set_index("patient_id")[["birth_date"]]
    one = one.join(tables["tumour"].set_index("patient_id")["diagnosis_date"])
    one["first"] = tables["prrt_cycles"].groupby("patient_id")["cycle_date"].min()
    one = one.join(tables["followup"].set_index("patient_id")[["last_contact_date", "death_date"]])
    assert len(one) >= 24
    for earlier, later in (
        ("birth_date", "diagnosis_date"), ("diagnosis_date", "first"), ("first", "death_date"),
        ("diagnosis_date", "death_date"), ("last_contact_date", "death_date"),
    ):  # fmt: skip
        assert not (one[earlier] > one[later]).any(), f"{earlier} after {later}"


@every_workbook
def test_no_duration_is_negative_and_progressions_that_count_follow_prrt(name):
    built = cohort(original(name), WORKBOOKS[name][2])
    for endpoint in ENDPOINTS:
        frame = times(built, endpoint).frame
        assert (frame["entry"] >= 0).all() and (frame["exit"] >= frame["entry"]).all()
        assert len(frame) > 20
    people = built.patients
    late = people[people["progression"].notna()]
    assert len(late) >= 12 and (late["progression"] > late["first_prrt"]).all()


@every_workbook
def test_shortest_and_longest_bracket_every_single_duration(name):
    built = cohort(original(name), WORKBOOKS[name][2])
    differing = 0
    for endpoint in ENDPOINTS:
        lengths = {}
        for setting in ("shortest", "", "longest"):
            frame = times(built, endpoint, setting).frame.set_index("patient_id")
            lengths[setting] = frame["exit"]
        both = pd.DataFrame(lengths).dropna()
        assert len(both) > 20
        assert (both["shortest"] <= both[""]).all() and (both[""] <= both["longest"]).all()
        differing += int((both["shortest"] < both["longest"]).sum())
    assert differing > 0 or not name.startswith("demo")


def test_dates_of_the_test_are_real():
    assert SPELLINGS["serial"](pd.Timestamp(2016, 3, 15))[0] == 42444
    assert as_date(pd.Timestamp(2016, 3, 15))[0] == dt.datetime(2016, 3, 15)

"""From a number of the demonstration to its cells and back; what is said when that cannot be."""

from __future__ import annotations

import json
import re
import shutil
from html.parser import HTMLParser

import pandas as pd
import pytest
from small_project import finished_demo

from prrt_lib.base.errors import InputError
from prrt_lib.base.paths import Places
from prrt_lib.declare.rows import KEY, VALUES, WORDS
from prrt_lib.run.notebook_form import STORY
from prrt_lib.study import trace
from prrt_lib.study.tracing import CELLS, Traces, cell_address
from prrt_lib.tools import trace as trace_command
from prrt_lib.tools.site.trace_data import write_trace

# Tables that count what is said on pages, not patients: no result row stands behind them.
OF_PAGES = (
    "Numbers reconciled by machine",
    "STROBE",
    "reporting",
    "Coverage of the registry entry",
    "Parameters of this page",
)


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    return finished_demo(tmp_path_factory)


@pytest.fixture(scope="module")
def known(out) -> Traces:
    return Traces(Places("demo", out))


class Numbers(HTMLParser):
    """Ids at the numbers of a page, and the numbers of tables and sentences without one."""

    ALONE = ("br", "img", "meta", "link", "input", "hr", "col", "path", "use", "wbr")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, dict]] = []
        self.ids: set[str] = set()
        self.caption, self.without = "", []

    def handle_starttag(self, tag, attributes):
        if tag not in self.ALONE:
            self.open.append((tag, dict(attributes)))
            self.ids.update((dict(attributes).get("data-rows") or "").split())

    def handle_endtag(self, tag):
        for place in range(len(self.open) - 1, -1, -1):
            if self.open[place][0] == tag:
                del self.open[place:]
                return

    def handle_data(self, text):
        tags = [tag for tag, _ in self.open]
        if "caption" in tags:
            self.caption = text
        inside = any("prrt-table" in (kept.get("class") or "") for _, kept in self.open)
        traced = any(kept.get("data-rows") for _, kept in self.open)
        figure = any(tag in ("details", "figure") for tag in tags)
        number = re.fullmatch(r"[<>≥≤]?\s*-?[\d.,]+\s*(?:%|\(.*\))?", text.strip())
        if inside and "td" in tags and number and not traced and not figure:
            self.without.append((self.caption, text))


def page(out, name: str) -> Numbers:
    parser = Numbers()
    parser.feed((out / "reports" / "demo" / f"{name}.html").read_text(encoding="utf-8"))
    return parser


@pytest.mark.parametrize("name", STORY)
def test_every_number_of_a_page_leads_to_a_result_row_with_a_footprint(name, out, known):
    shown = page(out, name)
    assert shown.ids, name
    assert shown.ids <= set(known.rows.index)
    assert all(known.footprint(one) is not None for one in shown.ids)


@pytest.mark.parametrize("name", STORY)
def test_no_number_of_a_table_is_without_its_row(name, out):
    left = [(caption, text) for caption, text in page(out, name).without
            if not any(word in caption for word in OF_PAGES)]  # fmt: skip
    assert left == []


MEDIAN = {"endpoint": "os_prrt", "statistic": "median", "model": ""}


def the(known: Traces, **words: str) -> pd.Series:
    """The first result row with these words in its key."""
    rows = known.rows
    for name, value in words.items():
        rows = rows[rows[name] == value]
    return rows.iloc[0]


def test_the_women_that_a_share_counts_are_the_cells_that_say_female(known):
    row = the(known, variable="sex", level="female", group="", population="gep")
    cells = known.cells(row["row_id"])
    # Table 1 is also by primary site, so the call read that column too.
    assert set(cells["column"]) == {"sex", "primary_site"}
    assert (cells["value"] == "female").sum() == row["n"]


def test_a_row_of_a_group_speaks_of_that_group_alone(known):
    row = the(known, **MEDIAN, group="grade_group", group_level="G1")
    of_group = known.cohort.query("in_gep and grade_group == 'G1'")["patient_id"]
    assert known.about(row["row_id"]) == frozenset(of_group)
    assert set(known.cells(row["row_id"], whole=True)["record"]) > set(of_group)


def test_of_a_share_those_who_count_are_told_from_those_who_do_not(known):
    row = the(known, variable="best_response", level="response of any magnitude",
              stratum="imaging-evaluable", population="gep", group="")  # fmt: skip
    counted, total = known.counted(row["row_id"])
    assert (len(counted), len(total)) == (row["n"], row["total"])
    # Of more records that were read: those who were never imaged are in neither.
    assert counted < total < known.about(row["row_id"])
    assert known.counted(the(known, **MEDIAN)["row_id"]) is None


class Five(Traces):
    """A to E: two women, a man, one whose sex nobody wrote down, and E of another population."""

    cohort = pd.DataFrame(
        {"patient_id": list("ABCDE"), "sex": ["female", "female", "male", None, "female"],
         "in_gep": [True, True, True, True, False]}, index=list("ABCDE"),
    )  # fmt: skip
    row_footprints = {"women": "f"}
    footprints = {"f": {"columns": ["patients.sex"], "populations": ["gep"]}}
    lineage = pd.DataFrame([{name: "" for name in CELLS} | {"address": "patients.sex",
                            "record": "A"}])  # fmt: skip
    rows = pd.DataFrame([{
        **{name: "" for name in (*KEY, *VALUES, *WORDS)}, "row_id": "women", "population": "gep",
        "notebook": "characteristics", "statistic": "proportion", "variable": "sex",
        "level": "female", "n": 2, "total": 3,
    }]).set_index("row_id", drop=False)  # fmt: skip


def test_the_two_women_of_three_with_a_known_sex_are_named_by_the_command(tmp_path, monkeypatch):
    known = Five(Places("five", tmp_path))
    assert known.counted("women") == ({"A", "B"}, {"A", "B", "C"})
    monkeypatch.setattr(trace_command, "_traces", lambda scenario, root: (known, []))
    told = trace_command.trace("women", "five", tmp_path).splitlines()
    assert "counted in n: A, B" in told and "in the total alone: C" in told
    # Values that do not give the row's own numbers mark nobody.
    monkeypatch.setattr(Five, "rows", Five.rows.assign(n=1))
    assert known.counted("women") is None
    assert "counted in n" not in trace_command.trace("women", "five", tmp_path)


def test_the_death_of_a_patient_is_among_the_cells_of_the_median(known):
    cells = known.cells(the(known, **MEDIAN, population="gep", group="", setting="")["row_id"])
    deaths = cells[(cells["column"] == "death_date") & (cells["value"] != "")]
    died = known.cohort.query("in_gep and died == 'yes'")["patient_id"]
    assert len(set(deaths["record"]) & set(died)) > 30
    assert "smoking_status" not in set(cells["column"])


def test_a_cell_leads_back_to_the_rows_that_rest_on_it_and_to_no_other(known):
    lineage = known.lineage
    patient = known.cohort.query("in_gep")["patient_id"].iloc[0]
    cell = lineage[(lineage["address"] == "patients.sex") & (lineage["record"] == patient)].iloc[0]
    touched = known.touched(f"{cell['sheet']}!{cell['cell']}")
    assert {"characteristics"} <= set(touched["notebook"])
    assert "survival" not in set(touched["notebook"])
    first = lineage[(lineage["address"] == "prrt_cycles.cycle_date")].iloc[0]
    assert len(known.touched(f"{first['sheet']}!{first['cell']}")) == len(known.rows)


def test_a_value_that_is_still_asked_about_says_so_in_the_trace(known):
    asked = known.lineage[known.lineage["question"].str.startswith("cell-ambiguous")]
    assert len(asked) and (asked["value"] == "").all()


def test_trace_in_a_notebook_gives_the_same_table_as_the_command(out, known, monkeypatch, tmp_path):
    monkeypatch.setenv("PRRT_OUT", str(out))
    one = known.rows.index[0]
    found = trace(known.rows.loc[one])
    pd.testing.assert_frame_equal(found, known.cells(one))
    text = trace_command.trace(one, "demo", out, False, tmp_path / "cells.csv")
    assert f"result row {one}" in text
    assert len(pd.read_csv(tmp_path / "cells.csv")) == len(found)


def test_an_unknown_row_and_an_unread_cell_are_refused(out, known):
    with pytest.raises(InputError, match="no such row"):
        known.cells("000000000000")
    with pytest.raises(InputError, match="holds no value"):
        trace_command.touched("patients!A1", "demo", out)
    with pytest.raises(InputError, match="no sheet; expected one of the sheets adverse_events"):
        trace_command.touched("A1", "demo", out)


ONE_BOOK = ["Patients", "My Sheet", "PRRT cycles (2)", "O'Neill"]
TWO_BOOKS = ["[a.xlsx]Patients", "[b.xlsx]Patients", "[b.xlsx]Scans"]
COPIED = {
    "Patients!B12": ("Patients", "B12"),
    "patients!b12": ("Patients", "B12"),
    " Patients!$B$12 ": ("Patients", "B12"),
    "=Patients!B$12": ("Patients", "B12"),
    "'Patients'!$B12": ("Patients", "B12"),
    "'My Sheet'!$B$12": ("My Sheet", "B12"),
    "My Sheet!B12": ("My Sheet", "B12"),
    "[book.xlsx]Patients!B12": ("Patients", "B12"),
    "='[My book.xlsx]My Sheet'!$AB$1048576": ("My Sheet", "AB1048576"),
    "'C:\\data\\[book.xlsx]PRRT cycles (2)'!$B$12": ("PRRT cycles (2)", "B12"),
    "'O''Neill'!a1": ("O'Neill", "A1"),
    "$Patients.$B$12": ("Patients", "B12"),
    "$'My Sheet'.B12": ("My Sheet", "B12"),
}


@pytest.mark.parametrize("text", COPIED)
def test_a_cell_is_taken_as_people_copy_it(text):
    assert cell_address(text, ONE_BOOK) == COPIED[text]


def test_the_workbooks_name_tells_sheets_of_several_workbooks_apart():
    assert cell_address("[B.xlsx]patients!c3", TWO_BOOKS) == ("[b.xlsx]Patients", "C3")
    assert cell_address("Scans!$C$3", TWO_BOOKS) == ("[b.xlsx]Scans", "C3")
    with pytest.raises(InputError, match="one of the sheets .a.xlsx.Patients"):
        cell_address("Patients!C3", TWO_BOOKS)


@pytest.mark.parametrize(
    "text", ["Patients!B2:C4", "Patients!B0", "B", "12", "Patients!", "a!b!B2"]
)
def test_what_is_no_cell_is_refused(text):
    with pytest.raises(InputError, match="no reference to one cell"):
        cell_address(text, ONE_BOOK)


def test_without_a_sheet_it_is_the_only_one():
    assert cell_address("$b$12", ["Data"]) == ("Data", "B12")
    with pytest.raises(
        InputError, match="sheet 'Patient'; expected one of the sheets Patients, My"
    ):
        cell_address("Patient!B12", ONE_BOOK)


def copied(out, folder) -> Places:
    for part in ("data/processed/demo", "reports/demo"):
        shutil.copytree(out / part, folder / part)
    return Places("demo", folder)


def test_results_that_were_edited_by_hand_are_not_traced(out, tmp_path):
    places = copied(out, tmp_path)
    rows = places.results / "survival.csv"
    rows.write_text(rows.read_text("utf-8").replace("primary", "Primary", 1), encoding="utf-8")
    one = Traces(places).rows.index[0]
    with pytest.raises(InputError, match="survival.csv.*not as the run wrote it"):
        trace_command.trace(one, "demo", tmp_path)


def test_a_run_of_another_version_is_traced_with_a_note(out, tmp_path):
    places = copied(out, tmp_path)
    record = places.processed / "manifest.json"
    found = json.loads(record.read_text("utf-8"))
    record.write_text(json.dumps({**found, "prrt_lib": "0.0.9"}), encoding="utf-8")
    text = trace_command.trace(Traces(places).rows.index[0], "demo", tmp_path)
    assert text.startswith("note: made by prrt_lib 0.0.9")


def test_a_run_without_footprints_or_lineage_says_what_to_do(out, tmp_path):
    places = copied(out, tmp_path)
    one = Traces(places).rows.index[0]
    (places.processed / "lineage.parquet").unlink()
    with pytest.raises(InputError, match="no footprints or no lineage.*make SCENARIO=demo"):
        trace_command.trace(one, "demo", tmp_path)
    shutil.rmtree(places.processed / "footprints")
    assert write_trace(places) == []


def test_rows_that_a_stopped_notebook_left_behind_are_not_on_the_pages(out, tmp_path):
    places = copied(out, tmp_path)
    written = {path.stem: path.read_text("utf-8") for path in write_trace(places, ["survival"])}
    rows = json.loads(written["rows"].split("]=", 1)[1].rstrip(";\n"))["rows"]
    of_survival = Traces(places).rows.query("notebook == 'survival'")
    assert set(rows) == set(of_survival["row_id"])


def test_text_of_a_cell_cannot_end_the_script_it_is_carried_in(out, tmp_path):
    places = copied(out, tmp_path)
    file = places.processed / "lineage.parquet"
    lineage = pd.read_parquet(file)
    evil = "</script><script>alert(1)</script>"
    lineage.loc[lineage.index[0], "raw"] = evil
    lineage.to_parquet(file)
    written = {path.stem: path.read_text("utf-8") for path in write_trace(places)}
    assert not any("</script" in text for text in written.values())
    table = written[f"table_{lineage['table'].iloc[0]}"]
    assert evil in json.loads(table.split("]=", 1)[1].rstrip(";\n"))["words"]

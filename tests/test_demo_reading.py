"""Reading the invented workbooks against their known truth: nothing is silently wrong."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from prrt_lib.base.paths import PROJECT
from prrt_lib.declare.dictionary import DATE_KINDS, Column, dictionary
from prrt_lib.edges.synthetic import generate
from prrt_lib.edges.synthetic.abstract import abstracted
from prrt_lib.edges.synthetic.write import write_sheets, write_wide
from prrt_lib.read.reading import read_workbook

RAW = PROJECT / "data" / "raw"
SHAPES = {"sheets": ("demo.xlsx", "template", "cell"),
          "wide": ("demo_wide.xlsx", "demo_wide", "cell_wide")}  # fmt: skip
USED = ("ok", "imputed-partial", "censored-low", "censored-high", "range")


def shortest(number: float) -> str:
    return f"{number:.6f}".rstrip("0").rstrip(".")


def canonical(column: Column, record: pd.Series) -> str:
    """The typed value as the truth file writes it: ISO dates, "<2", "2-5", "245 ng/mL"."""
    value, parts = record[column.value_column], column.companions
    if column.kind in DATE_KINDS:
        form = {"day": "%Y-%m-%d", "month": "%Y-%m", "year": "%Y"}.get(record[parts["prec"]])
        return record[parts["lo"]].strftime(form) if form else ""
    if "op" in parts:
        op, unit = record[parts["op"]], record[parts["unit"]]
        low, high = shortest(record[parts["lo"]]), shortest(record[parts["hi"]])
        text = {"=": low, "<": f"<{high}", ">": f">{low}", "range": f"{low}-{high}"}.get(op, "")
        return f"{text} {unit}" if text and column.kind == "lab_value" and not column.unit else text
    if value is None or value != value:
        return ""
    return shortest(value) if isinstance(value, float) else str(value)


@pytest.fixture(scope="module", params=list(SHAPES))
def compared(request):
    """Every cell of a demonstration workbook that was read: truth, status, what was read."""
    workbook, profile, place = SHAPES[request.param]
    reading = read_workbook(RAW / workbook, profile)
    truth = pd.read_csv(RAW / "demo_truth.csv", dtype=str, keep_default_na=False)
    plain = (truth["written_as"] != "defect") & (truth["expected"] == "")
    truth["want"] = np.where(plain, truth["true_value"], truth["expected"])
    truth["sheet"] = truth["table"] if request.param == "sheets" else "PRRT abstraction"
    lineage = reading.lineage.rename(columns={"rule": "reason", "cell": "place"})
    cells = truth.merge(lineage, left_on=["sheet", place, "table", "column"],
                        right_on=["sheet", "place", "table", "column"])  # fmt: skip
    tables = {name: frame.set_index("row") for name, frame in reading.tables.items()}
    declared = dictionary().tables
    single = [not declared[t].columns[c].multiple
              for t, c in zip(cells["table"], cells["column"], strict=True)]  # fmt: skip
    cells = cells[single]
    got = [
        canonical(declared[t].columns[c], tables[t].loc[row])
        for t, c, row in zip(cells["table"], cells["column"], cells["row"], strict=True)
    ]
    return cells.assign(got=got)


def test_no_cell_of_the_demonstration_is_silently_wrong(compared):
    # Two dates of PRRT that changed places read well, and as a set they are right.
    judged = compared[compared["rule"] != "cycles-out-of-order"]
    wrong = judged[judged["status"].isin(USED) & (judged["got"] != judged["want"])]
    assert len(judged) > 15_000
    assert wrong.empty, wrong[["table", "column", "want", "status", "reason"]].to_string()


def test_at_most_two_percent_of_the_readable_cells_are_lost(compared):
    readable = compared[(compared["written_as"] != "defect") & (compared["want"] != "")]
    assert (readable["got"] == "").mean() < 0.005


def test_every_defect_that_left_something_in_the_cell_is_refused(compared):
    blank = ("blank", "progression-without-scan", "cycles-out-of-order")
    written = compared[(compared["written_as"] == "defect") & ~compared["rule"].isin(blank)]
    assert len(written) > 400
    assert written["status"].isin(["ambiguous", "invalid"]).all(), written["rule"].unique()


@pytest.mark.parametrize(("write", "profile"), [(write_sheets, "template"),
                                                (write_wide, "demo_wide")])  # fmt: skip
def test_a_faultless_workbook_reads_back_as_the_true_tables(write, profile, tmp_path):
    cohort = generate(60, seed=11)
    path = tmp_path / "faultless.xlsx"
    write(cohort, abstracted(cohort, faultless=True), path)
    read = read_workbook(path, profile)
    # -8 and -9 may be codes for missing: a reader has to ask.
    doubtful = cohort.tables["imaging"]["size_change_pct"].isin([-8, -9])
    asked = (read.findings["rule"] == "cell-ambiguous").sum()
    assert asked == doubtful.sum()
    assert not (read.findings["severity"] == "error").any()
    for table, column in (
        ("tumour", "diagnosis_date"), ("tumour", "ki67_hi"), ("tumour", "mitoses_lo"),
        ("patients", "sex"), ("prrt_cycles", "cycle_date"), ("prrt_cycles", "activity_gbq"),
        ("prrt_cycles", "isotope"), ("biomarkers", "value"), ("biomarkers", "unit"),
        ("imaging", "scan_date"), ("imaging", "modality"), ("imaging", "new_lesions"),
        ("adverse_events", "grade"), ("adverse_events", "related_prrt"),
        ("followup", "death_date"), ("metastases", "metastasis_site"),
    ):  # fmt: skip
        true = cohort.tables[table].set_index("patient_id")[column]
        got = read.tables[table].set_index("patient_id")[column]
        assert sorted(true.dropna().items()) == sorted(got.dropna().items()), f"{table}.{column}"

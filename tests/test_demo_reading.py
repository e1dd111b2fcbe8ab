"""Reading the invented workbooks against their known truth: nothing is silently wrong."""

from __future__ import annotations

import pandas as pd
import pytest
from reading_score import judged, lost, silently_wrong

from demo import generate
from demo.abstract import abstracted
from demo.workbooks import write_sheets, write_wide
from prrt_lib.base.paths import PROJECT
from prrt_lib.read.reading import read_workbook

RAW = PROJECT / "data" / "raw"
SHAPES = {"sheets": ("demo.xlsx", "template"), "wide": ("demo_wide.xlsx", "demo_wide")}


@pytest.fixture(scope="module", params=list(SHAPES))
def compared(request):
    """Every cell of a demonstration workbook that was read: truth, status, what was read."""
    workbook, profile = SHAPES[request.param]
    truth = pd.read_csv(RAW / "demo_truth.csv", dtype=str, keep_default_na=False)
    return judged(truth, read_workbook(RAW / workbook, profile), request.param == "wide")


def test_no_cell_of_the_demonstration_is_silently_wrong(compared):
    wrong = silently_wrong(compared)
    assert len(compared) > 15_000 and (compared["got"] == compared["want"]).mean() > 0.9
    assert wrong.empty, wrong[["table", "column", "want", "status", "reason"]].to_string()


def test_at_most_two_percent_of_the_readable_cells_are_lost(compared):
    assert lost(compared) < 0.005


def test_every_defect_that_left_something_in_the_cell_is_refused(compared):
    # A date of death beside "alive" is asked about and used where nothing later is recorded.
    blank = ("blank", "progression-without-scan", "cycles-out-of-order", "alive-with-death-date")
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
    # -8 and -9 among other decreases are changes in size, not codes for missing.
    true, got = (
        frame["size_change_pct"].dropna().value_counts().to_dict()
        for frame in (cohort.tables["imaging"], read.tables["imaging"])
    )
    assert true == got and {-8, -9} & set(true)
    assert not (read.findings["rule"] == "cell-ambiguous").any()
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

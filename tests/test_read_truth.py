"""The defects put into the demonstration are asked about, and little else is."""

from __future__ import annotations

import pandas as pd
import pytest
from reading_score import missed, needless, score

from prrt_lib.base.paths import PROJECT
from prrt_lib.read.reading import read_workbook

RAW = PROJECT / "data" / "raw"


@pytest.fixture(scope="module", params=[("demo.xlsx", "template"), ("demo_wide.xlsx", "demo_wide")])
def scored(request):
    workbook, profile = request.param
    truth = pd.read_csv(RAW / "demo_truth.csv", dtype=str, keep_default_na=False)
    return truth, read_workbook(RAW / workbook, profile), profile == "demo_wide"


def test_at_least_99_of_100_defects_are_asked_about(scored):
    result = score(*scored)
    assert result["defects"] > 500
    assert result["recall"] >= 0.99


def test_a_defect_that_nobody_asks_about_stands_in_a_row_reported_as_a_copy(scored):
    truth, reading, wide = scored
    copies = reading.findings.query("rule == 'duplicate-row'")
    rows = set(copies["sheet"] + copies["cell"].str.removeprefix("A"))
    places = missed(truth, reading, wide)
    cells = places["cell_wide" if wide else "cell"].str.extract(r"(\d+)")[0]
    sheets = "PRRT abstraction" if wide else places["table"]
    assert set(sheets + cells) <= rows


def test_at_least_98_of_100_refused_cells_are_defects(scored):
    result = score(*scored)
    assert result["asked"] > 500
    assert result["precision"] >= 0.98


def test_no_right_value_is_asked_about(scored):
    assert needless(*scored).empty

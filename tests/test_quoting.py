"""No text of ours is run by a spreadsheet, and every text comes back as it was."""

import pandas as pd
import pytest
from small_workbooks import PROFILE, changed, read

from prrt_lib.base.paths import Places
from prrt_lib.declare import results
from prrt_lib.declare.parameters import Parameters
from prrt_lib.declare.quoting import plain, quoted, safe, unquoted
from prrt_lib.declare.rows import result_rows
from prrt_lib.study.build import write_cohort
from prrt_lib.tools.agree import agree
from prrt_lib.tools.trace import _listed

RUN = ["=1+1", "+1-2", "@SUM(A1)", "-x", '=HYPERLINK("x")', "\tx", "\rx", "'=1", "''=1", "=", "-"]
LEFT = ["-5", "-0.3", "-1e-9", "5", "a=b", "'quoted'", "", ">= G1", "<3", "'"]


@pytest.mark.parametrize("text", RUN)
def test_what_a_spreadsheet_would_run_gets_a_quote_and_loses_it_again(text):
    assert safe(text) == f"'{text}" and plain(safe(text)) == text


@pytest.mark.parametrize("text", LEFT)
def test_numbers_and_plain_text_stay_as_they_are(text):
    assert safe(text) == text and plain(safe(text)) == text


def test_frames_keep_their_numbers():
    frame = pd.DataFrame({"a": ["=1", None, "b"], "n": [-1.5, 2.0, float("nan")]})
    assert quoted(frame)["a"].tolist() == ["'=1", None, "b"]
    pd.testing.assert_frame_equal(unquoted(quoted(frame)), frame)


def test_result_rows_are_written_safe_and_keep_their_ids(tmp_path, monkeypatch):
    monkeypatch.setenv("PRRT_OUT", str(tmp_path))
    rows = result_rows([{"statistic": "count", "variable": "term", "level": text, "estimate": -1.0}
                        for text in ("=cmd", "+x", "Nausea")])  # fmt: skip
    results.save([rows], "adverse_events", "demo")
    path = results.target("demo").results / "adverse_events.csv"
    text = path.read_text(encoding="utf-8")
    assert "'=cmd" in text and ",=cmd" not in text and ",-1," in text
    pd.testing.assert_frame_equal(results.read(path), rows, check_dtype=False)


FORMULA = "@SUM(A1)"


def test_findings_and_the_differences_of_two_abstractions_hold_no_formula(tmp_path):
    rows = changed("Events", 0, Grade="5?")
    for lines in rows.values():
        for line in lines:
            line["ID"] = f"@{line['ID']}"
    read(tmp_path, rows, PROFILE)
    first = (tmp_path / "small.xlsx").rename(tmp_path / "a.xlsx")
    rows["Events"][0]["Event"] = "Fatigue"
    reading = read(tmp_path, rows, PROFILE)
    agree(first, tmp_path / "small.xlsx", str(tmp_path / "small.yaml"), out=tmp_path)
    places = Places("s", tmp_path)
    parameters = Parameters(scenario="s", workbook="w", profile="p", cutoff="2016-01-01")
    write_cohort(reading.tables, reading.findings, reading.lineage, parameters, places)
    for path in (tmp_path / "disagreements.csv", places.processed / "findings.csv"):
        told = path.read_text("utf-8")
        assert ",'@NET-001," in told and ",@" not in told


def test_the_cells_of_a_trace_are_written_safe(tmp_path):
    frame = pd.DataFrame({"record": ["A"], "raw": [FORMULA]})
    _listed(frame, tmp_path / "trace.csv", "cells of", "record")
    assert "'@SUM(A1)" in (tmp_path / "trace.csv").read_text("utf-8")

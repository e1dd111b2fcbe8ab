"""What stands at the end of a cell: the table that a person would write down, never a dump."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pandas as pd
import pytest

from prrt_lib.declare.parameters import Parameters
from prrt_lib.declare.rows import Rows, combine, result_rows
from prrt_lib.estimate import (
    bootstrap_cox,
    cox,
    fine_gray,
    impute,
    kaplan_meier,
    landmark,
    mixed_model,
    pool,
)
from prrt_lib.estimate.curves.survival import product_limit
from prrt_lib.read.parsing import parse
from prrt_lib.study.endpoints import ENDPOINTS
from prrt_lib.study.times import Times

DUMP = ("array(", "RangeIndex", "dtype=", "object at 0x", "mappingproxy", "=CoxData")


def few() -> pd.DataFrame:
    """Twelve patients, six of each group, events at whole months."""
    return pd.DataFrame({
        "months": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
        "event": [1, 1, 0, 1, 1, 0, 1, 0, 1, 1, 0, 0],
        "group": ["a", "b"] * 6,
        "age": [61, 55, 70, 48, 66, 59, 73, 52, 64, 57, 68, 50],
    })  # fmt: skip


def objects() -> dict:
    frame = few()
    fit = cox(frame, "months", "event", ["age", "group"])
    competing = frame.assign(event=[1, 2, 0, 1, 1, 0, 2, 0, 1, 1, 0, 0])
    repeated = pd.DataFrame({"y": [1.0, 2, 2, 4, 3, 3], "x": [0.0, 1, 0, 1, 0, 1],
                             "who": ["a", "a", "b", "b", "c", "c"]})  # fmt: skip
    missing = frame.assign(age=frame["age"].where(frame["months"] != 3))
    placed = pd.DataFrame({"patient_id": ["A"], "entry": [0], "exit": [731], "event": [1]})
    return {
        "cox": fit,
        "firth": cox(frame, "months", "event", ["age"], penalty="firth"),
        "fine-gray": fine_gray(competing, "months", "event", ["age"]),
        "mixed": mixed_model(repeated, "y", ["x"], "who"),
        "pooled": pool([[1.0], [2.0]], [[0.5], [0.5]]),
        "resamples": bootstrap_cox(fit, 20, seed=1),
        "imputed": impute(missing, ["age"], "months", "event", seed=1, m=2),
        "landmark": landmark(frame, "months", "event", 3),
        "endpoint": ENDPOINTS["ttp"],
        "times": Times(placed, ENDPOINTS["os_prrt"], "", "gep", {}, ("1 enter late",)),
        "parsed": parse("percent_or_range", "2-5 %"),
        "product limit": product_limit(np.array([1, 2, 3]), np.array([True, True, False])),
        "parameters": Parameters("small", cutoff="2020-12-31"),
        "rows": fit.rows,
        "curve": kaplan_meier(frame, "months", "event", by="group"),
    }


@pytest.fixture(scope="module")
def made() -> dict:
    return objects()


@pytest.mark.parametrize("name", [
    "cox", "firth", "fine-gray", "mixed", "pooled", "resamples", "imputed", "landmark",
    "endpoint", "times", "parsed", "parameters", "product limit", "rows", "curve",
])  # fmt: skip
def test_no_object_shows_its_fields(made, name):
    item = made[name]
    page = item._repr_html_() if hasattr(item, "_repr_html_") else ""
    for text in (repr(item), page):
        assert not [word for word in DUMP if word in text], text[:300]
    assert name in ("parsed", "parameters") or "<table" in page
    assert len(repr(item).splitlines()) <= 40


def test_a_cox_fit_shows_hazard_ratios_with_their_limits():
    """One factor without ties in a stratum of its own: the text says what the numbers say."""
    fit = cox(few(), "months", "event", ["group"])
    lines = repr(fit).splitlines()
    assert lines[0] == "variable: group; reference: a; method: Cox, Efron ties; hazard ratio"
    beta, error = fit.coefficients.iloc[0], fit.std_errors.iloc[0]
    told = [f"{math.exp(beta + side * 1.959964 * error):.2f}" for side in (0, -1, 1)]
    assert lines[1].split("  ")[0].strip() == "level"
    assert "estimate (95% CI)" in lines[1]
    assert lines[2].split() == ["a", "reference", "6", "4"]
    assert f"{told[0]} ({told[1]} to {told[2]})" in lines[3]
    assert lines[4].startswith("Likelihood-ratio test: chi2 ")


def test_the_summary_of_a_fit_is_a_frame_of_numbers():
    fit = cox(few(), "months", "event", ["age", "group"])
    table = fit.summary
    assert table.columns.tolist() == ["coef", "HR", "95% CI lower", "95% CI upper", "p", "n",
                                      "events"]  # fmt: skip
    assert table.index.tolist() == ["group: a", "age", "group: b"]
    age = table.loc["age"]
    assert age["HR"] == pytest.approx(math.exp(fit.coefficients["age"]))
    assert age[["n", "events"]].tolist() == [12, 7]
    assert table.loc["group: b", ["n", "events"]].tolist() == [6, 3]
    assert table.loc["group: a", ["coef", "HR"]].tolist() == [0, 1]
    assert np.isnan(table.loc["group: a", "95% CI lower"])


def test_result_rows_show_months_percent_and_ratios():
    rows = result_rows([
        {"statistic": "median", "estimate": 730.5, "low": 365.25, "high": float("nan"),
         "unit": "days", "conf_level": 0.95, "n": 20, "events": 12},
        {"statistic": "survival", "time": 365, "estimate": 0.755, "low": 0.5, "high": 0.9,
         "conf_level": 0.95, "n": 20, "at_risk": 15},
        {"statistic": "log_hazard_ratio", "variable": "age", "estimate": math.log(2), "p": 0.0004,
         "low": 0.0, "high": math.log(4), "conf_level": 0.95, "n": 20},
        {"statistic": "proportion", "estimate": 0.25, "n": 5, "total": 20, "conf_level": 0.95},
        {"statistic": "rmst", "state": "not-estimable", "warning": "nobody at risk"},
    ], endpoint="os_prrt")  # fmt: skip
    told = repr(rows)
    for text in ("endpoint: os_prrt", "24.0 (12.0 to not reached) months",
                 "75.5 (50.0 to 90.0) %", "hazard ratio", "2.00 (1.00 to 4.00)", "<0.001",
                 "5/20 (25.0 %)", "not estimable", "Note: nobody at risk"):  # fmt: skip
        assert text in told, told
    assert "row_id" not in told
    assert rows["row_id"][0] not in rows._repr_html_()


def test_result_rows_stay_frames(tmp_path):
    rows = result_rows([{"statistic": "count", "estimate": 3.0, "variable": name} for name in "ab"])
    part = rows[rows["variable"] == "a"]
    assert isinstance(part, Rows) and isinstance(part, pd.DataFrame)
    assert isinstance(combine([part, rows.iloc[1:]]), Rows)
    rows.to_parquet(tmp_path / "rows.parquet")
    back = pd.read_parquet(tmp_path / "rows.parquet")
    pd.testing.assert_frame_equal(back, pd.DataFrame(rows))
    assert type(pickle.loads(pickle.dumps(rows))) is Rows
    assert "estimate" in repr(rows[["variable", "estimate"]]), "a part shows itself as a frame"
    assert repr(result_rows([])).startswith("Empty")


def test_long_curves_are_cut_in_the_middle():
    frame = pd.DataFrame({"months": range(1, 400), "event": 1})
    assert len(repr(kaplan_meier(frame, "months", "event")).splitlines()) < 70


def test_a_study_shows_its_populations(tmp_path, monkeypatch):
    from prrt_lib.base.paths import Places
    from prrt_lib.declare import reads
    from prrt_lib.study.data import Study

    places = Places("tiny", tmp_path)
    places.processed.mkdir(parents=True)
    flags = {f"in_{name}": [True, name == "gep"]
             for name in ("all_treated", "gep", "imaging_evaluable", "safety")}  # fmt: skip
    pd.DataFrame({"patient_id": ["A", "B"], **flags}).to_parquet(
        places.processed / "cohort.parquet"
    )
    text = '{"scenario": "tiny", "cutoff": "2020-12-31"}'
    (places.processed / "parameters.json").write_text(text)
    reads.clear()
    study = Study(places)
    assert repr(study).splitlines()[0] == "Scenario tiny, data cut-off 2020-12-31"
    sizes = [line.split() for line in repr(study).splitlines()[2:6]]
    assert sizes == [["all_treated", "1"], ["gep", "2"], ["imaging_evaluable", "1"],
                     ["safety", "1"]]  # fmt: skip
    assert "object at" not in repr(study.parameters)
    assert not any(reads.snapshot().values()), "showing a study is no reading of it"


def test_a_folded_table_is_the_whole_table_behind_its_title():
    from prrt_lib.draw.tables import Cell, Folded, Table

    table = Table("Long lists", ["", "n"], [[Cell("a"), Cell("1", ("row",))]])
    shown = Folded(table)._repr_html_()
    assert shown.startswith("<details><summary>Long lists: 1 line</summary>")
    assert table.html() in shown and repr(Folded(table)) == repr(table)

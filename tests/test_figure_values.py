"""A figure on a page: words, picture, table and file say what the result rows say."""

from __future__ import annotations

import base64
import html
import io
import re
from urllib.parse import unquote

import pandas as pd
import pytest
from PIL import Image, ImageChops, ImageStat

from prrt_lib.declare.rows import result_rows
from prrt_lib.draw import figure_values, figures
from prrt_lib.draw.curves import survival_curve

BAD = "<img src=x onerror=alert(1)>"
# (day, survival, at risk): 200 is a censoring, 365 a full year, 731 a step two years on.
STEPS = ((0, 1.0, 10), (183, 0.8, 9), (200, 0.8, 7), (365, 0.8, 6), (731, 0.5, 4))


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("PRRT_OUT", str(tmp_path))


def curve(*levels: str) -> pd.DataFrame:
    """The hand-made curve once per level, with a median of 731 days for the first."""
    records = [
        {"statistic": "survival", "time": float(day), "estimate": s, "low": s - 0.1,
         "high": min(1.0, s + 0.1), "at_risk": n, "n": 10, "events": 5, "group_level": level}
        for level in levels for day, s, n in STEPS
    ]  # fmt: skip
    records.append({"statistic": "median", "estimate": 731.0, "low": 183.0, "n": 10, "events": 5,
                    "unit": "days", "conf_level": 0.95, "group_level": levels[0]})  # fmt: skip
    return result_rows(records, analysis="survival", endpoint="os_prrt", population="gep",
                       label="Overall survival", method="Kaplan-Meier, log-log",
                       group="sex" if levels[0] else "")  # fmt: skip


def test_a_curve_is_told_with_patients_events_median_and_years():
    drawn = survival_curve(curve(""), "small")
    assert drawn.values.alt == (
        "Overall survival. 1 curve (Kaplan-Meier). All: 10 patients, 5 events, median 24.0 months "
        "(95 % limits 6.0 to not reached), 80.0 % at 1 year, 50.0 % at 2 years."
    )


def test_the_values_of_a_curve_stand_at_its_steps_and_at_full_years():
    rows = curve("")
    table = survival_curve(rows, "small").values.table
    assert table.header == ["group", "months", "estimate, %", "lower, %", "upper, %", "at risk"]
    texts = [[cell.text for cell in line] for line in table.body]
    assert texts == [
        ["All", "0", "100.0", "90.0", "100.0", "10"],
        ["All", "6.01", "80.0", "70.0", "90.0", "9"],
        ["All", "11.99", "80.0", "70.0", "90.0", "6"],
        ["All", "24.02", "50.0", "40.0", "60.0", "4"],
    ]
    ids = dict(zip(rows["time"], rows["row_id"], strict=True))
    assert [line[2].row_ids for line in table.body] == [
        (ids[float(day)],) for day in (0, 183, 365, 731)
    ]


def test_the_scale_of_time_is_that_of_the_axis():
    drawn = survival_curve(curve(""), "small", time_unit="years")
    assert [round(value, 3) for value in drawn.values.frame["years"]] == [0, 0.501, 0.999, 2.001]
    assert drawn.axes[0].get_xlabel() == "Years"
    labels = [text.get_text() for text in drawn.axes[0].get_xticklabels()]
    assert labels[:3] == ["0", "1", "2"]


def test_a_curve_of_very_many_steps_is_listed_by_month():
    days = range(2000)
    rows = result_rows([{"statistic": "survival", "time": float(day), "estimate": 1 - day / 4000,
                         "n": 4000, "events": 2000} for day in days], label="Many")  # fmt: skip
    kept = figure_values.steps(rows.groupby("group_level"))
    assert len(kept) <= figure_values.MOST_STEPS
    # 2000 days are 65.7 months: months 0 to 65, the last point, nothing else.
    assert len(kept) == 67 and kept["time"].iloc[-1] == 1999


def test_the_file_holds_the_values_at_full_precision_and_no_formula():
    rows = curve("=cmd()", "b")
    text = survival_curve(rows, "small").values.csv
    read = pd.read_csv(io.StringIO(text))
    first = rows[(rows["group_level"] == "=cmd()") & (rows["time"] == 183)].iloc[0]
    line = read[read["row_id"] == first["row_id"]].iloc[0]
    assert line["estimate, %"] == pytest.approx(80) and line["months"] == pytest.approx(6.012320329)
    assert set(read.iloc[:, 0]) == {"'=cmd()", "b"}


def test_a_page_shows_picture_words_table_and_download_and_every_text_as_text():
    rows = curve(BAD, "b")
    page = survival_curve(rows, "small")._repr_html_()
    assert BAD not in page and html.escape(BAD) in page
    assert re.search(
        r'<img alt="Overall survival, by Sex\. 2 curves[^"]+" width="\d+" height="\d+"', page
    )
    assert 'data-item="figure-survival-os-prrt-by-sex"' in page and page.count("data-item") == 1
    assert '<a download="survival_os_prrt_by_sex.csv" href="data:text/csv' in page
    link = re.search(r'href="data:text/csv[^,]*,([^"]*)"', page)[1]
    assert len(pd.read_csv(io.StringIO(unquote(html.unescape(link))))) == 8
    shown = set(re.findall(r'data-rows="([0-9a-f]{12})"', page))
    assert shown <= set(rows["row_id"]) and len(shown) == 8
    assert "<details><summary>Table of the values" in page


def test_the_picture_of_a_page_has_few_colours_and_looks_the_same():
    drawn = survival_curve(curve("G1", "G2"), "small")
    page = re.search(r'src="data:image/png;base64,([^"]+)"', drawn._repr_html_())[1]
    small = Image.open(io.BytesIO(base64.b64decode(page)))
    whole = Image.open(io.BytesIO(drawn.png)).convert("RGB")
    assert small.mode == "P" and small.size == whole.size and len(page) < len(drawn.png)
    apart = ImageStat.Stat(ImageChops.difference(small.convert("RGB"), whole))
    assert max(apart.mean) < 1


def test_ratios_are_told_on_their_own_scale_without_the_reference():
    rows = result_rows(
        [{"statistic": "log_hazard_ratio", "variable": "sex", "level": "male", "estimate": 0.0,
          "low": -0.6931471805599453, "high": 0.6931471805599453, "reference": "female"},
         {"statistic": "log_hazard_ratio", "variable": "sex", "level": "female", "estimate": 0.0,
          "reference": "female"}],
        analysis="cox", endpoint="os_prrt", model="multivariable", n=20, events=7,
    )  # fmt: skip
    drawn = figures.forest(rows, "small", "OS")
    assert drawn.values.alt == "Hazard ratios: OS. 1 ratio. Sex: male: 1.00 (0.50 to 2.00)."
    assert drawn.values.frame["lower"].iloc[0] == pytest.approx(0.5)


def test_shares_are_told_as_n_of_n_and_the_rest_is_counted():
    rows = result_rows(
        [{"statistic": "proportion", "level": f"l{k}", "estimate": k / 20, "n": k, "total": 20}
         for k in range(10)],
    )  # fmt: skip
    told = figure_values.shares(rows, "Shares")
    assert told.alt.startswith("Shares. 10 shares. l0: 0/20 (0.0 %); l1: 1/20 (5.0 %);")
    assert told.alt.endswith("2 more in the table of the values.")
    assert list(told.frame["estimate, %"]) == pytest.approx([5 * k for k in range(10)])


def test_points_of_patients_come_without_their_ids():
    frame = pd.DataFrame({"patient_id": ["NET-1", "NET-2"], "arm": ["a", "b"], "v": [1.5, 2.25]})
    told = figure_values.of_patients(frame, "T", {"arm": "group", "v": "GBq"}, "arm", "v")
    assert told.alt == (
        "T. GBq: a: n = 1, median 1.50 (range 1.50 to 1.50); b: n = 1, median 2.25 "
        "(range 2.25 to 2.25)."
    )
    assert "NET" not in told.csv and "NET" not in told.table.html()


def test_nothing_to_draw_is_said():
    empty = curve("").iloc[:1].assign(state="not-estimable", estimate=float("nan"))
    drawn = survival_curve(empty, "small")
    assert drawn.values.alt == "Overall survival. No curve. Nothing can be estimated."
    assert figure_values.of_frame(pd.DataFrame({"a": []}), "T", "none").table.body == []

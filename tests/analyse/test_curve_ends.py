"""Curves end where too few are at risk, and n stands beside the number at risk with the reason."""

import pandas as pd
import pytest
from clocked_study import GivenTimes
from small_study import check, one

from prrt_lib.analyse import survival
from prrt_lib.analyse.survival import with_ends
from prrt_lib.declare.parameters import DAYS_PER_MONTH, YEARS
from prrt_lib.declare.rows import combine, result_rows
from prrt_lib.draw import curves, figures, sentences, tables
from prrt_lib.estimate.curves.competing import cumulative_incidence
from prrt_lib.tools.site import start
from prrt_lib.topics.biomarkers import marker_figures
from prrt_lib.topics.report import paragraphs

# Deaths after 300, 1000 and 2000 days of six patients; three are at risk up to day 1500.
SIX = pd.DataFrame({"exit": [300, 700, 1000, 1500, 2000, 2500], "event": [1, 0, 1, 0, 1, 0],
                    "arm": ["a", "a", "a", "a", "b", "b"]})  # fmt: skip


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("PRRT_OUT", str(tmp_path))


def of(frame, endpoint="os_prrt", by=None, **parameters):
    settings = {"min_at_risk": 3, "min_group": 2, **parameters}
    return check(survival.curve(GivenTimes(frame, **settings), endpoint, by))


def test_the_last_day_with_three_at_risk_is_a_row():
    end = one(of(SIX), statistic="at_risk")
    assert (end["time"], end["estimate"], end["n"]) == (1500, 3, 6)


def test_the_line_its_band_and_the_values_end_there():
    drawing = figures.survival_curve(of(SIX), "small")
    axes = drawing.figure.axes[0]
    month = 1500 / DAYS_PER_MONTH
    assert axes.lines[0].get_xdata()[-1] == pytest.approx(month)
    assert axes.collections[0].get_paths()[0].vertices[:, 0].max() == pytest.approx(month)
    assert drawing.values.frame["months"].max() <= month
    told = "Curves end where fewer than 3 are at risk: All month 49.3."
    assert told in drawing.values.alt and told in drawing.values.table.notes
    assert told in [text.get_text() for text in drawing.figure.texts]
    assert "at 5 years" not in drawing.values.alt and "at 3 years" in drawing.values.alt


def test_a_later_rate_and_a_later_median_say_so_in_the_table():
    # S(5 years) = 5/6 x 3/4 = 62.5 %, two at risk; day 2000 halves it: the median lies there.
    table = tables.survival(of(SIX), "t", YEARS)
    line = dict(zip(table.header, (cell.text for cell in table.body[0]), strict=True))
    assert line["5 years, % (95 % limits)"].endswith("[2 at risk]")
    assert not line["3 years, % (95 % limits)"].endswith("at risk]")
    assert line["median, months (95 % limits)"].endswith("[too few at risk]")
    assert "[at risk]: curves end where fewer than 3 are at risk" in table.notes[0]
    assert "too few at risk" in sentences.medians(of(SIX)).texts[0]


def test_a_group_that_never_has_enough_at_risk_is_named_and_not_drawn():
    drawing = figures.survival_curve(of(SIX, by="arm"), "small")
    assert drawing.values.table.notes[-1].endswith("a month 23.0, b not drawn.")
    assert set(drawing.values.frame["arm"]) == {"a"}
    legend = [text.get_text() for text in drawing.figure.axes[0].get_legend().get_texts()]
    assert legend == ["a (n = 4)", "b: too few at risk"]


@pytest.mark.parametrize("endpoint", ["os_prrt", "ttp", "cif_progression"])
def test_n_the_number_at_risk_and_the_reason_stand_in_one_row(endpoint):
    # One enters on day 50, one is censored on day 0: of six, four are at risk from day 0 on.
    frame = SIX.assign(entry=[0, 50, 0, 0, 0, 0], exit=[300, 700, 0, 1500, 2000, 2500],
                       event=[1, 0, 0, 0, 1, 0])  # fmt: skip
    rows = of(frame, endpoint)
    first = rows[rows["statistic"].isin(["survival", "cumulative_incidence"])].iloc[0]
    assert (first["time"], first["n"], first["at_risk"]) == (0, 6, 4)
    why = "n = 6, at risk at day 0: 4 (1 enter later, 1 censored on the day of entry or before)"
    assert why in first["warning"]
    assert rows["warning"].str.contains(why, regex=False).sum() == 1
    line = tables.survival(rows, "t", YEARS).body[0]
    assert [cell.text for cell in line[1:3]] == [
        "6", "4 (1 enter later, 1 censored on the day of entry or before)"
    ]  # fmt: skip
    drawing = curves._curve(rows, "small", first["statistic"], "", "months")
    assert [text.get_text() for text in drawing.figure.axes[1].texts][0] == "4"
    told = " ".join(text.get_text() for text in drawing.figure.texts).replace("\n", " ")
    assert f"{why}." in told


def test_from_diagnosis_each_group_starts_on_its_own_day():
    """Decision 31: three at risk from day 30 on in arm a, from day 60 on in arm b."""
    frame = pd.DataFrame({"entry": [0, 5, 30, 10, 40, 60], "exit": [400] * 6, "event": [1, 0] * 3,
                          "arm": ["a", "a", "a", "b", "b", "b"]})  # fmt: skip
    rows = of(frame, "os_dx_delayed", "arm")
    label = {arm: one(rows, statistic="median", group_level=arm)["label"] for arm in "ab"}
    assert label["a"].endswith("given alive at day 30") and label["b"].endswith("alive at day 60")
    alone = of(frame[frame["arm"] == "a"], "os_dx_delayed")
    together = one(rows, statistic="median", group_level="a")
    assert together["estimate"] == one(alone, statistic="median")["estimate"]


def test_nothing_is_estimated_for_fewer_than_five_patients():
    """Decision 36: four in arm a, two in arm b, with the limit of five that is the default."""
    rows = of(SIX, by="arm", min_group=5)
    estimated = rows[rows["statistic"].isin(["survival", "median", "q25", "q75"])]
    assert set(estimated["state"]) == {"not-estimable"} and estimated["estimate"].isna().all()
    assert (estimated["warning"].str.contains("fewer than 5 patients at risk: not estimated")).all()
    assert set(of(SIX, by="arm", min_group=4)["state"]) > {"ok"}


def test_nothing_is_estimated_for_a_group_without_an_event():
    rows = of(SIX.assign(event=[1, 0, 1, 0, 0, 0]), by="arm")
    b = rows[(rows["group_level"] == "b") & rows["statistic"].isin(["survival", "median"])]
    assert set(b["state"]) == {"not-estimable"}
    assert b["warning"].str.contains("no event: not estimated").all()
    assert one(rows, statistic="median", group_level="a")["state"] == "ok"


def test_before_the_first_event_the_limit_is_the_exact_one():
    """No event by day 365 among the six at risk: S is at least 0.025^(1/6) = 0.5407."""
    late = SIX.assign(exit=[500, 700, 1000, 1500, 2000, 2500])
    alive = one(of(late), statistic="survival", time=365)
    assert (alive["estimate"], alive["at_risk"]) == (1, 6)
    assert alive["low"] == pytest.approx(0.5407, abs=5e-5) and pd.isna(alive["high"])
    failed = one(of(late, "cif_progression"), statistic="cumulative_incidence", time=365)
    assert failed["estimate"] == 0 and pd.isna(failed["low"])
    assert failed["high"] == pytest.approx(0.4593, abs=5e-5)
    table = tables.survival(of(late), "t", YEARS)
    assert "100.0 (at least 54.1)" in [cell.text for cell in table.body[0]]


def test_an_incidence_without_an_estimable_last_year_keeps_its_events():
    """Two of the three events lie before the last year that is estimable, the third after it."""
    rows = of(SIX.assign(exit=[100, 200, 300, 400, 500, 600]), "cif_progression")
    short = survival.summary(rows)
    late = short[(short["time"] > 600) & (short["statistic"] == "cumulative_incidence")]
    assert set(late["state"]) == {"not-estimable"} and set(late["events"]) == {3}
    assert tables.survival(short, "t", YEARS).body[0][3].text == "3"


# Never two under observation at a time: A1 from day 0 to 5, A2 from day 10 to 15, and so on.
APART = pd.DataFrame({"entry": [0, 10, 20, 30, 40, 50], "exit": [5, 15, 25, 35, 45, 55],
                      "event": [1, 0, 1, 0, 1, 0]})  # fmt: skip


def test_a_curve_without_any_estimate_keeps_all_its_events():
    """No rate is known at any time: all three events stand in its rates and in its median."""
    rows = of(APART, "os_prrt")
    quantities = rows[rows["statistic"].isin(["survival", "median", "q25", "q75"])]
    assert set(quantities["state"]) == {"not-estimable"} and len(quantities) > 5
    assert set(quantities["events"]) == {3}
    assert tables.survival(survival.summary(rows), "t", YEARS).body[0][3].text == "3"


# The event on day 20 comes before the curve begins: four are at risk from day 30 on.
LATER = pd.DataFrame({"entry": [0, 5, 30, 30, 30], "exit": [20, 200, 300, 400, 500],
                      "event": [1, 1, 0, 1, 0]})  # fmt: skip


@pytest.mark.parametrize(("frame", "estimable", "events"), [
    (APART, set(), 3), (LATER, {30, 200, 400}, 2), (SIX.assign(entry=0, exit=0, event=0), set(), 0)
])  # fmt: skip
def test_an_incidence_counts_the_events_of_its_curve_or_all_where_there_is_none(
    frame, estimable, events
):
    rates = cumulative_incidence(frame, "exit", "event", entry="entry", causes=[1, 2], steps=True,
                                 times=(731.0, 1826.0), min_at_risk=3)  # fmt: skip
    study = GivenTimes(frame, min_at_risk=3, min_group=2)
    rows = with_ends(rates, frame, None, study.parameters)
    rows = rows[rows["statistic"] == "cumulative_incidence"]
    assert set(rows.loc[rows["state"] == "ok", "time"]) == estimable
    late = rows[rows["time"] > 500]
    assert set(late["state"]) == {"not-estimable"} and set(late["events"]) == {events}


def test_groups_that_are_too_small_are_one_note_and_no_lines():
    rows = of(SIX, by="arm", min_group=3)
    table = tables.survival(rows, "t", YEARS)
    assert [line[0].text.partition(" · ")[2] for line in table.body] == ["arm: a (gep)"]
    assert [note for note in table.notes if "patients at risk" in note] == [
        "arm: b (n = 2): fewer than 3 patients at risk, not estimated"
    ]


def test_the_curves_of_a_marker_keep_their_ends():
    key = {"analysis": "biomarker_survival", "model": "cut at 2 x ULN", "endpoint": "os_prrt",
           "group": "cga_before", "group_level": "> 2 x ULN"}  # fmt: skip
    rows = result_rows([{**key, "statistic": name, "time": 100}
                        for name in ("survival", "at_risk", "chi2")])  # fmt: skip
    kept = marker_figures.curves(rows, "os_prrt", "cga_before")
    assert set(kept["statistic"]) == {"survival", "at_risk"}


def test_the_card_and_the_paragraph_say_that_the_median_lies_beyond_the_end():
    rows = of(SIX)
    records = [{**row, "time": "" if pd.isna(row["time"]) else str(row["time"])}
               for row in rows.to_dict("records")]  # fmt: skip
    median = next(row for row in records if row["statistic"] == "median")
    assert start.beyond(median, records) == "too few at risk at that time"
    early = {**median, "estimate": 1000.0}
    assert start.beyond(early, records) == ""
    shown = {"analysis": "survival", "model": "completeness", "population": "gep"}
    whole = combine([rows, result_rows([{**shown, "statistic": "proportion"}])])
    said = " ".join(paragraphs.abstract(whole).texts)
    assert "3 events in 6 patients [too few at risk]." in said


def test_the_card_says_that_few_were_scanned():
    median = one(of(SIX, "ttp"), statistic="median").to_dict()
    told = "only 2 of 6 patients have an evaluable scan"
    assert told in start.said({**median, "warning": f"{told}; 4 left out"})[1]
    assert "evaluable" not in start.said({**median, "warning": "4 left out"})[1]

"""Laboratory values over time, of patients typed here: windows, weeks since the cycle, the line."""

from __future__ import annotations

import pandas as pd
import pytest
from small_study import SmallStudy, check, n_of, one, treated

from prrt_lib.declare import numbers
from prrt_lib.draw.clinical_tables import quantiles
from prrt_lib.topics.adverse_events import adverse_figures, laboratory


def lab(patient, day, value, test="platelets", unit="10^9/L"):
    date = pd.Timestamp("2015-01-01") + pd.Timedelta(day, "D")
    ends = {"lab_value": value, "lab_value_lo": value, "lab_value_hi": value}
    return {"patient_id": patient, "lab_test": test, "lab_date": date, "lab_value_unit": unit,
            **ends}  # fmt: skip


def study(*rows, cycles=None, **parameters):
    ids = ["A1", "A2", "A3"]
    return SmallStudy({"patients": [{"patient_id": name} for name in ids],
                       "prrt_cycles": cycles or treated(*ids), "labs": list(rows)},
                      **{"min_group": 1, **parameters})  # fmt: skip


COUNTS = study(
    lab("A1", -3, 210.0), lab("A1", 0, 200.0), lab("A1", 30, 80.0), lab("A1", 56, 120.0),
    lab("A1", 57, 150.0), lab("A2", 40, 100.0), lab("A2", 2000, 190.0), lab("A3", -1, 300.0),
)  # fmt: skip


def test_a_window_takes_the_lowest_count_of_each_patient_and_the_last_before_prrt():
    rows = check(laboratory.course(COUNTS))
    middle = rows[rows["statistic"] == "median"].set_index("level")["estimate"]
    # A1 200 and A3 300 before; 80 and 100 to day 56; A1 alone from day 57; A2 alone in year 6.
    assert middle["before"] == 250.0
    assert middle["week 1-8"] == 90.0
    assert middle["week 9-16"] == 150.0
    assert middle["year 4-7"] == 190.0
    assert n_of(rows, statistic="median", level="week 1-8") == (2, 3)
    assert one(rows, statistic="median", level="year 2")["state"] == "not-estimable"


def test_of_egfr_the_last_value_of_each_year_counts():
    kidney = {"test": "eGFR", "unit": "mL/min/1.73m2"}
    days = ((10, 60.0), (365, 90.0), (366, 70.0))
    found = study(*(lab("A1", day, value, **kidney) for day, value in days))
    rows = check(laboratory.course(found))
    assert one(rows, statistic="median", level="year 1")["estimate"] == 90.0
    assert one(rows, statistic="median", level="year 2")["estimate"] == 70.0


def test_the_nadir_is_counted_from_the_last_cycle_before_it():
    cycles = [{"patient_id": "A1", "cycle_no": number, "cycle_date": date}
              for number, date in ((1, "2015-01-01"), (2, "2015-03-05"))]  # fmt: skip
    # The second cycle is day 63: the lowest value stands 35 days after it, not 98 after the first.
    rows = check(laboratory.since_cycle(study(
        lab("A1", 30, 120.0), lab("A1", 98, 90.0), cycles=cycles
    )))  # fmt: skip
    row = one(rows, statistic="median")
    assert (row["estimate"], row["unit"]) == (5.0, "weeks")


def test_the_line_of_the_model_runs_from_intercept_by_the_slope():
    lines = {"A1": (90, -2.0), "A2": (80, -4.0), "A3": (70, -3.0)}
    rows = [lab(name, round(365.25 * year), start + slope * year + wobble, "eGFR", "mL/min/1.73m2")
            for name, (start, slope) in lines.items()
            for year, wobble in ((0, 0.4), (1, -0.3), (2, -0.2), (3, 0.1))]  # fmt: skip
    found = check(laboratory.egfr_slope(study(*rows)))
    slope = one(found, statistic="slope")["estimate"]
    mean = found[found["statistic"] == "mean"].set_index("time")["estimate"]
    assert list(mean.index) == [0, 365, 731, 1096]
    assert mean[1096] - mean[0] == pytest.approx(3 * slope)
    assert one(found, level="intercept")["estimate"] == pytest.approx(mean[0])
    assert one(found, level="intercept")["unit"] == "mL/min/1.73m2"


def test_times_in_days_are_printed_in_months_and_say_so():
    rows = check(laboratory.page(COUNTS))
    table = quantiles(rows[rows["level"] == "time to nadir"], "Nadirs")
    names = [line[0].text for line in table.body]
    row = one(rows, level="time to nadir", statistic="median")
    assert row["unit"] == "days" and numbers.unit(row.to_dict()) == "months"
    assert any("time to nadir, months" in name for name in names)


@pytest.mark.parametrize("rows", [(), (lab("A1", -3, 210.0),)], ids=["no labs", "none after PRRT"])
def test_without_values_after_prrt_the_figures_say_so(rows, tmp_path, monkeypatch):
    monkeypatch.setenv("PRRT_OUT", str(tmp_path))
    course = check(laboratory.course(study(*rows)))
    slope = check(laboratory.egfr_slope(study(*rows)))
    assert set(course["state"]) == {"not-abstracted"}
    for drawing in (adverse_figures.counts(course, "small", "Counts", "counts"),
                    adverse_figures.kidney(course, slope, "small", "eGFR", "egfr")):  # fmt: skip
        texts = [text.get_text() for axes in drawing.axes for text in axes.texts]
        assert "not abstracted" in texts


def liver(patient, day, value, uln=40.0):
    return {**lab(patient, day, value, "ALT", "U/L"), "lab_uln": uln, "lab_uln_unit": "U/L"}


def test_a_liver_test_is_graded_against_its_own_baseline():
    """A1 normal before, 130 of 40 after: 2 (> 3 x ULN). A2 raised before (100), 290 after: 2.9
    times the baseline, 1. A3 has no value before: 130 counts against ULN, 2."""
    found = study(liver("A1", -5, 30.0), liver("A1", 30, 130.0), liver("A2", 0, 100.0),
                  liver("A2", 30, 290.0), liver("A3", 30, 130.0))  # fmt: skip
    told = laboratory.values(found)
    after = told[told["day"] > 0].set_index("patient_id")["grade_lo"]
    assert after.to_dict() == {"A1": 2, "A2": 1, "A3": 2}
    rows = check(laboratory.page(found))
    assert n_of(rows, variable="ALT", level="any grade") == (3, 3)
    peak = one(rows, variable="ALT", level="peak", statistic="median")
    assert peak["estimate"] == 130.0 and peak["unit"] == "U/L"


def test_the_limit_of_the_baselines_own_sample_says_whether_it_was_raised():
    """50 was normal where it was measured (ULN 55); the next laboratory's ULN is 40."""
    found = study(liver("A1", 0, 50.0, uln=55.0), liver("A1", 30, 60.0))
    told = laboratory.values(found)
    assert told.loc[told["day"] > 0, "grade_lo"].tolist() == [1]


def test_version_6_is_refused_where_it_was_not_verified_and_the_values_stay():
    cells = {"test": "lymphocytes"}
    rows = [lab("A1", 0, 2.0, **cells), lab("A1", 30, 0.6, **cells), lab("A1", 30, 60.0)]
    later = check(laboratory.page(study(*rows, ctcae_version=6)))
    refused = one(later, variable="lymphocytes", level="any grade")
    assert refused["state"] == "not-estimable" and "could not be verified" in refused["warning"]
    nadir = one(later, variable="lymphocytes", level="nadir", statistic="median")
    assert nadir["estimate"] == 0.6
    assert one(later, variable="platelets", level="any grade")["label"] == "Thrombocytopenia"
    course = laboratory.course(study(*rows, ctcae_version=6))
    limits = course[course["statistic"] == "value"]
    assert set(limits["variable"]) == {"platelets"}
    assert set(limits["estimate"]) == {75.0, 50.0, 10.0}


def test_grade_3_by_events_stands_beside_grade_3_by_laboratory_values():
    # Platelets below 50 are grade 3: A1 and A2 by values, A2 to A4 by events; A3 has no value.
    events = [{"patient_id": name, "term_verbatim": "platelet count decreased", "grade": 3.0,
               "onset_date": "2015-02-01"} for name in ("A2", "A3", "A4")]  # fmt: skip
    ids = ["A1", "A2", "A3", "A4"]
    both = SmallStudy({
        "patients": [{"patient_id": name} for name in ids], "prrt_cycles": treated(*ids),
        "adverse_events": events,
        "labs": [lab("A1", 30, 40.0), lab("A2", 31, 30.0), lab("A4", 32, 200.0)],
    })  # fmt: skip
    rows = check(laboratory.against_events(both))
    assert n_of(rows, level="by events") == (3, 4)
    assert n_of(rows, level="by laboratory values") == (2, 3)
    assert n_of(rows, level="by both") == (1, 4)
    assert "of those with values after first PRRT" in rows["warning"].iloc[0]
    assert one(laboratory.against_events(COUNTS))["state"] == "not-abstracted"

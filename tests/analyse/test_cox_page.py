"""Imputation beside complete cases: properties one can reason out."""

import numpy as np
import pandas as pd
import pytest
from clocked_study import GivenTimes
from small_study import SmallStudy, check, one, treated

from prrt_lib.analyse import cox
from prrt_lib.declare.rows import result_rows
from prrt_lib.draw import figures, tables
from prrt_lib.estimate import cox as plain_cox
from prrt_lib.topics.cox import cox_missing, cox_proportional
from prrt_lib.topics.report import paragraphs

# Twelve patients, all died, the older ones mostly earlier.
AGES = [70, 72, 55, 66, 61, 50, 68, 47, 58, 44, 63, 52]
EXITS = [10, 25, 90, 30, 45, 120, 60, 150, 80, 170, 200, 110]


def twelve(**columns) -> pd.DataFrame:
    frame = {"exit": EXITS, "event": 1, "age_at_first_prrt": np.array(AGES, float)}
    return pd.DataFrame({**frame, **columns})


def test_without_gaps_there_is_nothing_to_impute():
    study = GivenTimes(twelve(), covariates=["age_at_first_prrt"])
    rows = check(cox_missing.imputed(study, "os_prrt"))
    assert set(rows["state"]) == {"not-estimable"}
    assert rows["warning"].str.contains("nothing to impute").all()


def test_an_imputed_model_has_everybody_and_differs_from_complete_cases():
    frame = pd.concat([twelve(), twelve()], ignore_index=True)
    frame["ecog"] = [0.0, 1.0, 2.0, 1.0] * 6
    frame.loc[[3, 11, 17], "ecog"] = np.nan
    study = GivenTimes(frame, covariates=["age_at_first_prrt", "ecog"])
    complete = cox.models(study, "os_prrt")
    pooled = check(cox_missing.imputed(study, "os_prrt", imputations=5))
    key = {"variable": "age_at_first_prrt", "statistic": "log_hazard_ratio"}
    assert one(complete, model="multivariable", **key)["n"] == 21
    row = one(pooled, **key)
    assert row["n"] == 24 and row["low"] < row["estimate"] < row["high"]
    # 3 of 24 records are incomplete: 12.5 %, so m is 13 and not the 5 that were asked for.
    assert "m = 13" in row["method"] and "3 of 24 records completed" in row["warning"]
    again = cox_missing.imputed(study, "os_prrt", imputations=5)
    pd.testing.assert_frame_equal(pooled, again)


def test_a_missing_grade_follows_from_the_imputed_index():
    frame = pd.DataFrame({
        "grade_group": ["G2", None, None, None, None, "G3/NEC"],
        "ki67_index": [1.0, 2.9, 3.0, 20.0, 20.1, 30.0],
    })  # fmt: skip
    grades = cox_missing.graded(frame)["grade_group"].tolist()
    assert grades == ["G2", "G1", "G2", "G2", "G3/NEC", "G3/NEC"]


def test_the_index_is_imputed_inside_what_is_known_of_it():
    # A range as abstracted; nothing but a grade: G1 has an index below 3; nothing at all.
    frame = pd.DataFrame({
        "grade_group": [None, "G1", None], "ki67_index": [np.nan] * 3,
        "ki67_lo": [2.0, np.nan, np.nan], "ki67_hi": [5.0, np.nan, np.nan],
        "mib1_lo": np.nan, "mib1_hi": np.nan,
    })  # fmt: skip
    bounded = cox_missing.bounded(frame)
    assert bounded["index_low"].tolist() == [2, 0, 0]
    assert bounded["index_high"].tolist() == [5, pytest.approx(3), 100]
    assert bounded["index_high"][1] < 3


def test_every_endpoint_has_its_own_completed_model():
    exits = np.arange(1, 41)
    old = np.r_[np.tile([70, 70, 70, 50], 5), np.tile([50, 50, 50, 70], 5)].astype(float)
    gaps = np.where(exits % 7 == 0, np.nan, np.random.default_rng(3).normal(5, 2, 40))
    frame = pd.DataFrame({"exit": exits, "event": 1, "age_at_first_prrt": old, "ki67_index": gaps})
    study = GivenTimes(frame, covariates=["age_at_first_prrt", "ki67_index"])
    rows = check(cox_missing.several(study, ["os_prrt", "ttp"], imputations=3))
    assert set(rows["endpoint"]) == {"os_prrt", "ttp"}
    assert (rows["state"] == "ok").all() and rows["warning"].str.contains("5 of 40").all()


@pytest.mark.parametrize(("low", "high", "expected"), [
    (0.4, 12, [0.5, 1, 2, 5, 10]), (0.3, 0.9, [0.3, 0.6]),
])  # fmt: skip
def test_ticks_of_ratios_are_round(low, high, expected):
    assert set(expected) <= set(figures.ticks(low, high))


def test_ticks_of_a_wide_axis_are_few():
    assert len(figures.ticks(1e-9, 1e9)) <= 9


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(("state", "lines"), [("ok", ["Grade: G2"]), ("not-estimable", [])])
def test_a_model_that_could_not_be_fitted_has_no_line_in_the_forest(tmp_path, monkeypatch, state,
                                                                    lines):  # fmt: skip
    monkeypatch.setenv("PRRT_OUT", str(tmp_path))
    fitted = {"statistic": "log_hazard_ratio", "variable": "grade_group", "level": "G2",
              "reference": "G1", "model": "univariable", "state": state,
              **({"estimate": 0.7, "low": 0.1, "high": 1.3} if state == "ok" else {})}  # fmt: skip
    failed = {"statistic": "log_hazard_ratio", "variable": "grade_group",
              "model": "multiple imputation", "state": "not-estimable"}  # fmt: skip
    rows = result_rows([fitted, failed], analysis="cox", endpoint="os_prrt")
    axes = figures.forest(rows, "small", "OS").axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == lines
    assert axes.get_legend() is None
    assert bool(lines) == (not axes.texts)


def test_beyond_the_most_records_only_the_complete_cases_stand(monkeypatch):
    monkeypatch.setattr(cox_missing, "MOST", 39)
    frame = pd.DataFrame({"exit": np.arange(1, 41), "event": 1, "age_at_first_prrt": 60.0,
                          "ki67_index": np.r_[np.nan, np.arange(39)]})  # fmt: skip
    study = GivenTimes(frame, covariates=["age_at_first_prrt", "ki67_index"])
    rows = check(cox_missing.several(study, ["ttp"]))
    assert set(rows["state"]) == {"not-estimable"}
    assert rows["warning"].str.contains("more than 39 records").all()


def test_two_patients_have_no_hazard_ratio_of_their_own():
    # Two of twelve are of the second level, both die: no curve is drawn for so few.
    frame = pd.DataFrame({
        "exit": [10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 15, 25],
        "event": [1, 1, 0, 1, 0, 1, 1, 0, 1, 0, 1, 1], "grade_group": ["G1"] * 10 + ["G3/NEC"] * 2,
    })  # fmt: skip
    rows = cox.models(GivenTimes(frame), "os_prrt", ["grade_group"])
    ratios = rows[rows["statistic"] == "log_hazard_ratio"].set_index(["model", "level"])
    few = "Grade, G3/NEC: 2 patients with 2 events only: no hazard ratio of their own"
    for model in ("univariable", "multivariable"):
        assert few in ratios.loc[(model, "G3/NEC"), "warning"]
        assert ratios.loc[(model, "G3/NEC"), "state"] == "not-estimable"
        assert pd.isna(ratios.loc[(model, "G3/NEC"), "estimate"])
        assert few not in ratios.loc[(model, "G1"), "warning"]


def with_one_death_known_to_the_year() -> SmallStudy:
    """Ten patients from 2015-01-01, one of whom died some day from 1 February to 31 December."""
    days = [20, 60, 90, 120, 150, 180, 210, 240, 270, 300]
    ids = [f"A{number}" for number in range(10)]
    start = pd.Timestamp("2015-01-01")
    deaths = {
        name: (start + pd.Timedelta(day, "D"),) * 2 for name, day in zip(ids, days, strict=True)
    }
    deaths["A5"] = (pd.Timestamp("2015-02-01"), pd.Timestamp("2015-12-31"))
    return SmallStudy({
        "patients": [{"patient_id": name, "birth_date": f"{1930 + 3 * (number * 7 % 10)}-01-01"}
                     for number, name in enumerate(ids)],
        "prrt_cycles": treated(*ids),
        "followup": [{"patient_id": name, "vital_status": "dead", "death_lo": lo, "death_hi": hi,
                      "death_date": lo + (hi - lo) // 2} for name, (lo, hi) in deaths.items()],
    }, covariates=["age_at_first_prrt"])  # fmt: skip


def test_hazard_ratios_with_the_shortest_and_the_longest_dates_are_those_of_the_typed_days():
    """A5 died on day 31 at the earliest and on day 364 at the latest; the rest do not change."""
    study = with_one_death_known_to_the_year()
    rows = check(cox.partial_dates(study, ["os_prrt"]))
    assert rows["setting"].tolist() == ["shortest", "longest"]
    assert set(rows["role"]) == {"exploratory"} and set(rows["model"]) == {"multivariable"}
    typed = pd.DataFrame({
        "age_at_first_prrt": study.patients("age_at_first_prrt")["age_at_first_prrt"],
        "exit": [20, 60, 90, 120, 150, np.nan, 210, 240, 270, 300], "event": 1,
    })  # fmt: skip
    for setting, day in (("shortest", 31), ("longest", 364)):
        fit = plain_cox(typed.fillna({"exit": day}), "exit", "event", ["age_at_first_prrt"])
        row = one(rows, setting=setting)
        assert row["estimate"] == pytest.approx(fit.coefficients.iloc[0], abs=1e-9)
        assert row["n"] == 10 and row["events"] == 10


def test_main_shortest_and_longest_stand_side_by_side():
    study = with_one_death_known_to_the_year()
    main, readings = cox.models(study, "os_prrt"), cox.partial_dates(study, ["os_prrt"])
    table = tables.models_by_setting(pd.concat([main, readings]), "Dates")
    assert [text for text in table.header if "ratio" in text] == [
        "main: hazard ratio",
        "shortest: hazard ratio",
        "longest: hazard ratio",
    ]
    told = one(main, model="multivariable", statistic="log_hazard_ratio")["row_id"]
    assert table.body[1][1].row_ids == (told,)
    assert len({cell.text for cell in table.body[1][1::2]}) == 3


def score_tests(**p) -> pd.DataFrame:
    """Rows of the score tests of proportional hazards of a model of all covariates."""
    return result_rows(
        [{"statistic": "chi2", "variable": name, "p": value} for name, value in p.items()],
        analysis="cox", model="multivariable", endpoint="os_prrt", reference="proportional hazards",
        label="Overall survival from first PRRT",
    )  # fmt: skip


@pytest.mark.parametrize(("p", "concerned"), [
    ({"age_at_first_prrt": 0.4, "grade_group": 0.01, "GLOBAL": 0.024}, ["grade_group"]),
    ({"age_at_first_prrt": 0.06, "grade_group": 0.07, "GLOBAL": 0.024},
     ["age_at_first_prrt", "grade_group"]),
    ({"age_at_first_prrt": 0.4, "grade_group": 0.04, "GLOBAL": 0.06}, []),
])  # fmt: skip
def test_a_model_is_not_proportional_where_its_global_test_says_so(p, concerned):
    rows = score_tests(**p)
    assert [name for _, name in cox_proportional.concerned(rows)] == concerned
    said = " ".join(paragraphs.results(rows).texts)
    assert ("the hazards are not proportional (global score test, p = 0.024)" in said) == (
        p["GLOBAL"] < 0.05
    )


@pytest.mark.parametrize(("followed", "tau", "difference"), [
    # G2: three of six die on day 557. To day 2557: 557 + 2000 / 2, 1000 less than in G1.
    (3000, 2557, -1000.0),
    # Followed to day 1900 alone: to day 1826, 557 + 1269 / 2.
    (1900, 1826, -634.5),
])  # fmt: skip
def test_restricted_means_are_compared_up_to_the_last_year_that_both_groups_reach(
    followed, tau, difference
):
    frame = pd.DataFrame({
        "exit": [3000] * 6 + [557] * 3 + [followed] * 3 + [100, 200],
        "event": [0] * 6 + [1] * 3 + [0] * 3 + [1, 1],
        "grade_group": ["G1"] * 6 + ["G2"] * 6 + ["G3/NEC"] * 2, "age_at_first_prrt": 60.0,
    })  # fmt: skip
    study = GivenTimes(frame)
    rows = check(
        cox_proportional.restricted_means(study, score_tests(grade_group=0.01, GLOBAL=0.02))
    )
    row = one(rows, variable="grade_group", level="G2")
    assert (row["estimate"], row["time"], row["reference"]) == (difference, tau, "G1")
    assert (row["n"], row["total"], row["role"]) == (12, 14, "exploratory")
    assert "Grade, G3/NEC: left out, fewer than 5 patients" in row["warning"]
    aged = score_tests(age_at_first_prrt=0.01, GLOBAL=0.02)
    row = one(cox_proportional.restricted_means(study, aged), variable="age_at_first_prrt")
    assert row["state"] == "not-estimable" and "is a quantity" in row["warning"]


def test_where_hazards_are_proportional_there_is_no_restricted_mean():
    rows = cox_proportional.restricted_means(GivenTimes(twelve()), score_tests(GLOBAL=0.5))
    assert rows.empty

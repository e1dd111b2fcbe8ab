"""Declared transforms of covariates, and the patients a model loses, in the rows of the model."""

import numpy as np
import pandas as pd
import pytest
from small_study import SmallStudy, check, one, treated

from prrt_lib.analyse import cox
from prrt_lib.base.errors import AnalysisError
from prrt_lib.draw import tables
from prrt_lib.estimate import cox as plain_cox

# Eight patients who all die; the sixth drinks nothing, of the last two it is not known.
DRINKS = [1.0, 8.0, 2.0, 4.0, 16.0, 0.0, None, None]
DAYS = [900, 100, 500, 700, 300, 800, 200, 600]
IDS = [f"A{number}" for number in range(8)]
RATIO = {"statistic": "log_hazard_ratio", "model": "multivariable"}


@pytest.fixture(scope="module")
def study():
    start = pd.Timestamp("2015-01-01")
    died = [start + pd.Timedelta(day, "D") for day in DAYS]
    return SmallStudy({
        "patients": [{"patient_id": name, "drinks_per_week": drinks,
                      "pack_years": float(number % 3)}
                     for number, (name, drinks) in enumerate(zip(IDS, DRINKS, strict=True))],
        "prrt_cycles": treated(*IDS),
        "followup": [{"patient_id": name, "vital_status": "dead", "death_date": day,
                      "last_contact_date": day} for name, day in zip(IDS, died, strict=True)],
    })  # fmt: skip


def test_log2_of_a_covariate_is_the_model_of_the_logarithm(study):
    name = "log2(drinks_per_week)"
    row = one(check(cox.models(study, "os_prrt", [name])), variable=name, **RATIO)
    frame = pd.DataFrame({"log2": np.log2(DRINKS[:5]), "exit": DAYS[:5], "event": 1})
    expected = plain_cox(frame, "exit", "event", ["log2"])
    assert row["estimate"] == pytest.approx(expected.coefficients["log2"])


def test_ten_units_have_ten_times_the_log_hazard_ratio_of_one(study):
    rows = [cox.models(study, "os_prrt", [name]) for name in
            ("drinks_per_week", "drinks_per_week/10")]  # fmt: skip
    one_unit, ten_units = (one(found, **RATIO)["estimate"] for found in rows)
    assert ten_units == pytest.approx(10 * one_unit, rel=1e-6)


def test_the_rows_say_who_is_lost_and_for_want_of_what(study):
    rows = cox.models(study, "os_prrt", ["log2(drinks_per_week)", "pack_years"])
    row = one(rows, variable="pack_years", **RATIO)
    told = row["warning"]
    assert "5 of 8 records, 3 left out for missing log2(drinks_per_week)" in told
    assert "log2(drinks_per_week): missing for 1 with too small a value" in told
    whole = one(rows, statistic="events_per_parameter", model="multivariable")
    assert (whole["n"], whole["total"]) == (5, 8)
    alone = one(rows, variable="pack_years", statistic="log_hazard_ratio", model="univariable")
    assert "left out" not in alone["warning"]
    patients = tables.models(rows, "").body[0]
    assert [one.text for one in patients] == ["patients", "", "", "5 of 8", ""]


def test_a_fit_shows_who_is_lost(study):
    frame = pd.DataFrame({"drinks": DRINKS, "exit": DAYS, "event": 1})
    fit = plain_cox(frame, "exit", "event", ["drinks"])
    assert "6 of 8 records, 2 left out for missing drinks" in repr(fit)


def test_gaps_of_several_covariates_are_counted_each():
    frame = pd.DataFrame({"a": [1, 2, 3, 4, None, None], "b": [1, 3, 2, None, None, 4],
                          "exit": range(1, 7), "event": 1})  # fmt: skip
    fit = plain_cox(frame, "exit", "event", ["a", "b"])
    assert fit.warnings[0] == "3 of 6 records, 3 left out for missing a (2), b (2)"


def test_what_is_known_too_late_is_refused_in_every_form(study):
    with pytest.raises(AnalysisError, match="decision 10"):
        cox.models(study, "os_prrt", ["sqrt(n_cycles)"])

"""Response as a time-dependent covariate: stretches, a likelihood by hand, a published model."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from lifelines.datasets import load_stanford_heart_transplants
from scipy.optimize import brentq
from small_study import SmallStudy, check, one, treated

from prrt_lib.declare.rows import COLUMNS
from prrt_lib.estimate.regression.cox_model import cox
from prrt_lib.topics.response import landmark, response_figures
from prrt_lib.topics.response.landmark import start_stop

FIRST = pd.Timestamp("2015-01-01")


def day(number: int) -> pd.Timestamp:
    return FIRST + pd.Timedelta(number, "D")


def people(**rows) -> pd.DataFrame:
    """patient -> (entry, exit, event)."""
    frame = pd.DataFrame(rows.values(), columns=["entry", "exit", "event"]).astype(float)
    return frame.assign(patient_id=list(rows))


def changes(*rows) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["patient_id", "days", "state"])


def stretches(frame: pd.DataFrame) -> list[tuple]:
    columns = ["patient_id", "entry", "exit", "event", "status"]
    return list(frame[columns].itertuples(index=False, name=None))


def test_a_patient_is_a_responder_after_the_day_of_the_scan_and_not_on_it():
    found = start_stop(people(A=(0, 10, 1), B=(0, 6, 1)), changes(("A", 4, "yes"), ("B", 6, "yes")),
                       "no")  # fmt: skip
    assert stretches(found) == [("A", 0, 4, 0, "no"), ("A", 4, 10, 1, "yes"), ("B", 0, 6, 1, "no")]


def test_who_enters_late_enters_in_the_state_reached_by_then():
    told = changes(("A", 30, "yes"), ("A", 50, "no"), ("B", 90, "yes"), ("C", 5, "yes"))
    found = start_stop(people(A=(40, 60, 1), B=(0, 80, 0)), told, "no")
    assert stretches(found) == [
        ("A", 40, 50, 0, "yes"),
        ("A", 50, 60, 1, "no"),
        ("B", 0, 80, 0, "no"),
    ]


SCANS = {"A": (4, "PR"), "B": (5, "SD"), "C": (2, "PR"), "D": (7, "PR"), "E": (5, "SD")}
ENDS = {"A": (10, True), "B": (6, True), "C": (8, False), "D": (9, True), "E": (12, False)}
FLAGS = {"PR": ("yes", "no", "no"), "SD": ("no", "no", "no"), "PD": ("no", "yes", "no")}


def scan(patient: str, at: int, word: str) -> dict:
    names = ("any_lesion_decrease", "any_lesion_increase", "new_lesions")
    return {"patient_id": patient, "scan_date": day(at), "modality": "CT", "response_raw": word,
            "response_word": word, **dict(zip(names, FLAGS[word], strict=True))}  # fmt: skip


def study(scans: dict = SCANS, ends: dict = ENDS, more: tuple = ()) -> SmallStudy:
    followup = [
        {"patient_id": name, "vital_status": "dead" if died else "alive",
         "last_contact_date": day(at), **({"death_date": day(at)} if died else {})}
        for name, (at, died) in ends.items()
    ]  # fmt: skip
    tables = {
        "patients": [{"patient_id": name} for name in ends], "prrt_cycles": treated(*ends),
        "imaging": [*(scan(name, *one) for name, one in scans.items()), *more],
        "followup": followup,
    }  # fmt: skip
    return SmallStudy({name: rows for name, rows in tables.items() if rows})


def test_five_patients_have_the_maximum_of_the_likelihood_written_by_hand():
    # r is the hazard ratio. Day 6: B dies among responders A, C and the others B, D, E: 1/(2r+3).
    # Day 9: D dies, a responder since day 7, among A, D and E: r/(2r+1). Day 10: A dies among A
    # and E: r/(r+1). The logarithm has slope 2/r - 2/(2r+3) - 2/(2r+1) - 1/(r+1).
    ratio = brentq(lambda r: 2 / r - 2 / (2 * r + 3) - 2 / (2 * r + 1) - 1 / (r + 1), 0.01, 100)
    frame = people(**{name: (0, *end) for name, end in ENDS.items()})
    told = changes(("A", 4, 1.0), ("C", 2, 1.0), ("D", 7, 1.0))
    fit = cox(start_stop(frame, told, 0.0), "exit", "event", ["status"], entry="entry")
    assert fit.coefficients.iloc[0] == pytest.approx(np.log(ratio), abs=1e-8)


def test_the_study_makes_the_same_stretches_from_its_scans():
    rows = check(landmark.dependent(study(), "os_prrt"))
    row = one(rows, model="response alone")
    assert (row["n"], row["events"], row["reference"]) == (5, 3, "non-responder")
    # Three events: Firth's penalty, as everywhere below five.
    frame = people(**{name: (0, *end) for name, end in ENDS.items()})
    told = changes(("A", 4, 1.0), ("C", 2, 1.0), ("D", 7, 1.0))
    fit = cox(start_stop(frame, told, 0.0), "exit", "event", ["status"], entry="entry",
              penalty="firth")  # fmt: skip
    assert row["estimate"] == pytest.approx(fit.coefficients.iloc[0], abs=1e-8)


def test_heart_transplants_have_the_published_coefficient():
    # R, survival package, heart: coxph(Surv(start, stop, event) ~ age + year + surgery +
    # transplant), coefficient of transplant -0.01025, standard error 0.31375, 172 records.
    given = load_stanford_heart_transplants()
    last = given.groupby("id").last()
    frame = last[["event", "age", "year", "surgery"]].assign(
        entry=0.0, exit=last["stop"], patient_id=last.index
    )
    moved = given[given["transplant"] == 1].groupby("id")["start"].first()
    told = pd.DataFrame({"patient_id": moved.index, "days": moved.to_numpy(), "state": 1.0})
    records = start_stop(frame, told, 0.0, "transplant")
    assert len(records) == 172
    names = ["age", "year", "surgery", "transplant"]
    fit = cox(records, "exit", "event", names, entry="entry")
    assert fit.coefficients.iloc[-1] == pytest.approx(-0.01025, abs=1e-5)
    assert fit.std_errors.iloc[-1] == pytest.approx(0.31375, abs=1e-5)


def test_a_responder_stays_one_after_progression():
    # A progresses on day 8 and dies on day 10 (decision 34).
    known = study(more=(scan("A", 8, "PD"),))
    rows, without = (landmark.dependent(one, "os_prrt") for one in (known, study()))
    assert rows["estimate"].equals(without["estimate"])
    assert set(rows["setting"]) == {""}


@pytest.mark.parametrize(
    ("scans", "ends", "word"),
    [({}, ENDS, "nobody responds"),
     (SCANS, {name: (at, False) for name, (at, _) in ENDS.items()}, "no event"),
     ({"A": (4, "SD")}, ENDS, "nobody responds")],
)  # fmt: skip
def test_without_responders_or_events_there_is_no_ratio(scans, ends, word):
    rows = check(landmark.both(study(scans, ends), ["os_prrt"]))
    assert set(rows["state"]) == {"not-estimable"} and rows["estimate"].isna().all()
    assert rows["warning"].str.contains(word).any()
    assert list(rows.columns) == list(COLUMNS)
    assert response_figures.dependent(rows, "Response").body

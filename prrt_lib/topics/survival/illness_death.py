"""Progression-free survival and progression where progression may come unseen between scans."""

from __future__ import annotations

import pandas as pd

from prrt_lib.analyse.columns import rows_of, seen_once
from prrt_lib.analyse.summaries import warned
from prrt_lib.analyse.survival import ANALYSIS, withheld
from prrt_lib.base.errors import AnalysisError
from prrt_lib.declare.footprints import traced
from prrt_lib.declare.parameters import YEARS
from prrt_lib.declare.rows import result_rows, stamp
from prrt_lib.estimate.curves.illness_death import illness_death_model
from prrt_lib.study.data import Study
from prrt_lib.study.endpoints import ENDPOINTS
from prrt_lib.study.times import DAY, in_words

MODEL = "illness-death"
DATES = ("first_prrt", "progression", "death", "last_seen", "horizon")
SHOWN = {"survival": "pfs", "median": "pfs", "cumulative_incidence": "cif_progression"}


def states(study: Study, population: str | None = None) -> pd.DataFrame:
    """patient_id, entry, last_free, seen, exit, died of whom ``pfs`` analyses, in days.

    ``seen``: progression (decision 5) up to the horizon and cut-off; ``last_free``: the last
    evaluable scan before it, or entry. Follow-up goes on to death or last contact, however long
    after the last scan, at least to that scan.
    """
    chosen = population or study.headline
    entered = study.times("pfs", "", chosen, ()).frame[["patient_id", "entry"]]
    frame = entered.merge(study.patients(*DATES, population=chosen), on="patient_id")
    limit = frame["horizon"].clip(upper=pd.Timestamp(study.parameters.cutoff))
    until = (limit - frame["first_prrt"]) // DAY
    seen, death, last = ((frame[name] - frame["first_prrt"]) // DAY
                         for name in ("progression", "death", "last_seen"))  # fmt: skip
    entry, died = frame["entry"], death <= until
    # An event on the day of entry counts one day later (decision 7).
    seen = seen.where(seen <= until).clip(lower=entry + 1)
    scans = rows_of(study, frame["patient_id"], "scans", "after_prrt", "days_from_prrt",
                    "progression")  # fmt: skip
    known = scans[scans["after_prrt"] & (scans["progression"] != "unknown")]
    end = death.where(died, until)
    before = pd.Series(seen.fillna(end + 1).to_numpy(), index=frame["patient_id"])
    known = known[known["days_from_prrt"] < known["patient_id"].map(before)]
    free = frame["patient_id"].map(known.groupby("patient_id")["days_from_prrt"].max())
    free = free.clip(lower=entry).fillna(entry)
    looked = seen.fillna(free)
    exit_ = death.where(died, pd.concat([last.clip(upper=until), looked], axis=1).max(axis=1))
    return pd.DataFrame({
        "patient_id": frame["patient_id"], "entry": entry, "last_free": free, "seen": seen,
        "exit": exit_.clip(lower=looked), "died": died.astype("int64"),
    })  # fmt: skip


@traced
def illness_death(study: Study, population: str | None = None) -> pd.DataFrame:
    """Rates and median of ``pfs`` and ``cif_progression`` by the illness-death model; exploratory.

    No rule about deaths long after the last scan is needed (decision 30), and progression is not
    put on the day of the scan that shows it.
    """
    population = population or study.headline
    times = study.times("pfs", "", population, ())
    frame = states(study, population)
    try:
        rows = illness_death_model(frame, "entry", "last_free", "seen", "exit", "died",
                                   times=tuple(YEARS), **study.parameters.curve_limits)  # fmt: skip
    except AnalysisError as error:
        state = "not-estimable" if seen_once(study, population) else "not-abstracted"
        found = "; ".join(f"{one.found}, expected {one.expected}" for one in error.problems)
        rows = result_rows(
            [{"statistic": name, "time": time} for name in SHOWN
             for time in (YEARS if name != "median" else [None])],
            n=len(frame), total=len(frame), state=state, warning=found,
        )  # fmt: skip
    endpoint = rows["statistic"].map(SHOWN)
    own = in_words({**times.counts, "never_at_risk": 0, "died_unwatched": 0})
    rows = stamp(
        warned(rows, own), analysis=ANALYSIS, model=MODEL, endpoint=endpoint, population=population,
        label=endpoint.map(lambda name: f"{ENDPOINTS[name].label}, illness-death model"),
        unit=rows["unit"].where(rows["statistic"] == "median", ""), role="exploratory",
    )  # fmt: skip
    return withheld(study, times, rows)

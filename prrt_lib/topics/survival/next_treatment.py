"""What patients were given after PRRT."""

from __future__ import annotations

import pandas as pd

from prrt_lib.analyse.columns import rows_of
from prrt_lib.analyse.summaries import levels_of, nobody, share
from prrt_lib.analyse.survival import ANALYSIS
from prrt_lib.declare.footprints import traced
from prrt_lib.declare.rows import result_rows
from prrt_lib.study.cohort import NOT_NEW
from prrt_lib.study.data import Study

THERAPY = "subsequent_therapy"


@traced
def subsequent(study: Study, population: str | None = None) -> pd.DataFrame:
    """Patients with each therapy after first PRRT, any, any new anticancer one, and retreatment.

    Of all patients. A therapy without a date counts, since its sheet is of those after PRRT; one
    dated on or before first PRRT does not.
    """
    population = population or study.headline
    words = {"analysis": ANALYSIS, "model": "next treatment", "population": population,
             "role": "secondary", "label": "Therapies after first PRRT"}  # fmt: skip
    people = study.patients("first_prrt", "retreatment", population=population)
    if not study.abstracted("subsequent_therapies", "therapy"):
        return result_rows(nobody(THERAPY, len(people)), **words)
    given = rows_of(study, people["patient_id"], "subsequent_therapies", "therapy", "therapy_date")
    given = given.dropna(subset=["therapy"]).merge(people, on="patient_id")
    early = given["therapy_date"] <= given["first_prrt"]
    later = given[~early]
    names = levels_of(later["therapy"], "subsequent_therapies.therapy")
    classes = {level: later[later["therapy"] == level] for level in names}
    sets = {"any": later, "any new anticancer therapy": later[~later["therapy"].isin(NOT_NEW)],
            **classes, "second course of PRRT": people[people["retreatment"].notna()]}  # fmt: skip
    told = [f"{later['therapy_date'].isna().sum()} records without a date counted",
            f"{early.sum()} dated on or before first PRRT left out"]  # fmt: skip
    warning = "; ".join(text for text in told if not text.startswith("0 "))
    records = [share(own["patient_id"].nunique(), len(people), THERAPY, level)
               for level, own in sets.items()]  # fmt: skip
    return result_rows(records, method="n of all patients", warning=warning, **words)

"""The invented cohort: true records, typed tables, and the truth of its source population."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from prrt_lib.declare.dictionary import dictionary
from prrt_lib.tools.demo import adverse, laboratory, markers, persons, scans, staging, treatment
from prrt_lib.tools.demo.model import CUTOFF, MODELS, SEED, Model
from prrt_lib.tools.demo.population import treated
from prrt_lib.tools.demo.source_truth import true_median, true_survival
from prrt_lib.tools.demo.typed import empty_table, typed_table


@dataclass(frozen=True)
class SyntheticCohort:
    """Invented treated patients and everything that is true of them.

    ``people`` is the hidden truth (one row per patient: covariates, latent times), ``records``
    what a faultless abstraction would write down, ``source_diagnosed`` how many diagnosed
    patients it took to find the treated ones.
    """

    model: Model
    seed: int
    people: pd.DataFrame
    records: Mapping[str, pd.DataFrame]
    source_diagnosed: int
    cutoff: str = CUTOFF

    @cached_property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The typed tables of a faultless abstraction, as reading would write them."""
        return {
            name: typed_table(name, self.records[name])
            if name in self.records
            else empty_table(name)
            for name in dictionary().tables
        }

    def true_survival(self, days, given: float = 0.0, population: str = "all_treated"):
        """S(days) / S(given) of the diagnosed source population."""
        return true_survival(days, given, self.model, population)

    def true_median(self, given: float = 0.0, population: str = "all_treated") -> float:
        """Median survival in days from diagnosis of those alive at ``given``."""
        return true_median(given, self.model, population)


def generate(n: int = 135, seed: int = SEED, model: Model | str = "default") -> SyntheticCohort:
    """A cohort of ``n`` treated patients; the same arguments give the same cohort."""
    model = MODELS[model] if isinstance(model, str) else model
    streams = iter(np.random.default_rng(seed).spawn(11))
    people, examined = treated(n, next(streams), model)
    doses = treatment.cycles(people, next(streams))
    images = scans.imaging(people, model, next(streams))
    progressed = scans.seen_progression(people, images)
    events = adverse.adverse_events(people, doses, next(streams))
    centre = doses.loc[doses["cycle_no"] == 1, "treat_site"].to_numpy()
    records = {
        "patients": persons.patients(people, centre, next(streams)),
        "tumour": persons.tumour(people, next(streams)),
        **persons.lists(people, next(streams)),
        "prrt_cycles": doses,
        "biomarkers": markers.biomarkers(people, doses, next(streams)),
        "imaging": images,
        "adverse_events": events,
    }
    last = next(streams)
    records["followup"] = persons.followup(people, events, progressed, last)
    records["subsequent_therapies"] = treatment.subsequent_therapies(
        people, doses, progressed, last
    )
    # Each part has its own stream, so that a new one leaves the others as they were.
    records["tumour"] = staging.with_tnm(records["tumour"], next(streams))
    records["labs"] = laboratory.labs(people, records["patients"], doses, events, next(streams))
    return SyntheticCohort(model, seed, people, records, examined)

"""The endpoints and their sensitivities, declared: printed with each result (decisions 1, 13)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import pandas as pd

from prrt_lib.declare.shown import Shown

YEARS_IN_WORDS = ("one year", "two years", "three years", "four years", "five years", "six years",
                  "seven years", "eight years", "nine years", "ten years")  # fmt: skip

SETTINGS: Mapping[str, str] = MappingProxyType({
    "": "main analysis",
    "observation_start_ignored": "entry is not delayed to consent or enrolment",
    "mixed_not_progression": "a mixed scan without a new lesion is not progression",
    "unconfirmed_not_progression": "a scan that shows progression does not count where the next "
    "evaluable scan, 28 days later or more, shows none",
    "new_therapy_censored": "censored at the last evaluable scan before new anticancer therapy "
    "or retreatment",
    "carried_to_death": "every death up to the horizon counts, however long after the last "
    "evaluable scan",
    "vital_status_reversed": "alive with a date of death is read the other way: as alive where the "
    "main analysis counts a death, as dead on that date where it does not",
    "pairs_once": "of two study ids that may be one person only the first by id counts",
    "shortest": "partial dates: origin and entry as late, event and censoring as early as possible",
    "longest": "partial dates: origin and entry as early, event and censoring as late as possible",
})  # fmt: skip

_SURVIVAL = ("", "observation_start_ignored", "vital_status_reversed", "pairs_once",
             "shortest", "longest")  # fmt: skip
_PROGRESSION = tuple(SETTINGS)
_FEWER = ("", "carried_to_death", "shortest", "longest")
# Settings that read other scans as progression: the ending of the columns they use.
OTHER_PROGRESSION = {"mixed_not_progression": "_mixed_ignored",
                     "unconfirmed_not_progression": "_unconfirmed_ignored"}  # fmt: skip


def horizon(months: float = 84) -> str:
    """When every clock stops, in words, ``months`` after first PRRT: the scenario's horizon."""
    years = months / 12
    whole = years in range(1, len(YEARS_IN_WORDS) + 1)
    span = YEARS_IN_WORDS[int(years) - 1] if whole else f"{months:g} months"
    return f"{span} after first PRRT (horizon_months) or the data cut-off, whichever comes first"


@dataclass(frozen=True, repr=False)
class Endpoint(Shown):
    """One declared endpoint. ``origin`` and ``entry`` name derived columns; ``event``,
    ``competing`` and ``censoring`` are words for the reader, and no clock reads them.

    ``kind``: "death", "next_treatment" (or death), "progression" (deaths censored),
    "progression_or_death" or "competing" (1 = progression, 2 = death). ``scans``: the ending of
    the derived columns whose scans are looked at, "" for every evaluable scan after first PRRT.
    ``handling`` says how each intercurrent event is treated.
    """

    name: str
    label: str
    origin: str
    entry: str
    kind: str
    event: str
    competing: str
    censoring: str
    settings: tuple[str, ...]
    handling: Mapping[str, str]
    delayed: bool = True
    banner: str = ""
    scans: str = ""

    def shown(self) -> tuple[str, pd.DataFrame, list[str]]:
        """What is declared, a line each."""
        facts = {
            "time zero": self.origin, "entry": self.entry, "event": self.event,
            "competing event": self.competing, "censored at": self.censoring,
            "horizon": horizon(), **self.handling,
        }  # fmt: skip
        frame = pd.DataFrame({"what": list(facts), "declared": list(facts.values())})
        return f"{self.label} ({self.name})", frame, [self.banner] if self.banner else []


_HANDLING_OS = {
    "new anticancer therapy": "ignored: follow-up goes on",
    "retreatment with PRRT": "ignored: anchored at the first course",
    "surgery or transplant": "ignored: follow-up goes on",
    "loss to follow-up": "censored at last contact",
    "death": "event, whatever the cause",
}
_HANDLING_PROGRESSION = {
    "new anticancer therapy": "ignored; sensitivity new_therapy_censored",
    "retreatment with PRRT": "ignored, anchored at the first course; sensitivity "
    "new_therapy_censored",
    "surgery or transplant": "as new anticancer therapy",
    "loss to follow-up": "censored at the last evaluable scan",
}


def _survival(name: str, label: str, origin: str, entry: str, **other) -> Endpoint:
    return Endpoint(
        name, label, origin, entry, "death", "death of any cause", "none",
        "last contact", other.pop("settings", _SURVIVAL), MappingProxyType(_HANDLING_OS), **other,
    )  # fmt: skip


def _until_progression(name: str, label: str, kind: str, event: str, death: str, **other):
    origin = other.pop("origin", "first_prrt")
    at_death = f"{death} up to max_scan_gap_days after the last evaluable scan, else censored there"
    handling = {**_HANDLING_PROGRESSION, "death": f"{at_death}; sensitivity carried_to_death"}
    settings = other.pop("settings", _PROGRESSION)
    if "new_therapy_censored" not in settings:
        handling = {what: told.partition("; sensitivity")[0] for what, told in handling.items()}
    return Endpoint(
        name, label, origin, origin, kind, event,
        "death without progression" if kind == "competing" else "none",
        f"last evaluable scan after {origin.replace('_prrt', ' PRRT')} (day 0 if none)", settings,
        MappingProxyType(handling), **other,
    )  # fmt: skip


_ALL = (
    _survival("os_dx_delayed", "Overall survival from diagnosis, delayed entry at first PRRT",
              "diagnosis", "first_prrt"),
    _survival("os_dx_naive", "Overall survival from diagnosis, not adjusted for left truncation",
              "diagnosis", "diagnosis", delayed=False,
              settings=("", "vital_status_reversed", "pairs_once", "shortest", "longest"),
              banner="not adjusted for left truncation"),
    _survival("os_prrt", "Overall survival from first PRRT", "first_prrt", "first_prrt"),
    _until_progression("ttp", "Time to progression", "progression", "progression on imaging",
                       "censored at death"),
    _until_progression("pfs", "Progression-free survival", "progression_or_death",
                       "progression on imaging or death of any cause", "event"),
    _until_progression("cif_progression", "Cumulative incidence of progression", "competing",
                       "progression on imaging", "competing event"),
    _until_progression("pfs_recist", "Progression-free survival by RECIST, where measured",
                       "progression_or_death", "progression by RECIST or death of any cause",
                       "event", settings=_FEWER, scans="_recist"),
    _until_progression("pfs_retreatment", "Progression-free survival after retreatment",
                       "progression_or_death", "progression on imaging or death of any cause",
                       "event", origin="retreatment", settings=_FEWER,
                       scans="_after_retreatment"),
    Endpoint("ttnt", "Time to next treatment or death", "first_prrt", "first_prrt",
             "next_treatment",
             "new anticancer therapy (no somatostatin analog), retreatment with PRRT, or death",
             "none", "last contact", _SURVIVAL,
             MappingProxyType({**_HANDLING_OS, "new anticancer therapy": "event",
                               "retreatment with PRRT": "event",
                               "surgery or transplant": "event"})),
)  # fmt: skip

ENDPOINTS: Mapping[str, Endpoint] = MappingProxyType({item.name: item for item in _ALL})

START, END = {"shortest": "_hi", "longest": "_lo"}, {"shortest": "_lo", "longest": "_hi"}


def columns_read(endpoint: Endpoint, setting: str) -> list[str]:
    """Derived columns that decide who is in and when each clock starts and stops."""
    names = ["first_prrt", endpoint.origin, "observation_start", "horizon", "died", "death",
             "last_seen", "death_undated"]  # fmt: skip
    if setting == "vital_status_reversed":
        names += ["died_reversed", "death_reversed", "last_seen_reversed"]
    names += ["suspected_copy"] if setting == "pairs_once" else []
    if endpoint.kind == "next_treatment":
        names += ["next_treatment", "next_treatment_undated"]
    elif endpoint.kind != "death":
        free = f"progression_free_until{endpoint.scans}"
        names += [f"progression{endpoint.scans}", f"last_evaluable_scan{endpoint.scans}", free]
        names += [f"progression{end}" for name, end in OTHER_PROGRESSION.items() if name == setting]
        if setting == "new_therapy_censored":
            names += ["new_therapy", "retreatment", f"{free}_before_new_therapy"]
    if setting in START:
        unpaired = ("horizon", "died", "death_undated", "suspected_copy", "last_evaluable_scan",
                    "next_treatment_undated")  # fmt: skip
        names += [
            f"{name}{end}" for name in names if name not in unpaired for end in ("_lo", "_hi")
        ]
    names += ["death_lo", "death_hi"] if endpoint.kind not in ("death", "next_treatment") else []
    return list(dict.fromkeys(names))

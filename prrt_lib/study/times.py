"""When each patient is watched for an endpoint: the dates, and entry, exit and event in days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd

from prrt_lib.declare.arguments import one_of
from prrt_lib.declare.covariates import column_of, transformed
from prrt_lib.declare.parameters import Parameters
from prrt_lib.declare.rows import POPULATIONS
from prrt_lib.declare.shown import Shown
from prrt_lib.study import known_at
from prrt_lib.study.endpoints import END, ENDPOINTS, OTHER_PROGRESSION, START, Endpoint

DAY = pd.Timedelta(1, "D")


class People(Protocol):
    """A cohort, or the part of one that a caller asked for."""

    patients: pd.DataFrame
    parameters: Parameters


@dataclass(frozen=True, repr=False)
class Times(Shown):
    """Rows ready for an estimator: ``frame`` has patient_id, entry, exit (whole days), event.

    ``event`` is 0/1, for a competing endpoint 0, 1 (progression) or 2 (death). ``counts``:
    population, used, deaths, undated_deaths, late_entry, dropped {reason: n}, and what else was
    counted;
    ``warnings`` the same in sentences.
    """

    frame: pd.DataFrame
    endpoint: Endpoint
    setting: str
    population: str
    counts: Mapping[str, Any]
    warnings: tuple[str, ...]

    def shown(self) -> tuple[str, pd.DataFrame, Sequence[str]]:
        """How many are analysed, their events, and how long they were at risk."""
        days = (self.frame["exit"] - self.frame["entry"]).sum()
        codes = self.frame["event"]
        lines = {"n": len(codes), "events": (codes == 1).sum()}
        if self.endpoint.kind == "competing":
            lines["competing events"] = (codes == 2).sum()
        lines |= {"censored": (codes == 0).sum(), "years at risk": round(days / 365.25, 1)}
        said = [text for text in (self.setting.replace("_", " "), self.population) if text]
        heading = f"{self.endpoint.label} ({', '.join(said)})"
        return heading, pd.DataFrame([lines]), self.warnings


def endpoint_named(name: str) -> Endpoint:
    """The declared endpoint; raises AnalysisError with the nearest name."""
    return ENDPOINTS[one_of(name, ENDPOINTS, "endpoint")]


def allowed(endpoint: str, setting: str, population: str, columns: Sequence[str]) -> Endpoint:
    """The declared endpoint, once setting, population and columns are allowed for it."""
    declared = endpoint_named(endpoint)
    one_of(setting, declared.settings, f"{endpoint}, setting")
    one_of(population, POPULATIONS, f"{endpoint}, population")
    known_at.audit(columns, declared.entry, endpoint)
    return declared


def times(
    cohort: People,
    endpoint: str,
    setting: str = "",
    population: str = "all_treated",
    columns: Sequence[str] = (),
) -> Times:
    """Entry, exit and event of each patient of ``population``, with the asked ``columns``.

    Who cannot be placed in time is dropped and counted by reason. An event at entry exits one
    day later; a censoring at or before entry stays and is never at risk (decision 7).
    Raises AnalysisError for an unknown name and for a column not yet known at entry.
    """
    declared = allowed(endpoint, setting, population, columns)
    people = cohort.patients[cohort.patients[f"in_{population}"]]
    people = people.sort_values("patient_id", kind="stable", ignore_index=True)
    main = clocks(people, declared, setting, cohort.parameters, ends=False)
    reasons = _dropped(people, main, declared)
    if setting == "pairs_once":
        reasons = reasons.mask(people["suspected_copy"], "may be another patient under a second id")
    kept = reasons == ""
    ticking = main
    if setting in ("shortest", "longest"):
        ticking = clocks(people, declared, setting, cohort.parameters, ends=True)
    frame, shifted, idle = _days(ticking, kept)
    people, late = _known_at_entry(people, columns, main)
    counts = _counts(people, ticking, declared, reasons, shifted, idle)
    counts["late_specimen"] = int(late[kept].sum())
    covariates = {}
    for name in dict.fromkeys(columns):
        own = people.loc[kept, column_of(name)]
        covariates[name] = transformed(own, name)
        outside = int((own.notna() & covariates[name].isna()).sum())
        counts["outside"] |= {name: outside} if outside else {}
    frame = pd.concat([people.loc[kept, ["patient_id"]], frame.assign(**covariates)], axis=1)
    return Times(
        frame.reset_index(drop=True), declared, setting, population, counts, in_words(counts)
    )


def _dropped(people: pd.DataFrame, main: Clocks, endpoint: Endpoint) -> pd.Series:
    """Why each patient is out, "" for those who stay; the first reason that applies."""
    over = main.stop < main.entry
    unknown = {"diagnosis": "date of diagnosis not known", "retreatment": "not treated again"}
    reasons = {
        unknown.get(endpoint.origin, "time zero not known"): main.origin.isna(),
        "diagnosis after first PRRT": (main.origin > people["first_prrt"])
        & (endpoint.origin == "diagnosis"),
        "progression before entry": main.progression < main.entry,
        "end of follow-up before entry": over & (main.event > 0),
        "horizon or cut-off before entry": main.limit < main.entry,
    }
    if endpoint.kind in ("death", "next_treatment"):
        reasons["end of follow-up before entry"] = over
    conditions = [mask.fillna(False).to_numpy(dtype=bool) for mask in reasons.values()]
    return pd.Series(np.select(conditions, list(reasons), ""), index=people.index)


def _days(ticking: Clocks, kept: pd.Series) -> tuple[pd.DataFrame, int, int]:
    """entry, exit, event in whole days; how many events were shifted and how many never at risk."""
    entry = ((ticking.entry - ticking.origin) // DAY)[kept].astype("int64")
    exit_ = ((ticking.stop - ticking.origin) // DAY)[kept].astype("int64")
    event = ticking.event[kept].astype("int64")
    exit_ = exit_.where(exit_ >= entry, entry)
    at_entry = exit_ == entry
    shifted = at_entry & (event > 0)
    frame = pd.DataFrame({"entry": entry, "exit": exit_ + shifted.astype("int64"), "event": event})
    return frame, int(shifted.sum()), int((at_entry & (event == 0)).sum())


def _known_at_entry(people: pd.DataFrame, columns: Sequence[str], main: Clocks):
    """``people`` without what was read from a specimen taken after entry, and whom it concerns."""
    read = sorted(known_at.of_specimen() & set(map(column_of, columns)))
    if not read:
        return people, pd.Series(False, index=people.index)
    later = people["specimen"] > main.entry
    masked = {name: people[name].mask(later) for name in read}
    return people.assign(**masked), later & people[read].notna().any(axis=1)


def _counts(people, ticking: Clocks, endpoint: Endpoint, reasons, shifted: int, idle: int) -> dict:
    kept = reasons == ""
    dropped = reasons[~kept].value_counts()
    counts = {
        "population": len(people),
        "used": int(kept.sum()),
        "deaths": int((people["died"] == "yes")[kept].sum()),
        "undated_deaths": int(people["death_undated"][kept].sum()),
        "events": int((ticking.event[kept] == 1).sum()),
        "late_entry": int((ticking.entry > ticking.own_entry)[kept].sum()),
        "dropped": {reason: int(dropped[reason]) for reason in sorted(dropped.index)},
        "event_at_entry": shifted,
        "never_at_risk": idle,
        "outside": {},
    }
    if endpoint.kind == "competing":
        counts["competing"] = int((ticking.event[kept] == 2).sum())
    if endpoint.kind == "next_treatment":
        counts["undated_treatment"] = int(people["next_treatment_undated"][kept].sum())
    elif endpoint.kind != "death":
        scan = people[f"last_evaluable_scan{endpoint.scans}"]
        counts["without_evaluable_scan"] = int(scan.isna()[kept].sum())
        counts["progressed"] = int(ticking.progression.notna()[kept].sum())
        counts["died_unwatched"] = int(ticking.unwatched[kept].sum())
    return counts


def in_words(counts: Mapping[str, Any]) -> tuple[str, ...]:
    """What a reader must know of ``counts``, a sentence each; what is 0 is not told."""
    sentences = {
        "late_entry": "enter late, when their observation starts",
        "event_at_entry": "with the event on the day of entry, counted one day later",
        "never_at_risk": "censored at entry, never at risk",
        "late_specimen": "with a specimen taken after entry, whose grade and indices are not used",
        "without_evaluable_scan": "without an evaluable scan after first PRRT",
        "died_unwatched": "died long after the last evaluable scan, or after the horizon: "
        "censored at that scan",
        "undated_treatment": "whose next treatment has no date, taken in the middle of follow-up",
    }
    said = [f"{counts[key]} {words}" for key, words in sentences.items() if counts.get(key)]
    if counts["undated_deaths"]:
        said.insert(0, f"{counts['undated_deaths']} of {counts['deaths']} deaths without a date")
    seen = counts["used"] - counts.get("without_evaluable_scan", 0)
    if 2 * seen < counts["used"]:
        said.insert(0, f"only {seen} of {counts['used']} patients have an evaluable scan")
    said += [f"{name}: missing for {n} with too small a value"
             for name, n in counts["outside"].items()]  # fmt: skip
    return (*said, *(f"{n} left out: {reason}" for reason, n in counts["dropped"].items()))


@dataclass(frozen=True, repr=False)
class Clocks(Shown):
    """Dates per patient: origin, own entry, entry, stop, limit (horizon or cut-off), and codes.

    ``unwatched``: died without progression when nobody looked any more (decision 30).
    """

    origin: pd.Series
    own_entry: pd.Series
    entry: pd.Series
    stop: pd.Series
    limit: pd.Series
    event: pd.Series
    progression: pd.Series
    unwatched: pd.Series

    def shown(self) -> tuple[str, pd.DataFrame, list[str]]:
        """The dates of each patient."""
        names = ("origin", "entry", "stop", "event")
        dates = pd.DataFrame({name: getattr(self, name) for name in names})
        return f"Clocks of {len(dates)} patients", dates, []


def clocks(
    people: pd.DataFrame, endpoint: Endpoint, setting: str, parameters: Parameters, ends: bool
) -> Clocks:
    """Dates of ``people`` for ``endpoint``; with ``ends`` the ends of partial dates (decision 8).

    The shortest run takes origin and entry at their latest, event, censoring and horizon at
    their earliest day; the longest the reverse. Whether there is an event does not change with
    the run, except that a date after the cut-off is censored at it.
    """
    if setting == "vital_status_reversed":
        people = _reversed(people, endpoint)
    first = START[setting] if ends else ""
    last = END[setting] if ends else ""
    own = people[f"{endpoint.entry}{first}"]
    observed = people[f"observation_start{first}"]
    late = endpoint.delayed and setting != "observation_start_ignored"
    limit = _limit(people, last, parameters)
    seen = _watched(people, endpoint, setting, last, parameters)
    event_date, code, censored, progressed, unwatched = seen
    happens = event_date.notna() & (event_date <= limit)
    end = event_date.fillna(censored)
    return Clocks(
        origin=people[f"{endpoint.origin}{first}"],
        own_entry=own,
        entry=_later(own, observed) if late else own,
        stop=_earlier(end, limit),
        limit=limit,
        event=code.where(happens, 0),
        progression=progressed,
        unwatched=unwatched,
    )


def _reversed(people: pd.DataFrame, endpoint: Endpoint) -> pd.DataFrame:
    """``people`` with the other reading of a contradictory vital status; none progresses dead."""
    other = {name: people[f"{name}_reversed"] for name in ("died", "death", "last_seen")}
    turned = people.assign(**other)
    progression, free = f"progression{endpoint.scans}", f"progression_free_until{endpoint.scans}"
    if progression in turned:
        dead = turned[progression] > turned["death"]
        turned[progression] = turned[progression].mask(dead)
        turned[free] = turned[free].mask(turned[free] > turned["death"], turned["death"])
    return turned


def _limit(people: pd.DataFrame, last: str, parameters: Parameters) -> pd.Series:
    """The horizon from first PRRT, or the cut-off where that comes first."""
    limit = people[f"first_prrt{last}"] + (people["horizon"] - people["first_prrt"])
    return limit.clip(upper=pd.Timestamp(parameters.cutoff))


def _watched(people, endpoint: Endpoint, setting: str, last: str, parameters: Parameters):
    """Date of the event, its code, the date of censoring, the date of progression, and who died
    unwatched, without progression: that death does not count (decision 30)."""
    death = people[f"death{last}"].where(people["death"].notna())
    nothing = pd.Series(pd.NaT, index=people.index, dtype="datetime64[ns]")
    one = pd.Series(1, index=people.index, dtype="int64")
    unwatched = pd.Series(False, index=people.index)
    if endpoint.kind in ("death", "next_treatment"):
        event = death
        if endpoint.kind == "next_treatment":
            event = people[f"next_treatment{last}"].where(people["next_treatment"].notna())
            event = _earlier(event.fillna(death), death.fillna(event))
        return event, one, people[f"last_seen{last}"], nothing, unwatched
    name = "progression" + OTHER_PROGRESSION.get(setting, endpoint.scans)
    progressed = people[f"{name}{last}"].where(people[name].notna())
    if setting == "longest":
        progressed = progressed.where(~(progressed > death), death)
    until = f"progression_free_until{endpoint.scans}"
    free = people[f"{until}{last}"]
    if setting == "new_therapy_censored":
        changed = people[["new_therapy", "retreatment"]].min(axis=1)
        progressed = progressed.mask(progressed > changed)
        death = death.mask(death > changed)
        before = _earlier(people[f"{until}_before_new_therapy"], changed)
        free = free.mask(changed.notna(), before)
    if setting != "carried_to_death":
        death, late = _looked_for(people, death, people[until], last, parameters)
        unwatched = late & progressed.isna()
        death = death.mask(unwatched)
    if endpoint.kind == "progression":
        return progressed, one, death.fillna(free), progressed, unwatched
    code = one.mask(progressed.isna(), 2) if endpoint.kind == "competing" else one
    return progressed.fillna(death), code, free, progressed, unwatched


def _looked_for(people, death: pd.Series, scan: pd.Series, last: str, parameters: Parameters):
    """``death``, and whether it came later than ``max_scan_gap_days`` after the last evaluable
    scan, or after horizon or cut-off: told from the main dates, whatever the run.

    A death without a day counts where it can lie within that time, and then does (decision 26).
    """
    latest = scan + pd.Timedelta(parameters.max_scan_gap_days, "D")
    undated = people["death_undated"] & people["death"].notna()
    low, high = people["death_lo"], _earlier(people["death_hi"], latest)
    middle = low + (high - low).dt.days.floordiv(2) * pd.Timedelta(1, "D")
    late = people["death"].mask(undated, low) > latest
    limit = _limit(people, "", parameters)
    day = {"": middle, "_lo": low, "_hi": high}[last]
    told = people["death"].mask(undated, middle)
    return death.mask(undated & ~late, day), late | (told > limit)


def _later(a: pd.Series, b: pd.Series) -> pd.Series:
    return a.where(~(b > a), b)


def _earlier(a: pd.Series, b: pd.Series) -> pd.Series:
    return pd.Series(np.minimum(a.to_numpy(), b.to_numpy()), index=a.index)

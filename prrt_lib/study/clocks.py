"""The dates between which each patient is watched for an endpoint, under a setting."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from prrt_lib.declare.parameters import Parameters
from prrt_lib.declare.shown import Shown
from prrt_lib.study.endpoints import END, OTHER_PROGRESSION, START, Endpoint


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
    latest = scan + pd.Timedelta(days=parameters.max_scan_gap_days)
    undated = people["death_undated"] & people["death"].notna()
    low, high = people["death_lo"], _earlier(people["death_hi"], latest)
    middle = low + (high - low).dt.days.floordiv(2) * pd.Timedelta(days=1)
    late = people["death"].mask(undated, low) > latest
    limit = _limit(people, "", parameters)
    day = {"": middle, "_lo": low, "_hi": high}[last]
    told = people["death"].mask(undated, middle)
    return death.mask(undated & ~late, day), late | (told > limit)


def _later(a: pd.Series, b: pd.Series) -> pd.Series:
    return a.where(~(b > a), b)


def _earlier(a: pd.Series, b: pd.Series) -> pd.Series:
    return pd.Series(np.minimum(a.to_numpy(), b.to_numpy()), index=a.index)

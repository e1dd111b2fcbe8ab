"""What a curve may show: its beginning and end, limits before the first event, small groups."""

from __future__ import annotations

import numpy as np
import pandas as pd

from prrt_lib.declare.parameters import Parameters
from prrt_lib.declare.rows import combine, result_rows, stamp
from prrt_lib.estimate.curves.early_risk_set import last_sufficient_exit
from prrt_lib.estimate.records import parts

CURVES = ("survival", "cumulative_incidence")
QUANTILES = ("median", "q25", "q75")
END = "last day with enough at risk"


def with_ends(
    rows: pd.DataFrame, frame: pd.DataFrame, by: str | None, parameters: Parameters
) -> pd.DataFrame:
    """Curve ``rows`` of ``frame`` (entry, exit, event), with the beginning and end of each curve.

    Nothing is estimated for fewer than ``min_group`` patients or a group without an event; before
    the first event the limit is the exact one of 0 events among those at risk (decision 36).
    The first row of a curve counts at risk who is under observation just after that day; where
    this is not n, its warning says why. Rates beyond the last time, and a group without any
    estimate, have all events. A row ``at_risk`` per curve holds the last day on which
    ``min_at_risk`` are at risk, not estimable where there never are so many: figures end there,
    and tables mark later rates.
    """
    if frame.empty:
        return rows
    minimum = parameters.min_at_risk
    known = frame if by is None else frame[frame[by].notna()]
    told, ends = _before_any_event(rows, parameters.conf_level), []
    for key, part in parts(known, by):
        level = key.get("group_level", "")
        entries, exits = (part[name].to_numpy(dtype="float64") for name in ("entry", "exit"))
        own = rows[rows["statistic"].isin(CURVES) & (rows["group_level"] == level)]
        if own.empty:
            continue
        drawn = own[own["state"] == "ok"]
        if len(drawn):
            told = _begun(told, drawn.loc[drawn["time"].idxmin()], entries, exits)
        told = _counted(told, level, drawn["time"], part)
        end = last_sufficient_exit(entries, exits, minimum)
        few = _too_few(part, by, parameters.min_group)
        if few:
            told = _withheld(told, level, few)
        record = {**key, "statistic": "at_risk", "variable": END, "n": own["n"].iloc[0],
                  "total": own["total"].iloc[0], "state": "not-estimable"}  # fmt: skip
        if not np.isnan(end) and not few:
            count = float(((entries < end) & (exits >= end)).sum())
            record |= {"time": end, "estimate": count, "at_risk": count, "state": "ok"}
        ends.append(record)
    added = result_rows(ends, method=f"curves end where fewer than {minimum} are at risk")
    return combine([told, added])


def no_ratio(frame: pd.DataFrame, by: str, fewest: int) -> str:
    """Why the two groups of ``frame`` (event) have no hazard ratio; "" where they have one."""
    events = (frame["event"] == 1).groupby(frame[by], observed=True)
    if len(events) < 2 or not (frame["event"] == 1).any():
        return "fewer than two classes, or no event"
    if (events.size() < fewest).any() or not events.any().all():
        return f"a class with fewer than {fewest} patients or without an event: no hazard ratio"
    return ""


def _too_few(part: pd.DataFrame, by: str | None, fewest: int) -> str:
    if (part["exit"] > part["entry"]).sum() < fewest:
        return f"fewer than {fewest} patients at risk: not estimated"
    return "no event: not estimated" if by and not (part["event"] == 1).any() else ""


def _withheld(rows: pd.DataFrame, level: str, why: str) -> pd.DataFrame:
    """``rows`` of the group ``level`` without what is estimated of it."""
    out = (rows["group_level"] == level) & rows["statistic"].isin(CURVES + QUANTILES)
    words = (rows["warning"] + "; " + why).str.removeprefix("; ")
    blank = {name: rows[name].mask(out) for name in ("estimate", "std_error", "low", "high")}
    return stamp(rows, state=rows["state"].mask(out, "not-estimable"),
                 warning=rows["warning"].mask(out, words), **blank)  # fmt: skip


def _before_any_event(rows: pd.DataFrame, conf_level: float) -> pd.DataFrame:
    """``rows`` with the exact limit where no event has happened yet, and none on the other side.

    With 0 events among m at risk S is at least (alpha / 2)^(1 / m) (Clopper and Pearson 1934). At
    the start of the curve nothing is estimated: S is 1 there by definition.
    """
    start = rows.groupby("group_level")["time"].transform("min")
    here = (rows["state"] == "ok") & (rows["events"] == 0) & (rows["time"] > start)
    exact = ((1 - conf_level) / 2) ** (1 / rows["at_risk"].where(here & (rows["at_risk"] > 0)))
    alive, failed = (
        here & (rows["statistic"] == "survival"),
        here & (rows["statistic"] == CURVES[1]),
    )
    return stamp(rows, low=rows["low"].mask(alive, exact).mask(failed),
                 high=rows["high"].mask(failed, 1 - exact).mask(alive))  # fmt: skip


def _counted(rows: pd.DataFrame, level: str, drawn: pd.Series, part: pd.DataFrame) -> pd.DataFrame:
    """``rows`` whose rates of the group ``level`` after the last of ``drawn`` have its events.

    Those that ended before the curve begins are in no number; without ``drawn`` all are counted.
    """
    here, failed = (rows["group_level"] == level) & rows["events"].isna(), part["event"] == 1
    if len(drawn):
        here &= rows["statistic"].isin(CURVES) & (rows["time"] > drawn.max())
        failed &= part["exit"] > drawn.min()
    return stamp(rows, events=rows["events"].mask(here, int(failed.sum())))


def _begun(rows: pd.DataFrame, first: pd.Series, entries, exits) -> pd.DataFrame:
    """``rows`` whose first one counts who is watched from then on, and says who is not."""
    start = first["time"]
    watched = int(((entries <= start) & (exits > start)).sum())
    later = int((entries > start).sum())
    ended = int(first["n"]) - watched - later
    reasons = [f"{later} enter later"] * (later > 0)
    reasons += [f"{ended} censored on the day of entry or before"] * (ended > 0)
    here = rows["row_id"] == first["row_id"]
    text = f"n = {first['n']:g}, at risk at day {start:g}: {watched} ({', '.join(reasons)})"
    words = "; ".join(part for part in (first["warning"], text if reasons else "") if part)
    return stamp(rows, at_risk=rows["at_risk"].mask(here, watched),
                 warning=rows["warning"].mask(here, words))  # fmt: skip

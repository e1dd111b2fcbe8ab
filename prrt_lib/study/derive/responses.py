"""Baseline, first and best response of each patient (decision 20)."""

from __future__ import annotations

import pandas as pd

from prrt_lib.study.derive import response_rules as rules
from prrt_lib.study.derive.response_rules import NOT_EVALUABLE

ORDER = (rules.NED, rules.ANY_RESPONSE, rules.MIXED, rules.STABLE, rules.PROGRESSION)
NEVER_IMAGED = "never imaged"
# Of a patient, whose scans may all be of no use, or who may have none.
CLASSES = (*rules.CLASSES, NEVER_IMAGED)


def responses(told: pd.DataFrame, cohort: pd.DataFrame, cutoff: pd.Timestamp) -> pd.DataFrame:
    """``baseline_class``, ``first_response``, ``best_response``, ``complete_response`` and
    ``imaging_evaluable``.

    Baseline: the last evaluable scan up to first PRRT. First: the first one after it. Best: the
    best up to and including first progression, new therapy or retreatment, and the horizon.
    Without an evaluable scan "not evaluable", without any scan or reported progression "never
    imaged" (decision 30); None throughout where the workbook has no scans at all. No evidence of
    disease is a response only after disease at baseline; else it ranks beside stable disease.
    """
    after = told[told["after_prrt"] & (told["scan_date"] <= cutoff)]
    imaged = cohort.index.isin(after["patient_id"]) | cohort["progression"].notna()
    horizon = after["patient_id"].map(cohort["horizon"])
    after = after[after["scan_date"] <= horizon]
    evaluable = after[after["response_class"] != rules.NOT_EVALUABLE]
    first = evaluable.drop_duplicates("patient_id").set_index("patient_id")["response_class"]
    limits = cohort[["progression", "new_therapy", "retreatment"]].min(axis=1)
    counted = evaluable[~(evaluable["scan_date"] > evaluable["patient_id"].map(limits))]
    best = _ranked(counted, told).drop_duplicates("patient_id").set_index("patient_id")
    complete = counted.loc[counted["complete_response"], "patient_id"]
    before = told[(told["days_from_prrt"] <= 0) & (told["response_class"] != rules.NOT_EVALUABLE)]
    last = before.drop_duplicates("patient_id", keep="last").set_index("patient_id")
    baseline = last["response_class"].reindex(cohort.index).astype(object)
    frame = pd.DataFrame({"baseline_class": baseline})
    without = imaged.map({True: rules.NOT_EVALUABLE, False: NEVER_IMAGED}).astype(object)
    if told["scan_date"].isna().all():
        without = pd.Series(None, index=cohort.index, dtype=object)
    for name, values in (("first_response", first), ("best_response", best["response_class"])):
        chosen = values.reindex(cohort.index).astype(object)
        frame[name] = chosen.where(chosen.notna(), without)
    frame["imaging_evaluable"] = cohort.index.isin(evaluable["patient_id"])
    seen = pd.Series("no", index=cohort.index, dtype=object)
    seen = seen.mask(cohort.index.isin(complete), "yes")
    frame["complete_response"] = seen.where(frame["imaging_evaluable"], None)
    return frame


def _ranked(counted: pd.DataFrame, told: pd.DataFrame) -> pd.DataFrame:
    """``counted`` with each patient's best scan first."""
    before = told[~told["after_prrt"] & (told["response_class"] == rules.NED)]
    rank = counted["response_class"].map({name: place for place, name in enumerate(ORDER)})
    rank = rank.astype("float64")
    free = counted["patient_id"].isin(before["patient_id"]) & (
        counted["response_class"] == rules.NED
    )
    rank = rank.mask(free, ORDER.index(rules.STABLE) + 0.5)
    ranked = counted.assign(rank=rank)
    return ranked.sort_values(["patient_id", "rank", "scan_date"], kind="stable")


def is_response(told: pd.DataFrame) -> pd.Series:
    """Whether each scan of ``told`` (patient_id, after_prrt, response_class) is a response.

    Any magnitude, or no evidence of disease in a patient who had some at baseline (decision 20).
    """
    before = told[~told["after_prrt"] & (told["response_class"] == rules.NED)]
    gone = (told["response_class"] == rules.NED) & ~told["patient_id"].isin(before["patient_id"])
    return told["after_prrt"] & ((told["response_class"] == rules.ANY_RESPONSE) | gone)


RESPONDER, NON_RESPONDER = "responder", "non-responder"


def landmark_states(told: pd.DataFrame, people: pd.DataFrame) -> pd.DataFrame:
    """patient_id, days (from first PRRT) and the state that each assessment leaves behind.

    Responder from the first response on, non-responder before it and from progression on
    (decision 11); a progression reported without a scan is an assessment too. "not evaluable"
    from the first scan on that cannot be judged until one can. The last state up to a landmark is
    the patient's state there; no row until then means not imaged.
    ``people``: patient_id, first_prrt, progression.
    """
    seen = told[told["after_prrt"] & (told["response_class"] != rules.NOT_EVALUABLE)]
    responded = is_response(told)[seen.index]
    scans = seen[["patient_id"]].assign(days=seen["days_from_prrt"], responded=responded)
    dated = people[people["progression"].notna()]
    days = (dated["progression"] - dated["first_prrt"]).dt.days.astype("float64")
    progressed = dated[["patient_id"]].assign(days=days, responded=False)
    rows = pd.concat([scans, progressed], ignore_index=True)
    rows = rows[rows["patient_id"].isin(people["patient_id"])]
    rows = rows.sort_values(["patient_id", "days"], kind="stable", ignore_index=True)
    limit = rows["patient_id"].map(progressed.set_index("patient_id")["days"])
    ever = rows.groupby("patient_id")["responded"].cummax() & ~(rows["days"] >= limit)
    state = ever.map({True: RESPONDER, False: NON_RESPONDER}).astype(object)
    rows = rows.assign(state=state)[["patient_id", "days", "state"]]
    rows = rows.drop_duplicates(["patient_id", "days"], keep="last")
    blind = told[told["after_prrt"] & (told["response_class"] == rules.NOT_EVALUABLE)]
    blind = blind[blind["patient_id"].isin(people["patient_id"])].drop_duplicates("patient_id")
    told_from = blind["patient_id"].map(rows.groupby("patient_id")["days"].min())
    blind = blind[~(blind["days_from_prrt"] >= told_from)]
    blind = blind[["patient_id"]].assign(days=blind["days_from_prrt"], state=rules.NOT_EVALUABLE)
    every = pd.concat([blind, rows], ignore_index=True)
    return every.sort_values(["patient_id", "days"], kind="stable", ignore_index=True)


BEST_FIRST = ("CR", "PR", "SD", "PD")


def best_recist(told: pd.DataFrame, cohort: pd.DataFrame, cutoff: pd.Timestamp) -> pd.Series:
    """``best_recist``: CR before PR before SD before PD, None without such a scan.

    On scans strictly after first PRRT, up to and including the first PD, new anticancer therapy,
    retreatment, and the horizon. Unconfirmed, and stable disease has no minimum duration.
    """
    classed = told[told["after_prrt"] & told["recist_class"].isin(BEST_FIRST)]
    grown = classed[classed["recist_class"] == "PD"].groupby("patient_id")["scan_date"].min()
    limits = cohort[["new_therapy", "retreatment", "horizon"]].assign(grown=grown, cutoff=cutoff)
    counted = classed[classed["scan_date"] <= classed["patient_id"].map(limits.min(axis=1))]
    place = counted["recist_class"].map(BEST_FIRST.index).groupby(counted["patient_id"]).min()
    best = place.map(dict(enumerate(BEST_FIRST))).reindex(cohort.index)
    return best.astype(object).rename("best_recist")


# Days after the last cycle, and how far from that day the scan may lie.
MOMENTS = {"response_3_months": (91, 45), "response_12_months": (365, 91)}
DIED, PROGRESSED = "died before", "progressed before"
NO_SCAN, NOT_REACHED = "no evaluable scan", "not yet reached"
REACHED = (*(name for name in rules.CLASSES if name != NOT_EVALUABLE), PROGRESSED, DIED, NO_SCAN)


def after_last_cycle(
    told: pd.DataFrame, cohort: pd.DataFrame, cutoff: pd.Timestamp
) -> pd.DataFrame:
    """A column per moment of MOMENTS: the class of the evaluable scan in its window, closest to it.

    Of two scans as close the later. Who died or progressed before the window is classed so
    whatever comes later. Without a scan, "not yet reached" where a patient who is alive was last
    seen, or the data end, before the window does. None where the workbook has no scans at all.
    """
    evaluable = told[(told["response_class"] != NOT_EVALUABLE) & (told["scan_date"] <= cutoff)]
    frame = pd.DataFrame(index=cohort.index, columns=list(MOMENTS), dtype=object)
    if told["scan_date"].isna().all():
        return frame
    for name, (after, around) in MOMENTS.items():
        target = cohort["first_course_end"] + pd.Timedelta(after, "D")
        start, end = (target + pd.Timedelta(days, "D") for days in (-around, around))
        away = (evaluable["scan_date"] - evaluable["patient_id"].map(target)).dt.days.abs()
        near = evaluable.assign(away=away)[away <= around]
        near = near.sort_values(["away", "scan_date"], ascending=[True, False], kind="stable")
        closest = near.drop_duplicates("patient_id").set_index("patient_id")["response_class"]
        shown = closest.reindex(cohort.index).astype(object)
        waiting = shown.isna() & (cohort["died"] == "no") & (cohort["last_seen"] < end)
        state = shown.where(shown.notna(), NO_SCAN).mask(waiting, NOT_REACHED)
        state = state.mask(cohort["progression"] < start, PROGRESSED)
        frame[name] = state.mask(cohort["death"] < start, DIED)
    return frame

"""Scans after first PRRT: their classes, progression, and until when it was looked for."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from prrt_lib.declare.parameters import Parameters
from prrt_lib.study.derive import response_rules
from prrt_lib.study.questions import ask, ask_rows

ENDS = ("", "_lo", "_hi")
SCAN = {"": "scan_date", "_lo": "scan_lo", "_hi": "scan_hi"}
REPORTED = "progression_date_reported"
RECIST = ("CR", "PR", "SD", "PD")
YEAR = 365
Findings = list[dict[str, str]]


def scans(imaging: pd.DataFrame, first_prrt: pd.Series) -> tuple[pd.DataFrame, Findings]:
    """Scans of the cohort with their class and progression, by patient and date.

    A scan counts (``after_prrt``) strictly after first PRRT; ``days_from_prrt`` is negative
    before it. Undated scans stay, with ``after_prrt`` False. A row that only reports a date of
    progression is no scan.
    """
    facts = ["scan_date", "modality", "response_word", "size_change_pct", *response_rules.FLAGS]
    scanned = imaging["patient_id"].isin(first_prrt.index) & imaging[facts].notna().any(axis=1)
    rows = imaging[scanned].sort_values(["patient_id", "scan_date", "row"], kind="stable")
    rows = rows.reset_index(drop=True)
    told = pd.concat([rows, response_rules.classify(rows)], axis=1)
    start = told["patient_id"].map(first_prrt)
    told["days_from_prrt"] = (told["scan_date"] - start).dt.days.astype("float64")
    told["after_prrt"] = told["scan_date"] > start
    told["complete_response"] = (told["response_word"] == "CR") & (
        told["response_class"] == response_rules.ANY_RESPONSE
    )
    return told, _scan_findings(told)


def _scan_findings(told: pd.DataFrame) -> Findings:
    after = told[told["after_prrt"]]
    silent = after[(after["progression"] == "unknown") & after["response_word"].isna()]
    undated = told[told["scan_date"].isna() & (told["progression"] == "yes")]
    found = ask_rows("response-against-flags", "imaging", "response_raw", told[told["disagrees"]])
    found += ask_rows("progression-unknown", "imaging", "any_lesion_increase", silent)
    found += ask_rows("progression-undated", "imaging", "scan_date", undated)
    by_word = (after["basis"] == "word") & (after["response_class"] == response_rules.STABLE)
    return found + (
        ask("stable-below-threshold", "imaging", "response_raw", [""]) if by_word.any() else []
    )


def at_start(told: pd.DataFrame, recorded: pd.Series) -> pd.Series:
    """Whether the disease was progressive at first PRRT: yes | no | None.

    As ``recorded``, else by the last evaluable scan of the year up to and including first PRRT.
    """
    before = told[told["days_from_prrt"].between(-YEAR, 0) & (told["progression"] != "unknown")]
    last = before.drop_duplicates("patient_id", keep="last").set_index("patient_id")["progression"]
    answer = recorded.where(recorded.notna(), last.reindex(recorded.index))
    return answer.where(answer.notna(), None)


def progression(
    told: pd.DataFrame,
    imaging: pd.DataFrame,
    cohort: pd.DataFrame,
    parameters: Parameters,
) -> tuple[pd.DataFrame, Findings]:
    """``progression`` with ends, under each reading of the scans, and questions (decision 5).

    The first scan after first PRRT that shows progression; without such a scan the reported
    date. Ignoring size-only mixed or unconfirmed scans never falls back on a reported date.
    ``progression_recist`` is the first scan with RECIST class PD, ``progression_after_retreatment``
    the first scan after the retreatment that shows progression, ``progression_confirmed`` what
    followed the first one.
    """
    cutoff = pd.Timestamp(parameters.cutoff)
    shows = told[told["after_prrt"] & (told["progression"] == "yes")]
    strict = shows[~shows["size_only_mixed"]]
    reported = _reported(imaging, cohort)
    main, judged = shows, told["progression"]
    if not parameters.mixed_is_progression:
        main, judged = strict, judged.mask(told["size_only_mixed"], "no")
    until = cohort[["new_therapy", "retreatment"]].min(axis=1).fillna(cutoff).clip(upper=cutoff)
    answer = next_scan(main, told.assign(progression=judged), until)
    ever = pd.Series(cutoff, index=cohort.index)
    later = next_scan(main, told.assign(progression=judged), ever).notna()
    again = main[main["scan_date"] > main["patient_id"].map(cohort["retreatment"])]
    by_scan = {"": main, "_mixed_ignored": strict,
               "_unconfirmed_ignored": main[answer != NOT_CONFIRMED],
               "_recist": told[told["after_prrt"] & (told["recist_class"] == "PD")],
               "_after_retreatment": again}  # fmt: skip
    unseen = ~cohort.index.isin(shows["patient_id"])
    frame = pd.DataFrame(index=cohort.index)
    after_death = pd.Series(False, index=cohort.index)
    for name, rows in by_scan.items():
        first = _first(rows, SCAN, cohort.index)
        without = unseen & (name not in ("_recist", "_after_retreatment"))
        date = first[""].mask(without, reported[""])
        late = date > cohort["death"]
        after_death |= late
        for end in ENDS:
            whole = first[end].mask(without, reported[end])
            frame[f"progression{name}{end}"] = whole.mask(late | (date > cutoff))
    frame["progression_confirmed"] = progression_confirmed(
        main.assign(answer=answer.mask(answer.isna() & later, TREATED)),
        cohort.join(frame["progression"]),
        parameters.max_scan_gap_days,
    )
    first = _first(shows, SCAN, cohort.index)[""]
    differ = reported[""].notna() & first.notna() & (reported[""] != first)
    alone = reported[""].notna() & unseen
    found = ask("row-after-death", "imaging", "scan_date", cohort.index[after_death])
    found += ask("progression-differs-from-scan", "imaging", REPORTED, cohort.index[differ])
    found += ask("progression-without-scan", "imaging", REPORTED, cohort.index[alone])
    early = cohort.index[reported["early"]]
    return frame, found + ask("progression-before-first-prrt", "imaging", REPORTED, early)


def _first(rows: pd.DataFrame, columns: Mapping[str, str], ids: pd.Index) -> dict[str, pd.Series]:
    """Per end, the date of the first of ``rows`` (already sorted by date) for each of ``ids``."""
    first = rows.drop_duplicates("patient_id").set_index("patient_id")
    return {end: first[name].reindex(ids) for end, name in columns.items()}


def _reported(imaging: pd.DataFrame, cohort: pd.DataFrame) -> dict[str, pd.Series]:
    """Earliest reported date after first PRRT per end; ``early``: reported only up to it."""
    rows = imaging[imaging[REPORTED].notna() & imaging["patient_id"].isin(cohort.index)]
    rows = rows.sort_values(["patient_id", REPORTED, "row"], kind="stable")
    after = rows[rows[REPORTED] > rows["patient_id"].map(cohort["first_prrt"])]
    columns = {"": REPORTED, "_lo": f"{REPORTED}_lo", "_hi": f"{REPORTED}_hi"}
    dates = _first(after, columns, cohort.index)
    early = pd.Series(cohort.index.isin(rows["patient_id"]), index=cohort.index) & dates[""].isna()
    return {**dates, "early": early}


def looked_for(
    told: pd.DataFrame, cohort: pd.DataFrame, cutoff: pd.Timestamp
) -> tuple[pd.DataFrame, Findings]:
    """``last_evaluable_scan`` and the days until which no progression is known (decision 30).

    ``progression_free_until`` is the last evaluable scan after first PRRT, first PRRT itself
    where there is none, and last contact where the workbook has no scans at all.
    ``..._before_new_therapy`` is the same with scans up to the new therapy or retreatment,
    ``..._recist`` with scans that have a RECIST class, ``..._after_retreatment`` from there on.
    """
    up_to_now = told[told["after_prrt"] & (told["scan_date"] <= cutoff)]
    known = up_to_now[up_to_now["progression"] != "unknown"]
    again = known["patient_id"].map(cohort["retreatment"])
    limit = known["patient_id"].map(cohort[["new_therapy", "retreatment"]].min(axis=1))
    looks = {"": known, "_before_new_therapy": known[~(known["scan_date"] > limit)],
             "_recist": up_to_now[up_to_now["recist_class"].isin(RECIST)],
             "_after_retreatment": known[known["scan_date"] > again]}  # fmt: skip
    frame = pd.DataFrame(index=cohort.index)
    scanned = told["scan_date"].notna().any()
    for name, rows in looks.items():
        last = rows.drop_duplicates("patient_id", keep="last").set_index("patient_id")
        for end in ENDS:
            date = last[SCAN[end]].reindex(cohort.index)
            frame[f"last_evaluable_scan{name}{end}"] = date
            start = cohort[f"first_prrt{end}" if scanned else f"last_seen{end}"]
            start = cohort[f"retreatment{end}"] if name == "_after_retreatment" else start
            frame[f"progression_free_until{name}{end}"] = date.fillna(start)
    return frame, [] if scanned else ask("scans-absent", "imaging", "scan_date", [""])


# A scan closer to the scan of progression than this neither confirms nor refutes it.
DAYS_APART = 28
CONFIRMED, NOT_CONFIRMED = "confirmed", "not confirmed (possible pseudoprogression)"
TREATED, DIED = "new treatment before the next scan", "died before another scan"
NO_LATER = "no later scan"
ANSWERS = (CONFIRMED, NOT_CONFIRMED, TREATED, DIED, NO_LATER)


def next_scan(shows: pd.DataFrame, told: pd.DataFrame, until: pd.Series) -> pd.Series:
    """For each scan of ``shows`` whether the next one confirms it; None without a next one.

    Next is the first scan of ``told`` at least ``DAYS_APART`` days later that says whether there
    is progression, up to the day ``until`` of its patient: a new treatment, or the cut-off.
    """
    judged = told[told["progression"] != "unknown"]
    judged = judged[judged["scan_date"] <= judged["patient_id"].map(until)]
    judged = judged[["patient_id", "scan_date", "progression"]]
    asked = shows[["patient_id"]].assign(
        scan_date=shows["scan_date"] + pd.Timedelta(DAYS_APART, "D")
    )
    found = pd.merge_asof(
        asked.reset_index(names="scan").sort_values("scan_date", kind="stable"),
        judged.sort_values("scan_date", kind="stable"),
        on="scan_date", by="patient_id", direction="forward",
    ).set_index("scan")["progression"]  # fmt: skip
    return found.reindex(shows.index).map({"yes": CONFIRMED, "no": NOT_CONFIRMED})


def progression_confirmed(
    answers: pd.DataFrame, cohort: pd.DataFrame, max_gap_days: int
) -> pd.Series:
    """``progression_confirmed``: what followed the first progression of each patient.

    ``answers``: patient_id, scan_date and the answer of :func:`next_scan` for each scan that
    shows progression, or that a new treatment came before its next scan. Where there is no next
    scan, death counts within ``max_gap_days``. None where there is no progression,
    or it is only reported.
    """
    first = answers[answers["scan_date"] == answers["patient_id"].map(cohort["progression"])]
    by_patient = first.drop_duplicates("patient_id").set_index("patient_id")["answer"]
    lived = (cohort["death"] - cohort["progression"]).dt.days[by_patient.index]
    without = (lived <= max_gap_days).map({True: DIED, False: NO_LATER})
    return by_patient.fillna(without).reindex(cohort.index).rename("progression_confirmed")

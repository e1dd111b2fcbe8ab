"""Sentences of the report on what runs in time: response against survival, counts, the kidney."""

from __future__ import annotations

import pandas as pd

from prrt_lib.declare import numbers
from prrt_lib.present.paragraphs import Draft, with_unit
from prrt_lib.present.sentences import Sentences

DEPENDENT, ALONE = "response_dependent", "response alone"


def response(rows: pd.DataFrame) -> Sentences:
    """What the time-dependent models say of responders; one sentence per endpoint."""
    draft = Draft(rows)
    known = rows[(rows["analysis"] == DEPENDENT) & (rows["model"] == ALONE)]
    for row in known.to_dict("records"):
        draft.ids.append(row["row_id"])
        value = numbers.estimate(row)
        p = f", p {_p(row['p'])}" if row["state"] == "ok" else ""
        draft.say(f"{row['label']}, response as a time-dependent covariate: hazard ratio "
                  f"{value}{p} ({row['role']}).")  # fmt: skip
    if not len(known):
        draft.say("Response against survival: not abstracted.")
    return draft.done()


def _p(value: float) -> str:
    text = numbers.p_value(value)
    return text if text.startswith("<") else f"= {text}"


def laboratory(rows: pd.DataFrame) -> Sentences:
    """How low the platelets fell and when, and how eGFR changed per year."""
    draft = Draft(rows[rows["analysis"] == "laboratory"])
    low = draft.find(variable="platelets", level="nadir", statistic="median")
    weeks = draft.find(variable="platelets", level="since the last cycle", statistic="median")
    severe = draft.find(variable="platelets", level="grade 3 or higher", statistic="proportion")
    if low and weeks and low["state"] == "ok" and weeks["state"] == "ok":
        draft.say(f"Platelets fell to a median of {with_unit(low)}, {with_unit(weeks)} after the "
                  f"last cycle (n = {numbers.plain(low['n'], 0)}).")  # fmt: skip
    if severe and severe["state"] == "ok":
        draft.say(f"New thrombocytopenia of grade 3 or higher: {numbers.estimate(severe)}.")
    slope = draft.find(variable="eGFR", statistic="slope")
    if slope and slope["state"] == "ok":
        draft.say(f"eGFR changed by {with_unit(slope)}.")
    if not draft.told:
        draft.say("Laboratory values: not abstracted, or too few for an estimate.")
    return draft.done()

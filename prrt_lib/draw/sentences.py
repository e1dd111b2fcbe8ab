"""Sentences with numbers, from result rows: nobody types a number into prose."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd

from prrt_lib.declare import numbers
from prrt_lib.declare.dictionary import dictionary
from prrt_lib.declare.parameters import YEARS
from prrt_lib.draw import tables


class Sentence(NamedTuple):
    """One sentence and the result rows that it quotes."""

    text: str
    row_ids: tuple[str, ...] = ()

    def html(self) -> str:
        ids = f' data-rows="{" ".join(self.row_ids)}"' if self.row_ids else ""
        return f"<span{ids}>{html.escape(self.text)}</span>"


@dataclass(frozen=True)
class Sentences:
    """Paragraphs of sentences."""

    paragraphs: tuple[tuple[Sentence, ...], ...]

    @property
    def texts(self) -> tuple[str, ...]:
        """The text of each paragraph."""
        return tuple(" ".join(one.text for one in part) for part in self.paragraphs)

    @property
    def row_ids(self) -> tuple[str, ...]:
        """Every result row that is quoted, once."""
        quoted = (row for part in self.paragraphs for one in part for row in one.row_ids)
        return tuple(dict.fromkeys(quoted))

    def _repr_html_(self) -> str:
        lines = "".join(
            f"<p>{' '.join(one.html() for one in part)}</p>" for part in self.paragraphs
        )
        return f'<div class="prrt-sentences">{lines}</div>'

    def __repr__(self) -> str:
        return "\n".join(self.texts)


def listed(sentences: Iterable[Sentence], otherwise: str = "") -> Sentences:
    """A paragraph for each sentence; where there is none, the text ``otherwise``."""
    found = tuple((one,) for one in sentences)
    return Sentences(found or (((Sentence(otherwise),),) if otherwise else ()))


def medians(rows: pd.DataFrame) -> Sentences:
    """One sentence per ungrouped median: estimate, limits, events of n, role."""
    rows = tables.bracketed(rows)
    kept = rows[(rows["statistic"] == "median") & (rows["group"] == "")]
    told = []
    for row in kept.to_dict("records"):
        same = rows[rows["group"] == ""]
        for name in ("endpoint", "setting", "population"):
            same = same[same[name] == row[name]]
        late = tables.late_median(same)
        told.append(Sentence(_median(row, late), (row["row_id"],)))
    return listed(told, "No median was estimated.")


def _median(row: dict, late: str) -> str:
    setting = f" ({row['setting'].replace('_', ' ')})" if row["setting"] else ""
    head = f"{row['label']}{setting}, {row['population'].replace('_', ' ')}"
    counts = events_of(row)
    if row["model"] == "follow-up" and not numbers.missing(row["events"]):
        alive, n = (numbers.plain(row[name], 0) for name in ("events", "n"))
        counts = f"follow-up ended alive in {alive} of {n} patients, deaths censored"
    if row["state"] != "ok":
        unit = " months" if row.get("between") else ""
        return f"{head}: median {numbers.why_not(row)}{unit} ({counts})."
    level = f"{100 * row['conf_level']:g} %"
    return (
        f"{head}: median {numbers.scaled(row, row['estimate'])} months "
        f"({level} limits {numbers.limits(row)}; {counts}; {row['role']}){late}."
    )


def events_of(row: dict) -> str:
    """ "38 events in 85 patients"; patients alone where nothing was estimated."""
    patients = f"{numbers.plain(row['n'], 0)} patient{'' if row['n'] == 1 else 's'}"
    if numbers.missing(row["events"]):
        return patients
    events = numbers.plain(row["events"], 0)
    return f"{events} event{'' if row['events'] == 1 else 's'} in {patients}"


def tests(rows: pd.DataFrame) -> Sentences:
    """One sentence per test row."""
    told = []
    for row in rows.to_dict("records"):
        group = dictionary().label(row["group"]) if row["group"] else ""
        what = " by ".join(text for text in (row["label"], group) if text)
        if row["state"] != "ok":
            told.append(Sentence(f"{what}: {numbers.NOT_OK[row['state']]}.", (row["row_id"],)))
            continue
        freedom = "" if numbers.missing(row["df"]) else f", {numbers.plain(row['df'], 0)} df"
        text = (
            f"{what}: {row['method']}, {numbers.plain(row['estimate'], 3)}{freedom}, "
            f"p {tables.p_said(row['p'])} (n = {numbers.plain(row['n'], 0)})."
        )
        told.append(Sentence(text, (row["row_id"],)))
    return listed(told)


def entry_independence(rows: pd.DataFrame) -> Sentences:
    """What the check of quasi-independence says, in words a reader can act on."""
    row = rows.iloc[0].to_dict()
    lag = tables.first(rows, statistic="log_hazard_ratio")
    if row["state"] != "ok":
        text = "Whether late referral is associated with survival cannot be estimated here."
    elif row["p"] < 0.05:
        way = "better" if row["estimate"] > 0 else "worse"
        text = (
            f"Patients who were referred later do {way} among those at risk (conditional tau "
            f"{numbers.plain(row['estimate'], 2)}, p {tables.p_said(row['p'])}): delayed entry "
            "assumes that they do not differ, so overall survival from diagnosis is to be read "
            "with caution."
        )
    else:
        text = (
            f"No sign that late referral is associated with survival (conditional tau "
            f"{numbers.plain(row['estimate'], 2)}, p {tables.p_said(row['p'])}); a small study "
            "cannot exclude it."
        )
    told = [Sentence(text, (row["row_id"],))]
    if lag is not None and lag["state"] == "ok":
        further = (
            "Each further year between diagnosis and first PRRT is associated with a hazard ratio "
            f"of {numbers.estimate(lag)}, p {tables.p_said(lag['p'])} (Cox model, delayed entry)."
        )
        told.append(Sentence(further, (lag["row_id"],)))
    return listed(told)


def partial_dates(main: pd.DataFrame, settings: pd.DataFrame) -> Sentences:
    """Where a reported statistic does not lie between the shortest and the longest run.

    Each single duration does; a median or a rate need not (decision 8).
    """
    told, ids = [], []
    compared = main[(main["setting"] == "") & (main["group"] == "") & (main["state"] == "ok")]
    for row in compared.to_dict("records"):
        same = settings
        for name in ("endpoint", "population", "level", "time", "statistic"):
            same = same if numbers.missing(row[name]) else same[same[name] == row[name]]
        ends = [tables.first(same, setting=name) for name in ("shortest", "longest")]
        if any(end is None or end["state"] not in ("ok", "not-reached") for end in ends):
            continue
        values = sorted((end["estimate"] if end["state"] == "ok" else float("inf")) for end in ends)
        own = (row["row_id"], *(end["row_id"] for end in ends))
        ids += own
        if not values[0] <= row["estimate"] <= values[1]:
            shown = [numbers.estimate(end) for end in ends]
            text = (
                f"{row['label']}, {_what(row)}: the main run ({numbers.estimate(row)}) does not "
                f"lie between the shortest ({shown[0]}) and the longest run ({shown[1]})."
            )
            told.append(Sentence(text, own))
    fine = "Every median and rate lies between the shortest and the longest reading of dates."
    nothing = "Nothing to compare between the shortest and the longest reading of dates."
    return listed(told or ([Sentence(fine, tuple(ids))] if ids else []), nothing)


def unmoved(settings: pd.DataFrame, moved: pd.Series) -> Sentences:
    """Which ``settings`` leave every number of an endpoint as it is, one sentence each."""
    told = []
    for setting, rows in settings[~moved].groupby("setting", sort=False):
        names = ", ".join(dict.fromkeys(rows["label"].str.partition(", given ")[0]))
        text = f"{setting.replace('_', ' ').capitalize()} moves no number of: {names}."
        told.append(Sentence(text, tuple(rows["row_id"])))
    return listed(told, "Every setting moves a number of every endpoint.")


def _what(row: dict) -> str:
    if numbers.missing(row["time"]):
        return row["statistic"].replace("q25", "lower quartile").replace("q75", "upper quartile")
    return YEARS.get(int(row["time"]), f"day {row['time']:g}")


def notice(texts: Sequence[str]) -> Sentences:
    """Standing notices, such as a banner."""
    return listed(Sentence(text) for text in texts if text)

"""Paragraphs of the report from result rows: abstract, methods, results. No number is typed."""

from __future__ import annotations

from typing import Any

import pandas as pd

from prrt_lib.declare import numbers
from prrt_lib.draw import tables
from prrt_lib.draw.alike import kind, once_each, summary
from prrt_lib.draw.clinical_tables import share_with_limits
from prrt_lib.draw.sentences import Sentence, Sentences, events_of, listed, medians
from prrt_lib.draw.tables import Cell, Table
from prrt_lib.topics.report.consistency import flow_ends
from prrt_lib.topics.report.report import headline, main

__all__ = ["abstract", "limitations", "medians", "methods", "results", "warnings"]

Row = tables.Row
TWO_YEARS, NOT_PROPORTIONAL = 731.0, 0.05
EXTRA = ("effect over time", "expected at")
MEASURES = ("median", "survival", "cumulative_incidence", "log_hazard_ratio", "chi2")


class Draft:
    """Sentences in the making; each quotes the rows that were found for it."""

    def __init__(self, rows: pd.DataFrame):
        self.rows, self.told, self.ids = rows, [], []

    def find(self, **key: Any) -> Row | None:
        """The first row that matches; the next sentence quotes it."""
        row = tables.first(self.rows, **key)
        if row is not None:
            self.ids.append(row["row_id"])
        return row

    def say(self, text: str) -> None:
        self.told.append(Sentence(text, tuple(dict.fromkeys(self.ids))))
        self.ids = []

    def done(self) -> Sentences:
        """One paragraph."""
        return Sentences((tuple(self.told),))


def abstract(rows: pd.DataFrame) -> Sentences:
    """A paragraph in the order of an abstract: patients, treatment, response, outcome, harm."""
    told = tables.bracketed(rows)
    kept = told[(told["setting"] == "") & (told["group"] == "") & (told["model"] == "")]
    draft = Draft(kept[kept["population"].isin([headline(rows), "safety", ""])])
    _patients(draft, rows)
    cycles = draft.find(analysis="exposure", variable="n_cycles", statistic="median")
    if cycles and cycles["state"] == "ok":
        draft.say(f"Median number of cycles {_value(cycles)}.")
    _response(draft)
    _outcome(draft)
    _harm(draft)
    return draft.done()


def _patients(draft: Draft, rows: pd.DataFrame) -> None:
    ends, shown = flow_ends(rows), headline(rows)
    if "all_treated" in ends.index:
        draft.ids.append(ends["row_id"]["all_treated"])
        draft.say(f"{_people(ends['n']['all_treated'])} treated with PRRT.")
    if shown == "gep" and "gep" in ends.index:
        draft.ids.append(ends["row_id"]["gep"])
        draft.say(f"{_people(ends['n']['gep'])} with a gastroenteropancreatic primary, shown here.")
    age = draft.find(variable="age_at_first_prrt", statistic="median")
    low, high = (draft.find(variable="age_at_first_prrt", statistic=name)
                 for name in ("q25", "q75"))  # fmt: skip
    if age and age["state"] == "ok":
        ends_text = f" (quartiles {_value(low)} to {_value(high)})" if low and high else ""
        draft.say(f"Median age at first PRRT {_value(age)} years{ends_text}.")
    sex = draft.find(variable="sex", level="female")
    if sex:
        draft.say(f"Women: {numbers.estimate(sex)}.")


def _people(count: float) -> str:
    return f"{int(count)} patient{'' if count == 1 else 's'}"


def _value(row: Row) -> str:
    return numbers.plain(row["estimate"], 1) or numbers.estimate(row)


def _response(draft: Draft) -> None:
    best = {"variable": "best_response", "level": "response of any magnitude"}
    row = draft.find(**best, stratum="imaging-evaluable") or draft.find(**best)
    if row is None or row["state"] != "ok":
        draft.say("Response on imaging could not be estimated.")
        return
    among = " of the imaging-evaluable" if row["stratum"] else ""
    never = draft.find(variable="best_response", level="never imaged", stratum="")
    unseen = f"; never imaged: {numbers.estimate(never)}" if never else ""
    draft.say(f"Best response of any magnitude: {share_with_limits(row)}{among}{unseen}.")


def _outcome(draft: Draft) -> None:
    for endpoint in ("os_dx_delayed", "os_prrt", "ttp"):
        row = draft.find(endpoint=endpoint, statistic="median")
        if row:
            late = tables.late_median(draft.rows[draft.rows["endpoint"] == endpoint])
            draft.say(f"{row['label']}: median {with_unit(row)}, {events_of(row)}{late}.")
    row = draft.find(endpoint="cif_progression", time=TWO_YEARS, statistic="cumulative_incidence")
    if row and any(map(str.isdigit, with_unit(row))):
        draft.say(f"Probability of progression by two years, death competing: {with_unit(row)}.")


def with_unit(row: Row) -> str:
    """Estimate with unit and limits: "57.0 months (95 % limits 42.2 to not reached)"."""
    if row["state"] != "ok":
        unit = f" {numbers.unit(row)}" if row.get("between") else ""
        return numbers.estimate(row) + unit
    value = f"{numbers.scaled(row, row['estimate'])} {numbers.unit(row)}".strip()
    within = numbers.limits(row)
    level = f"{100 * row['conf_level']:g} %"
    return f"{value} ({level} limits {within})" if within else value


def _harm(draft: Draft) -> None:
    told = []
    for level, words in (("severe", "of grade 3 or higher"), ("serious", "serious"),
                         ("related_severe", "related and of grade 3 or higher")):  # fmt: skip
        row = draft.find(variable="adverse_events", level=level, statistic="proportion")
        if row and row["state"] == "ok":
            told.append(f"{words} in {numbers.estimate(row)}")
    said = f"{'; '.join(told)} of the safety set" if told else "not abstracted"
    draft.say(f"Adverse events: {said}.")


def methods(rows: pd.DataFrame) -> Sentences:
    """The methods in sentences: endpoints as declared, estimators as the rows name them."""
    draft = Draft(rows)
    facts = rows[(rows["model"] == "declared") & (rows["variable"] != "")]
    for label, part in facts.groupby("label", sort=False):
        told = dict(zip(part["variable"], part["level"].str.replace("_", " "), strict=True))
        draft.ids += part["row_id"].tolist()
        competing = told.get("competing event", "none")
        with_competing = f", competing event {competing}" if competing != "none" else ""
        draft.say(f"{label} ({told['role']}): time zero {told['time zero']}, entry "
                  f"{told['entry']}, event {told['event']}{with_competing}, censored at "
                  f"{told['censored at']}.")  # fmt: skip
    if len(facts):
        horizons = facts.loc[facts["variable"] == "horizon", "level"].str.replace("_", " ")
        draft.say(f"Every clock stops {'; '.join(horizons.unique())}.")
    plain = (rows["setting"] == "") & (rows["group"] == "") & ~rows["model"].str.startswith(EXTRA)
    shown = plain & rows["statistic"].isin(MEASURES)
    estimators = once_each(rows.loc[shown, "method"].unique())
    if estimators:
        draft.say(f"Estimators: {'; '.join(estimators)}.")
    return draft.done()


def results(rows: pd.DataFrame) -> Sentences:
    """Test and model results of the headline population, one sentence each."""
    cox = main(rows, "cox")
    kept = cox[(cox["model"] == "multivariable") & (cox["statistic"] == "log_hazard_ratio")]
    kept = kept[
        (kept["state"] == "ok") & (kept["level"].eq("") | kept["level"].ne(kept["reference"]))
    ]
    told = [
        Sentence(f"{row['label']}, {tables.named(row)}: hazard ratio {numbers.estimate(row)}, p "
                 f"{tables.p_said(row['p'])} (all covariates together; {row['role']}).",
                 (row["row_id"],))
        for row in kept.to_dict("records")
    ]  # fmt: skip
    tests = cox[(cox["model"] == "multivariable") & (cox["variable"] == "GLOBAL")]
    told += [
        Sentence(f"{row['label']}: the hazards are not proportional (global score test, "
                 f"p {tables.p_said(row['p'])}); its hazard ratios are averages over time, and the "
                 "page of Cox models shows differences of restricted mean survival.",
                 (row["row_id"],))
        for row in tests[tests["p"] < NOT_PROPORTIONAL].to_dict("records")
    ]  # fmt: skip
    return listed(told, "No model of all covariates could be fitted.")


DEPENDENT, ALONE = "response_dependent", "response alone"


def response(rows: pd.DataFrame) -> Sentences:
    """What the time-dependent models say of responders; one sentence per endpoint."""
    draft = Draft(rows)
    known = rows[(rows["analysis"] == DEPENDENT) & (rows["model"] == ALONE)]
    for row in known.to_dict("records"):
        draft.ids.append(row["row_id"])
        value = numbers.estimate(row)
        p = f", p {tables.p_said(row['p'])}" if row["state"] == "ok" else ""
        draft.say(f"{row['label']}, response as a time-dependent covariate: hazard ratio "
                  f"{value}{p} ({row['role']}).")  # fmt: skip
    if not len(known):
        draft.say("Response against survival: not abstracted.")
    return draft.done()


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


STANDING = (
    "Observational, without a comparison group: no result is the effect of PRRT.",
    "Grouped, setting and subgroup results are exploratory; no test is adjusted for multiplicity.",
)


def limitations(rows: pd.DataFrame) -> Sentences:
    """Standing limitations, then what was asked about the workbook, by number of questions."""
    found = rows[(rows["variable"] == "findings") & (rows["group"] == "severity")]
    totals = found[found["level"] == ""]
    told = [Sentence(text) for text in STANDING]
    asked = [f"{int(row['n'])} {row['group_level']}s" for row in totals.to_dict("records")]
    if asked:
        text = f"Reading the workbook raised {' and '.join([', '.join(asked[:-1]), asked[-1]])}."
        told.append(Sentence(text, tuple(totals["row_id"])))
    rules = found[(found["level"] != "") & (found["group_level"] != "note")]
    largest = rules.sort_values("n", ascending=False, kind="stable").head(5)
    if len(largest):
        words = ", ".join(f"{row['level'].replace('-', ' ')} ({int(row['n'])})"
                          for row in largest.to_dict("records"))  # fmt: skip
        text = f"Most frequent: {words}; the quality page lists all."
        told.append(Sentence(text, tuple(largest["row_id"])))
    return listed(told)


def warnings(rows: pd.DataFrame) -> Table:
    """Each kind of warning of the main, ungrouped rows once, with the analyses concerned.

    Numbers that differ are shown as a range. Groups and settings tell theirs on their own pages.
    """
    main = (rows["setting"] == "") & (rows["group"] == "") & (rows["stratum"] == "")
    shown = rows["population"].isin([headline(rows), "safety", ""])
    kept = rows.loc[main & shown & (rows["warning"] != ""), ["row_id", "warning", "analysis"]]
    parts = kept.assign(warning=kept["warning"].str.split("; ")).explode("warning")
    parts = parts[parts["warning"].str.strip() != ""]
    parts = parts.assign(kind=parts["warning"].map(kind))
    body: list[list[Cell]] = []
    for _, same in sorted(parts.groupby("kind", sort=False), key=lambda item: -len(item[1])):
        names = ", ".join(dict.fromkeys(same["analysis"].str.replace("_", " ")))
        said = Cell(summary(same["warning"].unique()))
        body.append([said, Cell(names), Cell(str(len(same)), tuple(same["row_id"]))])
    notes = ["Warnings of groups, settings and other populations stand on their own pages."]
    return Table("Warnings that result rows carry", ["warning", "analyses", "rows"],
                 body or [[Cell("No warning was raised.")]], notes)  # fmt: skip

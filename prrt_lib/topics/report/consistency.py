"""Whether every n, total and percentage of all result rows and tables reconciles (invariant 14)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from prrt_lib.declare.dictionary import dictionary
from prrt_lib.draw.sentences import Sentences, notice
from prrt_lib.draw.tables import Cell, Table
from prrt_lib.topics.report import comparable

SHARE = re.compile(r"(\d+)/(\d+) \((\d+\.\d) %")
MISSING = "missing"
# What tells one distribution of a variable from another.
PART = ["analysis", "model", "setting", "population", "stratum", "endpoint", "group",
        "group_level", "variable", "reference", "label"]  # fmt: skip
SMALL = 1e-9


@dataclass(frozen=True)
class Checked:
    """One rule: how many numbers it looked at, and what did not agree."""

    rule: str
    looked_at: int
    wrong: tuple[str, ...]


def check(rows: pd.DataFrame, tables: Sequence[Table] = ()) -> list[Checked]:
    """Every rule applied to all rows, and to the percentages that ``tables`` print."""
    found = [_apply(rule, words, rows) for words, rule in RULES.items()]
    return [*found, printed(tables)]


def sentence(found: Sequence[Checked]) -> Sentences:
    """Whether everything agreed, in one sentence; else each number that did not."""
    looked_at, wrong = sum(item.looked_at for item in found), [t for c in found for t in c.wrong]
    if wrong:
        head = f"{len(wrong)} of {looked_at} checks of numbers failed: do not use this report."
        return notice([head, *wrong])
    return notice([f"{looked_at} checks of n, totals, percentages, limits and curves by "
                   f"{len(found)} rules: every number reconciles."])  # fmt: skip


def listed(found: Sequence[Checked]) -> Table:
    """Each rule with the number of checks and of disagreements."""
    body = [[Cell(item.rule), Cell(str(item.looked_at)), Cell(str(len(item.wrong)))]
            for item in found]  # fmt: skip
    return Table("Numbers reconciled by machine", ["rule", "checks", "disagreements"], body)


def _apply(rule: Callable, words: str, rows: pd.DataFrame) -> Checked:
    results = list(rule(rows))
    return Checked(words, len(results), tuple(text for text in results if text))


def _name(row: dict) -> str:
    names = ("analysis", "population", "endpoint", "group_level", "variable", "level", "statistic")
    return " ".join(str(row[name]) for name in names if row[name])


def _proportions(rows: pd.DataFrame) -> Iterator[str]:
    kept = rows[(rows["statistic"] == "proportion") & (rows["state"] == "ok")]
    for row in kept.to_dict("records"):
        fits = 0 <= row["n"] <= row["total"] and row["total"] > 0
        same = fits and abs(row["estimate"] - row["n"] / row["total"]) < SMALL
        yield "" if same else f"{_name(row)}: not n / total"


def _nothing_of_nothing(rows: pd.DataFrame) -> Iterator[str]:
    kept = rows[rows["state"].isin(["not-estimable", "not-abstracted"])]
    for row in kept.to_dict("records"):
        yield "" if pd.isna(row["estimate"]) else f"{_name(row)}: an estimate that does not exist"


def _limits(rows: pd.DataFrame) -> Iterator[str]:
    kept = rows[rows["estimate"].notna() & (rows["low"].notna() | rows["high"].notna())]
    for row in kept.to_dict("records"):
        low = pd.isna(row["low"]) or row["low"] <= row["estimate"] + SMALL
        high = pd.isna(row["high"]) or row["high"] >= row["estimate"] - SMALL
        yield "" if low and high else f"{_name(row)}: estimate outside its limits"


def _counts(rows: pd.DataFrame) -> Iterator[str]:
    kept = rows[rows["n"].notna() & (rows["state"] == "ok")]
    for row in kept.to_dict("records"):
        most = row["n"]
        events = pd.isna(row["events"]) or row["events"] <= most + SMALL
        at_risk = pd.isna(row["at_risk"]) or row["at_risk"] <= most + SMALL
        fits = row["statistic"] != "count" or pd.isna(row["total"]) or most <= row["total"]
        yield "" if events and at_risk and fits else f"{_name(row)}: more than n"


def _one_level_each(rows: pd.DataFrame) -> Iterator[str]:
    """Levels of a variable of which a patient has one: they add up to those with a value."""
    kept = rows[(rows["analysis"] == "characteristics") & (rows["statistic"] == "proportion")]
    kept = kept[(kept["state"] == "ok") & ~kept["level"].isin(["", MISSING])]
    for key, part in kept.groupby(PART, sort=False):
        name = dict(zip(PART, key, strict=True))
        if _single(name["variable"]):
            adds = part["n"].sum() == part["total"].iloc[0] and part["total"].nunique() == 1
            yield "" if adds else f"{_name(part.iloc[0].to_dict())}: levels do not add up"


def _single(variable: str) -> bool:
    words = dictionary()
    columns = [table.columns.get(variable) for table in words.tables.values()]
    found = [words.derived.get(variable), *columns]
    known = [column for column in found if column is not None]
    return bool(known) and not any(column.multiple for column in known)


def _sizes(rows: pd.DataFrame) -> pd.DataFrame:
    """Patients behind each distribution: those with a value and those without."""
    kept = rows[
        (rows["analysis"] == "characteristics")
        & rows["statistic"].isin(["proportion", "count"])
        & (rows["group"] != "grade")
    ]
    kept = kept[kept["label"] != ""]
    sizes = []
    for key, part in kept.groupby(PART, sort=False):
        name = dict(zip(PART, key, strict=True))
        gap = part[part["level"] == MISSING]
        known = part[part["level"] != MISSING]
        if name["variable"] == "grade_discordance" or not len(known):
            continue
        size = gap["total"].iloc[0] if len(gap) else known["total"].iloc[0]
        whole = known["total"].iloc[0] + gap["n"].sum() if len(gap) else size
        sizes.append({**name, "size": size, "whole": whole})
    return pd.DataFrame(sizes, columns=[*PART, "size", "whole"])


def _with_and_without(rows: pd.DataFrame) -> Iterator[str]:
    for row in _sizes(rows).to_dict("records"):
        fits = row["size"] == row["whole"]
        yield "" if fits else f"{row['population']} {row['variable']}: known + missing differ"


def _population(rows: pd.DataFrame) -> Iterator[str]:
    """Everybody in a table of characteristics is everybody in the flow."""
    ends = flow_ends(rows)["n"].to_dict()
    sizes = _sizes(rows)
    for row in sizes[sizes["group"] == ""].to_dict("records"):
        expected = ends.get(row["population"])
        fits = expected is None or row["size"] == expected
        yield "" if fits else f"{row['population']} {row['variable']}: total is not the flow's"


def _strata(rows: pd.DataFrame) -> Iterator[str]:
    """The groups of a table add up to all patients of it."""
    sizes = _sizes(rows)
    whole = sizes[sizes["group"] == ""].set_index(["population", "variable", "label"])["size"]
    parts = sizes[sizes["group"] != ""]
    keys = ["population", "variable", "label", "group"]
    for key, part in parts.groupby(keys, sort=False):
        expected = whole.get(key[:3])
        fits = expected is None or part["size"].sum() == expected
        yield "" if fits else f"{' '.join(key)}: groups do not add up"


def flow_ends(rows: pd.DataFrame) -> pd.DataFrame:
    """By population, ``n`` at the end of its flow and the ``row_id`` of this step."""
    flow = rows[(rows["variable"] == "flow") & (rows["group"] == "")]
    return flow.groupby("population")[["n", "row_id"]].last()


def _flow(rows: pd.DataFrame) -> Iterator[str]:
    """Each step: those before less those who left are those after."""
    flow = rows[rows["variable"] == "flow"]
    for population, part in flow.groupby("population", sort=False):
        before = None if population == "all_treated" else flow_ends(rows)["n"].get("all_treated")
        for step, one in part.groupby("level", sort=False):
            after = one.loc[one["group"] == "", "n"].sum()
            left = one.loc[one["group"] == "excluded", "n"].sum()
            fits = before is None or before - left == after
            yield "" if fits else f"{population}, {step}: the step does not add up"
            before = after


def _falling(rows: pd.DataFrame) -> Iterator[str]:
    """Survival never rises and incidence never falls along a curve."""
    for statistic, sign in (("survival", -1), ("cumulative_incidence", 1)):
        kept = rows[(rows["statistic"] == statistic) & (rows["state"] == "ok")]
        for key, part in kept.groupby([*PART, "level"], sort=False):
            steps = part.sort_values("time")["estimate"].diff().dropna() * sign
            fits = (steps >= -SMALL).all()
            yield "" if fits else f"{' '.join(text for text in key if text)}: not monotone"


def printed(tables: Sequence[Table]) -> Checked:
    """Every "n/N (p %)" that a table prints, recomputed from its n and N (GRIM)."""
    results = []
    for table in tables:
        for line in table.body:
            for n, total, share in (m for cell in line for m in SHARE.findall(cell.text)):
                fits = int(total) > 0 and f"{100 * int(n) / int(total):.1f}" == share
                results.append("" if fits else f"{table.title}: {n}/{total} printed as {share} %")
    wrong = tuple(text for text in results if text)
    return Checked("every printed percentage recomputes from its n/N", len(results), wrong)


RULES: dict[str, Callable[[pd.DataFrame], Iterator[str]]] = {
    "every proportion is n / total, with n no larger than total": _proportions,
    "what cannot be estimated has no estimate": _nothing_of_nothing,
    "every estimate lies within its limits": _limits,
    "events and numbers at risk are no more than n": _counts,
    "the levels of a variable add up to those with a value": _one_level_each,
    "those with and those without a value add up to all": _with_and_without,
    "totals of characteristics equal the flow": _population,
    "groups add up to all patients": _strata,
    "each step of the flow adds up": _flow,
    "survival never rises and incidence never falls": _falling,
    "n and events of one thing agree, or the reason stands beside them": comparable.counts_agree,
    "n are at risk at the start of a curve, or the reason stands there": comparable.beginnings,
    "deaths are events, or said not to be; causes say of whom": comparable.deaths_agree,
    "grade 3 or higher by events stands beside that by laboratory": (
        comparable.events_and_laboratory
    ),
    "a hazard ratio of a level too small for a curve says so": comparable.models_beside_curves,
}

"""Whether every n, total and percentage of all result rows and tables reconciles (invariant 14)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, NamedTuple

import pandas as pd

from prrt_lib.declare.dictionary import dictionary
from prrt_lib.draw.sentences import Sentences, notice
from prrt_lib.draw.tables import RATES, Cell, Table, first

SHARE = re.compile(r"(\d+)/(\d+) \((\d+\.\d) %")
MISSING = "missing"
# What tells one distribution of a variable from another.
PART = ["analysis", "model", "setting", "population", "stratum", "endpoint", "group",
        "group_level", "variable", "reference", "label"]  # fmt: skip
SMALL = 1e-9
Rule = Callable[[pd.DataFrame], Iterator[str]]


@dataclass(frozen=True)
class Checked:
    """One rule: how many numbers it looked at, and what did not agree."""

    rule: str
    looked_at: int
    wrong: tuple[str, ...]


RULES: dict[str, Rule] = {}


def rule(words: str) -> Callable[[Rule], Rule]:
    """Makes a function one of RULES: it yields "" per check that holds, else what is wrong."""

    def keep(function: Rule) -> Rule:
        RULES[words] = function
        return function

    return keep


def check(rows: pd.DataFrame, tables: Sequence[Table] = ()) -> list[Checked]:
    """Every rule applied to all rows, and to the percentages that ``tables`` print."""
    found = {words: list(rule(rows)) for words, rule in RULES.items()}
    checked = [Checked(words, len(told), tuple(filter(None, told)))
               for words, told in found.items()]  # fmt: skip
    return [*checked, printed(tables)]


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


def printed(tables: Sequence[Table]) -> Checked:
    """Every "n/N (p %)" that a table prints, recomputed from its n and N (GRIM)."""
    results = []
    for table in tables:
        for line in table.body:
            for n, total, share in (m for cell in line for m in SHARE.findall(cell.text)):
                fits = int(total) > 0 and f"{100 * int(n) / int(total):.1f}" == share
                results.append("" if fits else f"{table.title}: {n}/{total} printed as {share} %")
    words = "every printed percentage recomputes from its n/N"
    return Checked(words, len(results), tuple(filter(None, results)))


def _name(row: dict) -> str:
    names = ("analysis", "population", "endpoint", "group_level", "variable", "level", "statistic")
    return " ".join(str(row[name]) for name in names if row[name])


@rule("every proportion is n / total, with n no larger than total")
def _proportions(rows: pd.DataFrame) -> Iterator[str]:
    kept = rows[(rows["statistic"] == "proportion") & (rows["state"] == "ok")]
    for row in kept.to_dict("records"):
        fits = 0 <= row["n"] <= row["total"] and row["total"] > 0
        same = fits and abs(row["estimate"] - row["n"] / row["total"]) < SMALL
        yield "" if same else f"{_name(row)}: not n / total"


@rule("what cannot be estimated has no estimate")
def _nothing_of_nothing(rows: pd.DataFrame) -> Iterator[str]:
    kept = rows[rows["state"].isin(["not-estimable", "not-abstracted"])]
    for row in kept.to_dict("records"):
        yield "" if pd.isna(row["estimate"]) else f"{_name(row)}: an estimate that does not exist"


@rule("every estimate lies within its limits")
def _limits(rows: pd.DataFrame) -> Iterator[str]:
    kept = rows[rows["estimate"].notna() & (rows["low"].notna() | rows["high"].notna())]
    for row in kept.to_dict("records"):
        low = pd.isna(row["low"]) or row["low"] <= row["estimate"] + SMALL
        high = pd.isna(row["high"]) or row["high"] >= row["estimate"] - SMALL
        yield "" if low and high else f"{_name(row)}: estimate outside its limits"


@rule("events and numbers at risk are no more than n")
def _counts(rows: pd.DataFrame) -> Iterator[str]:
    kept = rows[rows["n"].notna() & (rows["state"] == "ok")]
    for row in kept.to_dict("records"):
        most = row["n"]
        events = pd.isna(row["events"]) or row["events"] <= most + SMALL
        at_risk = pd.isna(row["at_risk"]) or row["at_risk"] <= most + SMALL
        fits = row["statistic"] != "count" or pd.isna(row["total"]) or most <= row["total"]
        yield "" if events and at_risk and fits else f"{_name(row)}: more than n"


@rule("the levels of a variable add up to those with a value")
def _one_level_each(rows: pd.DataFrame) -> Iterator[str]:
    """Levels of a variable of which a patient has one: they add up to those with a value."""
    kept = rows[(rows["analysis"] == "characteristics") & (rows["statistic"] == "proportion")]
    kept = kept[(kept["state"] == "ok") & ~kept["level"].isin(["", MISSING])]
    words = dictionary()
    homes = [words.derived, *(table.columns for table in words.tables.values())]
    for _, part in kept.groupby(PART, sort=False):
        row = part.iloc[0].to_dict()
        known = [columns[row["variable"]] for columns in homes if row["variable"] in columns]
        if known and not any(column.multiple for column in known):
            adds = part["n"].sum() == row["total"] and part["total"].nunique() == 1
            yield "" if adds else f"{_name(row)}: levels do not add up"


def _sizes(rows: pd.DataFrame) -> pd.DataFrame:
    """Patients behind each distribution: those with a value and those without."""
    kept = rows[(rows["analysis"] == "characteristics") & (rows["label"] != "")]
    kept = kept[kept["statistic"].isin(["proportion", "count"]) & (kept["group"] != "grade")]
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


@rule("those with and those without a value add up to all")
def _with_and_without(rows: pd.DataFrame) -> Iterator[str]:
    for row in _sizes(rows).to_dict("records"):
        fits = row["size"] == row["whole"]
        yield "" if fits else f"{row['population']} {row['variable']}: known + missing differ"


@rule("totals of characteristics equal the flow")
def _population(rows: pd.DataFrame) -> Iterator[str]:
    """Everybody in a table of characteristics is everybody in the flow."""
    ends = flow_ends(rows)["n"].to_dict()
    sizes = _sizes(rows)
    for row in sizes[sizes["group"] == ""].to_dict("records"):
        expected = ends.get(row["population"])
        fits = expected is None or row["size"] == expected
        yield "" if fits else f"{row['population']} {row['variable']}: total is not the flow's"


@rule("groups add up to all patients")
def _strata(rows: pd.DataFrame) -> Iterator[str]:
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


@rule("each step of the flow adds up")
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


@rule("survival never rises and incidence never falls")
def _falling(rows: pd.DataFrame) -> Iterator[str]:
    for statistic, sign in (("survival", -1), ("cumulative_incidence", 1)):
        kept = rows[(rows["statistic"] == statistic) & (rows["state"] == "ok")]
        for key, part in kept.groupby([*PART, "level"], sort=False):
            steps = part.sort_values("time")["estimate"].diff().dropna() * sign
            fits = (steps >= -SMALL).all()
            yield "" if fits else f"{' '.join(text for text in key if text)}: not monotone"


# What a row says of patients who are not in it; "never 5 at risk" is as many as there are.
LESS = re.compile(r"(\d+) (?:left out|records? w|whose|without)|never \d+ at risk")
MORE = re.compile(r"(\d+) without an abstracted index counted|completed by multiple imputation")
BEGIN = re.compile(r"at risk at day")
# Groups whose levels stand in Table 1 under another name.
OTHER_NAME = {"grade": "grade_group"}
MODELS = ("univariable", "multivariable", "multiple imputation")

Row = dict[str, Any]


class Count(NamedTuple):
    """One number of patients or events, where it stands, and the reasons that stand with it."""

    value: float
    where: str
    less: frozenset[str]
    more: frozenset[str]


@rule("n and events of one thing agree, or the reason stands beside them")
def counts_agree(rows: pd.DataFrame) -> Iterator[str]:
    """n and events of one population, group and endpoint wherever they are shown."""
    found: dict[tuple, list[Count]] = {}
    for key, count in (*_of_curves(rows), *_of_models(rows), *_of_table_one(rows), *_of_flow(rows)):
        if not pd.isna(count.value):
            found.setdefault(key, []).append(count)
    for key, counts in found.items():
        name = " ".join(text for text in key if text)
        for one, other in combinations(dict.fromkeys(counts), 2):
            small, large = sorted((one, other), key=lambda count: count.value)
            both = f"{small.value:g} ({small.where}) and {large.value:g} ({large.where})"
            # The reasons of one side alone account for the whole difference.
            left = sum(_number(text, LESS) for text in small.less - large.less)
            added = sum(_number(text, MORE) for text in large.more - small.more)
            gap = large.value - small.value
            stated = not gap or left + added >= gap
            yield "" if stated else f"{name}: {both} without a stated reason"


def _number(text: str, pattern: re.Pattern) -> float:
    match = pattern.search(text)
    return float(match.group(1)) if match and match.group(1) else float("inf")


def _count(row: Row, name: str) -> Count:
    parts = row["warning"].split("; ")
    words = (row["analysis"], row["model"], row["endpoint"], row["variable"])
    return Count(
        row[name], " ".join(text for text in words if text),
        frozenset(part for part in parts if LESS.search(part) and not MORE.search(part)),
        frozenset(part for part in parts if MORE.search(part)),
    )  # fmt: skip


def _curves(rows: pd.DataFrame) -> Iterator[tuple[tuple, pd.DataFrame]]:
    kept = rows[(rows["analysis"] == "survival") & ~rows["model"].str.startswith("expected")]
    kept = kept[kept["statistic"].isin((*RATES, "median", "at_risk")) & (kept["model"] == "")]
    keys = ["population", "setting", "endpoint", "group", "group_level"]
    yield from kept.groupby(keys, sort=False)


def _of_curves(rows: pd.DataFrame) -> Iterator[tuple[tuple, Count]]:
    for (population, setting, endpoint, group, level), part in _curves(rows):
        if (group and not level) or (part["state"] == "not-abstracted").all():
            continue
        steps = part[part["statistic"] != "at_risk"]
        row = steps.loc[steps["events"].fillna(-1).idxmax()].to_dict()
        yield ("n", population, setting, group, level), _count(row, "n")
        yield ("events", population, setting, endpoint, group, level), _count(row, "events")


def _of_models(rows: pd.DataFrame) -> Iterator[tuple[tuple, Count]]:
    kept = rows[(rows["analysis"] == "cox") & rows["model"].isin(MODELS) & rows["n"].notna()]
    kept = kept[(kept["statistic"] == "log_hazard_ratio") & (kept["state"] == "ok")]
    for row in kept.to_dict("records"):
        place = (row["variable"], row["level"]) if row["level"] else ("", "")
        own = (row["population"], row["setting"])
        yield ("n", *own, *place), _count(row, "n")
        yield ("events", *own, row["endpoint"], *place), _count(row, "events")


def _of_table_one(rows: pd.DataFrame) -> Iterator[tuple[tuple, Count]]:
    """A variable under the name that curves and models have, beside its row under another name."""
    kept = rows[(rows["analysis"] == "characteristics") & (rows["statistic"] == "proportion")]
    kept = kept[(kept["group"] == "") & (kept["state"] == "ok")]
    known = set(kept["variable"])
    for row in kept.to_dict("records"):
        names = {row["variable"]}
        names |= {old for old, new in OTHER_NAME.items() if new == row["variable"] and old in known}
        if OTHER_NAME.get(row["variable"], row["variable"]) not in known:
            names.add(OTHER_NAME[row["variable"]])
        for name in sorted(names):
            yield ("n", row["population"], "", name, row["level"]), _count(row, "n")


def _of_flow(rows: pd.DataFrame) -> Iterator[tuple[tuple, Count]]:
    flow = rows[(rows["variable"] == "flow") & (rows["group"] == "")]
    for population, part in flow.groupby("population", sort=False):
        yield ("n", population, "", "", ""), _count(part.iloc[-1].to_dict(), "n")


@rule("n are at risk at the start of a curve, or the reason stands there")
def beginnings(rows: pd.DataFrame) -> Iterator[str]:
    """At the start of a curve n are at risk, or its first row says who is not."""
    for key, part in _curves(rows):
        steps = part[part["statistic"].isin(RATES) & (part["state"] == "ok")].sort_values("time")
        if steps.empty or first(part, statistic="at_risk") is None or pd.isna(steps["n"].iloc[0]):
            continue
        row = steps.iloc[0].to_dict()
        fits = row["n"] == row["at_risk"] or BEGIN.search(row["warning"])
        both = f"n = {row['n']:g} and {row['at_risk']:g} at risk at the start"
        yield "" if fits else f"{' '.join(text for text in key if text)}: {both}"


@rule("deaths are events, or said not to be; causes say of whom")
def deaths_agree(rows: pd.DataFrame) -> Iterator[str]:
    """Deaths are events of overall survival or said not to be; follow-up ends for the living."""
    deaths = rows[(rows["model"] == "deaths") & (rows["variable"] == "died")]
    for population, part in deaths.groupby("population", sort=False):
        died = first(part, level="died")
        classes = part[part["statistic"] == "count"]
        own = (rows["population"] == population) & (rows["setting"] == "") & (rows["group"] == "")
        overall = first(rows[own & (rows["model"] == "")], endpoint="os_prrt", statistic="median")
        if died is None or died["state"] != "ok" or overall is None or pd.isna(overall["events"]):
            continue
        yield "" if classes["n"].sum() == died["n"] else f"{population}: deaths do not add up"
        event = classes.loc[classes["level"].str.startswith("event of"), "n"].sum()
        both = f"{event:g} deaths that are events, {overall['events']:g} events"
        yield "" if event == overall["events"] else f"{population}: {both}"
        ended = first(rows[own], model="follow-up", statistic="median")
        if ended is not None and not pd.isna(ended["events"]):
            fits = ended["events"] + overall["events"] <= ended["n"]
            yield "" if fits else f"{population}: ends of follow-up and deaths are more than n"
    causes = rows[(rows["variable"] == "cause_of_death") & (rows["statistic"] == "proportion")]
    for row in causes.drop_duplicates(["analysis", "population", "label"]).to_dict("records"):
        fits = f"{row['population'].replace('_', ' ')} (n = " in row["label"]
        yield "" if fits else f"{row['analysis']}: causes of death of whom?"


@rule("grade 3 or higher by events stands beside that by laboratory")
def events_and_laboratory(rows: pd.DataFrame) -> Iterator[str]:
    """Grade 3 or higher by events and by laboratory values stand beside each other."""
    labs = rows[(rows["analysis"] == "laboratory") & (rows["statistic"] == "proportion")]
    beside = labs[labs["model"] == "against events"]
    severe = labs[(labs["model"] == "") & (labs["group_level"] == "grade 3 or higher")]
    for row in severe[severe["state"] == "ok"].to_dict("records"):
        term = first(rows[rows["analysis"] == "adverse_events"], level=row["label"],
                     group_level="grade 3 or higher", population=row["population"])  # fmt: skip
        if term is None or (term["n"], term["total"]) == (row["n"], row["total"]):
            continue
        own = beside[(beside["variable"] == row["variable"])
                     & (beside["population"] == row["population"])]  # fmt: skip
        shown = dict(zip(own["level"], own["n"], strict=True))
        fits = not (row["n"] or term["n"]) or (
            shown.get("by events") == term["n"] and shown.get("by laboratory values") == row["n"]
        )
        yield "" if fits else f"{row['label']}: {term['n']:g} by events, {row['n']:g} by laboratory"


@rule("a level too small for a curve has no hazard ratio")
def models_beside_curves(rows: pd.DataFrame) -> Iterator[str]:
    """No level whose curve is too small to estimate has a hazard ratio."""
    curves = {
        (key[0], key[2], key[3], key[4])
        for key, part in _curves(rows)
        if key[3] and key[1] == "" and (part["state"] == "not-estimable").all()
    }
    models = rows[(rows["analysis"] == "cox") & (rows["statistic"] == "log_hazard_ratio")]
    models = models[models["model"].isin(MODELS) & (models["state"] == "ok")]
    for row in models[models["level"] != ""].to_dict("records"):
        key = (row["population"], row["endpoint"], row["variable"], row["level"])
        if key in curves:
            yield f"{' '.join(key)}: a hazard ratio beside a curve not estimable"

"""Pairs of counts that a reader can compare: they agree, or a row beside them says why not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations
from typing import Any, NamedTuple

import pandas as pd

from prrt_lib.draw.tables import RATES, first

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
            yield "" if _stated(small, large) else f"{name}: {both} without a stated reason"


def _stated(small: Count, large: Count) -> bool:
    """Whether the reasons of one side alone account for the whole difference."""
    gap = large.value - small.value
    own, added = small.less - large.less, large.more - small.more
    return not gap or sum(_number(text, LESS) for text in own) + sum(
        _number(text, MORE) for text in added) >= gap  # fmt: skip


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


def beginnings(rows: pd.DataFrame) -> Iterator[str]:
    """At the start of a curve n are at risk, or its first row says who is not."""
    for key, part in _curves(rows):
        steps = part[part["statistic"].isin(RATES) & (part["state"] == "ok")].sort_values("time")
        if steps.empty or first(part, statistic="at_risk") is None or pd.isna(steps["n"].iloc[0]):
            continue
        row = steps.iloc[0].to_dict()
        fits = row["n"] == row["at_risk"] or BEGIN.search(row["warning"])
        name = " ".join(text for text in key if text)
        yield (
            "" if fits else f"{name}: n = {row['n']:g} and {row['at_risk']:g} at risk at the start"
        )


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
        yield (
            ""
            if event == overall["events"]
            else (f"{population}: {event:g} deaths that are events, {overall['events']:g} events")
        )
        ended = first(rows[own], model="follow-up", statistic="median")
        if ended is not None and not pd.isna(ended["events"]):
            fits = ended["events"] + overall["events"] <= ended["n"]
            yield "" if fits else f"{population}: ends of follow-up and deaths are more than n"
    causes = rows[(rows["variable"] == "cause_of_death") & (rows["statistic"] == "proportion")]
    for row in causes.drop_duplicates(["analysis", "population", "label"]).to_dict("records"):
        fits = f"{row['population'].replace('_', ' ')} (n = " in row["label"]
        yield "" if fits else f"{row['analysis']}: causes of death of whom?"


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

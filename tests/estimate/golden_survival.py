"""Answers the golden rows of curves, tests and tables by the functions that the mapping names."""

from __future__ import annotations

import json
import math
import re
from functools import cache

import pandas as pd

from prrt_lib import estimate
from tests.golden.views import FOLDER, view

GOLDEN = pd.read_csv(FOLDER / "golden.csv", dtype=str, keep_default_na=False)
MAPPING = pd.read_csv(FOLDER / "statistics_survival.csv", dtype=str, keep_default_na=False)
ROWS = GOLDEN.merge(MAPPING, on=["dataset", "analysis", "stat"])
REACHED = ROWS[ROWS["function"] != ""]


def parsed(term: str) -> dict[str, str]:
    """The parts of a golden term: level, time, cause, reference and named numbers."""
    found = dict(re.findall(r"(?:^|,)(\w+)=([\d.]+)(?=,|$)", term))
    head, _, time = term.partition("@")
    if time:
        found["time"] = time
    cause = re.match(r"(?:(\w+)\.)?cause(\d+)", head)
    contrast = re.match(r"^(\w+)-(\w+)$", head)
    if cause:
        found["level"], found["cause"] = cause[1] or "", cause[2]
    elif contrast:
        found["level"], found["reference"] = contrast[1], contrast[2]
    elif head == "1,1":
        found["level"] = "1,1"
    elif re.match(r"^[\w.]+=[\w.]+$", head):
        found["level"] = head.split("=")[1]
    found["variable"] = head
    return found


def filled(arguments: dict, parts: dict) -> dict:
    """The arguments with {placeholders} replaced by the term's parts; a number where it is one."""

    def one(value):
        if isinstance(value, list):
            return [one(item) for item in value if not _absent(item, parts)]
        if isinstance(value, str) and value.startswith("{"):
            text = parts[value[1:-1]]
            return float(text) if re.fullmatch(r"[\d.]+", text) and value != "{reference}" else text
        return value

    return {name: one(value) for name, value in arguments.items()}


def _absent(value, parts) -> bool:
    return isinstance(value, str) and value.startswith("{") and value[1:-1] not in parts


@cache
def result(function: str, arguments: str) -> pd.DataFrame:
    call = getattr(estimate, function)
    keywords = json.loads(arguments)
    frame = view(keywords.pop("frame")) if "frame" in keywords else None
    if "trend" in keywords:
        event, by = keywords.pop("trend")
        groups = frame[frame[by].isin([0, 1, 2]) | (by != "ph.ecog")].groupby(by)[event]
        return call(groups.sum().tolist(), groups.count().tolist(), **keywords)
    if isinstance(keywords.get("table"), list) and isinstance(keywords["table"][0], str):
        one, two = keywords["table"]
        return call(pd.crosstab(frame[one], frame[two]).to_numpy())
    return call(frame, **keywords) if frame is not None else call(**keywords)


def ours(row, times: list[float]) -> float:
    """The value of one golden row; all ``times`` of its analysis come from one call."""
    parts = parsed(row.term)
    arguments = filled(json.loads(row.arguments), parts)
    if "times" in arguments:
        arguments["times"] = times
    if "times" in arguments and row.term.startswith("all"):
        arguments["by"] = None
    if "cause" in arguments:
        arguments["cause"] = int(arguments["cause"])
    rows = result(row.function, json.dumps(arguments))
    statistic, column, *change = row.statistic.split(":")
    rows = rows[rows["statistic"] == statistic]
    if parts.get("level") == "1,1":
        rows = rows.head(1)
    elif parts.get("level", "all") != "all" and len(rows) > 1:
        rows = rows[rows["group_level"] == parts["level"]]
    if "time" in parts and len(rows) > 1:
        rows = rows[(rows["time"] - float(parts["time"])).abs() < 1e-9]
    assert len(rows) == 1, f"{row.term}: {len(rows)} rows"
    value = float(rows[column].iloc[0])
    return {"square": lambda x: x * x, "exp": math.exp}[change[0]](value) if change else value


def agrees(value: float, row) -> bool:
    if row.value in ("", "NA", "NaN"):
        return math.isnan(value)
    wanted = {"Inf": math.inf, "-Inf": -math.inf}.get(row.value) or float(row.value)
    if math.isinf(wanted):
        return value == wanted
    if row.stat == "p" and wanted < 1e-12:
        return abs(math.log(value) - math.log(wanted)) <= 1e-8
    tolerance = 2e-4 if "1e-4" in row.notes else 1e-8
    return abs(value - wanted) <= tolerance * max(1, abs(wanted))

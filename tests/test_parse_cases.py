"""Five tables of reading cases, scored by kind: nothing silently wrong, next to nothing lost."""

import csv
import datetime as dt
import json
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from prrt_lib.read.parsing import KINDS, VALUED, Parsed, parse

CASES = Path(__file__).parent / "cases"
TABLES = (
    "parse_cases.csv",
    "parse_cases_second.csv",
    "parse_cases_third.csv",
    "parse_cases_fourth.csv",
    "parse_cases_fifth.csv",
)
OUTCOMES = ("exact", "acceptable", "flagged", "lost", "silently wrong")
# The contract names no unit text for these kinds.
WITHOUT_UNIT = ("age", "smoking", "integer", "number")
MAKE = {
    "str": str, "int": int, "float": float, "bool": lambda text: text == "True",
    "datetime": dt.datetime.fromisoformat, "date": dt.date.fromisoformat,
    "time": dt.time.fromisoformat, "none": lambda text: None,
}  # fmt: skip


@cache
def all_cases(name):
    with (CASES / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def cases(kind, name):
    return [row for row in all_cases(name) if row["kind"] == kind]


def same(found, expected):
    if expected == "":
        return found is None
    if isinstance(found, float):
        return abs(found - float(expected)) <= 1e-9 * abs(float(expected))
    return found == expected


def as_expected(case, found):
    if found.status != case["status"]:
        return False
    if found.status not in VALUED:
        return found.value is None and found.high is None
    names = ["value", "high", "precision"] + ["unit"] * (case["kind"] not in WITHOUT_UNIT)
    return all(same(getattr(found, name), case[name]) for name in names)


def outcome(case, found):
    if as_expected(case, found):
        return "exact"
    if found.status != case["status"] and found.status in case["acceptable"].split("|"):
        return "acceptable"
    if found.status in VALUED:
        return "silently wrong"
    return "lost" if case["status"] in VALUED else "flagged"


def read(case):
    raw = MAKE[case["raw_type"]](case["raw"])
    return parse(case["kind"], raw, **json.loads(case["context"] or "{}"))


def table(kind, name):
    scored = [(outcome(case, read(case)), case["id"]) for case in cases(kind, name)]
    return Counter(name for name, _ in scored), scored


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_no_case_is_silently_wrong_and_few_are_lost(kind, name):
    counts, scored = table(kind, name)
    readable = sum(case["status"] in VALUED for case in cases(kind, name))
    print(f"{kind:17}" + "".join(f"{name} {counts[name]:4}  " for name in OUTCOMES))
    assert [case for name, case in scored if name == "silently wrong"] == []
    lost = [case for name, case in scored if name == "lost"]
    assert len(lost) <= 0.02 * readable, lost


@pytest.mark.parametrize("name", TABLES)
def test_of_a_table_at_most_one_in_a_hundred_readable_cells_is_lost(name):
    readable = lost = 0
    for kind in sorted(KINDS):
        readable += sum(case["status"] in VALUED for case in cases(kind, name))
        lost += table(kind, name)[0]["lost"]
    assert readable > 0 and lost <= 0.01 * readable


CASE = {"kind": "activity", "status": "ok", "value": "7.4", "high": "", "unit": "GBq",
        "precision": "", "acceptable": "ambiguous"}  # fmt: skip


@pytest.mark.parametrize(
    "found, expected",
    [
        (Parsed("ok", 7.4, unit="GBq"), "exact"),
        (Parsed("ok", 0.0074, unit="GBq"), "silently wrong"),
        (Parsed("ok", 7.4, unit="MBq"), "silently wrong"),
        (Parsed("censored-low", 7.4, unit="GBq"), "silently wrong"),
        (Parsed("ambiguous"), "acceptable"),
        (Parsed("invalid"), "lost"),
    ],
)
def test_the_score_tells_a_wrong_value_from_a_question(found, expected):
    assert outcome(CASE, found) == expected


def test_a_refusal_of_another_sort_is_flagged_and_a_value_there_is_wrong():
    refused = {**CASE, "status": "missing", "value": "", "unit": "", "acceptable": ""}
    assert outcome(refused, Parsed("invalid")) == "flagged"
    assert outcome(refused, Parsed("ok", 7.4, unit="GBq")) == "silently wrong"


if __name__ == "__main__":
    for table_name in TABLES:
        for kind_name in sorted(KINDS):
            print(f"{table_name:23}{kind_name:17}", dict(table(kind_name, table_name)[0]))

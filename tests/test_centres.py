"""From an unknown workbook over its draft and a person's answers to values that are all true."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest
from centre_workbooks import (
    AUDIT_ANSWERS,
    AUDIT_TRUTH,
    FRENCH_ANSWERS,
    FRENCH_TRUTH,
    audit,
    french,
)

from prrt_lib.read.reading import read_workbook
from prrt_lib.tools.draft.profile import draft

CENTRES = {
    "french": (french, FRENCH_ANSWERS, FRENCH_TRUTH),
    "audit": (audit, AUDIT_ANSWERS, AUDIT_TRUTH),
}


def answered(workbook, answers):
    """The draft with a person's answers; every question of it must have one."""
    text = draft(workbook)
    for question, answer in answers.items():
        assert question in text
        text = text.replace(question, answer)
    heading, body = text.split("\n", 1)
    assert "TODO" not in body
    profile = workbook.with_suffix(".yaml")
    profile.write_text(body, encoding="utf-8")
    return str(profile)


@pytest.fixture(scope="module")
def readings(tmp_path_factory):
    made = {}
    for name, (build, answers, _) in CENTRES.items():
        workbook = build(tmp_path_factory.mktemp(name))
        made[name] = read_workbook(workbook, answered(workbook, answers))
    return made


def plain(value):
    if pd.isna(value):
        return None
    return value.date() if isinstance(value, dt.datetime) else value


@pytest.mark.parametrize(
    ("centre", "table"), [(name, table) for name, parts in CENTRES.items() for table in parts[2]]
)
def test_every_value_of_a_centre_is_true(readings, centre, table):
    truth = CENTRES[centre][2][table]
    rows = readings[centre].tables[table].to_dict("records")
    assert len(rows) == len(truth)
    for row, expected in zip(rows, truth, strict=True):
        assert {name: plain(row[name]) for name in expected} == pytest.approx(expected)


def asked(reading):
    return {(f["rule"], f["cell"]) for f in reading.findings.to_dict("records")}


def test_what_the_audit_leaves_open_is_asked(readings):
    assert asked(readings["audit"]) == {
        ("cell-ambiguous", "D5"),  # an activity of 7.4 without a unit
        ("cell-ambiguous", "H7"), ("word-not-named", "I7"),  # in hospice: alive or dead?
        ("row-not-a-record", "A8"), ("second-table", "A10"),
        ("id-prefix-differs", "A2"), ("scans-absent", ""),
    }  # fmt: skip


def test_what_the_french_workbook_leaves_open_is_asked(readings):
    rules = {rule for rule, _ in asked(readings["french"])}
    assert {"cell-imputed-partial", "row-not-a-record"} <= rules
    assert not rules & {"unclaimed-header", "entry-without-header", "block-without-record"}

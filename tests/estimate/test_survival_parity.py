"""Every value of R in the scope of curves, tests and tables is reproduced."""

from __future__ import annotations

import pytest

from tests.estimate.golden_survival import GOLDEN, MAPPING, REACHED, agrees, ours

ANALYSES = list(dict.fromkeys(zip(REACHED["dataset"], REACHED["analysis"], strict=True)))
COX_HALF = r"^(?:cox|firth|zph|finegray|rcs|rms\.|mi\.|concordance)"


@pytest.mark.parametrize(
    ("dataset", "analysis"), ANALYSES, ids=[" ".join(pair) for pair in ANALYSES]
)
def test_agrees_with_r(dataset, analysis):
    rows = REACHED[(REACHED["dataset"] == dataset) & (REACHED["analysis"] == analysis)]
    times = sorted({float(term.split("@")[1]) for term in rows["term"] if "@" in term})
    wrong = []
    for row in rows.itertuples():
        value = ours(row, times)
        if not agrees(value, row):
            wrong.append(f"{row.term} {row.stat}: {value!r}, R {row.value!r}")
    assert not wrong, "\n".join(wrong)


def test_every_value_outside_the_cox_half_is_mapped():
    missing = GOLDEN.merge(MAPPING, how="left", on=["dataset", "analysis", "stat"])
    missing = missing[missing["function"].isna() & ~missing["analysis"].str.contains(COX_HALF)]
    assert sorted(set(missing["analysis"])) == []


def test_what_is_not_reached_says_why():
    assert (MAPPING.loc[MAPPING["function"] == "", "notes"] != "").all()

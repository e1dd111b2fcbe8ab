"""Stage, bands of the index and metastatic pattern, on lines that a reader can check by hand."""

from __future__ import annotations

import pandas as pd
import pytest
from study_tables import cohort, spec, typed

from prrt_lib.study.derive.grade import grades
from prrt_lib.study.derive.ki67_bands import bands
from prrt_lib.study.derive.stage import stages, tnm


def test_stages_are_those_worked_out_by_hand():
    tables = spec("stage.md")
    tumour = typed("tumour", tables["tumour"])
    for name in ("mib1", "mitoses"):
        tumour = tumour.assign(**{f"{name}_{end}": float("nan") for end in ("lo", "hi")})
        tumour[f"{name}_op"] = None
    found = stages(tumour, grades(tumour)["grade"])
    expected = tables["expected"].set_index("patient")
    told = found.set_index(tumour["patient_id"])
    assert told.to_dict("index") == expected.where(expected.notna(), None).to_dict("index")


@pytest.mark.parametrize("text, parts", [
    ("pT3N1M1b", ("3", "1", "1")),
    ("T1a N0 (0/12) M0", ("1", "0", "0")),
    ("TX N1 MX", ("x", "1", "x")),
    ("M1", (None, None, "1")),
    ("T3N1", ("3", "1", None)),
    ("T1-2 N0 M0", (None, None, None)),
    ("T2N0M0 or T3N0M0", (None, None, None)),
    ("rT2N0M0", (None, None, None)),
    ("T2N0M0?", (None, None, None)),
    ("", (None, None, None)),
    (None, (None, None, None)),
])  # fmt: skip
def test_a_text_is_one_whole_tnm_or_says_nothing(text, parts):
    found = tnm(text)
    assert (found["t"], found["n"], found["m"]) == parts


@pytest.mark.parametrize("ki67, mib1, band", [
    ("2.9", None, "<3"),
    ("<3", None, "<3"),
    ("3", None, "3 to <10"),
    ("9.9", None, "3 to <10"),
    ("10", None, "10-20"),
    ("20", None, "10-20"),
    ("20.1", None, ">20-55"),
    ("55", None, ">20-55"),
    ("56", None, ">55"),
    (">55", None, ">55"),
    (">20", None, "more than one band"),
    ("2-5", None, "more than one band"),
    ("5-8", None, "3 to <10"),
    ("2", "12", "10-20"),
    (None, "1", "<3"),
    (None, None, None),
])  # fmt: skip
def test_a_band_holds_the_index_only_where_its_bounds_do(ki67, mib1, band):
    texts = pd.DataFrame([{"patient": "A", "ki67": ki67, "mib1": mib1}], dtype=object)
    assert bands(typed("tumour", texts)).tolist() == [band]


def test_metastatic_patterns_by_first_prrt():
    # A liver; B liver and bone; C peritoneum and node; D node alone; E none; F liver and node;
    # G bone only after PRRT, liver before; H nothing abstracted.
    sites = [("A", "liver", None), ("B", "liver", None), ("B", "bone", None),
             ("C", "peritoneum", None), ("C", "node", None), ("D", "node", None),
             ("E", "none", None), ("F", "liver", None), ("F", "node", None),
             ("G", "liver", "2011-05-01"), ("G", "bone", "2013-01-01")]  # fmt: skip
    tables = {
        "metastases": pd.DataFrame(
            sites, columns=["patient", "metastasis_site", "metastasis_date"], dtype=object
        ),
        "prrt_cycles": pd.DataFrame(
            [(name, "1", "2012-01-01") for name in "ABCDEFGH"],
            columns=["patient", "cycle_no", "cycle_date"], dtype=object,
        ),
    }  # fmt: skip
    people = cohort(tables).patients
    assert dict(zip(people["patient_id"], people["metastatic_pattern"], strict=True)) == {
        "A": "liver only", "B": "liver and extra-hepatic", "C": "extra-hepatic only",
        "D": "lymph nodes only", "E": "none", "F": "liver only", "G": "liver only", "H": None,
    }  # fmt: skip

"""Grades, bands and stages keep their declared order from the workbook to a curve."""

from __future__ import annotations

import pandas as pd
import pytest
from small_study import SmallStudy, treated

from prrt_lib.analyse import cox, survival
from prrt_lib.declare.dictionary import dictionary
from prrt_lib.study.levels import columns_of, in_declared_order
from prrt_lib.topics.characteristics import describe

# Ki-67 of ten patients: as text the bands would come 10-20, 3 to <10, <3, >20-55.
INDEX = [15.0, 1.0, 30.0, 5.0, 2.0, 12.0, 25.0, 4.0, 1.0, 18.0]
BANDS = ["<3", "3 to <10", "10-20", ">20-55"]


@pytest.fixture(scope="module")
def study():
    ids = [f"A{number}" for number in range(len(INDEX))]
    tumour = [
        {"patient_id": who, "ki67": index, "ki67_lo": index, "ki67_hi": index,
         "differentiation": "well", "diagnosis_date": "2014-06-01", "grade_reported": "2"}
        for who, index in zip(ids, INDEX, strict=True)
    ]  # fmt: skip
    ecog = [{"patient_id": who, "ecog": float(place % 3)} for place, who in enumerate(ids)]
    dead = [{"patient_id": who, "vital_status": "dead", "death_date": f"2016-{place + 1:02d}-01"}
            for place, who in enumerate(ids)]  # fmt: skip
    return SmallStudy({"patients": ecog, "tumour": tumour, "followup": dead,
                       "prrt_cycles": treated(*ids)})  # fmt: skip


def test_bands_grades_and_ecog_come_as_ordered_categoricals_with_every_declared_level(study):
    frame = study.patients("ki67_band", "grade", "grade_group", "stage", "stage_ajcc8", "ecog")
    for name in ("ki67_band", "grade", "grade_group", "stage", "stage_ajcc8"):
        values = frame[name]
        assert values.cat.ordered, name
        assert list(values.cat.categories) == list(dictionary().derived[name].allowed)
    assert list(frame["ecog"].cat.categories) == [0.0, 1.0, 2.0, 3.0, 4.0]
    assert (frame["ecog"] >= 2).sum() == 3
    assert (frame["grade_group"] > "G1").sum() == 7


def test_they_sort_and_group_in_that_order(study):
    bands = study.patients("ki67_band")["ki67_band"]
    assert list(bands.sort_values().unique()) == BANDS
    sizes = study.patients("ki67_band").groupby("ki67_band", observed=True).size()
    assert sizes.to_dict() == {"<3": 3, "3 to <10": 2, "10-20": 3, ">20-55": 2}


def test_times_curves_tables_and_models_keep_the_order(study):
    frame = study.times("os_prrt", columns=("ki67_band",)).frame
    assert frame["ki67_band"].cat.ordered
    curve = survival.curve(study, "os_prrt", "ki67_band")
    assert list(dict.fromkeys(curve["group_level"])) == BANDS
    shares = describe.characteristics(study, variables=["derived.ki67_band"])
    assert list(dict.fromkeys(shares["level"])) == BANDS
    grouped = describe.characteristics(study, "ki67_band", variables=["patients.ecog"])
    assert list(dict.fromkeys(grouped["group_level"])) == ["", *BANDS]
    ratios = cox.models(study, "os_prrt", ["ki67_band"])
    alone = ratios[ratios["statistic"] == "log_hazard_ratio"]
    assert set(alone["reference"]) == {"<3"}
    ratios = cox.models(study, "os_prrt", ["ecog"])
    alone = ratios[(ratios["statistic"] == "log_hazard_ratio")
                   & (ratios["model"] == cox.UNIVARIABLE)]  # fmt: skip
    assert alone["level"].tolist() == ["0", "1", "2"]


def test_a_value_that_the_dictionary_does_not_name_is_kept_behind_the_declared_ones():
    frame = in_declared_order(pd.DataFrame({"stage": ["IV", "limited", None, "IIB"]}), "derived")
    assert frame["stage"].tolist()[:2] == ["IV", "limited"] and frame["stage"].isna().sum() == 1
    assert list(frame["stage"].sort_values().dropna()) == ["IIB", "IV", "limited"]


def test_every_ordered_column_names_its_levels():
    for table in ("derived", *dictionary().tables):
        for column in columns_of(table).values():
            assert column.allowed or not column.ordered, column.address

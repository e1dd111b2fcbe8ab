"""What a result row is said to be made from."""

import pandas as pd
import pytest

from prrt_lib.declare import footprints, reads
from prrt_lib.declare.derivations import abstracted, declared, of_cohort
from prrt_lib.declare.dictionary import dictionary
from prrt_lib.declare.rows import result_rows


@pytest.fixture(autouse=True)
def nothing_noted():
    reads.clear()
    footprints.clear()
    yield
    reads.clear()
    footprints.clear()


def one_row(variable: str) -> pd.DataFrame:
    return result_rows([{"statistic": "count", "variable": variable, "n": 1}], analysis="spec")


@footprints.traced
def of(variable: str, *columns: str) -> pd.DataFrame:
    reads.record("columns", *columns)
    return one_row(variable)


def saved(tmp_path, frame: pd.DataFrame) -> dict[str, list[str]]:
    """variable -> columns of its footprint, from the file."""
    footprints.save(tmp_path, "spec", frame["row_id"])
    contents, rows = footprints.load(tmp_path)
    return {variable: contents[rows[row]]["columns"]
            for row, variable in zip(frame["row_id"], frame["variable"], strict=True)}  # fmt: skip


def test_a_row_holds_what_its_own_call_read_and_nothing_of_the_next(tmp_path):
    rows = pd.concat([of("sex", "patients.sex"), of("stage", "derived.stage")])
    assert saved(tmp_path, rows) == {"sex": ["patients.sex"], "stage": ["derived.stage"]}


def test_a_row_made_by_an_outer_call_holds_what_the_inner_calls_read(tmp_path):
    @footprints.traced
    def both() -> pd.DataFrame:
        inner = of("sex", "patients.sex")
        reads.record("columns", "derived.died")
        return pd.concat([inner, one_row("difference")])

    assert saved(tmp_path, both()) == {
        "sex": ["patients.sex"],
        "difference": ["derived.died", "patients.sex"],
    }


def test_result_rows_given_as_arguments_hand_on_what_they_came_from(tmp_path):
    @footprints.traced
    def from_rows(rows: pd.DataFrame) -> pd.DataFrame:
        return one_row(f"from {len(rows)}")

    assert saved(tmp_path, from_rows(of("sex", "patients.sex"))) == {"from 1": ["patients.sex"]}


def test_a_row_that_no_traced_call_made_counts_as_made_from_all_that_was_read(tmp_path):
    of("sex", "patients.sex")
    reads.record("columns", "derived.stage")
    assert saved(tmp_path, one_row("by hand")) == {"by hand": ["derived.stage", "patients.sex"]}


def test_a_call_that_fails_leaves_nothing_behind(tmp_path):
    @footprints.traced
    def failing() -> pd.DataFrame:
        reads.record("columns", "derived.stage")
        raise ValueError

    with pytest.raises(ValueError):
        failing()
    assert saved(tmp_path, of("sex", "patients.sex")) == {"sex": ["patients.sex"]}


def test_a_derived_column_stands_for_the_cells_it_is_derived_from():
    assert {"tumour.ki67", "tumour.mib1", "tumour.mitoses_value"} <= abstracted(["derived.grade"])
    assert "imaging.scan_date" in abstracted(["derived.progression_free_until_before_new_therapy"])
    assert "subsequent_therapies.therapy_date" in abstracted(
        ["derived.progression_free_until_before_new_therapy"]
    )


def test_a_bound_stands_for_the_cell_it_was_read_from():
    assert "imaging.scan_date" in abstracted(["imaging.scan_lo"])
    assert "tumour.ki67" in abstracted(["tumour.ki67_hi"])


def test_the_date_of_a_row_belongs_to_whatever_is_read_of_the_row():
    assert "adverse_events.onset_date" in abstracted(["adverse_events.grade"])


def test_a_cell_whose_contradiction_would_make_a_value_unused_belongs_to_it():
    assert "patients.age_at_diagnosis" in abstracted(["patients.birth_date"])
    assert "patients.sex" not in abstracted(["patients.birth_date"])


def test_who_is_analysed_rests_on_first_prrt_and_primary_site():
    assert {"prrt_cycles.cycle_date", "tumour.primary_site"} <= of_cohort()
    assert "patients.sex" not in of_cohort()


def test_every_named_column_is_declared_and_every_contradiction_is_a_rule_of_reading():
    from prrt_lib.declare.asked.findings import rules

    content = declared()
    named = [*content["cohort"], *(c for t in content["tables"].values() for c in t["always"])]
    named += [c for rule in content["contradictions"] for c in (*rule["between"], *rule["unused"])]
    named += [c for names in content["derived"].values() for c in names if not c.startswith("{")]
    assert {name for name in named if not dictionary().column(name)} == set()
    assert {rule["rule"] for rule in content["contradictions"]} <= set(rules())


def test_an_unknown_column_is_refused():
    with pytest.raises(KeyError):
        abstracted(["tumour.shoe_size"])
    with pytest.raises(KeyError):
        abstracted(["derived.shoe_size"])

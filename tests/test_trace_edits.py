"""A few of the planted edits of `make trace-study`: no row changes outside the traces."""

from __future__ import annotations

import random

import pandas as pd
import pytest
from compared_runs import WORKBOOK, parameters

from benchmarks.trace_edits import Planted, Study, _covered, _holds, holes, line, outcomes, page
from prrt_lib.declare.derivations import of_cohort

SMALL = {
    "survival": {"by": ["grade_group"], "grouped_endpoints": ["os_prrt"], "populations": []},
}
ONLY = ("exposure", "response", "survival")


@pytest.fixture(scope="module")
def one(tmp_path_factory) -> Study:
    given = parameters(notebooks=SMALL)
    return Study(WORKBOOK, given, tmp_path_factory.mktemp("edits"), only=ONLY)


def cell(one: Study, sheet: str, name: str, kind: str = "another value") -> Planted:
    lines = one.reading.lineage
    here = lines[(lines["sheet"] == sheet) & (lines["cell"] == name)]
    reads = zip(here["record"], here["table"] + "." + here["column"], strict=True)
    return Planted(sheet, name, kind, frozenset(reads))


EDITS = (("Patients", "P7"), ("Imaging", "D7"), ("PRRT cycles", "E5"))


@pytest.mark.parametrize(("sheet", "name"), EDITS)
def test_every_row_that_a_cell_changes_is_traced_to_it(one, sheet, name):
    found = one.outcome(cell(one, sheet, name), random.Random(4))
    assert found.changed > 0 and found.holes == []


def test_random_edits_leave_no_hole(one):
    found = list(outcomes(one, 3, random.Random(20)))
    assert holes(found) == []
    assert "Every row that changed was traced" in page({"24 patients": found})


def test_a_cell_outside_the_footprint_would_be_a_hole(one):
    """The death of NET-006 moves survival; were it the smoking of NET-001, nothing would fit."""
    death = cell(one, "Patients", "P7")
    wrong = Planted("Patients", "P7", "blank", cell(one, "Patients", "L2").reads)
    assert {address for _, address in death.reads} == {"followup.death_date"}
    found = one.outcome(wrong, random.Random(4))
    assert found.holes and {moved.row["notebook"] for moved in found.holes} >= {"survival"}
    assert "survival" in "".join(holes([found]))
    assert f"| 1 | 1 | {found.changed} |" in line("24 patients", [found])


def test_a_footprint_holds_the_cells_of_its_patients_and_of_who_is_analysed():
    people = pd.DataFrame({"patient_id": ["a", "b"], "in_gep": [True, False]})
    footprint = {"columns": ["patients.sex"], "populations": ["gep"]}

    def holds(record: str, address: str) -> bool:
        return _holds(footprint, people, Planted("", "", "", frozenset({(record, address)})))

    assert holds("a", "patients.sex") and not holds("b", "patients.sex")
    assert not holds("a", "patients.alcohol_use")
    assert all(holds("b", address) for address in of_cohort())


def test_rows_are_covered_by_the_footprints_of_their_run(one):
    sex = _covered(one.base, cell(one, "Patients", "B2"))
    assert not sex & set(one.base.rows["row_id"])
    centre = one.base.rows[one.base.rows["variable"] == "treat_site"]["row_id"]
    assert set(centre) <= _covered(one.base, cell(one, "PRRT cycles", "F3"))

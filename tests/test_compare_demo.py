"""The demonstration as the runner leaves it: computed again in one process, it is the same."""

from __future__ import annotations

import pytest
from small_project import finished_demo

from prrt_lib.cli import main
from prrt_lib.declare.parameters import Parameters
from prrt_lib.run.rerun import NOTEBOOKS, rerun
from prrt_lib.tools.compare.attribution import with_records
from prrt_lib.tools.compare.changes import row_changes
from prrt_lib.tools.compare.sides import side


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    return finished_demo(tmp_path_factory)


def test_the_rows_of_a_run_are_those_of_its_notebooks_without_kernels_and_figures(out):
    finished = side(f"{out}:demo")
    again = rerun(finished.reading, Parameters(**finished.parameters))
    found = row_changes(finished.rows, again.rows)
    assert found.moved == [] and found.worded == []
    assert found.same == len(finished.rows) > 5000
    assert finished.notebooks == list(NOTEBOOKS)
    assert again.findings.equals(finished.findings)
    # A patient taken out and put back changes nothing that any analysis reads.
    same = with_records(finished.reading, finished.reading, ["NET-007"])
    put_back = row_changes(again.rows, rerun(same, again.parameters, since=again).rows)
    assert put_back.moved == [] and put_back.worded == []


def test_a_run_compared_with_itself_differs_in_nothing(out, capsys):
    assert main(["compare", str(out), f"{out}:demo", "--attribute"]) == 0
    said = capsys.readouterr().out
    assert said.splitlines()[-1] == "nothing differs"
    assert "headline (numbers of the start page): 0 moved" in said

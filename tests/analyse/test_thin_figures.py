"""Patient-level and landmark figures of one patient and of nobody: drawn, and saying so."""

import pandas as pd
import pytest
from small_study import SmallStudy, check, treated

from prrt_lib.declare.rows import result_rows
from prrt_lib.draw import curves
from prrt_lib.topics.characteristics import missingness
from prrt_lib.topics.exposure import swimmer
from prrt_lib.topics.response import imaging, landmark, response, response_figures


@pytest.fixture(scope="module")
def bare():
    return SmallStudy({"patients": [{"patient_id": "A1"}], "prrt_cycles": treated("A1")})


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("PRRT_OUT", str(tmp_path))
    return tmp_path


def words(figure) -> list[str]:
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def test_a_lane_of_one_patient_and_of_nobody(bare):
    course = swimmer.patient_rows(bare, "primary_group", "all_treated")
    for lanes in (course.lanes, course.lanes.iloc[:0]):
        figure = swimmer.swimmer(lanes, course.marks, "small", "Course", "swimmer")
        assert figure.axes[0].get_title(loc="left") == f"Course (n = {len(lanes)})"


def test_of_a_thousand_lanes_one_in_three_is_drawn_and_the_title_says_so():
    lanes = pd.DataFrame({"patient_id": [f"P{n}" for n in range(1000)], "group": "",
                          "months": 12.0, "ended": "died"})  # fmt: skip
    marks = pd.DataFrame({"patient_id": ["P0", "P1", "P3"], "months": 1.0, "what": "PRRT"})
    drawing = swimmer.swimmer(lanes, marks, "small", "Course", "swimmer")
    axes = drawing.axes[0]
    assert axes.get_title(loc="left") == "Course (n = 1000; one in 3 is drawn)"
    assert axes.get_ylim()[0] < 400
    cycles = next(line for line in axes.lines if line.get_label() == "PRRT cycle")
    assert list(cycles.get_ydata()) == [0, 1]


def test_without_sizes_and_scans_the_figures_say_so(bare):
    changes = response.responders(bare)
    fall = response_figures.waterfall(changes, "small", "Best change", "waterfall")
    assert "no change in size abstracted" in words(fall)
    waits = response_figures.waits(imaging.gaps(bare), "small", "Waits", "waits", 365)
    assert "no evaluable scan" in words(waits)


def test_nobody_beyond_the_landmark_gives_panels_and_tables_that_say_so(bare):
    rows = landmark.landmarks(bare)
    figure = response_figures.curves(rows, "os_prrt", "small")
    assert words(figure).count("nothing can be estimated") == len(bare.parameters.landmark_months)
    table = response_figures.comparison(rows, "Responders")
    assert {line[1].text for line in table.body} == {"not estimable"}


@pytest.mark.filterwarnings("error")
def test_curves_by_a_group_that_nobody_has_draw_no_empty_legend():
    record = {"statistic": "survival", "group": "cga_before", "state": "not-abstracted", "n": 0}
    rows = check(result_rows([record], analysis="survival", endpoint="os_prrt", label="OS"))
    assert "nothing can be estimated" in words(curves.survival_curve(rows, "small"))


def test_the_map_of_missing_values_is_saved_with_its_counts(bare, folder):
    figure = missingness.share_map(missingness.missingness(bare), "small", "Missing", "map")
    assert set(words(figure)) == {"1/1"}
    assert list(folder.rglob("map.png"))

"""The explore notebook: every choice gives rows, and the lines to copy give the same rows."""

from __future__ import annotations

import pandas as pd
import pytest
from small_project import PROJECT, environment
from study_tables import spec, typed

from prrt_lib.base.errors import AnalysisError
from prrt_lib.base.paths import places
from prrt_lib.declare import results
from prrt_lib.declare.dictionary import dictionary
from prrt_lib.declare.parameters import Parameters
from prrt_lib.study.build import write_cohort
from prrt_lib.study.opened import narrowed

pytest.importorskip("ipywidgets", reason="ipywidgets is not installed here")
from prrt_lib.tools.explore import Explorer, question


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """Thirteen patients of the progression spec, as the scenario "small"."""
    return tmp_path_factory.mktemp("explored")


@pytest.fixture(autouse=True)
def built(root, monkeypatch):
    monkeypatch.setenv("PRRT_OUT", str(root))
    if not places("small").processed.exists():
        known = dictionary().tables
        texts = {n: f for n, f in spec("progression.md").items() if n in known}
        everybody = pd.DataFrame({"patient": sorted(texts["prrt_cycles"]["patient"].unique())})
        sexes = ["female" if number % 3 else "male" for number in range(len(everybody))]
        people = everybody.assign(sex=sexes).merge(texts["patients"], how="left", on="patient")
        texts["patients"] = people.astype(object).where(people.notna(), None)
        tables = {name: typed(name, frame) for name, frame in texts.items()}
        given = Parameters("small", cutoff="2020-12-31", population="all_treated")
        lineage = pd.DataFrame(columns=["table", "record", "row", "column", "sheet", "cell", "raw",
                                        "status", "rule"])  # fmt: skip
        write_cohort(tables, pd.DataFrame(), lineage, given, places("small"))


def again(code: str) -> pd.DataFrame:
    """The rows that the copied lines give."""
    names: dict = {}
    exec(code, names)
    return names["rows"]


@pytest.mark.parametrize(
    "chosen",
    [{"endpoint": "os_prrt", "by": "sex"}, {"endpoint": "cif_progression", "time_unit": "years"},
     {"endpoint": "ttp", "where": ("sex", "male"), "horizon_months": 12.0, "time_unit": "days"}],
)  # fmt: skip
def test_the_copied_lines_give_the_same_rows(chosen):
    explorer = Explorer("small", **chosen)
    assert len(explorer.rows) and explorer.figure is not None
    lines = explorer.code.splitlines()
    assert len(lines[lines.index("") + 1 :]) == 3
    pd.testing.assert_frame_equal(again(explorer.code), explorer.rows)


def test_setting_a_control_asks_anew_and_shows_curve_numbers_at_risk_and_table():
    explorer = Explorer("small")
    before = explorer.rows
    explorer.controls["endpoint"].value = "cif_progression"
    assert set(explorer.rows["endpoint"]) == {"cif_progression"}
    assert set(before["endpoint"]) == {"os_prrt"}
    shown = explorer.shown.value
    assert "<img alt=" in shown and "Numbers at risk" in shown and "Medians and rates" in shown
    assert "incidence_curve" in explorer.code


@pytest.mark.parametrize("chosen", [{"by": "n_cycles"}, {"where": ("died", "yes")}])
def test_what_is_not_known_at_entry_is_refused_with_a_warning_and_nothing_is_shown(chosen):
    explorer = Explorer("small")
    for name, value in chosen.items():
        explorer.controls[name].options = [*explorer.controls[name].options, ("late", value)]
        explorer.controls[name].value = value
    assert "known only after first PRRT" in explorer.warnings[0]
    assert "decision 10" in explorer.said.value and 'role="alert"' in explorer.said.value
    assert explorer.rows.empty and explorer.shown.value == "" and explorer.code == ""
    for name in chosen:
        explorer.controls[name].value = explorer.controls[name].options[0][1]
    assert len(explorer.rows) and "not allowed" not in explorer.said.value


def test_the_copied_form_of_a_late_choice_is_refused_as_well():
    late = narrowed("small", {"died": "yes"})
    with pytest.raises(AnalysisError, match="decision 10"):
        late.times("os_prrt")


def test_a_part_of_the_patients_and_a_shorter_horizon_are_what_they_say():
    whole, men = narrowed("small"), narrowed("small", {"sex": "male"})
    sexes = whole.patients("sex", population="all_treated")
    assert len(men.patients(population="all_treated")) == (sexes["sex"] == "male").sum() > 0
    assert men.words == "Sex: male"
    long = whole.times("os_prrt").frame.set_index("patient_id")
    year = narrowed("small", horizon_months=12).times("os_prrt").frame.set_index("patient_id")
    # J comes under observation after a year: beyond the shorter horizon.
    assert set(long.index) - set(year.index) == {"J"} and (long["exit"] > 365).any()
    long = long.loc[year.index]
    # An event on the last day counts; what comes later is a censoring on day 365.
    assert (year["exit"] == long["exit"].clip(upper=365)).all()
    assert (year["event"] == long["event"].where(long["exit"] <= 365, 0)).all()


def test_a_part_is_chosen_by_the_value_of_its_level_and_no_level_is_an_empty_part():
    told = narrowed("small").patients("sex", population="all_treated")["sex"]
    with pytest.raises(AnalysisError, match="where, sex: found 'men'; expected one of"):
        narrowed("small", {"sex": "men"}).patients()
    assert (told == "male").any()
    cycles = narrowed("small", {"n_cycles": "1"}), narrowed("small", {"n_cycles": 1.0})
    sizes = [len(one.patients(population="all_treated")) for one in cycles]
    assert sizes[0] == sizes[1] > 0


def test_rows_of_a_part_never_have_the_ids_of_the_whole():
    part = set(Explorer("small", where=("sex", "male")).rows["row_id"])
    assert not part & set(Explorer("small").rows["row_id"])


def test_a_horizon_beyond_the_built_one_is_refused():
    with pytest.raises(AnalysisError, match="at most the 84 months"):
        narrowed("small", horizon_months=120)


def test_a_misspelt_choice_names_the_nearest():
    with pytest.raises(AnalysisError, match="os_prrt"):
        Explorer("small", endpoint="os_prtr")


def test_late_columns_come_last_and_say_so():
    offered = question.groupings({"sex": ["f", "m"], "died": ["no", "yes"]})
    assert [name for _, name in offered] == ["", "sex", "died"]
    assert offered[2][0].endswith("(not known at entry)")


def test_the_notebook_runs_from_top_to_bottom_without_a_browser(root, tmp_path):
    papermill = pytest.importorskip("papermill")
    changed = environment(PROJECT, PRRT_OUT=str(root), MPLBACKEND="agg",
                          IPYTHONDIR=str(tmp_path), JUPYTER_RUNTIME_DIR=str(tmp_path))  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        for name, value in changed.items():
            patch.setenv(name, value)
        done = papermill.execute_notebook(
            str(PROJECT / "notebooks" / "explore.ipynb"), str(tmp_path / "done.ipynb"),
            parameters={"scenario": "small"}, kernel_name="python3", progress_bar=False,
        )  # fmt: skip
    kinds = {kind for cell in done.cells for out in cell.get("outputs", [])
             for kind in out.get("data", {})}  # fmt: skip
    assert "application/vnd.jupyter.widget-view+json" in kinds
    saved = results.read(places("_interactive").results / "explore.csv")
    assert set(saved["role"]) == {"exploratory"} and set(saved["endpoint"]) == {"os_prrt"}

"""The invented cohort: its truth is known, its files are the same bytes every time."""

from __future__ import annotations

import datetime as dt
import zipfile

import numpy as np
import openpyxl
import pandas as pd
import pytest
from lifelines import KaplanMeierFitter

from demo import MODELS, anchors, demo_data, generate, true_median
from demo.laboratory import creatinine_of
from demo.layouts import PATH, layout, profile_text
from demo.model import PRIMARIES, true_survival
from prrt_lib.base.errors import ParameterError
from prrt_lib.base.paths import PROJECT
from prrt_lib.cli import main
from prrt_lib.declare.dictionary import dictionary
from prrt_lib.declare.layout.template import ABOUT, CODEBOOK, template_layout
from prrt_lib.estimate.regression.cox_model import cox
from prrt_lib.study.derive.stage import tnm
from prrt_lib.tools.template import write_template

RAW = PROJECT / "data" / "raw"
MONTH = 30.4375


@pytest.fixture(scope="module")
def large():
    return generate(20_000)


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    return demo_data(PROJECT, out=tmp_path_factory.mktemp("demo"))


@pytest.fixture(scope="module")
def truth():
    return pd.read_csv(RAW / "demo_truth.csv", dtype=str, keep_default_na=False)


def content(path):
    """The parts of a workbook, or a file's bytes; another zlib may pack the same parts shorter."""
    if path.suffix != ".xlsx":
        return path.read_bytes()
    with zipfile.ZipFile(path) as parts:
        return {part: parts.read(part) for part in parts.namelist()}


def on_diagnosis_clock(cohort) -> pd.DataFrame:
    """Entry, exit in days from diagnosis, death, and the declared covariates."""
    people = cohort.people
    frame = pd.DataFrame({
        "entry": (people["start"] - people["diagnosis"]).dt.days,
        "exit": (people["end"] - people["diagnosis"]).dt.days,
        "died": people["died"].astype(int),
        "age_at_diagnosis": people["age"] / 10,
        "sex=male": people["male"],
    })  # fmt: skip
    for level in ("G2", "G3/NEC"):
        frame[f"grade_group={level}"] = (people["grade_group"] == level) * 1.0
    for level in list(PRIMARIES)[1:]:
        frame[f"primary_group={level}"] = (people["primary_group"] == level) * 1.0
    return frame


# The files


def test_the_demonstration_in_git_is_what_the_command_writes(demo):
    for path in demo:
        assert content(path) == content(RAW / path.name), path.name


def test_the_same_command_writes_the_same_bytes(tmp_path):
    first, second = (demo_data(PROJECT, n=20, out=tmp_path / name) for name in "ab")
    for one, other in zip(first, second, strict=True):
        assert one.read_bytes() == other.read_bytes(), one.name


def test_the_command_writes_into_the_folder_it_is_given(tmp_path):
    assert main(["demo-data", "--n", "12", "--out", str(tmp_path)]) == 0
    written = {path.name for path in tmp_path.iterdir()}
    assert written == {"demo.xlsx", "demo_wide.xlsx", "demo_truth.csv"}


def test_the_blank_template_is_the_same_bytes_twice(tmp_path):
    first, second = (write_template(tmp_path / name) for name in ("a.xlsx", "b.xlsx"))
    assert first.read_bytes() == second.read_bytes()
    book = openpyxl.load_workbook(first)
    assert book.sheetnames == [ABOUT, CODEBOOK, *template_layout()]
    sexes = [v.formula1 for v in book["patients"].data_validations.dataValidation]
    assert '"female,male,other"' in sexes


def test_the_wide_profile_in_git_is_the_one_that_the_layout_makes():
    assert PATH.read_text(encoding="utf-8") == profile_text()


@pytest.mark.parametrize("name", ["demo.xlsx", "demo_wide.xlsx"])
def test_a_demonstration_workbook_says_synthetic_first(name):
    book = openpyxl.load_workbook(RAW / name, read_only=True)
    first = book[book.sheetnames[0]]
    assert str(first["A1"].value).startswith("SYNTHETIC")


def test_headers_of_the_demonstration_are_those_of_the_template():
    book = openpyxl.load_workbook(RAW / "demo.xlsx", read_only=True)
    for sheet, columns in layout().items():
        header = [cell.value for cell in next(book[sheet].iter_rows(max_row=1))]
        assert header == [title for title, _ in columns]


def test_an_unknown_model_or_a_tiny_cohort_is_refused(tmp_path):
    with pytest.raises(ParameterError, match="grade_dependent_lag"):
        demo_data(PROJECT, model="grade_dependant_lag", out=tmp_path)
    with pytest.raises(ParameterError, match="at least 10"):
        demo_data(PROJECT, n=3, out=tmp_path)
    assert not list(tmp_path.iterdir())


# The truth file


@pytest.mark.parametrize(("workbook", "place"), [("demo.xlsx", "cell"),
                                                 ("demo_wide.xlsx", "cell_wide")])  # fmt: skip
def test_clean_cells_hold_their_true_value_and_blanked_cells_nothing(truth, workbook, place):
    book = openpyxl.load_workbook(RAW / workbook)
    wide = place == "cell_wide"
    placed = truth[truth[place] != ""]
    tables = dictionary().tables
    clean = set()
    for row in placed.itertuples():
        sheet = book["PRRT abstraction" if wide else row.table]
        value = sheet[getattr(row, place)].value
        kind = tables[row.table].columns[row.column].kind
        if row.rule == "blank":
            assert value is None
        elif row.written_as == "clean" and isinstance(value, dt.datetime):
            assert value.date().isoformat() == row.true_value
            clean.add(kind)
        elif row.written_as == "clean" and isinstance(value, (int, float)):
            assert value == pytest.approx(float(row.true_value))
            clean.add(kind)
        elif row.written_as == "clean" and kind == "activity":
            number, unit = value.split()
            gbq = float(number) * {"mCi": 0.037, "GBq": 1.0}[unit]
            assert gbq == pytest.approx(float(row.true_value))
        elif row.written_as == "clean" and not tables[row.table].columns[row.column].multiple:
            assert value == row.true_value
    assert {"partial_date", "age", "percent_or_range", "mitoses"} <= clean


def test_every_filled_cell_of_the_demonstration_is_in_the_truth_file(truth):
    book = openpyxl.load_workbook(RAW / "demo.xlsx")
    known = set(zip(truth["table"], truth["cell"], strict=True))
    for table in template_layout():
        for row in book[table].iter_rows(min_row=2, min_col=2):
            for cell in row:
                assert cell.value is None or (table, cell.coordinate) in known, cell.coordinate


def test_about_6_6_percent_of_the_cells_are_defective_and_every_kind_of_defect_occurs(truth):
    typed = truth[truth["table"] != "labs"]
    assert (typed["written_as"] == "defect").mean() == pytest.approx(0.066, abs=0.004)
    exported = truth[truth["table"] == "labs"]
    assert 0.003 < (exported["written_as"] == "defect").mean() < 0.015
    expected = {
        "blank", "ambiguous-word", "unit-missing", "impossible-date", "ambiguous-date-order",
        "excel-date", "alive-with-death-date", "cycles-out-of-order", "age-and-birth-disagree",
        "progression-without-scan", "diagnosis-after-prrt", "duplicate-exact",
        "duplicate-conflict", "orphan", "onset-after-death", "death-before-diagnosis",
    }  # fmt: skip
    assert expected <= set(truth["rule"])


def test_no_numeric_text_date_proves_an_order_of_day_and_month(truth):
    book = openpyxl.load_workbook(RAW / "demo.xlsx")
    found = truth[truth["rule"] == "ambiguous-date-order"]
    assert len(found) > 3
    for row in found.itertuples():
        month, day, _ = map(int, book[row.table][row.cell].value.split("/"))
        assert month <= 12 and day <= 12 and month != day


# The cohort


def test_typed_tables_have_the_columns_of_the_dictionary(large):
    for name, frame in large.tables.items():
        assert list(frame.columns) == [*dictionary().tables[name].typed_columns(), "row"]
    cycles = large.tables["prrt_cycles"]
    assert cycles["cycle_date"].dtype == "datetime64[ns]"
    assert cycles["activity_gbq"].dtype == "float64"
    assert (cycles["activity_op"] == "=").all()


def test_clean_tables_hold_no_impossible_order_of_dates(large):
    people, tables = large.people, large.tables
    assert (people["diagnosis"] < people["first"]).all()
    assert (people["death"] > people["start"]).all()
    last = tables["followup"].set_index("patient_id")["last_contact_date"]
    for table, column in (("imaging", "scan_date"), ("prrt_cycles", "cycle_date"),
                          ("adverse_events", "onset_date"), ("biomarkers", "sample_date"),
                          ("labs", "lab_date"),
                          ("subsequent_therapies", "therapy_date")):  # fmt: skip
        frame = tables[table]
        assert (frame[column] <= frame["patient_id"].map(last)).all(), table
    gaps = tables["prrt_cycles"].groupby("patient_id")["cycle_date"].diff().dt.days.dropna()
    assert (gaps >= 28).all()


@pytest.mark.parametrize("n", [135, 20_000])
def test_the_cohort_keeps_to_what_has_been_published(n, large):
    found = anchors(large if n == 20_000 else generate(n))
    assert found["within"].all(), found.to_string()


def test_creatinine_gives_back_the_egfr_it_was_made_from():
    # CKD-EPI 2021 by hand: a man of 50 with 1.0 mg/dL, 142 (1.0/0.9)^-1.2 0.9938^50 = 91.70; a
    # woman of 60 with 0.6 mg/dL, 142 (0.6/0.7)^-0.241 0.9938^60 1.012 = 102.70.
    for egfr, age, woman, creatinine in ((91.70, 50, False, 1.0), (102.70, 60, True, 0.6)):
        found = creatinine_of(np.array([egfr]), np.array([age]), np.array([woman]))
        assert found[0] == pytest.approx(creatinine, abs=0.002)


def test_counts_fall_after_a_cycle_and_an_adverse_event_takes_them_to_its_grade(large):
    labs = large.records["labs"]
    assert 100_000 < len(labs) < 200_000
    first = large.people["first"].to_numpy()[labs["who"]]
    platelets = labs.assign(day=(labs["lab_date"] - first).dt.days)
    platelets = platelets[platelets["lab_test"] == "platelets"]
    before = platelets[platelets["day"] <= 0].set_index("who")["lab_value"]
    low = platelets[platelets["day"].between(25, 45)].groupby("who")["lab_value"].min()
    ratio = (low / before).dropna()
    assert 0.70 < ratio.median() < 0.85
    events = large.records["adverse_events"]
    severe = events[(events["term"] == "Platelet count decreased") & (events["grade_number"] == 3)]
    lowest = platelets.groupby("who")["lab_value"].min().reindex(severe["who"]).dropna()
    assert len(lowest) > 50 and (lowest < 50).mean() > 0.6


def test_m1_is_written_exactly_for_those_with_metastases_at_diagnosis(large):
    tumour = large.records["tumour"].dropna(subset=["tnm_raw"])
    distant = tumour["tnm_raw"].str.endswith("M1")
    assert (distant == (tumour["metastases_at_dx"] == "yes")).all()
    assert tumour["tnm_raw"].map(lambda text: tnm(text)["t"] is not None).all()
    recent = tumour["diagnosis_date"].dt.year >= 2018
    assert ((tumour["ajcc_edition"] == 8) == recent).all()


def test_progression_is_seen_at_scans_and_flags_agree_with_words(large):
    scans = large.tables["imaging"]
    seen = (scans["any_lesion_increase"] == "yes") | (scans["new_lesions"] == "yes")
    assert (seen == scans["response_word"].isin(["PD", "mixed"])).all()
    reported = scans["progression_date_reported"].notna()
    assert (
        scans.loc[reported, "progression_date_reported"] == scans.loc[reported, "scan_date"]
    ).all()
    assert seen[reported].all()


def test_the_same_seed_gives_the_same_cohort_and_another_seed_another():
    first, again, other = generate(50, seed=5), generate(50, seed=5), generate(50, seed=6)
    pd.testing.assert_frame_equal(first.people, again.people)
    assert not first.people["death"].equals(other.people["death"])


# The truth of the source population


def test_marginal_survival_is_the_mean_over_drawn_patients():
    # Monte Carlo over the same covariates: 200,000 draws, standard error about 0.001.
    from demo.population import diagnosed

    people = diagnosed(200_000, np.random.default_rng(3), MODELS["default"])
    for days in (365, 1826, 3650):
        drawn = (people["life_days"] > days).mean()
        assert float(true_survival(days)) == pytest.approx(drawn, abs=0.004)
    gep = people[people["primary_group"].isin(["small bowel", "pancreas", "other GEP"])]
    drawn = (gep["life_days"] > 1826).mean() / (gep["life_days"] > 731).mean()
    assert float(true_survival(1826, 731, population="gep")) == pytest.approx(drawn, abs=0.005)


def test_half_of_those_alive_at_t0_are_dead_at_the_true_median():
    for t0 in (0.0, 365.0, 1826.0):
        assert float(true_survival(true_median(t0), t0)) == pytest.approx(0.5, abs=1e-9)


@pytest.mark.parametrize("t0", [180, 365, 731])
def test_delayed_entry_finds_the_source_population_and_naive_survival_does_not(large, t0):
    frame = on_diagnosis_clock(large)
    truth = large.true_median(t0)
    kept = frame[frame["exit"] > t0]
    # Limits of 3 standard errors: three horizons are looked at, and chance is not the question.
    entry = kept["entry"].clip(lower=t0)
    fit = KaplanMeierFitter(alpha=0.0027).fit(kept["exit"], kept["died"], entry=entry)
    limits = fit.confidence_interval_.set_axis(["low", "high"], axis=1)
    low, high = (limits.index[limits[name] <= 0.5].min() for name in ("low", "high"))
    assert low <= truth <= high
    naive = KaplanMeierFitter().fit(frame["exit"], frame["died"]).median_survival_time_
    assert naive > large.true_median() * 1.4


def test_delayed_entry_cox_finds_every_declared_log_hazard_ratio(large):
    frame = on_diagnosis_clock(large)
    declared = pd.Series(large.model.log_hazard_ratios())
    fit = cox(frame, "exit", "died", list(declared.index), entry="entry")
    away = (fit.coefficients - declared) / fit.std_errors
    assert len(declared) == 9
    assert away.abs().max() < 3, away.to_string()


@pytest.mark.parametrize(("model", "speaks"), [("default", False), ("grade_dependent_lag", True)])
def test_the_lag_tells_of_survival_only_where_it_depends_on_grade(model, speaks, large):
    cohort = large if model == "default" else generate(5_000, model=model)
    frame = on_diagnosis_clock(cohort)[["entry", "exit", "died"]]
    frame["log_lag"] = np.log(cohort.people["lag_days"])
    fit = cox(frame, "exit", "died", ["log_lag"], entry="entry")
    assert (abs(fit.coefficients.iloc[0] / fit.std_errors.iloc[0]) > 4) == speaks

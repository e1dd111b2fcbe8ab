"""Deaths without a day: a workbook without the column, and with more and more days missing."""

from __future__ import annotations

import datetime as dt
import re
import sys
import zipfile
from pathlib import Path

import pandas as pd
import pytest
import small_project
from small_workbooks import HEADERS, PROFILE, asked, book, read

from prrt_lib.base.errors import WorkbookError

sys.path.insert(0, str(Path(__file__).parent / "analyse"))
from small_study import SmallStudy, check  # noqa: E402

from prrt_lib.analyse import survival
from prrt_lib.draw import figures, sentences, tables  # noqa: E402
from prrt_lib.topics.response import landmark
from prrt_lib.topics.survival import survival_family  # noqa: E402

FIRST = dt.datetime(2012, 1, 1)
LINES = "workbook: data/raw/small.xlsx\nprofile: params/profiles/small.yaml\ncutoff: 2019-12-31\n"


def day(number: int) -> dt.datetime:
    return FIRST + dt.timedelta(days=number)


def cohort(undated: int, patients: int = 24, deaths: int = 10) -> dict[str, list[dict]]:
    """Everybody treated on day 0 and scanned on day 90; patient n of the first ``deaths`` died on
    day 100 n, the first ``undated`` of them nobody knows when; the others were seen on day 2500.
    """
    ids = [f"NET-{n:03}" for n in range(1, patients + 1)]
    people = [
        {"ID": name, "Sex": "F", "Born": dt.datetime(1950, 1, 1), "Diagnosis": day(-400),
         "Primary": "pancreas", "Status": "Dead" if n <= deaths else "Alive",
         "Died": day(100 * n) if undated < n <= deaths else None,
         "Seen": None if n <= deaths else day(2500)}
        for n, name in enumerate(ids, start=1)
    ]  # fmt: skip
    return {
        "Patients": people,
        "Cycles": [{"ID": name, "No": 1, "Date": day(0), "Activity (GBq)": 7.4} for name in ids],
        "Scans": [{"ID": name, "Date": day(90), "Modality": "CT", "Response": "SD"}
                  for name in ids],
        "Events": [{"ID": ids[0], "Event": "Nausea", "Grade": 2, "Onset": day(1)}],
    }  # fmt: skip


# Rows


def study(undated: int, deaths: int = 100, patients: int = 120) -> SmallStudy:
    """Treated on 2012-01-01; n of the dead died on day 20 n; the first ``undated`` nobody knows."""
    ids = [f"A{n:03}" for n in range(1, patients + 1)]
    follow = [
        {"patient_id": name, "vital_status": "dead" if n <= deaths else "alive",
         "death_date": day(20 * n) if undated < n <= deaths else None,
         "last_contact_date": None if n <= deaths else day(2500)}
        for n, name in enumerate(ids, start=1)
    ]  # fmt: skip
    cycles = [{"patient_id": name, "cycle_no": 1, "cycle_date": FIRST} for name in ids]
    scans = [{"patient_id": name, "scan_date": day(90), "response_word": "SD"} for name in ids[5:]]
    given = {"patients": [{"patient_id": name} for name in ids], "prrt_cycles": cycles,
             "followup": follow, "imaging": scans}  # fmt: skip
    return SmallStudy(given, cutoff="2019-12-31")


@pytest.mark.parametrize("undated", [1, 3, 10])
def test_up_to_a_tenth_undated_deaths_count_and_are_told_on_every_row(undated):
    for endpoint in ("os_prrt", "pfs", "ttp", "cif_progression"):
        rows = check(survival.curve(study(undated), endpoint))
        assert rows["warning"].str.contains(f"{undated} of 100 deaths without a date").all()
        assert (rows["state"] == "ok").any() and set(rows["setting"]) == {""}
    rows = survival.curve(study(undated), "os_prrt")
    assert rows["events"].max() == 100 and rows["n"].iloc[0] == 120


def test_a_median_is_bracketed_where_more_than_a_tenth_have_no_day():
    made = study(30)
    rows = check(survival.curve(made, "os_prrt"))
    main = rows[rows["setting"] == ""]
    quantities = main[main["statistic"].isin(["median", "survival"])]
    assert set(quantities["state"]) == {"not-estimable"} and quantities["estimate"].isna().all()
    # Sixty of 120 dead is a half (the midpoint to the 61st). Shortest: the 30 die first, so the
    # 60th death is that on day 1200. Longest: at the cut-off, so it is the 60th dated one, 1800.
    bracket = rows[rows["statistic"] == "median"].set_index("setting")["estimate"]
    assert bracket["shortest"] == 1210 and bracket["longest"] == 1810
    told = sentences.medians(rows).texts
    assert len(told) == 1 and "median between 39.8 and 59.5 months" in told[0]
    table = tables.survival(rows, "Survival", {731.0: "2 years"}).frame()
    assert table["median, months (95 % limits)"].tolist() == ["between 39.8 and 59.5"]
    # Two years: of the dated ones 31 to 36 have died; in the shortest reading the 30 as well.
    assert table["2 years, % (95 % limits)"].tolist() == ["between 70.0 and 95.0"]
    assert "more than 10 % of the deaths have no date" in rows["warning"].iloc[0]


def test_nothing_is_drawn_of_what_is_not_estimable(tmp_path, monkeypatch):
    monkeypatch.setenv("PRRT_OUT", str(tmp_path))
    drawn = figures.survival_curve(survival.curve(study(30), "os_prrt"), "small")
    assert not [line for line in drawn.axes[0].lines if len(line.get_xdata())]


def test_the_readings_that_stand_in_are_not_repeated_as_sensitivities():
    rows = survival_family.sensitivities(study(30)).query("endpoint == 'os_prrt'")
    assert not {"shortest", "longest"} & set(rows["setting"])
    assert "vital_status_reversed" not in set(rows["setting"])
    assert {"shortest", "longest"} <= set(survival_family.sensitivities(study(3))["setting"])


def test_curves_from_a_landmark_carry_the_same_doubt():
    rows = check(landmark.landmark(study(30), 6.0))
    quantities = rows[rows["statistic"].isin(["median", "survival"])]
    assert set(quantities["state"]) == {"not-estimable"}
    assert rows["warning"].str.contains("deaths without a date").all()


# Reading


RENAMED = [name if name != "Died" else "Death dt" for name in HEADERS["Patients"]]


def test_a_renamed_column_of_death_dates_is_an_error_that_names_the_nearest_header(tmp_path):
    made = book(cohort(0), {**HEADERS, "Patients": RENAMED})
    with pytest.raises(WorkbookError) as error:
        read(tmp_path, made, PROFILE.replace("death_date: Died", "death_date: Death date"))
    told = str(error.value)
    assert "sheet Patients, row 1: found no header 'Death date'" in told
    assert "the nearest is 'Death dt' in K1" in told and "absent: [death_date]" in told


@pytest.mark.parametrize(("sheet", "header"), [
    ("Patients", "Status"), ("Patients", "Died"), ("Patients", "Seen"), ("Cycles", "Date"),
    ("Scans", "Date"), ("Scans", "Response"), ("Scans", "Progression"),
])  # fmt: skip
def test_each_column_that_decides_an_endpoint_is_missed_when_it_is_gone(tmp_path, sheet, header):
    heads = {**HEADERS, sheet: [name for name in HEADERS[sheet] if name != header]}
    with pytest.raises(WorkbookError, match=f"sheet {sheet}, row 1: found no header '{header}'"):
        read(tmp_path, book(cohort(0), heads))


def test_a_column_declared_absent_is_not_missed_and_its_deaths_count(tmp_path):
    heads = {**HEADERS, "Patients": [name for name in HEADERS["Patients"] if name != "Died"]}
    absent = PROFILE.replace("name: small", "name: small\nabsent: [death_date]")
    reading = read(tmp_path, book(cohort(0), heads), absent)
    assert len(asked(reading, "dead-without-date")) == 10
    assert not asked(reading, "entry-without-header")


def test_an_unknown_name_among_the_absent_meets_the_nearest(tmp_path):
    text = PROFILE.replace("name: small", "name: small\nabsent: [death_dat]")
    with pytest.raises(Exception, match="did you mean 'death_date'"):
        read(tmp_path, cohort(0), text)


# Whole runs


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    """A copy of the project whose story is survival and the report."""
    folder = tmp_path_factory.mktemp("undated")
    story, small_project.STORY = small_project.STORY, ("survival", "report")
    try:
        return small_project.copied(folder)
    finally:
        small_project.STORY = story


def finished(project: Path, name: str, rows, profile: str = PROFILE, heads=HEADERS):
    book(rows, heads).save(project / "data" / "raw" / "small.xlsx")
    (project / "params" / "profiles" / "small.yaml").write_text(profile, encoding="utf-8")
    (project / "params" / f"{name}.yaml").write_text(LINES, encoding="utf-8")
    return small_project.run(project, name, project, site=True)


def card(project: Path, name: str, title: str) -> str:
    page = (project / "reports" / name / "index.html").read_text(encoding="utf-8")
    tile = re.search(rf"{re.escape(title)}</a></dt>(.*?)</div>", page, re.S).group(1)
    return " ".join(re.sub(r"<[^>]+>", " ", tile).split())


def word(project: Path, name: str) -> str:
    with zipfile.ZipFile(project / "reports" / name / "tables.docx") as parts:
        return re.sub(r"<[^>]+>", " ", parts.read("word/document.xml").decode("utf-8"))


OS = "Overall survival from first PRRT"


def test_a_workbook_without_dates_of_death_shows_what_it_cannot_know(project):
    heads = {**HEADERS, "Patients": [name for name in HEADERS["Patients"] if name != "Died"]}
    gone = finished(project, "gone", cohort(0), heads=heads)
    assert gone.returncode == 2 and "no header 'Died'" in gone.stderr
    absent = PROFILE.replace("name: small", "name: small\nabsent: [death_date]")
    done = finished(project, "absent", cohort(0), absent, heads)
    assert done.returncode == 0, done.stderr
    shown = card(project, "absent", OS)
    assert shown.startswith("between ") and "10 of 10 deaths without a date" in shown
    assert "10 events in 24 patients" in shown
    assert "10 of 10" in card(project, "absent", "Deaths without a date")
    # Ten of 24 is less than half: the median is not reached however the deaths fall.
    assert "between not reached and not reached" in word(project, "absent")
    assert "median between not reached and not reached months" in done.stdout


def test_one_undated_death_of_ten_keeps_the_median_and_is_told(project):
    done = finished(project, "one", cohort(1, deaths=20), PROFILE)
    assert done.returncode == 0, done.stderr
    shown = card(project, "one", OS)
    assert "20 events in 24 patients" in shown and "1 of 20 deaths without a date" in shown
    # The undated one dies in the middle of day 91 and the cut-off, day 2921: day 1506. So the
    # twelfth of 24 deaths is that on day 1300, and half are gone between it and day 1400.
    assert "44.4 months" in shown
    findings = pd.read_csv(project / "data" / "processed" / "one" / "findings.csv", dtype=str)
    assert (findings["rule"] == "dead-without-date").sum() == 1

"""Three exports of one REDCap project, walked as a new user would: draft, decide, check, read."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from prrt_lib.base.errors import WorkbookError
from prrt_lib.read.reading import Reading, read_workbook
from prrt_lib.tools.check import check
from prrt_lib.tools.draft.profile import draft

FIELDS = """\
Variable / Field Name,Form Name,Field Type,Field Label,"Choices, Calculations, OR Slider Labels"
record_id,base,text,Study ID,
sex,base,radio,Sex,"1, Male | 2, Female"
ecog,base,radio,ECOG,"1, 0 | 2, 1 | 3, 2"
mets,base,checkbox,Metastatic sites,"1, Liver | 2, Bone | 4, Skin"
symptoms,base,checkbox,Symptoms at diagnosis,"0, None | 1, Flushing | 2, Hot feet | -9, Unknown"
prrt_date,prrt,text,Date of PRRT,
activity,prrt,text,Administered activity (GBq),
ssa,prrt,yesno,On SSA,
ae_term,events,text,Adverse event,
ae_grade,events,radio,CTCAE grade,"1, Mild | 2, Moderate | 3, Severe"
ae_rel,events,radio,Related to PRRT,"0, Unrelated | 3, Probable"
vital,fu,radio,Vital status,"0, Alive | 1, Dead"
dod,fu,text,Date of death,
seen,fu,text,Last contact,
"""
HEAD = ("record_id,redcap_repeat_instrument,redcap_repeat_instance,sex,ecog,mets___1,mets___2,"
        "mets___4,"
        "symptoms___0,symptoms___1,symptoms___2,symptoms____9,base_complete,prrt_date,activity,ssa,"
        "prrt_complete,ae_term,ae_grade,ae_rel,events_complete,vital,dod,seen,"
        "fu_complete")  # fmt: skip
# Record 1 has a third, blank cycle; record 2 an event with no more than its relatedness.
RAW = f"""\
{HEAD}
1,,,2,1,1,0,1,0,1,1,0,2,,,,,,,,,,,,
1,prrt,1,,,,,,,,,,,2012-01-10,7.4,1,2,,,,,,,,
1,prrt,2,,,,,,,,,,,2012-03-10,7.3,0,2,,,,,,,,
1,prrt,3,,,,,,,,,,,,,,0,,,,,,,,
1,events,1,,,,,,,,,,,,,,,Nausea,2,3,2,,,,
1,events,2,,,,,,,,,,,,,,,,,,0,,,,
1,fu,1,,,,,,,,,,,,,,,,,,,0,,2015-01-01,2
2,,,1,3,0,0,0,1,0,0,0,2,,,,,,,,,,,,
2,prrt,1,,,,,,,,,,,2013-01-10,7.4,1,2,,,,,,,,
2,events,1,,,,,,,,,,,,,,,,,0,0,,,,
2,fu,1,,,,,,,,,,,,,,,,,,,1,2014-03-01,,2
"""
LABELS = {
    "sex": {"1": "Male", "2": "Female"}, "ecog": {"1": "0", "2": "1", "3": "2"},
    "ssa": {"1": "Yes", "0": "No"}, "vital": {"0": "Alive", "1": "Dead"},
    "ae_grade": {"1": "Mild", "2": "Moderate", "3": "Severe"},
    "ae_rel": {"0": "Unrelated", "3": "Probable"},
}  # fmt: skip
NAMES = (
    "Study ID,Repeat Instrument,Repeat Instance,Sex,ECOG,Metastatic sites (choice=Liver),"
    "Metastatic sites (choice=Bone),Metastatic sites (choice=Skin),"
    "Symptoms at diagnosis (choice=None),Symptoms at diagnosis (choice=Flushing),"
    "Symptoms at diagnosis (choice=Hot feet),Symptoms at diagnosis (choice=Unknown),Complete?,"
    "Date of PRRT,Administered activity (GBq),On SSA,Complete?,Adverse event,CTCAE grade,"
    "Related to PRRT,Complete?,Vital status,Date of death,Last contact,Complete?"
)


def labelled(heads: bool) -> str:
    """The same records as REDCap exports them with labels; the header as well, or not."""
    head, *lines = csv.reader(io.StringIO(RAW))
    ticks = {"1": "Checked", "0": "Unchecked"}
    told = [[(ticks if "___" in name else LABELS.get(name, {})).get(cell, cell)
             for name, cell in zip(head, line, strict=True)] for line in lines]  # fmt: skip
    out = io.StringIO()
    csv.writer(out).writerows(told)
    return f"{NAMES if heads else HEAD}\n{out.getvalue()}"


EXPORTS = {"raw": RAW, "labels": labelled(heads=False), "labels and names": labelled(heads=True)}


def walked(folder: Path, text: str) -> tuple[Path, Path, str]:
    """(export, decided profile, draft) of a new user's first steps."""
    (folder / "fields.csv").write_text(FIELDS, encoding="utf-8")
    export = folder / "records.csv"
    export.write_text(text, encoding="utf-8")
    drafted = draft(export, folder / "fields.csv")
    decided = drafted.replace("TODO say in a few words what this workbook is", "ours")
    decided = decided.replace("TODO Hot feet", "flushing").replace("TODO ", "")
    profile = folder / "ours.yaml"
    profile.write_text(decided, encoding="utf-8")
    return export, profile, drafted


def read(folder: Path, text: str) -> Reading:
    export, profile, _ = walked(folder, text)
    return read_workbook(export, str(profile))


@pytest.mark.parametrize("kind", EXPORTS)
def test_draft_check_and_reading_give_the_records_that_were_entered(tmp_path, kind):
    tables = read(tmp_path, EXPORTS[kind]).tables
    assert tables["patients"]["sex"].tolist() == ["female", "male"]
    assert tables["patients"]["ecog"].tolist() == [0, 2]
    assert tables["metastases"][["patient_id", "metastasis_site"]].values.tolist() == [
        ["1", "liver"], ["1", "other"]]  # fmt: skip
    assert tables["symptoms"]["symptom"].tolist() == ["flushing", "none"]
    assert tables["prrt_cycles"]["activity_gbq"].tolist() == [7.4, 7.3, 7.4]
    assert tables["prrt_cycles"]["ssa_at_time"].tolist() == ["yes", "no", "yes"]
    assert tables["adverse_events"][["term_verbatim", "grade", "related_prrt"]].values.tolist() == [
        ["Nausea", "2", "probable"]]  # fmt: skip
    assert tables["followup"]["vital_status"].tolist() == ["alive", "dead"]


@pytest.mark.parametrize("kind", EXPORTS)
def test_what_is_asked_is_the_row_that_is_no_event(tmp_path, kind):
    export, profile, _ = walked(tmp_path, EXPORTS[kind])
    found, _ = check(export, str(profile), "2016-01-01")
    assert found.query("severity == 'warning'")["rule"].tolist() == [
        "block-without-record", "primary-site-not-abstracted"]  # fmt: skip
    (row,) = found.query("rule == 'block-without-record'").to_dict("records")
    assert (row["table"], row["sheet"]) == ("adverse_events", "events")


def test_the_draft_asks_only_about_choices_nobody_could_know(tmp_path):
    _, _, drafted = walked(tmp_path, RAW)
    asked = [line.partition(":")[0].strip() for line in drafted.splitlines()
             if "TODO" in line and not line.startswith(("#", "absent"))]  # fmt: skip
    assert asked == ["label", "symptom"]
    assert '"2": TODO Hot feet' in drafted
    assert "TODO Unknown" not in drafted


def test_codes_and_labels_in_one_file_are_refused_with_a_cell_of_each(tmp_path):
    mixed = RAW.replace("1,,,2,1,", "1,,,Female,1,", 1)
    with pytest.raises(WorkbookError, match="a code in F2, a label in D2") as error:
        walked(tmp_path, mixed)
    assert "raw data" in str(error.value)

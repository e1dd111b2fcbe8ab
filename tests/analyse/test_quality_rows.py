"""Findings, flow and follow-up on patients one can count by hand."""

import pandas as pd
from small_study import SmallStudy, check, n_of, one, treated

from prrt_lib.declare.yaml_files import load_words
from prrt_lib.run import headline
from prrt_lib.tools.site import start
from prrt_lib.topics.quality import quality


class Asked:
    """A study with three findings."""

    findings = pd.DataFrame({
        "severity": ["warning", "note", "warning"], "rule": ["b", "a", "b"],
        "message": ["m", "n", "m"], "how_to_resolve": ["x", "y", "x"],
    })  # fmt: skip


def test_findings_are_counted_by_severity_and_rule():
    rows = check(quality.findings(Asked()))
    assert one(rows, group_level="warning", level="b")["n"] == 2
    assert one(rows, group_level="warning", level="")["n"] == 2
    assert one(rows, group_level="error", level="")["n"] == 0


def test_the_most_serious_question_comes_first():
    assert quality.questions(Asked())["n"].tolist() == [2, 1]
    assert quality.questions(Asked())["severity"].tolist() == ["warning", "note"]


def test_the_flow_rows_add_up():
    study = SmallStudy(
        {
            "patients": [{"patient_id": name} for name in ("A1", "A2", "A3")],
            "tumour": [
                {"patient_id": "A1", "primary_site": "ileum"},
                {"patient_id": "A2", "primary_site": "lung"},
            ],
            "prrt_cycles": treated("A1", "A2"),
        }
    )
    rows = check(quality.flow(study))
    left = rows[(rows["group"] == "excluded") & (rows["population"] == "gep")]
    assert left["n"].sum() == 1
    assert one(rows, level="GEP primary", population="gep")["n"] == 1
    assert one(rows, level="All treated", group="")["n"] == 2


def test_a_patient_seen_for_half_of_the_possible_time_halves_completeness():
    # Possible: 2015-01-01 to the cut-off 2016-12-31 is 730 days for each. A1 was seen for 365,
    # A2 died after 100 days and is complete: (365 + 100) / (730 + 100).
    study = SmallStudy({
        "patients": [{"patient_id": "A1"}, {"patient_id": "A2"}],
        "prrt_cycles": treated("A1", "A2"),
        "followup": [
            {"patient_id": "A1", "vital_status": "alive", "last_contact_date": "2016-01-01"},
            {"patient_id": "A2", "vital_status": "dead", "death_date": "2015-04-11"},
        ],
    }, cutoff="2016-12-31")  # fmt: skip
    rows = check(quality.completeness(study))
    assert n_of(rows, level="person-time observed") == (465, 830)
    assert n_of(rows, level="patients followed to death, horizon or cut-off") == (1, 2)


def test_the_start_page_counts_suspected_pairs():
    asked = Asked()
    asked.findings = Asked.findings.assign(rule=["same-person", "a", "same-person"])
    records = quality.findings(asked).to_dict("records")
    (item,) = [one for one in load_words(headline.PLAN)["headline"] if one.get("counts") == "pairs"]
    row = headline.row_of(item, records, "gep")
    assert start.said(row, item["counts"]) == ("2", "pairs")

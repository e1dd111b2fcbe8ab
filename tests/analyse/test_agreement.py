"""Two abstractions of the same patients: percent, kappa, and the cells that differ."""

from __future__ import annotations

import datetime as dt
import math
from pathlib import Path

import pandas as pd
import pytest
from small_workbooks import ROWS, D, book, changed, profile

from prrt_lib.analyse.agreement import agreement, disagreements, in_both
from prrt_lib.base.errors import AnalysisError
from prrt_lib.cli import main
from prrt_lib.estimate.agreement import intraclass_correlation, kappa, limits_of_agreement
from prrt_lib.read.reading import Reading, read_workbook


def read(folder: Path, name: str, rows) -> Reading:
    path = folder / f"{name}.xlsx"
    book(rows).save(path)
    return read_workbook(path, profile(folder))


def row(rows: pd.DataFrame, table: str, variable: str, statistic: str = "proportion") -> pd.Series:
    found = rows.query(
        "group_level == @table and variable == @variable and statistic == @statistic"
    )
    assert len(found) == 1
    return found.iloc[0]


def test_kappa_of_a_table_worked_out_by_hand():
    # 100 items:      b: x   y   z
    #            a: x   75   1   4 | 80
    #               y    5   4   1 | 10
    #               z    0   0  10 | 10
    #                   80   5  15
    table = {"xx": 75, "xy": 1, "xz": 4, "yx": 5, "yy": 4, "yz": 1, "zz": 10}
    found = kappa(*(["".join(pair[at] * n for pair, n in table.items()) for at in (0, 1)])).iloc[0]
    # Observed 0.89; by chance 0.80 x 0.80 + 0.10 x 0.05 + 0.10 x 0.15 = 0.66.
    expected = (0.89 - 0.66) / (1 - 0.66)
    assert found["estimate"] == pytest.approx(expected, abs=1e-12) and found["n"] == 100
    # Fleiss, Cohen and Everitt 1969: variance from the shares p and the margins.
    rows, columns = {"x": 0.8, "y": 0.1, "z": 0.1}, {"x": 0.8, "y": 0.05, "z": 0.15}
    share = {pair: n / 100 for pair, n in table.items()}
    same = sum(share[k + k] * (1 - (rows[k] + columns[k]) * (1 - expected)) ** 2 for k in "xyz")
    other = (1 - expected) ** 2 * sum(
        p * (columns[i] + rows[j]) ** 2 for (i, j), p in share.items() if i != j
    )
    rest = (expected - 0.66 * (1 - expected)) ** 2
    error = math.sqrt((same + other - rest) / 100) / (1 - 0.66)
    assert found["std_error"] == pytest.approx(error, rel=1e-9)
    assert found["low"] == pytest.approx(expected - 1.959964 * error, abs=1e-6)


def test_kappa_of_agreement_no_better_than_chance_is_zero():
    found = kappa(["y", "y", "n", "n"], ["y", "n", "y", "n"]).iloc[0]
    assert found["estimate"] == pytest.approx(0.0)


def test_kappa_with_one_category_or_none_is_not_estimable():
    assert kappa(["y"] * 5, ["y"] * 5).iloc[0]["state"] == "not-estimable"
    assert kappa([], []).iloc[0]["state"] == "not-estimable"
    with pytest.raises(AnalysisError):
        kappa(["y"], [])


def test_agreement_on_every_item_has_no_limits():
    found = kappa(["y", "n"], ["y", "n"]).iloc[0]
    assert found["estimate"] == 1 and pd.isna(found["low"]) and "no limits" in found["warning"]


# Shrout and Fleiss, Psychological Bulletin 1979, table 2: six targets, four judges.
JUDGES = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
# Bland and Altman, Lancet 1986: peak flow of 17 subjects by two meters, l/min.
WRIGHT = [494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427]
MINI = [512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451]


def test_the_intraclass_correlation_of_the_published_example():
    """0.29 as published (table 4), 95% CI 0.02 to 0.76 as R's psych gives."""
    found = intraclass_correlation(JUDGES).iloc[0]
    assert found["estimate"] == pytest.approx(0.29, abs=0.005)
    assert (found["low"], found["high"]) == pytest.approx((0.019, 0.761), abs=0.0006)
    assert found["n"] == 6 and "absolute agreement" in found["method"]


def test_the_intraclass_correlation_of_two_raters_worked_out_by_hand():
    """1, 2, 3 against 2, 3, 4: items 2 x 2 / 2 = 2 between, raters 6 x 0.25 = 1.5, nothing left."""
    found = intraclass_correlation([[1, 2], [2, 3], [3, 4]]).iloc[0]
    # ICC(2,1) = (2 - 0) / (2 + 0 + 2/3 (1.5 - 0)) = 2/3: the second rater is always 1 higher.
    assert found["estimate"] == pytest.approx(2 / 3)


def test_an_intraclass_correlation_that_cannot_be_says_why():
    same = intraclass_correlation([[1, 1], [2, 2], [4, 4]]).iloc[0]
    assert same["estimate"] == 1 and pd.isna(same["low"]) and "every item" in same["warning"]
    for ratings in ([[1, 2], [2, 3]], [[5, 5]] * 4, [[0, 0]] * 4):
        assert intraclass_correlation(ratings).iloc[0]["state"] == "not-estimable"
    with pytest.raises(AnalysisError, match="a complete table"):
        intraclass_correlation([[1, float("nan")]] * 4)


def test_limits_of_agreement_of_the_published_example():
    """Mean -2.1, SD 38.8, limits -78.1 and 73.9 (1.96 SD; the paper rounds 1.96 to 2)."""
    found = limits_of_agreement(WRIGHT, MINI).set_index(["statistic", "level"])
    middle = found.loc[("difference", "")]
    assert middle["estimate"] == pytest.approx(-36 / 17)
    # The paper: standard error 9.4, 95% CI -22.0 to 17.8 (t of 16 degrees of freedom, 2.12).
    assert middle["std_error"] == pytest.approx(9.4, abs=0.05)
    assert (middle["low"], middle["high"]) == pytest.approx((-22.0, 17.8), abs=0.1)
    lower, upper = (found.loc[("limit_of_agreement", end)] for end in ("lower", "upper"))
    assert lower["estimate"] == pytest.approx(-36 / 17 - 1.96 * 38.765, abs=0.01)
    assert upper["estimate"] == pytest.approx(-36 / 17 + 1.96 * 38.765, abs=0.01)
    # 38.765 sqrt(1/17 + 1.96^2 / 32) = 16.39; t = 2.1199.
    assert lower["std_error"] == pytest.approx(16.39, abs=0.01)
    assert upper["high"] - upper["estimate"] == pytest.approx(2.1199 * 16.39, abs=0.03)
    assert set(limits_of_agreement([1, 2], [1, 2])["state"]) == {"not-estimable"}


def test_numbers_of_two_abstractions_are_compared_where_both_are_exact(tmp_path):
    """Five activities, one typed otherwise by the second abstractor, one known as a bound."""
    cycles = [{"ID": "NET-001", "No": n, "Date": D(2012, n, 10), "Activity (GBq)": gbq}
              for n, gbq in ((1, 7.4), (2, 7.0), (3, 3.7), (4, 5.5), (5, 7.4))]  # fmt: skip
    other = [dict(line) for line in cycles]
    other[1]["Activity (GBq)"], other[4]["Activity (GBq)"] = 7.4, "<7.4"
    one = read(tmp_path, "a", {**ROWS, "Cycles": cycles})
    two = read(tmp_path, "b", {**ROWS, "Cycles": other})
    rows = agreement(one.tables, two.tables)
    icc = row(rows, "prrt_cycles", "activity_gbq", "intraclass_correlation")
    assert icc["n"] == 4 and icc["warning"].startswith("1 pairs with a bound")
    gap = row(rows, "prrt_cycles", "activity_gbq", "difference")
    assert gap["estimate"] == pytest.approx(-0.1) and gap["unit"] == "GBq"
    limit = rows.query("variable == 'activity_gbq' and level == 'upper'").iloc[0]
    # Differences 0, -0.4, 0, 0: mean -0.1, SD 0.2.
    assert limit["estimate"] == pytest.approx(-0.1 + 1.96 * 0.2)
    assert "cycle_no" not in set(rows.query("statistic == 'intraclass_correlation'")["variable"])
    assert rows["row_id"].is_unique


def test_a_workbook_agrees_with_itself(tmp_path):
    one = read(tmp_path, "a", ROWS)
    rows = agreement(one.tables, one.tables)
    assert set(rows.query("statistic == 'proportion'")["estimate"]) == {1.0}
    assert len(disagreements(one, one)) == 0
    # Two women and men: kappa 1; both have the same smoking, none: no row at all.
    assert row(rows, "patients", "sex", "kappa")["estimate"] == 1
    assert "smoking_status" not in set(rows["variable"])


def test_percent_counts_a_blank_against_a_value_as_a_difference(tmp_path):
    rows = changed("Patients", 0, Sex=None)
    found = agreement(read(tmp_path, "a", ROWS).tables, read(tmp_path, "b", rows).tables)
    sex = row(found, "patients", "sex")
    assert (sex["n"], sex["total"]) == (1, 2)
    # Only NET-002 has both: one category.
    assert row(found, "patients", "sex", "kappa")["state"] == "not-estimable"


def test_spellings_units_and_ids_are_no_differences(tmp_path):
    rows = changed("Patients", 0, Sex="female", Ki67="5 %", Diagnosis="2010-06-01")
    rows["Patients"][0]["ID"] = "net 1"
    rows["Cycles"][0]["Activity (GBq)"] = "200 mCi"
    one, other = read(tmp_path, "a", ROWS), read(tmp_path, "b", rows)
    assert len(disagreements(one, other)) == 0


def test_a_differing_date_does_not_tear_the_record_apart(tmp_path):
    rows = changed("Scans", 0, Date=D(2012, 9, 11))
    one, other = read(tmp_path, "a", ROWS), read(tmp_path, "b", rows)
    found = disagreements(one, other)
    columns = ["rule", "table", "column", "record", "sheet", "cell", "related_cells"]
    assert found[columns].values.tolist() == [
        ["abstractors-disagree", "imaging", "scan_date", "NET-001", "Scans", "B2", "Scans!B2"]
    ]
    date = row(agreement(one.tables, other.tables), "imaging", "scan_date")
    assert (date["n"], date["total"]) == (1, 2)


def test_a_record_of_one_abstractor_alone_is_listed(tmp_path):
    rows = {**ROWS, "Cycles": [ROWS["Cycles"][i] for i in (0, 2)]}
    one, other = read(tmp_path, "a", ROWS), read(tmp_path, "b", rows)
    found = disagreements(one, other)
    assert found[["rule", "record", "sheet", "cell", "related_cells"]].values.tolist() == [
        ["abstracted-once", "NET-001", "Cycles", "B3", ""]
    ]
    rows = agreement(one.tables, other.tables)
    cycles = rows.query("group_level == 'prrt_cycles' and level == 'records'").iloc[0]
    assert (cycles["n"], cycles["total"]) == (2, 3)


def test_only_patients_of_both_abstractions_are_compared(tmp_path):
    half = {sheet: [line for line in lines if line["ID"] == "NET-002"]
            for sheet, lines in ROWS.items()}  # fmt: skip
    one, other = read(tmp_path, "a", ROWS), read(tmp_path, "b", half)
    found = agreement(one.tables, other.tables)
    assert row(found, "patients", "sex")["total"] == 1
    assert len(disagreements(one, other)) == 0


def test_the_command_prints_the_table_and_writes_both_files(tmp_path, capsys):
    read(tmp_path, "a", ROWS)
    read(tmp_path, "b", changed("Patients", 1, Seen=dt.datetime(2013, 1, 1), Sex="F"))
    code = main(["agree", str(tmp_path / "a.xlsx"), str(tmp_path / "b.xlsx"), "--profile",
                 str(tmp_path / "small.yaml"), "--out", str(tmp_path / "out")])  # fmt: skip
    printed = capsys.readouterr().out
    assert code == 0
    (line,) = [line for line in printed.splitlines() if line.startswith("patients.sex")]
    assert line.split()[1:3] == ["1/2", "50.0"]
    stored = pd.read_csv(tmp_path / "out" / "agreement.csv")
    assert set(stored["analysis"]) == {"agreement"}
    assert len(pd.read_csv(tmp_path / "out" / "disagreements.csv")) == 2


def test_a_column_that_one_workbook_does_not_have_is_not_compared(tmp_path):
    one = read(tmp_path, "a", ROWS)
    path = tmp_path / "b.xlsx"
    made = book(ROWS)
    made["Scans"].delete_cols(3)  # Modality
    made.save(path)
    other = read_workbook(path, profile(tmp_path))
    shared = in_both(one.lineage, other.lineage)
    assert ("imaging", "modality") not in shared and ("imaging", "scan_date") in shared
    assert len(disagreements(one, other)) == 0
    found = agreement(one.tables, other.tables, shared=shared)
    assert "modality" not in set(found["variable"]) and "scan_date" in set(found["variable"])

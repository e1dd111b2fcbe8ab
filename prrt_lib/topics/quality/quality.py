"""What is known about the workbook itself: questions, status of its cells, flow, follow-up."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from prrt_lib.analyse.follow_up import person_days
from prrt_lib.analyse.summaries import nobody, share
from prrt_lib.declare import reads
from prrt_lib.declare.asked.findings import SEVERITIES, STATUSES
from prrt_lib.declare.dictionary import dictionary
from prrt_lib.declare.footprints import traced
from prrt_lib.declare.rows import result_rows, row_id
from prrt_lib.draw.tables import Cell, Table
from prrt_lib.study.data import Study
from prrt_lib.study.flow import row_keys

ANALYSIS = "quality"


@traced
def findings(study: Study) -> pd.DataFrame:
    """Number of findings by severity (group_level) and rule (level), and of each severity."""
    asked = study.findings
    # By severity, the most frequent rule first.
    counts = {severity: own["rule"].value_counts().sort_index().sort_values(ascending=False,
                                                                            kind="stable")
              for severity, own in asked.groupby("severity")}  # fmt: skip
    records = [
        {**_asked(rule, severity), "n": int(n), "estimate": int(n)}
        for severity in SEVERITIES
        for rule, n in counts.get(severity, {}).items()
    ]  # fmt: skip
    for severity in SEVERITIES:
        n = int((asked["severity"] == severity).sum())
        records.append({**_asked("", severity), "n": n, "estimate": n})
    return result_rows(records, analysis=ANALYSIS, role="secondary", label="Findings")


def questions(study: Study) -> pd.DataFrame:
    """Each question once: how often it was asked and how to resolve it, the most serious first."""
    asked = study.findings
    columns = ["severity", "rule", "n", "what was found", "how to resolve"]
    if asked.empty:
        return pd.DataFrame(columns=columns)
    told = asked.rename(columns={"message": columns[3], "how_to_resolve": columns[4]})
    told = told.groupby(["severity", "rule", *columns[3:]], as_index=False).size()
    told = told.rename(columns={"size": "n"})
    rank = told["severity"].map(SEVERITIES.index)
    told = told.assign(rank=rank).sort_values(["rank", "n", "rule"], ascending=[True, False, True])
    asked_for = zip(told["rule"], told["severity"], strict=True)
    told["row_id"] = [row_id(_asked(rule, severity)) for rule, severity in asked_for]
    return told[[*columns, "row_id"]].reset_index(drop=True)


def _asked(rule: str, severity: str) -> dict[str, str]:
    """Key of the row that counts the questions under one rule, or "" for all of a severity."""
    return {"analysis": ANALYSIS, "variable": "findings", "level": rule, "group": "severity",
            "group_level": severity, "statistic": "count"}  # fmt: skip


def steps(study: Study) -> pd.DataFrame:
    """The named steps to each population, each line with the rows that count it."""
    told = study.flow
    keys = [row_keys(step) for step in told.to_dict("records")]
    return told.assign(row_id=[" ".join(row_id(key) for key in both) for both in keys])


def lineage(study: Study) -> pd.DataFrame:
    """table, record, column and status of every cell that was read."""
    named = [f"{table.name}.{name}" for table in dictionary().tables.values()
             for name in table.typed_columns()]  # fmt: skip
    reads.record("columns", *named)
    path = study.places.processed / "lineage.parquet"
    return pd.read_parquet(path, columns=["table", "record", "column", "status"])


@traced
def statuses(study: Study) -> pd.DataFrame:
    """Share of cells by status (group_level) in each table (level)."""
    cells = lineage(study)
    counts = cells.groupby(["table", "status"]).size().unstack(fill_value=0)
    records = [
        {**share(int(counts.loc[table].get(status, 0)), int(counts.loc[table].sum()),
                 "cell_status", table, method="cells read, by status", unit="cells"),
         "group": "status", "group_level": status}
        for table in dictionary().tables if table in counts.index
        for status in STATUSES if status in counts
    ]  # fmt: skip
    return result_rows(records, analysis=ANALYSIS, role="secondary", label="Cells by status")


@traced
def flow(study: Study) -> pd.DataFrame:
    """The named steps to each population as rows: who remains, and who left (of those before)."""
    records = []
    for step in study.flow.to_dict("records"):
        counts = (int(step["n_after"]), int(step["n_excluded"]))
        labels = (step["reason"], "")
        for key, n, label in zip(row_keys(step), counts, labels, strict=False):
            records.append({**key, "n": n, "estimate": n, "label": label})
    return result_rows(records, analysis=ANALYSIS, role="secondary")


@traced
def completeness(study: Study, population: str | None = None) -> pd.DataFrame:
    """Observed person-time of that possible to horizon or cut-off (Clark 2002), and patients.

    Who died is complete. Time of patients without usable follow-up is counted as not observed.
    """
    population = population or study.headline
    words = {"analysis": ANALYSIS, "population": population, "role": "secondary"}
    names = ("first_prrt", "horizon", "last_seen", "died")
    patients = study.patients(*names, population=population)
    possible, seen = person_days(patients, pd.Timestamp(study.parameters.cutoff))
    label = "Completeness of follow-up"
    if patients["last_seen"].isna().all():
        return result_rows(nobody("followup_completeness", len(patients)), **words, label=label)
    records = [
        share(int(seen.sum()), int(possible.sum()), "followup_completeness", "person-time observed",
              unit="days", method="observed days of possible days, Clark 2002"),
        share(int((seen >= possible).sum()), len(patients), "followup_completeness",
              "patients followed to death, horizon or cut-off", unit="patients"),
    ]  # fmt: skip
    return result_rows(records, **words, label=label)


def listed(frame: pd.DataFrame, title: str, notes: Sequence[str] = ()) -> Table:
    """A frame of counts or words shown as it is; ``row_id``, if there, names each line's rows."""
    shown = frame.drop(columns="row_id", errors="ignore")
    ids = [tuple(str(one).split()) for one in frame.get("row_id", [""] * len(frame))]
    body = []
    for line, own in zip(shown.itertuples(index=False), ids, strict=True):
        texts = ["" if value is None or value != value else str(value) for value in line]
        counts = [isinstance(value, (int, float)) and not isinstance(value, bool) for value in line]
        body.append([Cell(text, own if count else ())
                     for text, count in zip(texts, counts, strict=True)])  # fmt: skip
    return Table(title, [str(name) for name in shown.columns], body, list(notes))

"""What limits the study: questions about the workbook and warnings of the rows, told once each."""

from __future__ import annotations

import pandas as pd

from prrt_lib.present.alike import kind, summary
from prrt_lib.present.report import headline
from prrt_lib.present.sentences import Sentence, Sentences, listed
from prrt_lib.present.tables import Cell, Table

STANDING = (
    "Observational, without a comparison group: no result is the effect of PRRT.",
    "Grouped, setting and subgroup results are exploratory; no test is adjusted for multiplicity.",
)


def limitations(rows: pd.DataFrame, most: int = 5) -> Sentences:
    """Standing limitations, then what was asked about the workbook, by number of questions."""
    found = rows[(rows["variable"] == "findings") & (rows["group"] == "severity")]
    totals = found[found["level"] == ""]
    told = [Sentence(text) for text in STANDING]
    asked = [f"{int(row['n'])} {row['group_level']}s" for row in totals.to_dict("records")]
    if asked:
        text = f"Reading the workbook raised {' and '.join([', '.join(asked[:-1]), asked[-1]])}."
        told.append(Sentence(text, tuple(totals["row_id"])))
    rules = found[(found["level"] != "") & (found["group_level"] != "note")]
    largest = rules.sort_values("n", ascending=False, kind="stable").head(most)
    if len(largest):
        words = ", ".join(
            f"{row['level'].replace('-', ' ')} ({int(row['n'])})"
            for row in largest.to_dict("records")
        )
        text = f"Most frequent: {words}; the quality page lists all."
        told.append(Sentence(text, tuple(largest["row_id"])))
    return listed(told)


def warnings(rows: pd.DataFrame) -> Table:
    """Each kind of warning of the main, ungrouped rows once, with the analyses concerned.

    Numbers that differ are shown as a range. Groups and settings tell theirs on their own pages.
    """
    main = (rows["setting"] == "") & (rows["group"] == "") & (rows["stratum"] == "")
    shown = rows["population"].isin([headline(rows), "safety", ""])
    kept = rows.loc[main & shown & (rows["warning"] != ""), ["row_id", "warning", "analysis"]]
    parts = kept.assign(warning=kept["warning"].str.split("; ")).explode("warning")
    parts = parts[parts["warning"].str.strip() != ""]
    parts = parts.assign(kind=parts["warning"].map(kind))
    body = []
    for _, same in sorted(parts.groupby("kind", sort=False), key=lambda item: -len(item[1])):
        names = ", ".join(dict.fromkeys(same["analysis"].str.replace("_", " ")))
        said = Cell(summary(same["warning"].unique()))
        body.append([said, Cell(names), Cell(str(len(same)), tuple(same["row_id"]))])
    if not body:
        body = [[Cell("No warning was raised.")]]
    return Table(
        "Warnings that result rows carry",
        ["warning", "analyses", "rows"],
        body,
        ["Warnings of groups, settings and other populations stand on their own pages."],
    )

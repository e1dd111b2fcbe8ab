"""How objects show themselves at the end of a cell: the table that a person would write down."""

from __future__ import annotations

import html
from collections.abc import Sequence

import numpy as np
import pandas as pd

from prrt_lib.declare import numbers

# Words of a row that name it; `time` is shown as a number.
NAMES = ("analysis", "model", "setting", "population", "stratum", "endpoint", "label", "group",
         "group_level", "variable", "level", "reference", "role", "method")  # fmt: skip
COUNTS = ("df", "n", "total", "events", "at_risk")
NEEDED = {"statistic", "estimate", "low", "high", "conf_level", "p", "state", "warning",
          "time", "unit", *NAMES, *COUNTS}  # fmt: skip


class Shown:
    """Shows :meth:`shown` as text in a terminal and as a table on a page."""

    __slots__ = ()

    def shown(self) -> tuple[str, pd.DataFrame | None, Sequence[str]]:
        """(heading, table or None, notes) of this object."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return as_text(*self.shown())

    def _repr_html_(self) -> str:
        return as_html(*self.shown())


def as_text(heading: str, table: pd.DataFrame | None, notes: Sequence[str] = ()) -> str:
    """Heading, table and notes, one under the other."""
    longest = pd.get_option("display.max_rows")
    body = [] if table is None else [table.to_string(index=False, max_rows=longest)]
    return "\n".join([*([heading] if heading else []), *body, *notes])


def as_html(heading: str, table: pd.DataFrame | None, notes: Sequence[str] = ()) -> str:
    """As :func:`as_text`, for a page."""
    longest = pd.get_option("display.max_rows")
    body = "" if table is None else table.to_html(index=False, border=0, max_rows=longest)
    above = f"<div><b>{html.escape(heading)}</b></div>" if heading else ""
    return above + body + "".join(f"<div>{html.escape(note)}</div>" for note in notes)


def of_rows(rows: pd.DataFrame) -> tuple[str, pd.DataFrame, list[str]]:
    """Result rows as people read them.

    What all rows share is the heading; the rest are columns. Estimates have limits, models on the
    log scale are exponentiated, days are months; warnings stand below.
    """
    records = rows.to_dict("records")
    many = len(rows) > 1
    columns: dict[str, list[str]] = {}
    shared = []
    for name in NAMES:
        texts = rows[name].tolist()
        if len(set(texts)) == 1 and (many or name == "method"):
            shared += [f"{name.replace('_', ' ')}: {texts[0]}"] if texts[0] else []
        elif any(texts):
            columns[name.replace("_", " ")] = texts
    if rows["time"].notna().any():
        columns["time, days"] = [numbers.plain(value) for value in rows["time"]]
    told = [_statistic(text) for text in rows["statistic"]]
    if many and len(set(told)) == 1:
        shared.append(told[0])
    else:
        columns["statistic"] = told
    columns[f"estimate ({_level(rows)} CI)"] = [_estimate(row) for row in records]
    if rows["p"].notna().any():
        columns["p"] = [numbers.p_value(value) for value in rows["p"]]
    for name in COUNTS:
        if rows[name].notna().any():
            columns[name.replace("_", " ")] = [numbers.plain(value) for value in rows[name]]
    notes = [f"Note: {text}" for text in dict.fromkeys(rows["warning"]) if text]
    return "; ".join(shared), pd.DataFrame(columns), notes


def _statistic(name: str) -> str:
    return name.removeprefix("log_" if name in numbers.LOG_SCALE else "").replace("_", " ")


def _level(rows: pd.DataFrame) -> str:
    levels = set(rows["conf_level"].dropna())
    return f"{100 * levels.pop():g}%" if len(levels) == 1 else "95%" if not levels else "own"


def _estimate(row: dict) -> str:
    if row["reference"] and row["level"] == row["reference"]:
        return "reference"
    text = numbers.estimate(row)
    unit = numbers.unit(row)
    # Counts of a total carry their percentage already.
    return f"{text} {unit}" if unit and row["state"] == "ok" and "%" not in text else text


RATIOS = {"log_hazard_ratio": "HR", "log_subdistribution_hazard_ratio": "SHR"}


def coefficients(rows: pd.DataFrame) -> pd.DataFrame:
    """The coefficients among the rows of a fit as numbers, by term: coef, HR or SHR with limits,
    p, n, events.

    A reference level has coefficient 0 and no limits; a coefficient that is no log ratio (of a
    spline) has no HR.
    """
    kept = rows[rows["statistic"].isin([*RATIOS, "coefficient"])]
    ratio = kept["statistic"].isin(RATIOS)
    name = next((RATIOS[text] for text in kept["statistic"] if text in RATIOS), "exp(coef)")
    terms = kept["variable"] + (": " + kept["level"]).where(kept["level"] != "", "")
    values = {"coef": kept["estimate"]}
    for title, column in ((name, "estimate"), (f"{_level(kept)} CI lower", "low"),
                          (f"{_level(kept)} CI upper", "high")):  # fmt: skip
        values[title] = np.exp(kept[column].where(ratio))
    values |= {name: kept[name] for name in ("p", "n", "events")}
    return pd.DataFrame(values).set_axis(pd.Index(terms, name="term"), axis=0)


class Fit(Shown):
    """A fit shows its coefficients, and below them its tests and warnings.

    ``estimates`` (or ``rows``, where nothing in them takes long) are its result rows.
    """

    @property
    def summary(self) -> pd.DataFrame:
        """:func:`coefficients` of this fit."""
        return coefficients(self._own_rows())

    def shown(self) -> tuple[str, pd.DataFrame, list[str]]:
        rows = self._own_rows()
        heading, table, notes = of_rows(rows[rows["statistic"].isin([*RATIOS, "coefficient"])])
        overall = rows[rows["variable"] == "likelihood_ratio"].to_dict("records")
        tests = [f"Likelihood-ratio test: chi2 {row['estimate']:.2f} on {row['df']:.0f} df, p "
                 f"{numbers.p_value(row['p'])}" for row in overall]  # fmt: skip
        return heading, table, [*tests, *notes]

    def _own_rows(self) -> pd.DataFrame:
        rows = getattr(self, "estimates", None)
        rows = self.rows if rows is None else rows
        return rows() if callable(rows) else rows

"""What a figure shows, as a sentence and as a table of its values, each with its result row."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from prrt_lib.declare import numbers
from prrt_lib.declare.dictionary import dictionary
from prrt_lib.declare.parameters import DAYS_PER_MONTH
from prrt_lib.declare.quoting import quoted
from prrt_lib.draw.tables import Cell, Table

ENDS = ("estimate", "low", "high")
COUNTS = {"n": "n", "total": "N", "events": "events", "at_risk": "at risk"}
DAYS_IN = {"days": 1.0, "months": DAYS_PER_MONTH, "years": 12 * DAYS_PER_MONTH}


@dataclass(frozen=True)
class Values:
    """``alt``: the figure in words; ``table``: its values as read; ``frame``: at full precision."""

    alt: str
    table: Table
    frame: pd.DataFrame

    @property
    def csv(self) -> str:
        """The values for a spreadsheet; no text can be taken for a formula."""
        words = self.frame.select_dtypes(exclude="number").columns
        kept = self.frame.assign(**{name: self.frame[name].astype(str) for name in words})
        text = io.StringIO()
        quoted(kept).to_csv(text, index=False, float_format="%.10g", lineterminator="\n")
        return text.getvalue()


def of_rows(
    rows: pd.DataFrame, title: str, alt: str, keys: Mapping[str, str],
    counts: Sequence[str] = ("n", "total", "events"), time_unit: str = "months",
) -> Values:  # fmt: skip
    """Values of result rows: a line each, told apart by ``keys`` (column -> heading).

    On the scale that is drawn: per cent, ratios, and times in ``time_unit``.
    """
    known = {name: COUNTS[name] for name in counts if rows[name].notna().any()}
    unit = _unit(rows)
    heads = dict(zip(ENDS, (f"estimate{unit}", f"lower{unit}", f"upper{unit}"), strict=True))
    frame = pd.DataFrame({heading: _key(rows, name, time_unit) for name, heading in keys.items()})
    frame = frame.assign(
        **{heading: _drawn(rows, name) for name, heading in heads.items()},
        **{heading: rows[name].to_numpy() for name, heading in known.items()},
        row_id=rows["row_id"].to_numpy(),
    )
    body = []
    for row, line in zip(rows.to_dict("records"), frame.to_dict("records"), strict=True):
        ends = [numbers.scaled(row, row[name]) for name in ENDS]
        ends[0] = ends[0] if row["state"] == "ok" else numbers.NOT_OK[row["state"]]
        found = [*ends, *(numbers.plain(row[name], 0) for name in known)]
        named = [Cell(_word(line[heading])) for heading in keys.values()]
        body.append([*named, *(Cell(text, (row["row_id"],) if text else ()) for text in found)])
    header = [*keys.values(), *heads.values(), *known.values()]
    return Values(alt, Table(title, header, body), frame)


def of_frame(frame: pd.DataFrame, title: str, alt: str) -> Values:
    """Values of patients, in the order drawn, without a result row behind them (internal only)."""
    shown = frame.reset_index(drop=True)
    shown.insert(0, "number", np.arange(1, len(shown) + 1))
    lines = shown.itertuples(index=False)
    body = [[Cell(_word(value)) for value in line] for line in lines]
    return Values(alt, Table(title, [str(name) for name in shown.columns], body), shown)


def _key(rows: pd.DataFrame, name: str, time_unit: str) -> np.ndarray:
    if name == "time":
        return rows["time"].to_numpy() / DAYS_IN[time_unit]
    if name in ("variable", "group"):
        label = dictionary().label
        return np.array([label(text) if text else "" for text in rows[name]], dtype=object)
    if name in ("group_level", "stratum"):
        return rows[name].where(rows[name] != "", "All").to_numpy()
    return rows[name].to_numpy()


def _drawn(rows: pd.DataFrame, name: str) -> np.ndarray:
    """A column on the scale of the axis."""
    values = rows[name].to_numpy(dtype=float)
    log = rows["statistic"].isin(numbers.LOG_SCALE).to_numpy()
    share = rows["statistic"].isin(numbers.PROBABILITIES).to_numpy()
    with np.errstate(over="ignore"):
        ratio = np.exp(values)
    return np.select([log, share], [ratio, 100 * values], values)


def _unit(rows: pd.DataFrame) -> str:
    """ ", %" or "" where the rows have one unit, for the headings."""
    units = {numbers.unit(row) for row in rows[["statistic", "unit"]].to_dict("records")}
    unit = units.pop() if len(units) == 1 else ""
    return f", {unit}" if unit else ""


def _word(value) -> str:
    if isinstance(value, str) or value is None:
        return value or ""
    return numbers.plain(float(value), 0 if float(value).is_integer() else 2)

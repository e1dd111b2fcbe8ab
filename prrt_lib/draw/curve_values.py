"""Values of step curves: at the steps and yearly, or monthly where there are very many steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from prrt_lib.declare.dictionary import dictionary
from prrt_lib.declare.parameters import DAYS_PER_MONTH, days
from prrt_lib.draw import figure_values, tables
from prrt_lib.draw.values import Values, of_rows

# A page of 20,000 patients would carry thousands of lines otherwise.
MOST_STEPS = 240


# What tells one curve from another among the rows of a figure or table.
CURVE = ["analysis", "model", "setting", "population", "endpoint", "group", "group_level"]


def drawn(rows: pd.DataFrame, statistic: str) -> pd.DataFrame:
    """The steps of each curve up to the last day with enough at risk, where rows name that day."""
    kept = rows[(rows["statistic"] == statistic) & (rows["state"] == "ok")]
    ends = rows[rows["statistic"] == "at_risk"].drop_duplicates(CURVE)
    last = kept.merge(ends[[*CURVE, "time"]].assign(ended=True), on=CURVE, how="left",
                      suffixes=("", "_last"))  # fmt: skip
    inside = last["ended"].isna() | (last["time"] <= last["time_last"])
    return kept[inside.to_numpy(dtype=bool)]


def ends(rows: pd.DataFrame) -> dict[str, float]:
    """By group level, the month in which its curve ends; NaN where it is not drawn at all."""
    last = rows[rows["statistic"] == "at_risk"]
    return dict(zip(last["group_level"], last["time"] / DAYS_PER_MONTH, strict=True))


def to_end(steps: pd.DataFrame, end: float | None) -> pd.DataFrame:
    """The steps of one curve by time, carried on to the month ``end`` where it is known."""
    ordered = steps.sort_values("time", kind="stable")
    if end is None or ordered.empty:
        return ordered
    return pd.concat([ordered, ordered.iloc[[-1]].assign(time=end * DAYS_PER_MONTH)])


def notes(rows: pd.DataFrame) -> list[str]:
    """Why n is not the number at risk at the start, and where curves end: a sentence each."""
    told = [f"{f'{level}: ' if level else ''}{part}." for level, warning in
            zip(rows["group_level"], rows["warning"], strict=True)
            for part in warning.split("; ") if tables.START.match(part)]  # fmt: skip
    for method, part in rows[rows["statistic"] == "at_risk"].groupby("method", sort=False):
        places = [f"{level or 'All'} {'not drawn' if np.isnan(month) else f'month {month:.1f}'}"
                  for level, month in ends(part).items()]  # fmt: skip
        told.append(f"{method[0].upper()}{method[1:]}: {', '.join(places)}.")
    return list(dict.fromkeys(told))


def by_group(
    rows: pd.DataFrame, drawn: pd.DataFrame, title: str, time_unit: str = "months"
) -> Values:
    """Values of one curve per group level; ``rows`` also hold the medians that are told."""
    levels = list(dict.fromkeys(drawn["group_level"]))
    group = rows["group"].iloc[0]
    heading = dictionary().label(group) if group else "group"
    title = f"{title}, by {heading}" if group else title
    alt = figure_values.curves(rows, title, levels, "group_level")
    kept = steps(drawn.groupby("group_level", sort=False))
    values = of_rows(kept, title, alt, {"group_level": heading, "time": time_unit}, ("at_risk",),
                     time_unit)  # fmt: skip
    return annotated(values, notes(rows))


def annotated(values: Values, told: Sequence[str]) -> Values:
    """``values`` with ``told`` behind the words of the figure and under its table."""
    table = replace(values.table, notes=[*values.table.notes, *told])
    return replace(values, alt=" ".join([values.alt, *told]), table=table)


def by_line(lines: Sequence[tuple[str, pd.DataFrame]], title: str) -> Values:
    """Values of curves that are named one by one."""
    named = pd.concat([rows.assign(group_level=name) for name, rows in lines], ignore_index=True)
    names = list(dict.fromkeys(named["group_level"]))
    alt = figure_values.curves(named, title, names, "group_level")
    kept = steps(named.groupby("group_level", sort=False))
    return of_rows(kept, title, alt, {"group_level": "curve", "time": "months"}, ("at_risk",))


def by_panel(rows: pd.DataFrame, title: str, panel: str) -> Values:
    """Values of panels, one per setting, with a curve per group level in each."""
    named = rows.assign(panel=rows["setting"].str.replace("_", " ") + ", " + rows["group_level"])
    shown = drawn(named, "survival")
    alt = figure_values.curves(named, title, list(dict.fromkeys(shown["panel"])), "panel")
    kept = steps(shown.groupby("panel", sort=False))
    values = of_rows(kept, title, alt, {"panel": panel, "time": "months"}, ("at_risk",))
    return annotated(values, notes(named.assign(group_level=named["panel"])))


def steps(curves) -> pd.DataFrame:
    """Of each curve: its first and last point, every step, and every full year."""
    kept = [_points(rows.sort_values("time", kind="stable")) for _, rows in curves]
    return pd.concat(kept, ignore_index=True) if kept else curves.obj.iloc[:0]


def _points(rows: pd.DataFrame) -> pd.DataFrame:
    time, height = rows["time"].to_numpy(), rows["estimate"].to_numpy()
    chosen = np.r_[True, np.diff(height) != 0]
    last = int(time[-1] / DAYS_PER_MONTH) if len(time) else 0
    if chosen.sum() > MOST_STEPS:
        grid = [days(month) for month in range(last + 1)]
        chosen = np.zeros(len(rows), dtype=bool)
        chosen[np.maximum(np.searchsorted(time, grid, side="right") - 1, 0)] = True
    chosen[-1] = True
    return rows[chosen | np.isin(time, [days(month) for month in range(0, last + 1, 12)])]

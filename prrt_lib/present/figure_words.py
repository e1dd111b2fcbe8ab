"""Figures in words, from the rows they draw: what a reader hears who cannot see them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd

from prrt_lib.declare import numbers
from prrt_lib.declare.parameters import YEARS
from prrt_lib.present import tables

MOST = 8


def curves(rows: pd.DataFrame, title: str, levels: Sequence[str], level_column: str) -> str:
    """Each curve: patients, events, median with limits, and the yearly probabilities."""
    told = [_curve(rows[rows[level_column] == level], level) for level in levels]
    method = rows["method"].iloc[0].partition(",")[0] if len(levels) else ""
    head = f"{title}. {_list_of('curve', len(levels))}{f' ({method})' if method else ''}. "
    return head + (" ".join(told) if told else "Nothing can be estimated.")


def _curve(rows: pd.DataFrame, level: str) -> str:
    steps = rows[rows["statistic"].isin(tables.RATES) & (rows["state"] == "ok")]
    last = steps.sort_values("time").iloc[-1]
    facts = [_count(last["n"], "patient"), _count(last["events"], "event")]
    middle = tables.first(rows, statistic="median")
    # Beside an incidence there may be the median of something else.
    if middle is not None and last["statistic"] == "survival":
        facts.append(f"median {_median(middle)}")
    facts += [
        f"{numbers.scaled(row, row['estimate'])} % at {YEARS[row['time']]}"
        for row in steps[steps["time"].isin(list(YEARS)) & tables.drawn(rows, steps)].to_dict(
            "records"
        )
    ]
    return f"{level or 'All'}: {', '.join(fact for fact in facts if fact)}."


def _count(n: float, what: str) -> str:
    return "" if numbers.missing(n) else f"{numbers.plain(n, 0)} {what}{'' if n == 1 else 's'}"


def _median(row: tables.Row) -> str:
    if row["state"] != "ok":
        return numbers.estimate(row)
    limits = numbers.limits(row)
    within = f" ({100 * row['conf_level']:g} % limits {limits})" if limits else ""
    return f"{numbers.scaled(row, row['estimate'])} months{within}"


def listed(
    rows: pd.DataFrame, title: str, name: Callable[[tables.Row], str],
    value: Callable[[tables.Row], str] = numbers.estimate, kind: str = "value",
) -> str:  # fmt: skip
    """The first rows as "name value", and how many more the table beneath holds."""
    told = [f"{name(row)}: {value(row)}" for row in rows.head(MOST).to_dict("records")]
    more = len(rows) - len(told)
    rest = f"; {more} more in the table of the values" if more > 0 else ""
    return f"{title}. {_list_of(kind, len(rows))}. {'; '.join(told)}{rest}."


def spread(values: pd.Series, unit: str) -> str:
    """ "n = 12, median 4.1 GBq (range 2.0 to 7.6)"; "n = 0" of nobody."""
    known = values.dropna().astype(float)
    if not len(known):
        return "n = 0"
    middle, low, high = (_short(v) for v in (known.median(), known.min(), known.max()))
    return f"n = {len(known)}, median {middle}{f' {unit}' if unit else ''} (range {low} to {high})"


def _short(value: float) -> str:
    return numbers.plain(value, 2 if abs(value) < 10 else 1)


def _list_of(kind: str, count: int) -> str:
    return f"{count} {kind}{'' if count == 1 else 's'}" if count else f"No {kind}"

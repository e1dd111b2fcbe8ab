"""Values of every figure that is no step curve: shares, ratios, courses, flow."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pandas as pd

from prrt_lib.declare import numbers
from prrt_lib.declare.dictionary import dictionary
from prrt_lib.declare.parameters import YEARS
from prrt_lib.draw import tables
from prrt_lib.draw.tables import Row, named, ratio
from prrt_lib.draw.values import Values, of_frame, of_rows

NAMES = {"stratum": "stratum", "variable": "variable", "level": "level", "group_level": "group",
         "model": "model", "setting": "setting"}  # fmt: skip


def shares(rows: pd.DataFrame, title: str) -> Values:
    """n/N of every bar, segment or field."""
    keys = _telling(rows, "variable", "level", "group_level")
    alt = listed(rows, title, lambda row: _share_name(row, keys), kind="share")
    return of_rows(rows, title, alt, keys)


def _share_name(row: Row, keys: Mapping[str, str]) -> str:
    label = dictionary().label(row["variable"]) if row["variable"] else row["label"]
    texts = {"variable": label, "level": row["level"], "group_level": row["group_level"] or "all"}
    return ", ".join(texts[name] for name in keys if texts[name])


def ratios(rows: pd.DataFrame, title: str) -> Values:
    """Ratio with limits of every mark."""
    told = rows[(rows["level"] != rows["reference"]) | (rows["reference"] == "")]
    keys = _telling(rows, "variable", "level", "model")
    alt = listed(told, title, lambda row: _ratio_name(row, keys), ratio, "ratio")
    return of_rows(rows, title, alt, keys)


def _ratio_name(row: Row, keys: Mapping[str, str]) -> str:
    return f"{named(row)} ({row['model']})" if "model" in keys else named(row)


def over_time(rows: pd.DataFrame, title: str, unit: str = "months") -> Values:
    """Median and quartiles of every window and variable, and means where a model has a line."""
    middle = rows[rows["statistic"] == "median"]
    alt = listed(middle, title, _window_name, kind="median")
    keys = {**_telling(rows, "variable", "level"), "statistic": "statistic", "time": unit}
    return of_rows(rows, title, alt, keys, ("n", "total"), unit)


def _window_name(row: Row) -> str:
    return f"{row['variable']}, {row['level']}"


def of_patients(
    frame: pd.DataFrame, title: str, columns: Mapping[str, str], group: str, value: str
) -> Values:
    """Points of patients (internal only), without their ids; ``value`` is told per ``group``."""
    parts = frame.groupby(group, sort=False)[value] if group and len(frame) else []
    told = [f"{name}: {spread(part, '')}" for name, part in parts]
    words = "; ".join(told) or spread(frame[value], "")
    shown = frame[list(columns)].rename(columns=columns)
    measured = columns[value][:1].upper() + columns[value][1:]
    return of_frame(shown, title, f"{title}. {measured}: {words}.")


def lanes(lanes_: pd.DataFrame, marks: pd.DataFrame, title: str) -> Values:
    """A line per mark and per end of a lane; lanes are numbered as drawn."""
    numbered = lanes_.assign(lane=range(1, len(lanes_) + 1))
    ends = numbered.rename(columns={"ended": "what"})[["lane", "group", "months", "what"]]
    placed = marks.merge(numbered[["patient_id", "lane", "group"]], on="patient_id")
    both = pd.concat([placed[["lane", "group", "months", "what"]], ends])
    ordered = both.sort_values(["lane", "months"], kind="stable")
    counts = "; ".join(f"{what}: {n}" for what, n in lanes_["ended"].value_counts().items())
    alt = (
        f"{title}. {len(lanes_)} lanes from first PRRT, months: "
        f"{spread(lanes_['months'], '')}. End of follow-up: {counts or 'none'}. "
        f"{len(marks)} marks."
    )
    return of_frame(ordered.rename(columns={"what": "mark"}), title, alt)


def flow(steps: pd.DataFrame) -> Values:
    """The steps to each population, with who left and why."""
    ends = steps.groupby("population", sort=False).tail(1)
    told = [f"{row['step']}: n = {row['n_after']}" for row in ends.to_dict("records")]
    first = f"In the workbook: n = {steps['n_before'].iloc[0]}. " if len(steps) else ""
    return of_frame(steps, "Flow of patients", f"Flow of patients. {first}{'; '.join(told)}.")


def _telling(rows: pd.DataFrame, *columns: str) -> dict[str, str]:
    """Those of ``columns`` that tell the rows apart, with their headings; the last one else."""
    kept = {name: NAMES[name] for name in columns if rows[name].nunique() > 1}
    return kept or {columns[-1]: NAMES[columns[-1]]}


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

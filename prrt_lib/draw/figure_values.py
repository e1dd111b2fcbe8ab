"""What a figure shows, in words and as a table of its values, each with its result row."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from prrt_lib.declare import numbers
from prrt_lib.declare.dictionary import dictionary
from prrt_lib.declare.parameters import DAYS_PER_MONTH, YEARS, days
from prrt_lib.declare.quoting import quoted
from prrt_lib.draw import tables
from prrt_lib.draw.tables import Cell, Row, Table, named, ratio

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
    units = {numbers.unit(row) for row in rows[["statistic", "unit"]].to_dict("records")}
    unit = units.pop() if len(units) == 1 else ""
    unit = f", {unit}" if unit else ""
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


def _word(value) -> str:
    if isinstance(value, str) or value is None:
        return value or ""
    return numbers.plain(float(value), 0 if float(value).is_integer() else 2)


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
    several = "model" in keys

    def name(row: Row) -> str:
        return f"{named(row)} ({row['model']})" if several else named(row)

    alt = listed(told, title, name, ratio, "ratio")
    return of_rows(rows, title, alt, keys)


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
    middle, low, high = (numbers.plain(value, 2 if abs(value) < 10 else 1)
                         for value in (known.median(), known.min(), known.max()))  # fmt: skip
    return f"n = {len(known)}, median {middle}{f' {unit}' if unit else ''} (range {low} to {high})"


def _list_of(kind: str, count: int) -> str:
    return f"{count} {kind}{'' if count == 1 else 's'}" if count else f"No {kind}"


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
    alt = curves(rows, title, levels, "group_level")
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
    alt = curves(named, title, names, "group_level")
    kept = steps(named.groupby("group_level", sort=False))
    return of_rows(kept, title, alt, {"group_level": "curve", "time": "months"}, ("at_risk",))


def by_panel(rows: pd.DataFrame, title: str, panel: str) -> Values:
    """Values of panels, one per setting, with a curve per group level in each."""
    named = rows.assign(panel=rows["setting"].str.replace("_", " ") + ", " + rows["group_level"])
    shown = drawn(named, "survival")
    alt = curves(named, title, list(dict.fromkeys(shown["panel"])), "panel")
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

"""Values of every figure that is no step curve: shares, ratios, courses, flow."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from prrt_lib.declare import numbers
from prrt_lib.declare.dictionary import dictionary
from prrt_lib.present import figure_words
from prrt_lib.present.tables import Row, named, ratio
from prrt_lib.present.values import Values, of_frame, of_rows

NAMES = {"stratum": "stratum", "variable": "variable", "level": "level", "group_level": "group",
         "model": "model", "setting": "setting"}  # fmt: skip


def shares(rows: pd.DataFrame, title: str) -> Values:
    """n/N of every bar, segment or field."""
    keys = _telling(rows, "variable", "level", "group_level")
    alt = figure_words.listed(rows, title, lambda row: _share_name(row, keys), kind="share")
    return of_rows(rows, title, alt, keys)


def _share_name(row: Row, keys: Mapping[str, str]) -> str:
    label = dictionary().label(row["variable"]) if row["variable"] else row["label"]
    texts = {"variable": label, "level": row["level"], "group_level": row["group_level"] or "all"}
    return ", ".join(texts[name] for name in keys if texts[name])


def ratios(rows: pd.DataFrame, title: str) -> Values:
    """Ratio with limits of every mark."""
    told = rows[(rows["level"] != rows["reference"]) | (rows["reference"] == "")]
    keys = _telling(rows, "variable", "level", "model")
    alt = figure_words.listed(told, title, lambda row: _ratio_name(row, keys), ratio, "ratio")
    return of_rows(rows, title, alt, keys)


def _ratio_name(row: Row, keys: Mapping[str, str]) -> str:
    return f"{named(row)} ({row['model']})" if "model" in keys else named(row)


def subgroups(rows: pd.DataFrame, title: str) -> Values:
    """Ratio with limits in every subgroup."""
    alt = figure_words.listed(rows, title, _subgroup_name, ratio, "subgroup")
    return of_rows(rows, title, alt, {"group": "subgroup of", **_telling(rows, "group_level")})


def _subgroup_name(row: Row) -> str:
    return f"{dictionary().label(row['group'])}: {row['group_level']}" if row["group"] else "All"


def along(rows: pd.DataFrame, title: str, axis: str) -> Values:
    """Ratios along ``axis``, a column of the rows: a covariate's own scale ("level") or time."""
    keys = ["label", "variable", *(["level"] if axis == "time" else [])]
    several = rows["label"].nunique() > 1
    told = []
    for key, part in rows.groupby(keys, sort=False):
        name = [dictionary().label(key[1]), *key[2:]]
        told.append(_reach(part, ", ".join(p for p in (*([key[0]] * several), *name) if p)))
    alt = f"{title}. {' '.join(told) if told else 'Nothing is drawn.'}"
    heading = "months" if axis == "time" else "value"
    telling = {**({"label": "endpoint"} if several else {}), **_telling(rows, *keys[1:])}
    return of_rows(rows, title, alt, {**telling, axis: heading})


def over_time(rows: pd.DataFrame, title: str, unit: str = "months") -> Values:
    """Median and quartiles of every window and variable, and means where a model has a line."""
    middle = rows[rows["statistic"] == "median"]
    alt = figure_words.listed(middle, title, _window_name, kind="median")
    keys = {**_telling(rows, "variable", "level"), "statistic": "statistic", "time": unit}
    return of_rows(rows, title, alt, keys, ("n", "total"), unit)


def _window_name(row: Row) -> str:
    return f"{row['variable']}, {row['level']}"


def _reach(rows: pd.DataFrame, label: str) -> str:
    known = rows[rows["state"] == "ok"]
    if not len(known):
        return f"{label}: {numbers.NOT_OK[rows['state'].iloc[0]]}."
    low, high = (known.loc[getattr(known["estimate"], name)()].to_dict()
                 for name in ("idxmin", "idxmax"))  # fmt: skip
    ends = [numbers.scaled(row, row["estimate"]) for row in (low, high)]
    counted = f" (n = {numbers.plain(low['n'], 0)})" if not numbers.missing(low["n"]) else ""
    return f"{label}{counted}: hazard ratio from {ends[0]} to {ends[1]}."


def of_patients(
    frame: pd.DataFrame, title: str, columns: Mapping[str, str], group: str, value: str
) -> Values:
    """Points of patients (internal only), without their ids; ``value`` is told per ``group``."""
    parts = frame.groupby(group, sort=False)[value] if group and len(frame) else []
    told = [f"{name}: {figure_words.spread(part, '')}" for name, part in parts]
    words = "; ".join(told) or figure_words.spread(frame[value], "")
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
        f"{figure_words.spread(lanes_['months'], '')}. End of follow-up: {counts or 'none'}. "
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

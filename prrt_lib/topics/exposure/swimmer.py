"""What happened to each patient and when: the lanes and marks of a swimmer plot, and the plot."""

from __future__ import annotations

from dataclasses import dataclass

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes

from prrt_lib.analyse.columns import rows_of
from prrt_lib.analyse.summaries import UNKNOWN_GROUP, as_text, levels_of
from prrt_lib.declare.arguments import checked
from prrt_lib.declare.parameters import DAYS_PER_MONTH
from prrt_lib.draw import figure_values, style
from prrt_lib.draw.canvas import Drawing, file_name, keep
from prrt_lib.study.data import Study
from prrt_lib.study.derive.response_rules import NOT_EVALUABLE

CYCLE, PROGRESSION, NEW_THERAPY, DEATH = "PRRT", "progression date", "new therapy", "death"
DIED, SEEN_ALIVE, STATUS_UNKNOWN = "died", "alive at last contact", "not known"


@dataclass(frozen=True)
class PatientRows:
    """Patient-level frames, for figures of the analyst's machine only.

    ``lanes``: patient_id, group, months from first PRRT to death or last contact, ended.
    ``marks``: patient_id, months, what (a cycle, a scan's class, progression, ...).
    """

    lanes: pd.DataFrame
    marks: pd.DataFrame
    without_lane: int


@checked
def patient_rows(study: Study, by: str = "", population: str | None = None) -> PatientRows:
    """Lanes sorted by level of ``by``, then the longest first; marks up to the end of each lane.

    A patient whose last contact is not known has no lane and is counted.
    """
    names = ("first_prrt", "last_seen", "died", "progression", "new_therapy", *([by] if by else []))
    people = study.patients(*dict.fromkeys(names), population=population or study.headline)
    ends = {"yes": DIED, "no": SEEN_ALIVE}
    level = as_text(people[by]).fillna(UNKNOWN_GROUP) if by else pd.Series("", index=people.index)
    lanes = pd.DataFrame({
        "patient_id": people["patient_id"], "group": level,
        "months": _months(people["last_seen"] - people["first_prrt"]),
        "ended": people["died"].map(ends).fillna(STATUS_UNKNOWN),
    })  # fmt: skip
    order = [*(levels_of(people[by], by) if by else []), UNKNOWN_GROUP, ""]
    place = lanes["group"].map({name: number for number, name in enumerate(order)})
    kept = lanes.assign(place=place)[lanes["months"] >= 0]
    kept = kept.sort_values(["place", "months", "patient_id"], ascending=[True, False, True])
    given = rows_of(study, people["patient_id"], "prrt_cycles", "cycle_date")
    given = given.merge(people[["patient_id", "first_prrt"]], on="patient_id")
    scans = rows_of(study, people["patient_id"], "scans", "after_prrt", "days_from_prrt",
                    "response_class")  # fmt: skip
    seen = scans[scans["after_prrt"] & (scans["response_class"] != NOT_EVALUABLE)]
    dates = [(given, "cycle_date", CYCLE), (people, "progression", PROGRESSION),
             (people, "new_therapy", NEW_THERAPY)]  # fmt: skip
    cycles, *later = (_marks(frame, _months(frame[date] - frame["first_prrt"]), what)
                      for frame, date, what in dates)  # fmt: skip
    scanned = _marks(seen, seen["days_from_prrt"] / DAYS_PER_MONTH, seen["response_class"])
    marks = pd.concat([cycles, scanned, *later])
    limit = marks["patient_id"].map(kept.set_index("patient_id")["months"])
    inside = (marks["months"] >= 0) & (marks["months"] <= limit)
    return PatientRows(
        kept.drop(columns="place").reset_index(drop=True),
        marks[inside].reset_index(drop=True), len(lanes) - len(kept),
    )  # fmt: skip


def _months(span: pd.Series) -> pd.Series:
    return span.dt.days / DAYS_PER_MONTH


def _marks(frame: pd.DataFrame, months: pd.Series, what: str | pd.Series) -> pd.DataFrame:
    marks = {"patient_id": frame["patient_id"], "months": months, "what": what}
    return pd.DataFrame(marks).dropna()


LANE = 0.135
EVERY_MONTHS = 12
# More lanes than this make a picture that no program opens.
MOST_LANES = 400
# Marker, colour, size and filling of each mark: full, open and half tell scans apart in grey.
MARKS = {
    "PRRT": ("|", "black", 7.5, "full"),
    "response of any magnitude": ("o", style.PALETTE[0], 4.6, "full"),
    "no evidence of disease": ("*", style.PALETTE[0], 6.0, "full"),
    "stable": ("o", style.PALETTE[0], 4.6, "none"),
    "mixed": ("D", style.PALETTE[0], 4.6, "left"),
    "progression": ("v", style.PALETTE[1], 5.4, "full"),
    "new therapy": ("P", style.PALETTE[2], 5.6, "none"),
    "progression date": ("x", "#8a2500", 6.0, "full"),
}
NAMES = {"PRRT": "PRRT cycle", "response of any magnitude": "scan: any response",
         "no evidence of disease": "scan: no evidence of disease", "stable": "scan: stable",
         "mixed": "scan: mixed", "progression": "scan: progression",
         "progression date": "date of progression", "new therapy": "new therapy"}  # fmt: skip
ENDS = {"died": ("X", "black", 5.6, "full"), "alive at last contact": (">", "black", 5.0, "full"),
        "not known": ("|", "#52616f", 6.0, "full")}  # fmt: skip


def swimmer(
    lanes: pd.DataFrame, marks: pd.DataFrame, scenario: str, title: str, name: str
) -> Drawing:
    """Lanes in the order given (patient level: for the analyst's machine only).

    Of more than MOST_LANES patients every second, third, ... is drawn, and the title says so.
    """
    style.apply()
    step = -(-len(lanes) // MOST_LANES) or 1
    told = f"; one in {step} is drawn" if step > 1 else ""
    heading = f"{title} (n = {len(lanes)}{told})"
    lanes = lanes.iloc[::step].reset_index(drop=True)
    marks = marks[marks["patient_id"].isin(lanes["patient_id"])]
    count = len(lanes)
    figure, axes = plt.subplots(figsize=(8.2, 1.6 + LANE * max(count, 12)))
    places = {patient: place for place, patient in enumerate(lanes["patient_id"])}
    axes.hlines(range(count), 0, lanes["months"], color="#c9d2da", linewidth=4.0, zorder=1)
    for what, look in MARKS.items():
        own = marks[marks["what"] == what]
        _points(axes, own["months"], own["patient_id"].map(places), look, NAMES[what])
    for ended, look in ENDS.items():
        own = lanes[lanes["ended"] == ended]
        label = ended if ended != "not known" else "end of follow-up, status not known"
        _points(axes, own["months"], own["patient_id"].map(places), look, label)
    # A name at the middle of each group's lanes, a line between groups.
    sizes = lanes["group"].value_counts(sort=False)
    ticks, names, start = [], [], 0
    for group in dict.fromkeys(lanes["group"]):
        ticks.append(start + (sizes[group] - 1) / 2)
        names.append(f"{group}\nn = {sizes[group]}" if group else "")
        start += sizes[group]
        if start < len(lanes):
            axes.axhline(start - 0.5, color="#52616f", linewidth=0.6, zorder=2)
    axes.set_yticks(ticks, names)
    axes.tick_params(axis="y", length=0)
    last = lanes["months"].max() if count else EVERY_MONTHS
    axes.set_xticks(range(0, int(last) + EVERY_MONTHS, EVERY_MONTHS))
    axes.set_xlim(-1, last + 2)
    axes.set_ylim(max(count, 1) - 0.2, -0.8)
    axes.set_xlabel("Months from first PRRT")
    axes.set_title(heading)
    if count:
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1), fontsize=8, handletextpad=0.4)
    return keep(figure, file_name(name), scenario, figure_values.lanes(lanes, marks, title))


def _points(axes: Axes, x: pd.Series, y: pd.Series, look: tuple, label: str) -> None:
    if not len(x):
        return
    shape, colour, size, filled = look
    edge = {} if shape in "|x" else {"markeredgewidth": 0.7, "markerfacecoloralt": "white"}
    if filled == "none":
        edge |= {"fillstyle": "full", "markerfacecolor": "white", "markeredgecolor": colour}
    elif shape not in "|x":
        edge |= {"fillstyle": filled}
    axes.plot(x, y, shape, color=colour, markersize=size, label=label, zorder=3, **edge)

"""What was not abstracted, in whom, and whether that goes with the outcome."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from prrt_lib.analyse.columns import rows_of
from prrt_lib.analyse.summaries import Records, grouped, share
from prrt_lib.base.errors import AnalysisError
from prrt_lib.declare.arguments import checked
from prrt_lib.declare.dictionary import dictionary
from prrt_lib.declare.footprints import traced
from prrt_lib.declare.rows import combine, result_rows, stamp
from prrt_lib.draw import figure_values, style
from prrt_lib.draw.canvas import Drawing, file_name, keep
from prrt_lib.draw.tables import levels
from prrt_lib.estimate.regression.cox_model import cox
from prrt_lib.study.data import Study
from prrt_lib.topics.characteristics.describe import TABLE_1, bounds_of, people_with

ANALYSIS = "missingness"
PREDICTOR = "missing as predictor"
# Derived a second time from the same cells, so counted once.
TWICE = ("derived.grade_basis", "derived.grade_group", "derived.ki67_band", "derived.stage_ajcc8",
         "derived.metastatic_pattern", "derived.primary_group")  # fmt: skip
VARIABLES = (*(name for name in TABLE_1 if name not in TWICE), "derived.isotope_cycle1",
             "derived.ssa_cycle1", "derived.cumulative_gbq", "derived.cga_before",
             "derived.pancreastatin_before", "followup.disease_status_last")  # fmt: skip
INFORMATIVE = ("grade_group", "ki67_band", "mitoses_value", "stage")
MISSING, KNOWN = "missing", "known"
TOO_FEW = 5


@checked
def missingness(study: Study, by: str = "", population: str | None = None) -> pd.DataFrame:
    """Share of patients without a value (nor a bound), per variable, overall and by ``by``."""
    chosen = population or study.headline
    return combine(_share_missing(study, address, by, chosen) for address in VARIABLES)


@traced
def _share_missing(study: Study, address: str, by: str, population: str) -> pd.DataFrame:
    patients, column = people_with(study, address, by, population), dictionary().column(address)
    if column.multiple:
        rows = rows_of(study, patients["patient_id"], column.table, column.name)
        known = rows.loc[rows[column.name].notna(), "patient_id"]
        absent = ~patients["patient_id"].isin(known)
    else:
        ends = [end.split(".")[1] for end in bounds_of(address)]
        absent = patients[[column.name, *ends]].isna().all(axis=1)

    def describe(part: pd.DataFrame) -> Records:
        own = absent[part.index]
        return [share(int(own.sum()), len(own), column.name, MISSING, method="n of all patients")]

    return grouped(patients, by, describe, analysis=ANALYSIS, population=population,
                   role="secondary", label=column.label)  # fmt: skip


@checked
def predicts(
    study: Study, endpoint: str = "os_prrt", names: Sequence[str] = INFORMATIVE,
    population: str | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Hazard ratio of those without a value against those with one, a model per variable.

    Exploratory: missing values that go with the outcome are not missing at random, and an
    analysis of complete records alone is then of a selected group.
    """
    chosen = population or study.headline
    return combine(_predicts(study, endpoint, name, chosen) for name in names)


@traced
def _predicts(study: Study, endpoint: str, name: str, population: str) -> pd.DataFrame:
    times = study.times(endpoint, "", population, (name,))
    words = {"analysis": ANALYSIS, "model": PREDICTOR, "endpoint": endpoint,
             "label": times.endpoint.label, "population": population,
             "role": "exploratory"}  # fmt: skip
    frame = times.frame
    absent = frame[name].isna()
    told = frame.assign(**{name: np.where(absent, MISSING, KNOWN).astype(object)})
    record = {"statistic": "log_hazard_ratio", "variable": name, "level": MISSING}
    record |= {"reference": KNOWN, "n": len(frame), "events": int((frame["event"] == 1).sum())}
    if absent.all() or not absent.any():
        why = f"{dictionary().label(name)}: {'nobody' if absent.all() else 'everybody'} has a value"
        return result_rows([record], **words, state="not-estimable", warning=why)
    # Plain where each level has events enough, with Firth's penalty else (decision 12).
    events = told[told["event"] == 1][name].value_counts()
    few = len(events) < 2 or events.sum() < TOO_FEW
    try:
        rows = cox(told, "exit", "event", [name], entry="entry", reference={name: KNOWN},
                   penalty="firth" if few else None).rows  # fmt: skip
    except AnalysisError as error:
        return result_rows([record], **words, state="not-estimable", warning=error.found)
    kept = (rows["statistic"] == "log_hazard_ratio") & (rows["level"] == MISSING)
    return stamp(rows[kept].reset_index(drop=True), **words)


DARK = 0.55


def share_map(rows: pd.DataFrame, scenario: str, title: str, name: str) -> Drawing:
    """Variables down, groups across; the darker a field, the larger the share."""
    style.apply()
    names, groups = levels(rows, "variable"), levels(rows)
    figure, axes = plt.subplots(figsize=(2.6 + 0.95 * len(groups), 1.2 + 0.27 * len(names)))
    values = rows.set_index(["variable", "group_level"])
    shares = values["estimate"].unstack().reindex(index=names, columns=groups).to_numpy(float)
    axes.imshow(shares, cmap="Greys", vmin=0, vmax=1, aspect="auto")
    for (line, place), part in np.ndenumerate(shares):
        key = (names[line], groups[place])
        if key not in values.index:
            continue
        row = values.loc[key]
        text = f"{int(row['n'])}/{int(row['total'])}"
        colour = "white" if part > DARK else "black"
        axes.text(place, line, text, ha="center", va="center", fontsize=7.5, color=colour)
    whole = rows[rows["group_level"].isin(groups[:1])].set_index("variable")["label"]
    labels = [whole.get(variable) or dictionary().label(variable) for variable in names]
    axes.set_yticks(range(len(names)), labels)
    axes.set_xticks(range(len(groups)), [group or "All" for group in groups])
    axes.tick_params(axis="x", top=True, labeltop=True, bottom=False, labelbottom=False)
    axes.set_title(title)
    return keep(figure, file_name(name), scenario, figure_values.shares(rows, title))

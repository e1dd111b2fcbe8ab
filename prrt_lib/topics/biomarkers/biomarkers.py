"""Chromogranin A and pancreastatin at four time points, and their change within an assay."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from prrt_lib.analyse.columns import rows_of
from prrt_lib.analyse.quantiles import bounded_quantity, quantity, where_enough
from prrt_lib.analyse.summaries import Records, nobody
from prrt_lib.declare.arguments import checked, one_of
from prrt_lib.declare.footprints import traced
from prrt_lib.declare.rows import combine, result_rows, stamp
from prrt_lib.estimate.rank_tests import signed_rank
from prrt_lib.study.derive.windows import one_unit

ANALYSIS = "biomarkers"
MARKERS = {"CgA": "Chromogranin A", "pancreastatin": "Pancreastatin"}
WINDOWS = {"diagnosis": "at diagnosis", "before": "before PRRT 1", "after_1": "after PRRT 1",
           "after_2": "after PRRT 2"}  # fmt: skip
COLUMNS = ("analyte", "window", "value", "value_lo", "value_hi", "unit", "assay",
           "xuln", "xuln_lo", "xuln_hi", "dated")  # fmt: skip
MULTIPLE = "x ULN"
# With n pairs the widest signed-rank interval has level 1 - 2 / 2**n.
TOO_FEW = "too few pairs for limits of the stated level"
NO_UNIT = "unit not known"
CHANGED = "assay or unit changed"


def samples(study: Any, population: str | None = None) -> pd.DataFrame:
    """The sample that stands for each patient, marker and time point (decision 18).

    ``scale`` is "x ULN" where the upper limit of normal is known, else the unit; ``shown``,
    ``shown_lo``, ``shown_hi`` are the value and its bounds on that scale.
    """
    patients = study.patients(population=population or study.headline)
    found = rows_of(study, patients["patient_id"], "biomarker_windows", *COLUMNS)
    found = found.assign(unit=one_unit(found["unit"]))
    multiple = found[["xuln", "xuln_lo", "xuln_hi"]].notna().any(axis=1)
    scale = found["unit"].fillna(NO_UNIT).where(~multiple, MULTIPLE)
    shown = {
        f"shown{end}": found[f"xuln{end}"].where(multiple, found[f"value{end}"])
        for end in ("", "_lo", "_hi")
    }
    return found.assign(scale=scale, time_point=found["window"].map(WINDOWS), **shown)


@checked
def shown(study: Any, marker: str, population: str | None = None) -> pd.DataFrame:
    """Exact values of ``marker`` on its commonest scale, in the order of the time points.

    Patient values, for the internal figure: patient_id, time_point, value, scale.
    """
    one_of(marker, MARKERS, "marker")
    found = samples(study, population)
    found = found[(found["analyte"] == marker) & (found["shown"] > 0)]
    found = found[found["scale"] == _commonest(found["scale"])]
    order = found["window"].map({name: place for place, name in enumerate(WINDOWS)})
    found = found.assign(order=order, value=found["shown"])
    found = found.sort_values(["order", "patient_id"], kind="stable", ignore_index=True)
    return found[["patient_id", "time_point", "value", "scale"]]


def axis(values: pd.DataFrame) -> str:
    """The one scale of :func:`shown`, for the axis."""
    return _commonest(values["scale"])


def _commonest(scales: pd.Series) -> str:
    """The scale of most samples, the first by name among equals; "" without samples."""
    counts = scales.value_counts()
    return min(counts.index, key=lambda scale: (-counts[scale], scale)) if len(counts) else ""


@traced
def levels(study: Any, population: str | None = None, role: str = "secondary") -> pd.DataFrame:
    """Each marker at each time point: patients with a sample, and quantiles per scale (stratum).

    Values below or above a bound count by their rank; how many there are is a row of its own.
    """
    words, ids, found = _prepared(study, population, role)
    records: Records = []
    for marker in MARKERS:
        own = found[found["analyte"] == marker]
        if own.empty:
            for statistic in ("count", "median"):
                records += nobody(marker, len(ids), statistic, label=MARKERS[marker])
            continue
        for window in WINDOWS:
            part = own[own["window"] == window]
            records += _at(part, ids, marker, WINDOWS[window], study.parameters.min_group)
    return result_rows(records, **words)


def _prepared(study: Any, population: str | None, role: str):
    chosen = population or study.headline
    words = {"analysis": ANALYSIS, "population": chosen, "role": role}
    ids = study.patients(population=chosen)["patient_id"]
    return words, ids, samples(study, chosen)


def _at(own: pd.DataFrame, ids: pd.Series, marker: str, level: str, fewest: int) -> Records:
    name = {"variable": marker, "level": level, "label": MARKERS[marker]}
    counted = {**name, "statistic": "count", "total": len(ids)}
    bounded = own["shown"].isna()
    records: Records = [{**counted, "n": len(own), "estimate": len(own)}]
    n = int(bounded.sum())
    records.append({**counted, "n": n, "estimate": n, "stratum": "known only by bounds"})
    undated = int((~own["dated"].astype(bool)).sum())
    if undated:
        records[0]["warning"] = f"{MARKERS[marker]} {level}: {undated} placed by label, undated"
    for scale in sorted(own["scale"].unique(), key=lambda text: (text != MULTIPLE, text)):
        part = own[own["scale"] == scale].set_index("patient_id").reindex(ids)
        label = {**name, "label": f"{MARKERS[marker]}, {level}, {scale}"}
        told = bounded_quantity(part["shown"], part["shown_lo"], part["shown_hi"], marker, scale,
                                level=level, label=label["label"])  # fmt: skip
        records += [{**item, "stratum": scale, "label": MARKERS[marker]}
                    for item in where_enough(told, fewest)]  # fmt: skip
    return records


def changes(study: Any, population: str | None = None) -> pd.DataFrame:
    """Pairs of samples before PRRT 1 and after PRRT 1 or 2, one row per patient, marker and pair.

    ``log2_change`` only where both values are exact, above 0, and of one assay and unit;
    else ``excluded`` says why. An assay that is not recorded for a sample tells of no change:
    the pair is kept, and ``assay_recorded`` is False.
    """
    found = samples(study, population)
    before = found[found["window"] == "before"]
    pairs = []
    for window in ("after_1", "after_2"):
        after = found[found["window"] == window]
        pair = before.merge(after, on=["patient_id", "analyte"], suffixes=("_before", "_after"))
        pairs.append(pair.assign(pair=f"{WINDOWS['before']} to {WINDOWS[window]}"))
    return _compared(pd.concat(pairs, ignore_index=True))


def _compared(pairs: pd.DataFrame) -> pd.DataFrame:
    assays, units = (pairs[[f"{name}_before", f"{name}_after"]] for name in ("assay", "unit"))
    recorded = assays.notna().all(axis=1)
    other_assay = recorded & (assays.nunique(axis=1) > 1)
    other_unit = units.nunique(axis=1, dropna=False) > 1
    before, after = (pairs[f"value_{end}"].astype(float) for end in ("before", "after"))
    reasons = np.select(
        [
            other_assay | other_unit,
            before.isna() | after.isna(),
            (before <= 0) | (after <= 0),
        ],
        [CHANGED, "known only by bounds", "a value of 0"],
        "",
    )
    used = reasons == ""
    log_before, log_after = (np.log2(part.where(used)) for part in (before, after))
    return pairs[["patient_id", "analyte", "pair"]].assign(
        log2_before=log_before, log2_after=log_after, log2_change=log_after - log_before,
        excluded=reasons, assay_recorded=recorded,
    )  # fmt: skip


@traced
def paired(study: Any, population: str | None = None, role: str = "secondary") -> pd.DataFrame:
    """log2 change of each marker: quantiles, Wilcoxon signed-rank and Hodges-Lehmann limits."""
    words, ids, found = _prepared(study, population, role)
    pairs = changes(study, words["population"])
    frames = []
    for marker, label in MARKERS.items():
        if not (found["analyte"] == marker).any():
            empty = nobody(marker, len(ids), "pseudo_median", unit="log2", level="change")
            empty += nobody(marker, len(ids), "median", unit="log2", level="change",
                            stratum="log2 change")  # fmt: skip
            frames.append(result_rows(empty, label=label, **words))
            continue
        for after in ("after_1", "after_2"):
            name = f"{WINDOWS['before']} to {WINDOWS[after]}"
            own = pairs[(pairs["analyte"] == marker) & (pairs["pair"] == name)]
            frames.append(stamp(_change(own, study.parameters, marker, name), **words))
    return combine(frames)


def _change(own: pd.DataFrame, settings: Any, marker: str, level: str) -> pd.DataFrame:
    conf_level = settings.conf_level
    name = {"variable": marker, "level": level, "label": MARKERS[marker], "unit": "log2"}
    used = own[own["excluded"] == ""]
    left = own.loc[own["excluded"] != "", "excluded"].value_counts()
    told = "; ".join(
        f"{MARKERS[marker]}, {level}: {n} pairs left out, {why}" for why, n in left.items()
    )
    blank = int((~used["assay_recorded"]).sum())
    kept = f"{MARKERS[marker]}, {level}: {blank} pairs with an assay not recorded, kept"
    if used.empty:
        empty = {"statistic": "pseudo_median", "state": "not-estimable", "n": 0, "total": len(own)}
        return result_rows([{**empty, **name, "warning": told}])
    test = signed_rank(used, "log2_after", "log2_before", conf_level=conf_level)
    few = 2.0 ** (1 - test["n"].iloc[0]) > 1 - conf_level
    if few:
        test = test.assign(low=np.nan, high=np.nan)
    words = [told, kept if blank else "", f"{MARKERS[marker]}, {level}: {TOO_FEW}" if few else ""]
    words = [text for text in (*words, *test["warning"].unique()) if text]
    test = stamp(test, **name, warning="; ".join(words))
    spread = quantity(used["log2_change"], marker, "log2", level=level, label=MARKERS[marker])
    spread = where_enough(spread, settings.min_group)
    return combine([test, result_rows(spread, stratum="log2 change")])


def everyone(study: Any, role: str = "secondary") -> pd.DataFrame:
    """Levels and paired changes of all treated patients."""
    return combine([levels(study, "all_treated", role), paired(study, "all_treated", role)])

"""Chromogranin A and pancreastatin at four time points, their change, and biochemical response."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from prrt_lib.analyse.columns import rows_of
from prrt_lib.analyse.quantiles import bounded_quantity, quantity, where_enough
from prrt_lib.analyse.summaries import Records, nobody, share, warned
from prrt_lib.base.errors import AnalysisError
from prrt_lib.declare.arguments import checked, one_of
from prrt_lib.declare.footprints import traced
from prrt_lib.declare.rows import combine, result_rows, stamp
from prrt_lib.estimate.random_effects import mixed_model
from prrt_lib.estimate.rank_tests import signed_rank
from prrt_lib.study.data import Study
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


def samples(study: Study, population: str | None = None) -> pd.DataFrame:
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
def shown(study: Study, marker: str, population: str | None = None) -> pd.DataFrame:
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
def levels(study: Study, population: str | None = None) -> pd.DataFrame:
    """Each marker at each time point: patients with a sample, and quantiles per scale (stratum).

    Values below or above a bound count by their rank; how many there are is a row of its own.
    """
    words, ids, found = _prepared(study, population)
    records: Records = []
    for marker, label in MARKERS.items():
        own = found[found["analyte"] == marker]
        if own.empty:
            for statistic in ("count", "median"):
                records += nobody(marker, len(ids), statistic, label=label)
            continue
        for window, level in WINDOWS.items():
            at = own[own["window"] == window]
            counted = {"variable": marker, "level": level, "label": label, "statistic": "count",
                       "total": len(ids)}  # fmt: skip
            n = int(at["shown"].isna().sum())
            sampled = {**counted, "n": len(at), "estimate": len(at)}
            if undated := int((~at["dated"].astype(bool)).sum()):
                sampled["warning"] = f"{label} {level}: {undated} placed by label, undated"
            bounded = {**counted, "n": n, "estimate": n, "stratum": "known only by bounds"}
            records += [sampled, bounded]
            for scale in sorted(at["scale"].unique(), key=lambda text: (text != MULTIPLE, text)):
                part = at[at["scale"] == scale].set_index("patient_id").reindex(ids)
                told = bounded_quantity(part["shown"], part["shown_lo"], part["shown_hi"], marker,
                                        scale, level=level,
                                        label=f"{label}, {level}, {scale}")  # fmt: skip
                records += [{**item, "stratum": scale, "label": label}
                            for item in where_enough(told, study.parameters.min_group)]  # fmt: skip
    return result_rows(records, **words)


def _prepared(study: Study, population: str | None):
    chosen = population or study.headline
    words = {"analysis": ANALYSIS, "population": chosen, "role": "secondary"}
    ids = study.patients(population=chosen)["patient_id"]
    return words, ids, samples(study, chosen)


def changes(study: Study, population: str | None = None) -> pd.DataFrame:
    """Pairs of samples before PRRT 1 and after PRRT 1 or 2, one row per patient, marker and pair.

    ``log2_change`` only where both values are exact, above 0, and of one assay and unit;
    else ``excluded`` says why. An assay that is not recorded for a sample tells of no change:
    the pair is kept, and ``assay_recorded`` is False.
    """
    found = samples(study, population)
    before = found[found["window"] == "before"]
    of_window = []
    for window in ("after_1", "after_2"):
        after = found[found["window"] == window]
        pair = before.merge(after, on=["patient_id", "analyte"], suffixes=("_before", "_after"))
        of_window.append(pair.assign(pair=f"{WINDOWS['before']} to {WINDOWS[window]}"))
    pairs = pd.concat(of_window, ignore_index=True)
    assays, units = (pairs[[f"{name}_before", f"{name}_after"]] for name in ("assay", "unit"))
    recorded = assays.notna().all(axis=1)
    other_assay = recorded & (assays.nunique(axis=1) > 1)
    other_unit = units.nunique(axis=1, dropna=False) > 1
    before, after = (pairs[f"value_{end}"].astype(float) for end in ("before", "after"))
    reasons = np.select(
        [other_assay | other_unit, before.isna() | after.isna(), (before <= 0) | (after <= 0)],
        [CHANGED, "known only by bounds", "a value of 0"], "",
    )  # fmt: skip
    used = reasons == ""
    log_before, log_after = (np.log2(part.where(used)) for part in (before, after))
    return pairs[["patient_id", "analyte", "pair"]].assign(
        log2_before=log_before, log2_after=log_after, log2_change=log_after - log_before,
        excluded=reasons, assay_recorded=recorded,
    )  # fmt: skip


@traced
def paired(study: Study, population: str | None = None) -> pd.DataFrame:
    """log2 change of each marker: quantiles, Wilcoxon signed-rank and Hodges-Lehmann limits."""
    words, ids, found = _prepared(study, population)
    pairs, conf_level = changes(study, words["population"]), study.parameters.conf_level
    frames = []
    for marker, label in MARKERS.items():
        if not (found["analyte"] == marker).any():
            empty = nobody(marker, len(ids), "pseudo_median", unit="log2", level="change")
            empty += nobody(marker, len(ids), "median", unit="log2", level="change",
                            stratum="log2 change")  # fmt: skip
            frames.append(result_rows(empty, label=label, **words))
            continue
        for after in ("after_1", "after_2"):
            level = f"{WINDOWS['before']} to {WINDOWS[after]}"
            own = pairs[(pairs["analyte"] == marker) & (pairs["pair"] == level)]
            name = {**words, "variable": marker, "level": level, "label": label, "unit": "log2"}
            used = own[own["excluded"] == ""]
            left = own.loc[own["excluded"] != "", "excluded"].value_counts()
            told = [f"{n} pairs left out, {why}" for why, n in left.items()]
            if used.empty:
                warning = "; ".join(f"{label}, {level}: {text}" for text in told)
                empty = {"statistic": "pseudo_median", "state": "not-estimable", "n": 0}
                frames.append(result_rows([empty], **name, total=len(own), warning=warning))
                continue
            if blank := int((~used["assay_recorded"]).sum()):
                told.append(f"{blank} pairs with an assay not recorded, kept")
            test = signed_rank(used, "log2_after", "log2_before", conf_level=conf_level)
            if 2.0 ** (1 - test["n"].iloc[0]) > 1 - conf_level:
                test = test.assign(low=np.nan, high=np.nan)
                told.append(TOO_FEW)
            told = [*(f"{label}, {level}: {text}" for text in told), *test["warning"].unique()]
            frames.append(stamp(test, **name, warning="; ".join(filter(None, told))))
            spread = quantity(used["log2_change"], marker, "log2", level=level, label=label)
            spread = where_enough(spread, study.parameters.min_group)
            frames.append(result_rows(spread, **words, stratum="log2 change"))
    return combine(frames)


def everyone(study: Study) -> pd.DataFrame:
    """Levels and paired changes of all treated patients."""
    return combine([levels(study, "all_treated"), paired(study, "all_treated")])


MODELS = "biomarker_models"
MIXED = "mixed model"
REFERENCE = "before"


def logged(study: Study, population: str | None = None) -> pd.DataFrame:
    """log2 of multiples of the upper limit with both bounds: ``low``, ``high``, equal when exact.

    Only samples whose upper limit is known: multiples are the one scale that assays share.
    """
    found = samples(study, population)
    found = found[(found["scale"] == MULTIPLE) & found["analyte"].isin(MARKERS)]
    low = found["xuln"].fillna(found["xuln_lo"]).astype(float)
    high = found["xuln"].fillna(found["xuln_hi"]).astype(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = found.assign(low=np.log2(low), high=np.log2(high))
    return found[(found["low"] != found["high"]) | np.isfinite(found["low"])]


@traced
def over_time(study: Study, population: str | None = None) -> pd.DataFrame:
    """log2 multiples at each time point against before PRRT 1: mixed model, patients random.

    Exact values only.
    """
    chosen = population or study.headline
    words = {"analysis": MODELS, "model": MIXED, "population": chosen, "role": "secondary"}
    found, total = logged(study, chosen), len(study.patients(population=chosen))
    frames = []
    for marker, label in MARKERS.items():
        own = found[found["analyte"] == marker]
        if own.empty:
            empty = nobody(marker, total, "coefficient", label=label, unit="log2")
            frames.append(result_rows(empty, **words))
            continue
        name = {**words, "variable": marker, "label": label, "unit": "log2"}
        exact = own[(own["low"] == own["high"]) & np.isfinite(own["low"])]
        seen = [at for at in WINDOWS if at != REFERENCE and (exact["window"] == at).any()]
        frame = exact.assign(**{at: (exact["window"] == at).astype(float) for at in seen})
        left = len(own) - len(exact)
        told = [f"{label}: {left} values known only by bounds left out"] if left else []
        try:
            rows = mixed_model(frame, "low", seen, "patient_id").rows(study.parameters.conf_level)
        except AnalysisError as error:
            why = "; ".join([*told, error.found])
            empty = {"statistic": "coefficient", "state": "not-estimable", "n": len(exact)}
            frames.append(result_rows([empty], **name, warning=f"{label}: {why}"))
            continue
        level = rows["variable"].map({**WINDOWS, "intercept": WINDOWS[REFERENCE]})
        contrast = rows["statistic"].eq("coefficient") & (rows["variable"] != "intercept")
        against = pd.Series(WINDOWS[REFERENCE], index=rows.index).where(contrast, "")
        name |= {"level": level.fillna(rows["variable"]), "reference": against,
                 "p": rows["p"].where(contrast)}  # fmt: skip
        frames.append(stamp(warned(rows, told), **name))
    return combine(frames)


@traced
def flags(study: Study, population: str | None = None) -> pd.DataFrame:
    """What spoils a series, counted: proton pump inhibitor at the sample, assay or unit changed."""
    chosen = population or study.headline
    words = {"analysis": MODELS, "model": "flags", "population": chosen, "role": "secondary"}
    ids = study.patients(population=chosen)["patient_id"]
    found = rows_of(study, ids, "biomarker_windows", "analyte", "window", "ppi_within_14d")
    pairs = changes(study, chosen)
    records: Records = []
    for marker, label in MARKERS.items():
        own = found[found["analyte"] == marker]
        if own.empty:
            records += nobody(marker, len(ids), label=label)
            continue
        for window, point in WINDOWS.items():
            told = own.loc[own["window"] == window, "ppi_within_14d"].dropna()
            records.append(share(int((told == "yes").sum()), len(told), marker, point, label=label,
                                 stratum="on a proton pump inhibitor within 14 days",
                                 method="samples with an answer"))  # fmt: skip
        for name, part in pairs[pairs["analyte"] == marker].groupby("pair", sort=False):
            changed = part["excluded"] == CHANGED
            told = int((part["assay_recorded"] | changed).sum())
            records.append(share(int(changed.sum()), told, marker, name, label=label,
                                 stratum=CHANGED,
                                 method="pairs with both assays recorded"))  # fmt: skip
    return result_rows(records, **words)


LEVEL, UNDECIDED = "biochemical_response", "cannot be decided"
BEST = "best"
AFTER = ("after_1", "after_2")
SETTINGS = {"": "", "without_ppi": ", no proton pump inhibitor"}
METHOD = ("a later value of at most half of the one before PRRT 1, which is above 1 x ULN, in the "
          "same recorded assay; exact limits (Clopper-Pearson)")  # fmt: skip
SAMPLED = ("analyte", "sample_date", "value_lo", "value_hi", "op", "unit", "assay", "xuln_lo",
           "ppi_within_14d")  # fmt: skip


@checked
def responses(
    study: Study, population: str | None = None, settings: Sequence[str] = tuple(SETTINGS),
) -> pd.DataFrame:  # fmt: skip
    """:func:`response` in the main analysis and without samples on a proton pump inhibitor."""
    return combine([response(study, population, setting) for setting in settings])


@traced
def response(study: Study, population: str | None = None, setting: str = "") -> pd.DataFrame:
    """Patients whose marker falls to half, of those above the upper limit before PRRT 1.

    "best": by any later sample up to horizon, cut-off, new anticancer therapy and retreatment;
    and by the sample after PRRT 1 and 2 (decision 18: without a date the label places it). A bound
    counts where it decides; who has only later values that leave it open is a row of its own.
    """
    one_of(setting, SETTINGS, "biochemical response, setting")
    chosen = population or study.headline
    words = {"analysis": ANALYSIS, "population": chosen, "role": "secondary", "setting": setting}
    people = study.patients("first_prrt", "horizon", "new_therapy", "retreatment",
                            population=chosen)  # fmt: skip
    windows = _samples(study, people, "biomarker_windows", "window")
    anything = _samples(study, people, "biomarkers").assign(window=BEST)
    after = windows[windows["window"].isin(AFTER)]
    dated = anything[anything["sample_date"].notna()]
    placed = after[after["sample_date"].isna()].assign(window=BEST)
    both = pd.concat([after, dated, placed], ignore_index=True)
    base = windows[windows["window"] == "before"]
    # A value above a bound of exactly the upper limit is above that limit.
    above = (base["xuln_lo"] > 1) | ((base["xuln_lo"] == 1) & (base["op"] == ">"))
    base = base[above]
    if setting == "without_ppi":
        base, both = (part[part["ppi_within_14d"] != "yes"] for part in (base, both))
    # Samples after first PRRT that no other treatment than it can have moved; those without a date
    # that their label places after a cycle.
    ends = people[["horizon", "new_therapy", "retreatment"]].min(axis=1)
    clocks = people[["patient_id", "first_prrt"]].assign(end=ends)
    found = both.merge(clocks, on="patient_id")
    day = found["sample_date"]
    later = found[day.isna() | ((day > found["first_prrt"]) & (day <= found["end"]))]
    # Of the baseline's assay and unit; ``responded`` is None where bounds leave it open.
    keys = ["patient_id", "analyte", "unit", "assay"]
    known = base.dropna(subset=["assay"])
    pairs = later.merge(known[[*keys, "value_lo", "value_hi"]], on=keys, suffixes=("", "_before"))
    high, low = pairs["value_hi"], pairs["value_lo"]
    half_lo, half_hi = pairs["value_lo_before"] / 2, pairs["value_hi_before"] / 2
    fallen = high <= half_lo
    not_fallen = (low > half_hi) | ((low == half_hi) & (pairs["op"] == ">"))
    open_ = pd.Series(None, index=pairs.index, dtype=object)
    judged = pairs.assign(responded=open_.mask(fallen, True).mask(not_fallen, False))
    records: Records = []
    everybody = len(people)
    for marker, label in MARKERS.items():
        if not (anything["analyte"] == marker).any():
            records += nobody(marker, everybody, level=LEVEL, label=label)
            continue
        label += SETTINGS[setting]
        of_marker = judged[judged["analyte"] == marker]
        elevated = int((base["analyte"] == marker).sum())
        for window, name in ((BEST, BEST), *((item, WINDOWS[item]) for item in AFTER)):
            told = {"variable": marker, "stratum": name, "label": label}
            own = of_marker[of_marker["window"] == window]
            followed = own["patient_id"].nunique()
            decided = own.dropna(subset=["responded"])
            total = decided["patient_id"].nunique()
            count = decided.loc[decided["responded"].astype(bool), "patient_id"].nunique()
            undecided = followed - total
            said = [f"{label}: {elevated} of {everybody} patients with a value above the upper "
                    "limit before PRRT 1"]  # fmt: skip
            if lost := max(0, elevated - followed):
                said.append(f"{lost} without a later sample of the same recorded assay")
            said += [f"{undecided} whose bounds leave it open"] if undecided else []
            # Clause by clause, so that a page says each once for all rows.
            warning = "; ".join(said)
            records += [
                share(count, total, level=LEVEL, conf_level=study.parameters.conf_level,
                      method=METHOD, warning=warning, **told),
                {**told, "statistic": "count", "level": UNDECIDED, "n": undecided,
                 "estimate": undecided, "total": everybody},
            ]  # fmt: skip
    return result_rows(records, **words)


def _samples(study: Study, people: pd.DataFrame, table: str, *more: str) -> pd.DataFrame:
    found = rows_of(study, people["patient_id"], table, *SAMPLED, *more)
    return found.assign(unit=one_unit(found["unit"]))

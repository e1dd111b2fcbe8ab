"""Every cell of every notebook on cohorts of a few patients: whatever is missing, nothing stops."""

from __future__ import annotations

import ast
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from PIL import Image

from prrt_lib.base.paths import Places
from prrt_lib.declare import footprints, reads, results
from prrt_lib.declare.derivations import MAIN_DATE
from prrt_lib.declare.parameters import Parameters
from prrt_lib.declare.rows import result_rows
from prrt_lib.draw import clinical_tables
from prrt_lib.read.reading import Reading, read_workbook
from prrt_lib.run import notebook_form
from prrt_lib.study.build import write_cohort

DEMO = Path(__file__).parents[2] / "data" / "raw" / "demo.xlsx"
Tables = dict[str, pd.DataFrame]


@pytest.fixture(scope="module")
def reading() -> Reading:
    return read_workbook(DEMO, "template")


@pytest.fixture
def unpainted(monkeypatch):
    """Figures are laid out and not painted, which takes most of the time."""
    dot = io.BytesIO()
    Image.new("RGB", (2, 2)).save(dot, "PNG")
    monkeypatch.setattr(
        Figure, "savefig", lambda self, path, **_: Path(path).write_bytes(dot.getvalue())
    )


def first(tables: Mapping[str, pd.DataFrame], size: int) -> Tables:
    """The ``size`` treated patients that come first."""
    ids = sorted(set(tables["prrt_cycles"]["patient_id"]))[:size]
    return {name: one[one["patient_id"].isin(ids)] for name, one in tables.items()}


def followed(tables: Tables, days: int) -> Tables:
    """All alive, and nothing known of anybody after ``days`` days from first PRRT."""
    begun = tables["prrt_cycles"].groupby("patient_id")["cycle_date"].min()
    kept = {}
    for name, one in tables.items():
        day = MAIN_DATE.get(name)
        late = one[day] > one["patient_id"].map(begun) + pd.Timedelta(days, "D") if day else False
        kept[name] = one[~late] if day else one
    last = kept["followup"]["patient_id"].map(begun) + pd.Timedelta(days, "D")
    kept["followup"] = deathless(kept["followup"]).assign(
        **dict.fromkeys(("last_contact_date", "last_contact_lo", "last_contact_hi"), last)
    )
    return kept  # fmt: skip


def deathless(followup: pd.DataFrame) -> pd.DataFrame:
    dates = dict.fromkeys(("death_date", "death_lo", "death_hi"), pd.NaT)
    return followup.assign(vital_status="alive", cause_of_death=None, **dates)


def uneventful(tables: Tables) -> Tables:
    """Nobody died, and no scan tells of growth or of a new lesion."""
    scans = tables["imaging"].assign(
        response_raw="SD", response_word="SD", any_lesion_increase="no", new_lesions="no",
        progression_date_reported=pd.NaT, progression_date_reported_lo=pd.NaT,
        progression_date_reported_hi=pd.NaT, size_change_pct=float("nan"),
        size_change_lo=float("nan"), size_change_hi=float("nan"), recist_class="SD",
    )  # fmt: skip
    scans = scans[[name for name in scans if name in tables["imaging"]]]
    return {**tables, "imaging": scans, "followup": deathless(tables["followup"])}


def eventful(tables: Tables) -> Tables:
    """Everybody progressed on the first scan after PRRT and died on the day of last contact."""
    told = tables["followup"]
    day = told["death_date"].fillna(told["last_contact_date"])
    dates = dict.fromkeys(("death_date", "death_lo", "death_hi"), day)
    scans = tables["imaging"].assign(new_lesions="yes")
    return {**tables, "imaging": scans, "followup": told.assign(vital_status="dead", **dates)}


SIDE = ("symptoms", "prior_therapies", "metastases", "subsequent_therapies")


def without(tables: Tables, *names: str) -> Tables:
    return {name: one for name, one in tables.items() if name not in names}


# Cohort and missing tables vary together, which halves what all of them one by one would cost.
COHORTS = {
    "one patient, one day": lambda tables: followed(first(tables, 1), 1),
    "two patients, no markers": lambda tables: without(first(tables, 2), "biomarkers", "patients"),
    "a month, no events or labs": lambda tables: without(
        followed(first(tables, 5), 30), "adverse_events", "labs"
    ),
    "eleven months, no side tables": lambda tables: without(followed(first(tables, 5), 330), *SIDE),
    "nobody died or progressed, no tumour": lambda tables: without(
        uneventful(first(tables, 8)), "tumour"
    ),
    "all progressed and died": lambda tables: eventful(first(tables, 8)),
    "no follow-up": lambda tables: without(first(tables, 5), "followup"),
    "no scans": lambda tables: without(first(tables, 5), "imaging"),
}


def played(
    tables: Tables, reading: Reading, out: Path, monkeypatch,
    only: Sequence[str] = notebook_form.STORY, **changes: Any,
) -> dict[str, Any]:  # fmt: skip
    """What the cells of all notebooks show, by notebook and number of the cell."""
    given = {"workbook": "demo.xlsx", "profile": "template", "cutoff": "2026-06-30", **changes}
    parameters = Parameters("thin", **given)
    monkeypatch.setenv("PRRT_OUT", str(out))
    monkeypatch.setenv(results.BATCH, "thin")
    places = Places("thin", out)
    write_cohort(tables, reading.findings, reading.lineage, parameters, places)
    given, shown = notebook_form.arguments(parameters), {}
    for name in only:
        reads.clear()
        footprints.clear()
        names: dict[str, Any] = {}
        for number, cell in enumerate(notebook_form.cells(name)):
            if cell["cell_type"] == "code":
                shown[name, number] = run_cell(notebook_form.source(cell), names)
            if "parameters" in cell["metadata"].get("tags", []):
                names.update(given[name])
    return shown


def run_cell(source: str, names: dict[str, Any]) -> str:
    """The statements of a cell, and its last value as text and as a page shows it: IPython asks
    for both."""
    body = ast.parse(source).body
    last = body.pop() if isinstance(body[-1], ast.Expr) else None
    exec(compile(ast.Module(body, []), "cell", "exec"), names)
    if last is None:
        return ""
    value = eval(compile(ast.Expression(last.value), "cell", "eval"), names)
    return repr(value) + (value._repr_html_() if hasattr(value, "_repr_html_") else "")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", COHORTS)
def test_no_notebook_stops_and_none_shows_a_nan(name, reading, tmp_path, monkeypatch, unpainted):
    shown = played(COHORTS[name](reading.tables), reading, tmp_path, monkeypatch)
    assert not [key for key, text in shown.items() if ">nan<" in text or ">NaT<" in text]


def test_a_line_that_says_there_is_nothing_is_as_wide_as_its_table():
    table = clinical_tables.expected(result_rows([]), "Rates", {365: "1 year", 731: "2 years"})
    assert table.frame().iloc[0].tolist() == [
        "no curve lasts long enough for a rate at 1 year or later",
        "",
        "",
    ]
    assert table.html().count("<td") == 2


CURVES = ("survival", "response", "biomarkers", "adverse_events")


@pytest.mark.filterwarnings("ignore")
def test_the_scale_of_limits_reaches_every_curve(reading, tmp_path, monkeypatch, unpainted):
    """Every curve of every page, and the planned rates: S exp(-+ 1.96 SE / S), at most 1."""
    asked = {"only": CURVES, "conf_type": "log"}
    played(first(reading.tables, 30), reading, tmp_path, monkeypatch, **asked)
    rows = results.load("thin")
    estimators = ("Kaplan-Meier", "Aalen-Johansen", "standard error x sqrt")
    made = rows[rows["method"].str.contains("|".join(estimators), regex=True)
                & ~rows["method"].str.contains("smoothed|interval-censored")]  # fmt: skip
    assert made["method"].str.contains(r", log(?: limits)?(?:,|;|$)", regex=True).all()
    assert {"os_dx_delayed", "cif_progression", "time_to_response"} <= set(made["endpoint"])
    known = made[made["statistic"].isin(["survival", "cumulative_incidence"])
                 & (made["std_error"] > 0) & made["low"].notna()]  # fmt: skip
    wide = np.exp(1.959963984540054 * known["std_error"] / known["estimate"])
    np.testing.assert_allclose(known["low"], known["estimate"] / wide, rtol=1e-9)
    np.testing.assert_allclose(known["high"], np.minimum(known["estimate"] * wide, 1), rtol=1e-9)

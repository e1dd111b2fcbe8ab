"""Every table also of one patient, of eight, and where nothing but ids and dates was abstracted."""

import pytest
from small_study import SmallStudy, treated

from prrt_lib.declare.rows import combine, stamp
from prrt_lib.draw import clinical_tables, tables
from prrt_lib.topics.adverse_events import adverse, incidence, laboratory
from prrt_lib.topics.biomarkers import biomarker_survival, biomarkers
from prrt_lib.topics.characteristics import describe, missingness
from prrt_lib.topics.exposure import exposure
from prrt_lib.topics.quality import quality
from prrt_lib.topics.response import imaging, landmark, response, response_times
from prrt_lib.topics.survival import illness_death

EIGHT = tuple(f"A{number}" for number in range(8))
PAGES = {
    "characteristics": lambda study: describe.characteristics(study, by="primary_group"),
    "discordance": describe.discordance,
    "staging": lambda study: describe.characteristics(study, variables=describe.STAGING[1:]),
    "missingness": lambda study: missingness.missingness(study, "primary_group"),
    "missing as predictor": missingness.predicts,
    "cycles": lambda study: exposure.cycles(study, by="grade_group"),
    "each PRRT": exposure.each,
    "activity": exposure.activity,
    "intervals": exposure.intervals,
    "modifications": exposure.modifications,
    "planned": exposure.planned,
    "first": lambda study: response.denominators(study, "first_response"),
    "best": lambda study: response.classes(study, by="primary_group"),
    "complete": response.complete,
    "against recist": response.against_recist,
    "recist": response.recist,
    "after the last cycle": response.after_last_cycle,
    "confirmation": response.confirmation,
    "modalities": response.modalities,
    "status": response.last_status,
    "courses": exposure.courses,
    "held": exposure.held,
    "baseline": imaging.baseline,
    "scan intervals": imaging.scan_intervals,
    "magnitudes": response.magnitudes,
    "timing": response_times.timing,
    "interval-censored": response_times.interval_censored,
    "illness-death": illness_death.illness_death,
    "landmarks": landmark.landmarks,
    "response in time": landmark.both,
    "levels": biomarkers.levels,
    "paired": biomarkers.paired,
    "course": biomarkers.over_time,
    "marker flags": biomarkers.flags,
    "markers and survival": lambda study: biomarker_survival.page(study, ["os_prrt", "ttp"], 2.0),
    "overview": adverse.overview,
    "first severe": incidence.severe,
    "marrow": incidence.marrow,
    "axes": adverse.axes,
    "capture": adverse.capture,
    "organ classes": adverse.by_class,
    "deaths": adverse.deaths,
    "laboratory": laboratory.page,
    "kidney": laboratory.egfr_slope,
    "counts over time": laboratory.course,
    "weeks to the nadir": laboratory.since_cycle,
    "terms": adverse.by_term,
    "rates": incidence.rates,
    "seriousness": adverse.seriousness,
    "flow": quality.flow,
    "completeness": quality.completeness,
}
LAYOUTS = (tables.characteristics, tables.grid, clinical_tables.quantiles, clinical_tables.overview,
           clinical_tables.listed, clinical_tables.by_denominator)  # fmt: skip


@pytest.fixture(scope="module", params=[("A1",), EIGHT], ids=["one patient", "eight patients"])
def bare(request):
    """Patients with one date of PRRT each, and nothing else at all."""
    ids = request.param
    return SmallStudy({"patients": [{"patient_id": name} for name in ids],
                       "prrt_cycles": treated(*ids)})  # fmt: skip


@pytest.mark.parametrize("name", PAGES)
def test_nothing_crashes_and_no_percentage_is_of_nobody(bare, name):
    rows = combine([PAGES[name](bare)])
    assert len(rows), "a page that says nothing hides what is missing"
    of_nobody = rows["total"] == 0
    assert not (of_nobody & (rows["state"] == "ok")).any()
    unknown = rows["state"].isin(["not-abstracted", "not-estimable"])
    assert rows.loc[unknown, "estimate"].isna().all()


@pytest.mark.parametrize("name", PAGES)
def test_every_layout_shows_it_without_a_percentage_of_nobody(bare, name):
    rows = PAGES[name](bare)
    for layout in LAYOUTS:
        texts = [cell.text for line in layout(rows, "title").body for cell in line]
        assert not [text for text in texts if "nan" in text.split() or "0/0 (" in text]


def test_characteristics_and_responses_say_not_abstracted(bare):
    for name in ("first", "recist", "modalities", "status", "levels", "overview", "activity"):
        assert set(PAGES[name](bare)["state"]) == {"not-abstracted"}, name


def test_all_pages_of_a_notebook_can_be_saved_together(bare):
    frames = [stamp(PAGES[name](bare)) for name in PAGES if name != "best"]
    assert combine(frames)["row_id"].is_unique

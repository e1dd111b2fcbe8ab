"""What a caller may get wrong ends in a message: where, what was found, expected, what to do."""

import pytest
from small_study import SmallStudy, treated

from prrt_lib.analyse import cox, survival
from prrt_lib.base.errors import AnalysisError, ParameterError
from prrt_lib.declare.arguments import matched
from prrt_lib.declare.parameters import from_mapping
from prrt_lib.study.opened import narrowed
from prrt_lib.topics.biomarkers import biomarker_survival
from prrt_lib.topics.response import landmark, response
from prrt_lib.topics.survival import survival_family

IDS = [f"A{number:02d}" for number in range(1, 15)]


@pytest.fixture(scope="module")
def study():
    people = [{"patient_id": name, "age_at_diagnosis": 40.0 + number, "sex": "female"}
              for number, name in enumerate(IDS)]  # fmt: skip
    alive = [{"patient_id": name, "vital_status": "alive", "last_contact_date": "2016-01-01"}
             for name in IDS]  # fmt: skip
    return SmallStudy({"patients": people, "prrt_cycles": treated(*IDS), "followup": alive})


@pytest.mark.parametrize(("analysis", "given", "message"), [
    (survival.curve, {"endpoint": ["os_prrt"]}, r"survival.curve, endpoint: found \['os_prrt'\]; "
     "expected one name, as text. What to do: name one"),
    (survival.curve, {"endpoint": "os_prtr"}, "did you mean 'os_prrt'"),
    (survival.curve, {"endpoint": "os_prrt", "by": ["grade_group"]}, "survival.curve, by: found"),
    (survival.curve, {"endpoint": "os_prrt", "population": ["gep"]}, "curve, population: found"),
    (survival.curve, {"endpoint": "os_prrt", "population": "gepp"}, "did you mean 'gep'"),
    (survival.curve, {"endpoint": "os_prrt", "setting": "shortst"}, "did you mean 'shortest'"),
    (survival.curve, {"endpoint": "os_prrt", "by": "age_at_diagnosis"}, "14 different values"),
    (survival_family.by_groups, {"endpoints": "os_prrt", "by": ["sex"]}, "a list of names"),
    (cox.models, {"endpoint": "os_prrt", "covariates": "sex"}, "cox.models, covariates: found"),
    (cox.models, {"endpoint": "os_prrt", "covariates": [["sex"]]}, "a list of names"),
    (landmark.landmark, {"months": ">60"},
     "landmark.landmark, months: found '>60'; expected a"),
    (landmark.landmark, {"months": -6}, "found -6; expected a number above 0"),
    (landmark.landmark, {"months": float("nan")}, "found nan; expected a number"),
    (biomarker_survival.above_cut, {"endpoint": "os_prrt", "marker": "CgA", "cut": "2x"},
     "above_cut, cut: found '2x'"),
    (biomarker_survival.above_cut, {"endpoint": "os_prrt", "marker": "CgA", "cut": 0},
     "multiples of the upper limit: found 0"),
    (biomarker_survival.doubling, {"endpoint": "os_prrt", "marker": "cga"}, "use one of CgA"),
    (response.classes, {"which": "best_respnse"}, "did you mean 'best_response'"),
])  # fmt: skip
def test_a_wrong_argument_says_where_what_and_what_to_do(study, analysis, given, message):
    with pytest.raises(AnalysisError, match=message):
        analysis(study, **given)


def test_a_level_that_is_no_level_names_twenty_of_many():
    with pytest.raises(AnalysisError, match="'19'.* or 80 more"):
        matched(">60", [str(number) for number in range(100)], "where, age")


@pytest.mark.parametrize("months", [">60", "-6", "nan"])
def test_a_landmark_in_the_parameters_is_a_number_of_months(months):
    given = {"workbook": "w", "profile": "p", "cutoff": "2020-01-01", "landmark_months": [months]}
    with pytest.raises(ParameterError, match="s.yaml, landmark_months: found"):
        from_mapping("s", given, "s.yaml")


def test_a_part_of_the_patients_is_columns_with_their_level():
    with pytest.raises(AnalysisError, match="where: found 'sex'; expected columns"):
        narrowed("small", where="sex")
    with pytest.raises(AnalysisError, match="opened.narrowed, horizon_months: found '36'"):
        narrowed("small", horizon_months="36")

"""Covariates with a logarithm, a root or per so many units: by hand, in models and in errors."""

import numpy as np
import pandas as pd
import pytest

from prrt_lib.base.errors import AnalysisError
from prrt_lib.declare.covariates import column_of, transformed
from prrt_lib.declare.dictionary import dictionary


@pytest.mark.parametrize(("covariate", "expected"), [
    ("x", [8.0, 1.0, 0.0]), ("log2(x)", [3.0, 0.0, np.nan]), ("x/10", [0.8, 0.1, 0.0]),
    ("sqrt(x)", [8**0.5, 1.0, 0.0]), ("log10( x )", [np.log10(8), 0.0, np.nan]),
    ("log(x)", [np.log(8), 0.0, np.nan]), ("x / 2.5", [3.2, 0.4, 0.0]),
])  # fmt: skip
def test_a_covariate_is_what_it_says_and_no_logarithm_is_missing(covariate, expected):
    values = pd.Series([8.0, 1.0, 0.0])
    np.testing.assert_allclose(transformed(values, covariate), expected)
    assert column_of(covariate) == "x"


@pytest.mark.parametrize(("covariate", "message"), [
    ("lgo2(x)", "did you mean 'log2'"), ("log2(log2(x))", "neither a column nor a form"),
    ("x/0", "neither a column nor a form"), (["x", "y"], "write one covariate as one text"),
])  # fmt: skip
def test_an_unknown_form_names_the_forms_there_are(covariate, message):
    with pytest.raises(AnalysisError, match=message):
        column_of(covariate)


def test_words_have_no_logarithm():
    with pytest.raises(AnalysisError, match="holds no numbers"):
        transformed(pd.Series(["G1", "G2"]), "log2(grade_group)")


def test_the_label_says_what_was_done():
    label = dictionary().label
    assert label("log2(cga_before)") == "Chromogranin A before PRRT 1, log2"
    assert label("age_at_first_prrt/10").endswith(", per 10")
    assert label("jejunum/ileum") == "jejunum/ileum"

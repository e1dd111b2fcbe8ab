"""The parity page, the mapping and the comparison behind them are what the code gives today."""

from __future__ import annotations

import pandas as pd

from prrt_lib import estimate
from tests.estimate.golden_cox import HERE
from tests.estimate.parity_page import mapping, parity_page
from tests.estimate.parity_table import DOCS, by_family, digits, golden

MACHINES_DIFFER = 2.0  # digits by which another processor may sum differently


def test_every_line_of_the_comparison_still_holds():
    stated = pd.read_csv(HERE / "parity.csv").set_index(["family", "dataset"])
    found = by_family().set_index(["family", "dataset"])
    assert list(found.index) == list(stated.index)
    assert (found["rows"] == stated["rows"]).all()
    lower = found["digits"].astype(float) < stated["digits"] - MACHINES_DIFFER
    assert not lower.any(), found[lower]


def test_the_page_is_in_step_with_its_files():
    assert (DOCS / "parity.md").read_text(encoding="utf-8") == parity_page(HERE)


def test_the_mapping_in_docs_is_the_one_that_was_tested():
    written = pd.read_csv(DOCS / "statistics.csv", dtype=str, keep_default_na=False)
    pd.testing.assert_frame_equal(written, mapping(HERE))


def test_every_reference_value_has_a_line_in_the_mapping():
    keys = ["dataset", "analysis", "stat"]
    joined = golden().merge(mapping(HERE), how="left", on=keys)
    assert len(joined) == len(golden()) and joined["function"].notna().all()
    assert (joined.loc[joined["function"] == "", "notes"] != "").all()


def test_every_named_function_exists():
    for name in set(mapping(HERE)["function"]) - {""}:
        found = estimate
        for part in name.split("."):
            found = getattr(found, part)
        assert callable(found), name


def test_digits_by_hand():
    assert abs(digits(1.001, "1.000", "coef") - 3) < 1e-9
    assert digits(2000.2, "2000", "chisq") > 3.9
    assert digits(float("nan"), "", "q50") == 16 and digits(1.0, "", "q50") == 0
    assert digits(1e-20, "1.1e-20", "p") < 3

"""The snippets of docs/exploring.md run as they stand, one after the other."""

from __future__ import annotations

import re

import numpy as np
import pytest
from small_project import PROJECT, finished_demo

PAGE = (PROJECT / "docs" / "exploring.md").read_text("utf-8")
SNIPPETS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture(scope="module")
def names(tmp_path_factory):
    """What the snippets leave behind."""
    found: dict = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PRRT_OUT", str(finished_demo(tmp_path_factory)))
        patch.setenv("MPLBACKEND", "agg")
        for snippet in SNIPPETS:
            exec(snippet, found)
    return found


def ratios(rows, model):
    own = rows[(rows["model"] == model) & (rows["statistic"] == "log_hazard_ratio")]
    return own.set_index("variable")["estimate"]


def test_every_section_has_its_snippet(names):
    assert len(SNIPPETS) == 5
    assert set(names["at_cutoff"]["stratum"]) == {"cutoff 2022-12-31; horizon_months 60.0"}
    assert set(names["from_landmark"]["setting"]) == {"landmark_9_months"}


def test_lifelines_gives_the_hazard_ratios_and_the_median_of_the_page(names):
    ours = ratios(names["models"], "multivariable")
    theirs = names["fitted"].params_
    np.testing.assert_allclose(theirs[ours.index], ours, rtol=1e-3)
    curve = names["survival"].curve(names["study"], "os_prrt")
    median = curve.loc[curve["statistic"] == "median", "estimate"].iloc[0]
    assert names["km"].median_survival_time_ == median

"""No estimator can lose the times of entry: who carries exits carries entries."""

import importlib
import inspect

import pandas as pd
import pytest

from prrt_lib import estimate
from prrt_lib.base.errors import AnalysisError

# Two arms of four; two patients enter late.
FRAME = pd.DataFrame({
    "entry": [0, 0, 3, 0, 0, 2, 0, 0], "exit": [2, 5, 6, 4, 7, 8, 9, 3],
    "event": [1, 0, 1, 1, 0, 1, 0, 1], "arm": list("AABBABAB"),
    "age": [50, 61, 47, 58, 70, 66, 52, 49],
})  # fmt: skip
ASKED = {"duration": "exit", "event": "event", "by": "arm", "covariates": ["age"], "tau": 5.0,
         "at": 1.0, "times": [2.0], "columns": ["age"], "seed": 1, "score": "age"}  # fmt: skip


def _takes_exits(name):
    module = importlib.import_module(f"prrt_lib.estimate.{estimate.PUBLIC[name]}")
    function = getattr(module, name)
    if not inspect.isfunction(function):
        return False
    return {"frame", "duration", "event"} <= set(inspect.signature(function).parameters)


@pytest.mark.parametrize("name", [name for name in estimate.PUBLIC if _takes_exits(name)])
def test_a_frame_with_times_of_entry_is_refused_where_the_call_does_not_name_them(name):
    function = getattr(estimate, name)
    wanted = [one.name for one in inspect.signature(function).parameters.values()
              if one.default is inspect.Parameter.empty and one.name != "frame"]  # fmt: skip
    if "entry" in wanted:
        pytest.skip("cannot be called without the times of entry")
    with pytest.raises(AnalysisError, match="column 'entry'.*does not name"):
        function(FRAME, **{name: ASKED[name] for name in wanted})


def test_visits_without_entry_are_refused_as_well():
    visits = pd.DataFrame({"entry": [0, 100], "lower": [0, 200], "upper": [90, 300]})
    with pytest.raises(AnalysisError, match="does not name"):
        estimate.interval_censored_survival(visits, "lower", "upper")

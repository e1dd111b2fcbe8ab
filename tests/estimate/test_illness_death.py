"""Three states: integrals by hand and by quadrature, rates of exact times, and R's msm."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad

from prrt_lib.base.errors import AnalysisError
from prrt_lib.estimate.curves import illness_death as module
from prrt_lib.estimate.curves.illness_death import illness_death_model

NAMES = ["entry", "last_free", "seen", "exit", "died"]
OF_R = pd.read_csv(Path(__file__).with_name("illness_death.csv"))
# Per day: progression, death without it, death after it.
RATES = (0.002, 0.0005, 0.003)


def patients(*rows) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=NAMES)


def likelihood(row, rates=RATES, cuts=()) -> float:
    data = module._checked(patients(row), *NAMES)
    records = module._records(data, np.array([0.0, *cuts, np.inf]))
    return float(np.exp(module.log_likelihood(np.log(np.ravel(rates)), records).real))


def estimate(rows, **key) -> pd.Series:
    for name, value in key.items():
        rows = rows[rows[name] == value]
    assert len(rows) == 1
    return rows.iloc[0]


def test_one_patient_by_hand():
    """Of leaving state 1: 0.0025. The integrals of exp(-0.0025 u) 0.002 exp(-0.003 (300 - u))."""
    through = np.exp(-0.9) * 0.002 * (np.exp(0.1) - np.exp(0.05)) / 0.0005
    assert likelihood((0, 100, 200, 300, 1)) == pytest.approx(through * 0.003, rel=1e-12)
    assert likelihood((0, 100, 200, 300, 0)) == pytest.approx(through, rel=1e-12)
    # Late entry on day 50, known to be without progression: exp(0.0025 x 50) as much.
    late = through * 0.003 * np.exp(0.125)
    assert likelihood((50, 100, 200, 300, 1)) == pytest.approx(late, rel=1e-12)
    # No scan has shown it: it came between day 100 and death, or never.
    unseen = np.exp(-0.9) * 0.002 * (np.exp(0.15) - np.exp(0.05)) / 0.0005
    never = np.exp(-0.75)
    died = never * 0.0005 + unseen * 0.003
    assert likelihood((0, 100, np.nan, 300, 1)) == pytest.approx(died, rel=1e-12)
    assert likelihood((0, 100, np.nan, 300, 0)) == pytest.approx(never + unseen, rel=1e-12)


def test_two_pieces_by_quadrature():
    """Intensities change on day 250; progression lies in (100, 400], death on day 600."""
    rates = ((0.002, 0.001), (0.0005, 0.0002), (0.003, 0.006))

    def total(kind, a, b):
        first, second = rates[kind]
        return first * (min(b, 250) - min(a, 250)) + second * (max(b, 250) - max(a, 250))

    def path(u):
        stays = np.exp(-total(0, 0, u) - total(1, 0, u) - total(2, u, 600))
        return stays * rates[0][u > 250] * 0.006

    area = quad(path, 100, 400, points=[250], epsabs=1e-16)[0]
    assert likelihood((0, 100, 400, 600, 1), rates, [250]) == pytest.approx(area, rel=1e-10)


def known_days() -> pd.DataFrame:
    """Six progressions known to the moment, then five deaths; two deaths without; two alive."""
    at = [100, 200, 300, 400, 500, 600]
    seen = [(0, day - 1e-6, day, day + 150, int(number < 5)) for number, day in enumerate(at)]
    other = [(0, 249.999, np.nan, 250, 1), (0, 349.999, np.nan, 350, 1),
             (0, 800, np.nan, 800, 0), (0, 800, np.nan, 800, 0)]  # fmt: skip
    return patients(*seen, *other)


def test_exact_times_give_events_per_time():
    """State 1: 2100 + 600 + 1600 = 4300 days, 6 + 2 leave it. S(365) = exp(-8 x 365 / 4300).

    The incidence is 6/8 (1 - S); its variance that of 6/8, 6/8 x 2/8 / 8, and that of S apart.
    """
    rows = illness_death_model(known_days(), *NAMES, times=[365, 801])
    alive, error = np.exp(-8 * 365 / 4300), np.exp(-8 * 365 / 4300) * 365 * np.sqrt(8) / 4300
    free = estimate(rows, statistic="survival", time=365)
    assert (free["estimate"], free["std_error"]) == pytest.approx((alive, error), rel=2e-4)
    grown = estimate(rows, statistic="cumulative_incidence", time=365)
    assert grown["estimate"] == pytest.approx(0.75 * (1 - alive), rel=2e-4)
    of_share = (1 - alive) * np.sqrt(0.75 * 0.25 / 8)
    assert grown["std_error"] == pytest.approx(np.hypot(of_share, 0.75 * error), rel=2e-4)
    # Log-log limits: -log S times or by exp(1.959964 / sqrt(8)).
    assert free["low"] == pytest.approx(alive ** np.exp(1.959964 / np.sqrt(8)), rel=5e-4)
    middle = estimate(rows, statistic="median")
    assert middle["estimate"] == pytest.approx(np.log(2) * 4300 / 8, rel=2e-4)
    ends = middle["estimate"] * np.exp(np.array([-1, 1]) * 1.959964 / np.sqrt(8))
    assert (middle["low"], middle["high"]) == pytest.approx(tuple(ends), rel=2e-3)
    assert (free["n"], free["events"], grown["events"]) == (10, 8, 6)
    # The last scan is on day 800: nothing is said of day 801.
    late = rows[rows["time"] == 801]
    assert set(late["state"]) == {"not-estimable"} and late["estimate"].isna().all()


def test_as_msm_in_r():
    """115 patients, 17 enter late, intensities change on day 400: tests/estimate/illness_death.R"""
    data = module._checked(OF_R, *NAMES)
    records = module._records(data, np.array([0, 400, np.inf]))
    theta, covariance = module._fitted(records, 56, 78)
    assert module.log_likelihood(theta, records).real == pytest.approx(-731.718618349, abs=1e-8)
    rates = [0.00164943233706, 0.001861735234119, 0.00020141443252, 0.000365474456067,
             0.00286875163762, 0.002051622434940]  # fmt: skip
    np.testing.assert_allclose(np.exp(theta), rates, rtol=5e-6)
    errors = [0.000268288947092, 0.000467622952524, 0.000123161566296, 0.000216038326841,
              0.000671667942498, 0.000380924369085]  # fmt: skip
    np.testing.assert_allclose(np.exp(theta) * np.sqrt(np.diag(covariance)), errors, rtol=2e-5)
    rows = illness_death_model(OF_R, *NAMES, times=[365, 731], cuts=[400])
    alive = rows.loc[rows["statistic"] == "survival", "estimate"]
    np.testing.assert_allclose(alive, [0.508871845627, 0.228197199152], rtol=1e-6)
    assert set(rows["warning"]) == {""}
    method = "illness-death model, interval-censored, 3 x 2 piecewise-constant intensities, log-log"
    assert set(rows["method"]) == {f"{method}, delayed entry"}


def test_a_transition_that_never_happens_has_intensity_zero_and_is_named():
    """Without deaths before progression whoever leaves state 1 has progressed: F = 1 - S."""
    frame = known_days().iloc[[*range(6), 8, 9]]
    rows = illness_death_model(frame, *NAMES, times=[365])
    found = rows.set_index("statistic")["estimate"]
    assert found["cumulative_incidence"] == pytest.approx(1 - found["survival"], abs=1e-12)
    told = "intensity of death without progression estimated as zero in 1 of 1 pieces"
    assert set(rows["warning"]) == {told}


def test_the_order_of_the_patients_changes_nothing():
    one, other = (illness_death_model(frame, *NAMES, times=[365]) for frame in
                  (OF_R, OF_R.iloc[::-1]))  # fmt: skip
    for name in ("estimate", "low", "high"):
        np.testing.assert_allclose(one[name], other[name], rtol=1e-9)


@pytest.mark.parametrize(("change", "message"), [
    ({"seen": np.nan}, "found 0 progressions and 6 deaths; expected at least 5 of each"),
    ({"died": 0}, "found 6 progressions and 0 deaths; expected at least 5 of each"),
    ({"last_free": 900}, "10 impossible records; expected 0 <= entry <= last_free < seen <= exit"),
    ({"exit": np.nan}, "column 'exit': found 10 records missing"),
    ({"died": 2}, "column 'died': found 10 records with another code"),
])  # fmt: skip
def test_what_cannot_be_estimated_is_refused(change, message):
    frame = known_days().assign(**change)
    if "seen" in change:
        frame = frame.assign(died=[1] * 6 + [0] * 4)
    with pytest.raises(AnalysisError, match=message):
        illness_death_model(frame, *NAMES)

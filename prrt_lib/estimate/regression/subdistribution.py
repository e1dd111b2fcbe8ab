"""Fine-Gray regression: covariates and the cumulative incidence of one cause.

Who has had a competing event stays at risk with the weight of still being observed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
from scipy.stats import norm

from prrt_lib.declare.rows import combine, stamp
from prrt_lib.declare.shown import Fit
from prrt_lib.estimate.curves.risk_table import NumberAtRisk, sums_before
from prrt_lib.estimate.records import declared_cause, event_codes, refuse
from prrt_lib.estimate.regression.cox_model import CoxData, CoxFit, cox_data, fit_cox
from prrt_lib.estimate.regression.cox_rows import scores_by_cluster

FORMS = ("weighted-cox", "cmprsk")
RENAMED = {"log_hazard_ratio": "log_subdistribution_hazard_ratio"}


@dataclass(frozen=True, repr=False)
class FineGrayFit(Fit):
    """A fitted Fine-Gray model; ``cox`` is the weighted Cox fit behind it."""

    cox: CoxFit
    form: str
    n: int
    events: int
    scaled_covariance: np.ndarray

    @property
    def coefficients(self) -> pd.Series:
        """Log subdistribution hazard ratios."""
        return self.cox.coefficients

    @property
    def covariance(self) -> pd.DataFrame:
        """Sandwich covariance of the form."""
        scale, names = self.cox.sets.scale, self.cox.design.names
        return pd.DataFrame(self.scaled_covariance / np.outer(scale, scale), names, names)

    @property
    def robust_std_errors(self) -> pd.Series:
        """Roots of the sandwich covariance."""
        names = self.cox.design.names
        return pd.Series(np.sqrt(np.diag(self.covariance)), names, dtype=float)

    @property
    def method(self) -> str:
        """Form, ties and variance in words."""
        known = "" if self.form == "weighted-cox" else ", censoring distribution estimated"
        entry = ", delayed entry" if self.cox.data.start is not None and self.delayed else ""
        return f"Fine-Gray, {self.form} form, {self.cox.ties} ties, sandwich SE{known}{entry}"

    @property
    def delayed(self) -> bool:
        """Whether entry times were given."""
        return bool(self.cox.data.start.min() > -np.inf)

    @cached_property
    def rows(self) -> pd.DataFrame:
        """Result rows: log_subdistribution_hazard_ratio per column, and the likelihoods.

        Standard errors, limits and p values are the form's own.
        """
        rows = self.cox.estimates
        rows = rows[rows["statistic"].isin(["log_hazard_ratio", "coefficient", "log_likelihood"])]
        keys = [(column.variable, column.level) for column in self.cox.design.columns]
        known = dict(zip(keys, self.robust_std_errors, strict=True))
        found = [
            known.get(key, np.nan) for key in zip(rows["variable"], rows["level"], strict=True)
        ]
        error = np.where(rows["estimate"].notna(), found, np.nan)
        wide = float(norm.ppf(0.5 + self.cox.conf_level / 2)) * error
        return combine([stamp(
            rows, statistic=rows["statistic"].replace(RENAMED), method=self.method, n=self.n,
            events=self.events, std_error=error, low=rows["estimate"] - wide,
            high=rows["estimate"] + wide, p=2 * norm.sf(np.abs(rows["estimate"] / error)),
        )])  # fmt: skip


def fine_gray(
    frame: pd.DataFrame, duration: str, event: str, covariates: Sequence[str], cause: int = 1,
    causes: Sequence[int] = (1, 2), entry: str | None = None, form: str = "weighted-cox",
    ties: str | None = None, conf_level: float = 0.95,
    reference: Mapping[str, object] | None = None,
) -> FineGrayFit:  # fmt: skip
    """The FineGrayFit of ``cause`` among the declared ``causes`` (0 = censored).

    Form "weighted-cox": Cox on patients kept at risk after a competing event with weights
    G(t-)/G(T-), events leaving before censorings of the same day, sandwich by patient (R survival
    ``finegray``; Efron unless ``ties``). Form "cmprsk": Breslow, events and censorings of a day
    at risk together, sandwich with the estimated censoring distribution (Fine and Gray, JASA
    1999; R cmprsk ``crr``; no entry). The two differ in the third or fourth digit.
    """
    if form not in FORMS:
        refuse("form", repr(form), f"one of {list(FORMS)}", "choose one of these")
    if form == "cmprsk" and (entry or ties == "efron"):
        refuse("form", "cmprsk with entry or Efron ties", "neither", "use form='weighted-cox'")
    ties = ties or ("efron" if form == "weighted-cox" else "breslow")
    cause, causes = declared_cause(frame, event, cause, causes)
    codes = event_codes(frame, event, causes)
    marked = frame.assign(**{event: (codes == cause).astype("int64")}).reset_index(drop=True)
    data = cox_data(marked, duration, event, covariates, entry, reference=reference)
    rival = ((codes > 0) & (codes != cause))[data.index]
    data = replace(data, index=frame.index[data.index])
    observed = still_observed(data, rival, events_leave_first=form == "weighted-cox")
    # Each patient's own row, and for a competing event rows of falling weight after it.
    n = len(data.stop)
    before = np.full(n, -np.inf) if data.start is None else data.start
    patient, start, stop, weight = observed.pieces(data.stop, rival)
    source = np.concatenate([np.arange(n), patient])
    expanded = replace(
        data, index=data.index[source], x=data.x[source], cluster=source,
        cluster_column="patient", start=np.concatenate([before, start]),
        stop=np.concatenate([data.stop, stop]), weight=np.concatenate([np.ones(n), weight]),
        event=np.concatenate([data.event, np.zeros(len(patient), bool)]),
    )  # fmt: skip
    fit = fit_cox(expanded, ties, None, conf_level)
    covariance = fit.scaled_covariance
    if form == "cmprsk":
        covariance = _with_censoring(fit, data, rival, observed)
    return FineGrayFit(fit, form, n, int(data.event.sum()), covariance)


def _with_censoring(fit: CoxFit, data: CoxData, rival, observed: StillObserved) -> np.ndarray:
    """Sandwich covariance with the part of the estimated censoring distribution.

    q(u) sums over competing events before u and event times from u on, as in the paper.
    """
    sets, top = fit.sets, fit.maximum
    parts = scores_by_cluster(sets, top.at, fit.data.cluster)
    relative = (data.x - sets.center) / sets.scale
    factor = np.where(rival, np.exp(relative @ top.beta - top.at.shift), 0.0)
    factor /= observed.at(data.stop)
    censored = ~data.event & ~rival
    hazard = top.at.hazard * observed.at(sets.time)
    hazard_mean = top.sums.hazard_mean() * observed.at(sets.time)
    times = np.unique(data.stop[censored])
    q = _later(times, sets.time, hazard) * sums_before(times, data.stop, factor * relative.T)
    q = q - _later(times, sets.time, hazard_mean) * sums_before(times, data.stop, factor)
    at_risk = NumberAtRisk(data.stop).at(times)
    count = np.bincount(np.searchsorted(times, data.stop[censored]), minlength=len(times))
    q = q / at_risk
    passed = np.pad(np.cumsum(q * (count / at_risk), axis=1), ((0, 0), (1, 0)))
    psi = -passed[:, np.searchsorted(times, data.stop, side="right")]
    psi[:, censored] += q[:, np.searchsorted(times, data.stop[censored])]
    total = top.variance @ (parts + psi)
    return total @ total.T


def _later(at, time, values) -> np.ndarray:
    """Sums of ``values`` over ``time`` >= ``at``."""
    total = np.cumsum(values[..., ::-1], axis=-1)[..., ::-1]
    padded = np.concatenate([total, np.zeros((*total.shape[:-1], 1))], axis=-1)
    return padded[..., np.searchsorted(time, at, side="left")]


@dataclass(frozen=True)
class StillObserved:
    """G(t-) H(t-) as steps: the chance of not being censored, and of having entered, before t.

    Geskus, Biometrics 2011. ``value[j]`` holds for ``change[j-1] < t <= change[j]``; only ratios
    have a meaning, and those within one ``spell``: a new one begins where the last patient under
    observation is censored and nobody is left. ``event_times`` are those of the cause of interest.
    """

    change: np.ndarray
    value: np.ndarray
    spell: np.ndarray
    event_times: np.ndarray

    def at(self, time: np.ndarray) -> np.ndarray:
        """The value just before each of ``time``."""
        return self.value[self._place(time)]

    def _place(self, time: np.ndarray) -> np.ndarray:
        return np.searchsorted(self.change, time, side="left")

    def pieces(self, stop: np.ndarray, rival: np.ndarray):
        """patient, start, stop, weight of the rows that follow each competing event.

        Event times with one weight share a row, so there are no more rows than steps.
        """
        at_events, spells = self.at(self.event_times), self.spell[self._place(self.event_times)]
        changed = (np.diff(at_events) != 0) | (np.diff(spells) != 0)
        last = np.flatnonzero(np.append(changed, True))
        ends, values, spells = self.event_times[last], at_events[last], spells[last]
        starts = np.concatenate([[-np.inf], ends[:-1]])
        who = np.flatnonzero(rival)
        first = np.searchsorted(ends, stop[who], side="right")
        count = len(ends) - first
        patient = np.repeat(who, count)
        step = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
        step += np.repeat(first, count)
        weight = values[step] / self.at(stop)[patient]
        begin = np.maximum(starts[step], stop[patient])
        keep = spells[step] == self.spell[self._place(stop)][patient]
        return patient[keep], begin[keep], ends[step][keep], weight[keep]


def still_observed(data, rival: np.ndarray, events_leave_first: bool) -> StillObserved:
    """StillObserved of a CoxData whose competing events are ``rival``.

    With ``events_leave_first`` an event of the same time is no longer at risk of censoring.
    """
    censored = ~data.event & ~rival
    times, gone = np.unique(data.stop[censored], return_counts=True)
    at_risk = NumberAtRisk(data.stop, data.start).strictly_at(times)
    if events_leave_first:
        ends = np.sort(data.stop[~censored])
        at_risk -= np.searchsorted(ends, times, "right") - np.searchsorted(ends, times, "left")
    factors = [(times, 1 - gone / at_risk)]
    if data.start is not None and len(np.unique(data.start)) > 1:
        # Growth of the chance of having entered, at each entry time but the first.
        times, came = np.unique(data.start, return_counts=True)
        inside = np.searchsorted(np.sort(data.start), times, side="right")
        inside = inside - np.searchsorted(np.sort(data.stop), times, side="right")
        share = 1 - came / np.maximum(inside, came)
        usable = share > 0  # nobody else under observation: entry says nothing about earlier times
        factors.append((times[usable], 1 / share[usable]))
    change = np.unique(np.concatenate([time for time, _ in factors]))
    factor = np.ones(len(change))
    for time, value in factors:
        factor[np.searchsorted(change, time)] *= value
    nobody_left = factor <= 0
    value = np.concatenate([[1.0], np.cumprod(np.where(nobody_left, 1.0, factor))])
    spell = np.concatenate([[0], np.cumsum(nobody_left)])
    return StillObserved(change, value, spell, np.unique(data.stop[data.event]))

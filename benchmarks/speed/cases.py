"""The measurements: name, time, what it is held against, target."""

from __future__ import annotations

import resource
import subprocess
import sys
from typing import NamedTuple

import numpy as np
from lifelines import CoxPHFitter
from statsmodels.duration.survfunc import CumIncidenceRight, survdiff

from benchmarks.speed import reference
from benchmarks.speed.timing import COVARIATES, milliseconds, patients, side_by_side
from prrt_lib.estimate.curves.competing import aalen_johansen, cumulative_incidence
from prrt_lib.estimate.curves.log_rank import logrank, logrank_permutation
from prrt_lib.estimate.curves.survival import kaplan_meier, product_limit
from prrt_lib.estimate.proportions import probability_limits
from prrt_lib.estimate.regression.cox_model import cox
from prrt_lib.estimate.regression.newton import maximise
from prrt_lib.estimate.regression.risk_sets import risk_sets
from prrt_lib.estimate.resampling.bootstrap import bootstrap_cox

# A thousand refits, ms, measured once side by side on an idle machine of this kind: R's bare
# coxph.fit and plain numpy. Their ratio carries the target to a busy machine.
R_BARE_LOOP, NUMPY_LOOP = 243.0, 449.0


class Measured(NamedTuple):
    """One line of the table; times in ms of processor time."""

    what: str
    ours: float
    other: float
    against: str
    target: float  # of ours / other; NaN where none was set


def kernel(n: int, repeats: int) -> list[Measured]:
    """Cox fit from sorted arrays, and the public call."""
    frame = patients(n)
    stop, event = frame["time"].to_numpy(), frame["event"].to_numpy() == 1
    x = frame[COVARIATES].to_numpy()
    sets = risk_sets(stop, event, x)
    ours, theirs = maximise(sets).beta / sets.scale, reference.cox_efron(stop, event, x)[0]
    np.testing.assert_allclose(ours, theirs, rtol=1e-7)
    spent = side_by_side({
        "search": lambda: maximise(sets),
        "kernel": lambda: maximise(risk_sets(stop, event, x)),
        "numpy": lambda: reference.cox_efron(stop, event, x),
        "public": lambda: cox(frame, "time", "event", COVARIATES).estimates,
    }, repeats)  # fmt: skip
    target = {300: 10.0, 20_000: 2.0}.get(n, np.nan)
    name = f"n = {n:,}, p = 8"
    return [
        Measured(f"Cox kernel, {name}", spent["kernel"], spent["numpy"], "plain numpy", 1.25),
        Measured(f"Cox kernel, risk sets known, {name}", spent["search"], spent["numpy"],
                 "plain numpy", np.nan),
        Measured(f"Cox public call, {name}", spent["public"], spent["kernel"], "kernel", target),
    ]  # fmt: skip


def small_calls() -> list[Measured]:
    """Public calls at n = 300 whose kernels are far below a millisecond."""
    frame, none = patients(300), np.nan
    calls = {
        "Kaplan-Meier, two times": lambda: kaplan_meier(frame, "time", "event", times=[365, 731]),
        "log-rank, two groups": lambda: logrank(frame, "time", "event", "arm"),
        "Aalen-Johansen, one time": lambda: cumulative_incidence(
            frame, "time", "cause", times=[365]
        ),
    }
    return [
        Measured(f"{name}, public call, n = 300", spent, none, "", none)
        for name, spent in side_by_side(calls, 15).items()
    ]


def bootstrap(resamples: int = 1000, looped: int = 20) -> list[Measured]:
    """Bootstrap refits at n = 300, p = 8, beside lifelines in a loop."""
    frame = patients(300)
    fit = cox(frame, "time", "event", COVARIATES)
    ours = milliseconds(lambda: bootstrap_cox(fit, resamples, 1), 5)
    used, rng = frame[[*COVARIATES, "time", "event"]], np.random.default_rng(1)
    drawn = [used.iloc[rng.integers(0, 300, 300)] for _ in range(looped)]

    def loop():
        for part in drawn:
            CoxPHFitter().fit(part, "time", "event")

    scaled = milliseconds(loop, 3) * resamples / looped
    stop, event = frame["time"].to_numpy(), frame["event"].to_numpy() == 1
    x = frame[COVARIATES].to_numpy()
    plain = milliseconds(lambda: reference.cox_efron(stop, event, x), 41) * resamples
    name = f"{resamples:,} bootstrap Cox fits, n = 300, p = 8"
    return [
        Measured(name, ours, scaled, f"lifelines, {looped} fits scaled", 1 / 50),
        Measured(name, ours, plain, "plain numpy, scaled", R_BARE_LOOP / NUMPY_LOOP),
    ]


def permutations(count: int = 1000) -> list[Measured]:
    """Log-rank permutations at n = 300, beside statsmodels in a loop."""
    frame, rng = patients(300), np.random.default_rng(1)
    time, event = frame["time"].to_numpy(), frame["event"].to_numpy()
    arms = [rng.permutation(frame["arm"].to_numpy()) for _ in range(count)]

    def ours():
        return logrank_permutation(frame, "time", "event", "arm", resamples=count, seed=1)

    def loop():
        for arm in arms:
            survdiff(time, event, arm)

    spent = side_by_side({"ours": ours, "loop": loop}, 5)
    name = f"{count:,} log-rank permutations, n = 300"
    return [Measured(name, spent["ours"], spent["loop"], "statsmodels loop", 0.2)]


def curves() -> list[Measured]:
    """Aalen-Johansen of 10,000 and Kaplan-Meier with limits of a million."""
    frame = patients(10_000)
    time, cause = frame["time"].to_numpy(), frame["cause"].to_numpy()
    one = side_by_side({
        "ours": lambda: aalen_johansen(time, cause, 1),
        "theirs": lambda: CumIncidenceRight(time, cause),
    })  # fmt: skip
    large = patients(1_000_000).sample(frac=1, random_state=1)
    days, event = large["time"].to_numpy(), large["event"].to_numpy() == 1

    def with_limits():
        curve = product_limit(days, event)
        return probability_limits(curve.value, curve.std_error, "log-log", 0.95)

    two = side_by_side({
        "ours": with_limits, "numpy": lambda: reference.kaplan_meier(days, event),
    }, 5)  # fmt: skip
    return [
        Measured("Aalen-Johansen with variance, n = 10,000", one["ours"], one["theirs"],
                 "statsmodels, both causes", np.nan),
        Measured("Kaplan-Meier with limits, n = 1,000,000, unsorted", two["ours"], two["numpy"],
                 "plain numpy", 2.0),
    ]  # fmt: skip


def importing() -> list[Measured]:
    """``import prrt_lib`` in a new process, beside a process that imports nothing."""

    def spent(code: str) -> float:
        found = []
        for _ in range(7):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run([sys.executable, "-c", code], check=True)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            found.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        return 1000 * float(np.median(found))

    ours, bare = spent("import prrt_lib"), spent("pass")
    return [Measured("import prrt_lib, whole process (asked: 300 ms)", ours, bare,
                     "bare interpreter", np.nan)]  # fmt: skip


def everything() -> list[Measured]:
    """All lines of the table."""
    return [
        *kernel(300, 41), *kernel(20_000, 9), *kernel(100_000, 5), *small_calls(), *bootstrap(),
        *permutations(), *curves(), *importing(),
    ]  # fmt: skip

"""A scenario's parameters: declared with type, default and meaning; read from YAML as text."""

from __future__ import annotations

import datetime as dt
import difflib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from prrt_lib.base.errors import ParameterError, Problem
from prrt_lib.base.paths import PROJECT
from prrt_lib.declare.yaml_files import load_text

DAYS_PER_MONTH = 30.4375
# Years 1, 2, 3, 5 and 7 in whole days (365.25 days a year).
YEARS = {365: "1 year", 731: "2 years", 1096: "3 years", 1826: "5 years", 2557: "7 years"}

# The method of a median or rate that too many deaths without a date leave not estimable: its
# shortest and longest reading stand in its place.
BRACKETED = "not estimated: deaths without a date"
BRACKETS = ("shortest", "longest")


# As conf.type of R's survfit, which calls its default "log".
CURVE_LIMITS = ("log-log", "log", "plain")


def days(months: float) -> int:
    """Whole days in ``months``, 30.4375 days each, halves up: two years are 731 days."""
    return math.floor(DAYS_PER_MONTH * months + 0.5)


def months(days_: float) -> float:
    """Months in ``days_``; for presentation only."""
    return days_ / DAYS_PER_MONTH


def declared(default: Any, meaning: str) -> Any:
    """A parameter's default and its one-line meaning."""
    maker = {"default_factory": lambda: list(default)} if isinstance(default, list) else None
    return field(**(maker or {"default": default}), metadata={"meaning": meaning})


@dataclass(frozen=True, repr=False)
class Parameters:
    """Everything a run depends on besides the workbook, the profile and the code."""

    def __repr__(self) -> str:
        return "\n".join(f"{name}: {value}" for name, value in vars(self).items())

    scenario: str
    workbook: str = declared("", "path of the workbook, from the project root")
    profile: str = declared("", "name in params/profiles, or path of a profile")
    more_workbooks: list[str] = declared([], "further workbooks that are read with the first")
    more_profiles: list[str] = declared([], "profile of each further workbook; else the first's")
    cutoff: str = declared("", "data cut-off, ISO date; never today")
    title: str = declared("", "title on the report; the scenario's name when empty")
    population: str = declared("gep", "headline population: gep or all_treated")
    horizon_months: float = declared(84.0, "months after first PRRT at which every clock stops")
    min_at_risk: int = declared(5, "delayed entry: smallest risk set a curve may start from")
    max_undated_deaths: float = declared(
        0.1, "share of deaths without a date above which medians and rates are not estimable"
    )
    max_scan_gap_days: int = declared(
        365, "deaths later after the last evaluable scan do not count (decision 30)"
    )
    course_gap_days: int = declared(183, "days since the previous cycle that start a new course")
    planned_cycles: int = declared(4, "cycles of a first course by the label's schedule")
    planned_activity_gbq: float = declared(
        7.4, "Lu-177 of each cycle by the label's schedule, GBq; no plan is abstracted"
    )
    min_group: int = declared(
        5, "smallest group with a median, curve or hazard ratio (decision 36)"
    )
    landmark_months: list[float] = declared([6.0, 12.0], "landmarks after first PRRT")
    mixed_is_progression: bool = declared(True, "a mixed scan is a progression event")
    related_counts: list[str] = declared(
        ["possible", "probable", "definite", "related"], "relatedness that counts as related"
    )
    ctcae_version: int = declared(5, "CTCAE version of the grades of laboratory values: 5 or 6")
    covariates: list[str] = declared(
        ["age_at_first_prrt", "grade_group"],
        "Cox covariates, declared in advance: age_at_first_prrt, log2(cga_before), ki67_index/10",
    )
    primary: list[str] = declared(["os_dx_delayed"], "endpoints whose rows are primary")
    secondary: list[str] = declared(
        ["os_prrt", "ttp", "pfs", "cif_progression"], "endpoints whose rows are secondary"
    )
    amendments: list[str] = declared([], "changes to the frozen analysis plan, dated")
    conf_level: float = declared(0.95, "confidence level of all limits")
    conf_type: str = declared(
        "log-log", "scale of the limits of curves and their medians: log-log, log or plain"
    )
    seed: int = declared(20190628, "seed of everything random")
    notebooks: dict[str, dict[str, Any]] = field(
        default_factory=dict, metadata={"meaning": "per-notebook parameters, by notebook name"}
    )

    @property
    def horizon_days(self) -> int:
        return days(self.horizon_months)

    @property
    def curve_limits(self) -> dict[str, Any]:
        """``conf_level`` and ``conf_type``: every curve is estimated with both."""
        return {"conf_level": self.conf_level, "conf_type": self.conf_type}

    def role(self, endpoint: str) -> str:
        """primary, secondary or exploratory, as the frozen plan says."""
        if endpoint in self.primary:
            return "primary"
        return "secondary" if endpoint in self.secondary else "exploratory"


def _flag(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError
    return text.lower() == "true"


def _date(text: str) -> str:
    return dt.date.fromisoformat(text).isoformat()


def _listed(convert: Callable[[str], Any]) -> Callable[[Any], list]:
    def read(value: Any) -> list:
        if not isinstance(value, list):
            raise ValueError
        return [convert(item) for item in value]

    return read


def _word(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError
    return value


CONVERT: Mapping[str, tuple[Callable[[Any], Any], str]] = {
    "str": (_word, "text"),
    "int": (int, "a whole number"),
    "float": (float, "a number"),
    "bool": (_flag, "true or false"),
    "list": (_listed(_word), "a list"),
    "list[str]": (_listed(_word), "a list of words, such as [a, b]"),
    "list[float]": (_listed(float), "a list of numbers, such as [6, 12]"),
    "list[int]": (_listed(int), "a list of whole numbers, such as [1, 2]"),
}


def convert(value: Any, type_name: str, where: str) -> Any:
    """``value`` (text as typed) as the declared type; raises ParameterError naming ``where``."""
    reader, expected = CONVERT[type_name]
    try:
        return reader(value if not isinstance(value, str) else value.strip())
    except (ValueError, TypeError):
        raise ParameterError(
            Problem(where, f"{value!r}", expected, "correct the value in the scenario file")
        ) from None


def unknown_name(name: str, allowed: list[str], where: str) -> Problem:
    """The problem of a misspelt name, with the nearest declared one."""
    if not isinstance(name, str):
        return Problem(where, repr(name), "one name, as text", f"use one of {', '.join(allowed)}")
    near = difflib.get_close_matches(name, allowed, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"use one of {', '.join(sorted(allowed))}"
    return Problem(where, f"unknown name {name!r}", "a declared name", hint)


def load(path: Path) -> Parameters:
    """The scenario in the YAML file ``path``; its name is the file's stem.

    Raises ParameterError with every problem at once: unknown or repeated names, wrong types,
    a missing workbook, profile or cut-off.
    """
    path = Path(path)
    content = load_text(path) or {}
    if not isinstance(content, dict):
        raise ParameterError(Problem(str(path), "no mapping", "name: value lines", "see params/"))
    return from_mapping(path.stem, content, str(path))


def from_mapping(scenario: str, content: Mapping[str, Any], where: str) -> Parameters:
    """Parameters from a mapping of texts, checked; see :func:`load`."""
    types = {item.name: str(item.type) for item in fields(Parameters) if item.name != "scenario"}
    problems, values = [], {}
    for name, value in content.items():
        if name not in types:
            problems.append(unknown_name(name, list(types), where))
        elif name == "notebooks":
            values[name], wrong = _sections(value or {}, f"{where}, notebooks")
            problems += wrong
        else:
            try:
                values[name] = convert(value, types[name], f"{where}, {name}")
            except ParameterError as error:
                problems += error.problems
    problems += _impossible(values, where)
    if problems:
        raise ParameterError(problems)
    return Parameters(scenario=scenario, **values)


def _sections(value: Any, where: str) -> tuple[dict[str, Any], list[Problem]]:
    """Per-notebook parameters by notebook name, and what is not such a mapping."""
    sections = value.items() if isinstance(value, dict) else [("", value)]
    odd = [
        Problem(f"{where}{': ' * bool(name)}{name}", "no mapping", "name: value lines",
                "indent the parameters below the notebook's name")
        for name, content in sections
        if not isinstance(content or {}, dict) or not name
    ]  # fmt: skip
    return ({} if odd else dict(value)), odd


def _impossible(values: Mapping[str, Any], where: str) -> list[Problem]:
    problems = [
        Problem(where, f"no {name}", f"a line {name}: ...", "add it to the scenario file")
        for name in ("workbook", "profile", "cutoff")
        if not values.get(name)
    ]
    if values.get("cutoff"):
        try:
            _date(values["cutoff"])
        except ValueError:
            problems.append(
                Problem(
                    f"{where}, cutoff", repr(values["cutoff"]), "an ISO date", "write 2017-06-30"
                )
            )
    if values.get("population", "gep") not in ("gep", "all_treated"):
        problems.append(
            Problem(f"{where}, population", repr(values["population"]), "gep or all_treated",
                    "correct the value in the scenario file")
        )  # fmt: skip
    if values.get("conf_type", "log-log") not in CURVE_LIMITS:
        problems.append(
            Problem(f"{where}, conf_type", repr(values["conf_type"]), ", ".join(CURVE_LIMITS),
                    "name one of these")
        )  # fmt: skip
    if values.get("ctcae_version", 5) not in (5, 6):
        problems.append(
            Problem(f"{where}, ctcae_version", str(values["ctcae_version"]), "5 or 6",
                    "correct the value in the scenario file")
        )  # fmt: skip
    profiles, books = values.get("more_profiles", []), values.get("more_workbooks", [])
    if profiles and len(profiles) != len(books):
        problems.append(
            Problem(f"{where}, more_profiles",
                    f"{len(profiles)} profiles for {len(books)} workbooks",
                    "one for each of more_workbooks, or none", "name the same profile again")
        )  # fmt: skip
    return problems + _out_of_range(values, where)


LIMITS = {"horizon_months": (1, 1200), "min_at_risk": (1, 1000), "max_undated_deaths": (0, 1),
          "conf_level": (0.5, 0.999), "max_scan_gap_days": (1, 36500),
          "course_gap_days": (1, 36500), "planned_cycles": (1, 12),
          "landmark_months": (0.1, 1200),
          "planned_activity_gbq": (0.1, 15), "min_group": (1, 1000)}  # fmt: skip


def _out_of_range(values: Mapping[str, Any], where: str) -> list[Problem]:
    given = [
        (name, value)
        for name in LIMITS
        if name in values
        for value in (values[name] if isinstance(values[name], list) else [values[name]])
    ]
    return [
        Problem(f"{where}, {name}", str(value), "{} to {}".format(*LIMITS[name]),
                "correct the value")
        for name, value in given
        if not LIMITS[name][0] <= value <= LIMITS[name][1]
    ]  # fmt: skip


def resolve(path: str) -> Path:
    """``path`` as given when absolute, else from the project root."""
    given = Path(path).expanduser()
    return given if given.is_absolute() else PROJECT / given

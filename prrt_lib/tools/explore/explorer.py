"""The widgets of the explore notebook: every change asks anew and shows the answer."""

from __future__ import annotations

import html
from typing import Any

import ipywidgets as widgets

from prrt_lib.base.errors import AnalysisError
from prrt_lib.declare.parameters import unknown_name
from prrt_lib.declare.rows import result_rows
from prrt_lib.draw.figure_values import DAYS_IN
from prrt_lib.study import open_study
from prrt_lib.tools.explore.question import (
    Question,
    at_risk,
    endpoints,
    groupings,
    levels,
    parts,
    summary,
)

WIDE = widgets.Layout(width="98%", max_width="60em")
LABELS = {"description_width": "9em"}
LINES = 9
WARN = 'style="border-left:4px solid #9a3412;padding:.4em .8em;background:#fff4ee;color:#1b2733"'


class Explorer:
    """Choices, and what they give: ``rows``, ``figure``, ``warnings``, ``code``.

    ``controls`` holds the widgets by name (endpoint, by, where, horizon_months, time_unit);
    setting ``controls["by"].value`` asks anew, as a click does.
    """

    def __init__(self, scenario: str, **chosen: Any):
        study = open_study(scenario)
        self.scenario = scenario
        self.controls = _controls(levels(study), study.parameters.horizon_months)
        for name, value in chosen.items():
            self.controls[name].value = _offered(name, value, self.controls[name])
        self.shown = widgets.HTML(layout=WIDE)
        self.said = widgets.HTML(layout=WIDE)
        self.copied = widgets.Textarea(
            description="Python", rows=LINES, layout=WIDE, style=LABELS, disabled=False
        )
        for control in self.controls.values():
            control.observe(self._ask, names="value")
        self._built = study.parameters.horizon_months
        self._ask()

    @property
    def view(self) -> widgets.VBox:
        """Everything one under the other."""
        return widgets.VBox([*self.controls.values(), self.said, self.shown, self.copied])

    @property
    def question(self) -> Question:
        """What is chosen now; the horizon as built is no choice."""
        values = {name: control.value for name, control in self.controls.items()}
        horizon = values["horizon_months"]
        values["horizon_months"] = None if horizon == self._built else horizon
        return Question(self.scenario, **values)

    @property
    def code(self) -> str:
        """The equivalent Python, to be copied."""
        return self.copied.value

    def _ask(self, _change: Any = None) -> None:
        self.figure, self.warnings = None, []
        try:
            self.rows = self.question.rows()
            self.figure = self.question.figure(self.rows)
            self.warnings = summary(self.rows).notes
            self.copied.value = self.question.code
        except AnalysisError as error:
            self.rows = result_rows([])
            self.warnings = [str(problem) for problem in error.problems]
            self.copied.value = ""
        lines = "".join(f"<div>{html.escape(text)}</div>" for text in self.warnings)
        refused = "" if self.figure else "<b>Not shown: this comparison is not allowed.</b>"
        self.said.value = f'<div role="alert" {WARN}>{refused}{lines}</div>' if lines else ""
        pieces = [self.figure, at_risk(self.rows), summary(self.rows)] if self.figure else []
        self.shown.value = "".join(piece._repr_html_() for piece in pieces)


def _offered(name: str, value: Any, control: Any) -> Any:
    """``value`` where the control offers it; raises AnalysisError with the nearest one."""
    offered = [one for _, one in getattr(control, "options", ())]
    if offered and value not in offered:
        names = [": ".join(one) if isinstance(one, tuple) else one for one in (value, *offered)]
        raise AnalysisError(unknown_name(names[0], names[1:], f"exploring, {name}"))
    return value


def _controls(offered: Any, horizon: float) -> dict[str, Any]:
    """The widgets by name, each with its words."""
    known = {"style": LABELS, "layout": WIDE}
    return {
        "endpoint": widgets.Dropdown(
            options=endpoints(), value="os_prrt", description="Endpoint", **known
        ),
        "by": widgets.Dropdown(
            options=groupings(offered), value="", description="Grouped by", **known
        ),
        "where": widgets.Dropdown(
            options=parts(offered), value=("", ""), description="Patients", **known
        ),
        "horizon_months": widgets.FloatSlider(
            value=horizon, min=min(6.0, horizon), max=horizon, step=6.0, readout_format=".0f",
            continuous_update=False, description="Horizon, months", **known,
        ),
        "time_unit": widgets.ToggleButtons(
            options=[(unit, unit) for unit in DAYS_IN], value="months",
            description="Time scale", style=LABELS,
        ),
    }  # fmt: skip

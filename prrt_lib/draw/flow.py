"""The flow diagram: from the workbook to all treated patients, and on to each population."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes

from prrt_lib.draw import figure_values, style
from prrt_lib.draw.canvas import Drawing, keep

TRUNK, END = "all_treated", "population"
LINE, FILL, PALE = "#52616f", "#f6f8fa", "#ffffff"
CHARACTERS = 26
ABOVE = 3.0


def flow_diagram(flow: pd.DataFrame, scenario: str, name: str = "flow") -> Drawing:
    """Boxes with n; beside or between them who left, with the reason, from the flow's numbers.

    Every population but the trunk starts from all treated patients: they are not nested.
    """
    style.apply()
    chains = {
        name: part.to_dict("records") for name, part in flow.groupby("population", sort=False)
    }
    trunk = chains.pop(TRUNK, [])
    width = max(2, len(chains))
    figure, axes = plt.subplots(figsize=(2.7 * width, 5.4))
    axes.set_axis_off()
    if not trunk:
        axes.text(0.5, 0.5, "no step of the flow was recorded", ha="center")
        return keep(figure, name, scenario, figure_values.flow(flow))
    axes.set_xlim(-0.5, width - 0.5)
    axes.set_ylim(-1.7, 3.5)
    middle = (len(chains) - 1) / 2 if chains else 0.0
    _box(axes, middle, ABOVE, f"In the workbook\nn = {trunk[0]['n_before']}")
    _arrow(axes, (middle, ABOVE - 0.3), (middle, 1.8))
    axes.text(middle + 0.08, 2.25, _left(trunk), ha="left", va="center", fontsize=8.5)
    _box(axes, middle, 1.5, f"{trunk[-1]['step']}\nn = {trunk[-1]['n_after']}")
    for place, chain in enumerate(chains.values()):
        _branch(axes, middle, place, chain)
    return keep(figure, name, scenario, figure_values.flow(flow))


def _branch(axes: Axes, start: float, place: int, chain: Sequence[dict]) -> None:
    """One population: an arrow from all treated, who left, and who remains."""
    axes.plot([start, start, place, place], [1.5, 0.95, 0.95, 0.2], color=LINE, linewidth=0.9)
    _arrow(axes, (place, 0.2), (place, -0.9))
    axes.text(
        place,
        0.2,
        _left(chain),
        ha="center",
        va="center",
        fontsize=8.5,
        bbox={"boxstyle": "round,pad=0.35", "fc": PALE, "ec": LINE, "ls": "dotted"},
    )
    _box(axes, place, -1.2, f"{chain[-1]['step']}\nn = {chain[-1]['n_after']}")


def _left(chain: Sequence[dict]) -> str:
    """Who left on the way, one reason a line; "nobody excluded" where none did."""
    told = [f"{step['reason']} (n = {step['n_excluded']})" for step in chain
            if step["rule"] != END and step["n_excluded"]]  # fmt: skip
    return "\n".join(textwrap.fill(text, CHARACTERS) for text in told) or "nobody excluded"


def _box(axes: Axes, x: float, y: float, text: str) -> None:
    axes.text(x, y, text, ha="center", va="center", fontsize=9.5, fontweight="bold",
              bbox={"boxstyle": "round,pad=0.5", "fc": FILL, "ec": LINE})  # fmt: skip


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    axes.annotate("", end, start, arrowprops={"arrowstyle": "->", "color": LINE})

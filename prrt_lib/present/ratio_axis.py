"""A log axis of ratios with ticks that people read: 0.5, 1, 2."""

from __future__ import annotations

import math

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, NullLocator

FEWEST, MOST = 3, 9


def ratio_axis(axes: Axes, which: str) -> None:
    """Sets ``which`` ("x" or "y") of ``axes`` to a log scale with plain ticks inside its limits.

    Call it after everything is drawn.
    """
    getattr(axes, f"set_{which}scale")("log")
    low, high = getattr(axes, f"get_{which}lim")()
    axis = getattr(axes, f"{which}axis")
    axis.set_ticks(ticks(low, high))
    axis.set_major_formatter(plt.FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_locator(NullLocator())
    getattr(axes, f"set_{which}lim")(low, high)


def ticks(low: float, high: float) -> list[float]:
    """Ticks between ``low`` and ``high``: 1, 2, 5 per decade, or decades, or an even spacing."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for steps in ((1, 2, 5), (1,)):
        found = [
            float(f"{step}e{decade}")
            for decade in decades
            for step in steps
            if low <= float(f"{step}e{decade}") <= high
        ]
        if FEWEST <= len(found) <= MOST:
            return found
    if len(found) > MOST:
        return found[:: len(found) // MOST + 1]
    even = MaxNLocator(5).tick_values(low, high)
    return [round(float(value), 10) for value in even if low <= value <= high and value > 0]

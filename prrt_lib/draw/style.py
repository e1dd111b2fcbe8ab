"""One look for every figure: one colour, line and marker per level, readable in grey."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib as mpl
import seaborn as sns

# Okabe and Ito's colour-blind safe set, darkest first so that grey prints keep the order.
PALETTE = ("#0B3C5D", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#5B5B5B", "#8C564B")
DASHES = (
    "solid", (0, (5, 2)), (0, (1.5, 1.5)), (0, (6, 2, 1.5, 2)), (0, (3, 1, 1, 1, 1, 1)),
)  # fmt: skip
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")

# A level keeps its place in the palette in every figure of every scenario.
PLACES = {
    "": 0,
    **dict.fromkeys(("G1", "small bowel", "no", "Lu-177", "female", "LA"), 0),
    **dict.fromkeys(("any response", "response of any magnitude"), 0),
    **dict.fromkeys(("G2", "pancreas", "yes", "Y-90", "progression", "male", "M"), 1),
    **dict.fromkeys(("G3/NEC", "other GEP", "Lu-177+Y-90", "stable"), 2),
    **dict.fromkeys(("lung", "mixed"), 3),
    **dict.fromkeys(("unknown primary", "no evidence of disease"), 4),
    **dict.fromkeys(("other", "not evaluable", "unknown"), 6),
    **dict.fromkeys(("never imaged", "not imaged"), 7),
}


def place(level: str, levels: Sequence[str]) -> int:
    """Position of ``level`` in the palette: its declared one, else its order among ``levels``."""
    if level in PLACES:
        return PLACES[level]
    taken = {PLACES[other] for other in levels if other in PLACES}
    free = [number for number in range(len(PALETTE)) if number not in taken] or [len(PALETTE) - 1]
    undeclared = [other for other in levels if other not in PLACES]
    return free[undeclared.index(level) % len(free)]


def colour(level: str, levels: Sequence[str] = ()) -> str:
    """Colour of ``level``, the same in every figure."""
    return PALETTE[place(level, levels or [level]) % len(PALETTE)]


def dash(level: str, levels: Sequence[str] = ()):
    """Line pattern of ``level``: what tells lines apart in grey."""
    return DASHES[place(level, levels or [level]) % len(DASHES)]


def apply() -> None:
    """Sets the house style; the hash salt makes vector files the same on every run."""
    sns.set_theme(context="paper", style="ticks", palette=list(PALETTE))
    mpl.rcParams.update(
        {
            "figure.dpi": 110, "savefig.dpi": 160, "font.size": 10, "axes.titlesize": 11,
            "axes.titleweight": "bold", "axes.titlelocation": "left", "axes.spines.top": False,
            "axes.spines.right": False, "legend.frameon": False, "svg.hashsalt": "prrt",
            "svg.fonttype": "none", "font.family": "DejaVu Sans",
        }
    )  # fmt: skip

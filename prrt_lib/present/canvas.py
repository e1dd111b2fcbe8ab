"""Where figures are saved, always the same bytes for the same rows."""

from __future__ import annotations

import os
import re

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from prrt_lib.declare import reads
from prrt_lib.declare.results import target
from prrt_lib.present.drawing import Drawing
from prrt_lib.present.values import Values

FORMATS = {
    "png": {"Software": None},
    "pdf": {"CreationDate": None, "ModDate": None, "Producer": None},
}


def file_name(*parts: str) -> str:
    """A file name from the keys of what is drawn: "survival_ttp_by_grade"."""
    joined = "_".join(part for part in parts if part)
    return re.sub(r"[^A-Za-z0-9]+", "_", joined).strip("_")


def keep(figure: Figure, name: str, scenario: str, values: Values) -> Drawing:
    """``figure`` with its values, saved as PNG and PDF under the scenario's figures.

    By hand the folder is `_interactive`.
    """
    folder = target(scenario).figures
    folder.mkdir(parents=True, exist_ok=True)
    for kind, metadata in FORMATS.items():
        half = folder / f".{name}.{kind}.part"
        figure.savefig(half, format=kind, metadata=metadata, bbox_inches="tight")
        os.replace(half, folder / f"{name}.{kind}")
        reads.record("figures", f"{name}.{kind}")
    plt.close(figure)
    return Drawing(figure, name, values, (folder / f"{name}.png").read_bytes())

"""Where figures are saved, always the same bytes for the same rows."""

from __future__ import annotations

import base64
import html
import io
import os
import re
from dataclasses import dataclass
from urllib.parse import quote

import matplotlib.pyplot as plt
from matplotlib.figure import Figure
from PIL import Image

from prrt_lib.declare import reads
from prrt_lib.declare.results import target
from prrt_lib.declare.sign_off import item_name
from prrt_lib.draw.figure_values import Values

FORMATS = {
    "png": {"Software": None},
    "pdf": {"CreationDate": None, "ModDate": None, "Producer": None},
}

STYLE = (
    "<style>.prrt-figure{margin:.4em 0}.prrt-figure img{max-width:100%;height:auto}"
    ".prrt-figure .prrt-files,.prrt-figure summary{font-size:.9em}"
    ".prrt-figure .prrt-files a{margin-right:1.2em;color:#0b5394;text-decoration:underline}"
    ".prrt-figure summary{cursor:pointer;padding:.2em 0}"
    ".prrt-figure .prrt-scroll{max-height:24em;overflow:auto}"
    ".prrt-figure :focus-visible{outline:2px solid #0b3c5d;outline-offset:2px}</style>"
)


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


# Pixels of the file per pixel of the page: sharp on a screen of twice the density.
DENSITY = 1.6
# As many as a figure needs; a page carries a third of the bytes of the file on disk.
COLOURS = 128
# What stands in an address as it is.
PLAIN = ",;:()/'!*"


@dataclass(frozen=True)
class Drawing:
    """A drawn figure: ``figure`` for matplotlib, ``values`` for the numbers, its file as bytes."""

    figure: Figure
    name: str
    values: Values
    png: bytes

    @property
    def axes(self) -> list:
        """The axes of the figure."""
        return self.figure.axes

    def _repr_html_(self) -> str:
        picture = Image.open(io.BytesIO(self.png)).convert("RGB")
        wide, high = (round(pixels / DENSITY) for pixels in picture.size)
        title = html.escape(self.values.table.title)
        # The picture as a PNG of few colours.
        kept = picture.quantize(COLOURS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
        content = io.BytesIO()
        kept.save(content, "PNG")
        return (
            f'{STYLE}<figure class="prrt-figure" data-item="{item_name("figure", self.name)}" '
            f'data-title="{title}"><img alt="{html.escape(self.values.alt)}" width="{wide}" '
            f'height="{high}" src="{_address("image/png", content.getvalue())}">'
            f'<div class="prrt-files">{self._files()}</div>'
            f"<details><summary>Table of the values: {title}</summary>"
            f'<div class="prrt-scroll" tabindex="0" role="group" aria-label="Values: {title}">'
            f"{self.values.table.html(signed=False)}</div></details></figure>"
        )

    def _files(self) -> str:
        values = "data:text/csv;charset=utf-8," + quote(self.values.csv, safe=PLAIN)
        return f'<a download="{self.name}.csv" href="{values}">Values (CSV)</a>'

    def __repr__(self) -> str:
        return self.values.alt


def _address(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"

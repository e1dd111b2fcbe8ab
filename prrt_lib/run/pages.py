"""What a page of a run is called."""

from __future__ import annotations

from functools import cache

from prrt_lib.run.notebook_form import cells, source


@cache
def heading(name: str) -> str:
    """First heading of a notebook."""
    lines = (line for cell in cells(name) for line in source(cell).splitlines())
    return next((line.lstrip("# ") for line in lines if line.startswith("# ")), name)

"""Text that a spreadsheet would run as a formula, written so that it does not, and read back."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # most who quote a text need no frame, and a run with nothing to do no pandas
    import pandas as pd

RUN = re.compile(r"'*[=+\-@\t\r]")
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")


def safe(text: str) -> str:
    """``text`` that a spreadsheet cannot take for a formula; a number stays a number."""
    return f"'{text}" if RUN.match(text) and not NUMBER.fullmatch(text) else text


def plain(text: str) -> str:
    """``text`` as it was before :func:`safe`."""
    return text[1:] if text[:1] == "'" and RUN.match(text) else text


def quoted(frame: pd.DataFrame) -> pd.DataFrame:
    """``frame`` with every text made :func:`safe`, for a CSV file."""
    return _texts(frame, safe)


def unquoted(frame: pd.DataFrame) -> pd.DataFrame:
    """``frame`` as it was before :func:`quoted`."""
    return _texts(frame, plain)


def _texts(frame: pd.DataFrame, change: Callable[[str], str]) -> pd.DataFrame:
    texts = frame.select_dtypes("object").columns
    return frame.assign(**{
        name: frame[name].map(lambda value: change(value) if type(value) is str else value)
        for name in texts
    })  # fmt: skip

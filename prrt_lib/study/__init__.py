"""Who is analysed, and when their clocks start and stop."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prrt_lib.study.data import Study


def open_study(scenario: str) -> Study:
    """The built scenario; see :func:`prrt_lib.study.data.open_study`."""
    from prrt_lib.study.data import open_study as opened

    return opened(scenario)

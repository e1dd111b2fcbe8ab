"""Who is analysed, and when their clocks start and stop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from prrt_lib.study.data import Study


def open_study(scenario: str, **changes: Any) -> Study:
    """The built scenario, its parameters with ``changes``; see
    :func:`prrt_lib.study.opened.open_study`."""
    from prrt_lib.study.opened import open_study as opened

    return opened(scenario, **changes)


def trace(row: Any, scenario: str | None = None, whole: bool = False) -> pd.DataFrame:
    """The cells behind one result row; see :func:`prrt_lib.study.tracing.trace`."""
    from prrt_lib.study.tracing import trace as traced

    return traced(row, scenario, whole)

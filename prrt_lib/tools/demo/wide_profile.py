"""The profile of the wide demonstration workbook, made from its layout."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from prrt_lib.base.paths import PROJECT
from prrt_lib.declare.dictionary import dictionary
from prrt_lib.declare.layout.template import header
from prrt_lib.tools.demo.layouts import GROUPED, GROUPS, MARKERS, SINGLE, WIDE_SHEET

PATH = PROJECT / "params" / "profiles" / "demo_wide.yaml"
HEAD = f"""\
# The synthetic demonstration as one wide sheet (data/raw/demo_wide.xlsx): captions above the
# header, numbered groups. Written by prrt_lib.tools.demo.wide_profile from its layout.
name: demo_wide
label: Synthetic demonstration, one wide sheet
sheets:
  - sheet: {WIDE_SHEET}
    header_row: 2
    group_row: 1
    id: Study id
    records:
"""
# Without these a numbered group of the wide sheet holds no record.
NEEDS = {"imaging": ("scan_date", "response_raw", "progression_date_reported"),
         "biomarkers": ("sample_date", "value"), "prrt_cycles": ("cycle_date", "activity_gbq"),
         "adverse_events": ("term_verbatim",), "subsequent_therapies": ("therapy",)}  # fmt: skip


def profile_text() -> str:
    """The profile as YAML."""
    return HEAD + "".join(f"{line}\n" for line in _blocks())


def write_profile(path: Path = PATH) -> Path:
    """Writes the profile and returns its path."""
    path.write_text(profile_text(), encoding="utf-8")
    return path


def _blocks() -> Iterator[str]:
    for table, names in SINGLE.items():
        yield from _block(table, [name for name in names if name != "patient_id"])
    numbers = {"prrt_cycles": "cycle_no", "adverse_events": "ae_id"}
    for table, number in numbers.items():
        caption = f"{GROUPS[table][0]} {{{number}}}"
        yield from _block(table, GROUPED[table], caption)
    for (analyte, time), caption in MARKERS.items():
        yield from _block("biomarkers", GROUPED["biomarkers"], caption,
                          f"{{analyte: {analyte}, timepoint_label: {time}}}")  # fmt: skip
    for table in ("imaging", "subsequent_therapies"):
        word, most = GROUPS[table]
        for number in range(1, most + 1):
            yield from _block(table, GROUPED[table], f"{word} {number}")


def _block(table: str, names, caption: str = "", constants: str = "") -> Iterator[str]:
    columns = dictionary().tables[table].columns
    yield f"      - table: {table}"
    if caption:
        yield f'        group: "{caption}"'
    if constants:
        yield f"        constants: {constants}"
    yield "        columns:"
    for name in names:
        column = columns[name]
        title = f'"{header(column)}"'
        # An activity names its unit in the cell; other units stand in the header.
        unit = column.unit if column.unit and column.kind != "activity" else ""
        entry = f'{{header: {title}, unit: "{unit}"}}' if unit else title
        yield f"          {name}: {entry}"
    if table in NEEDS:
        yield f"        needs: [{', '.join(NEEDS[table])}]"

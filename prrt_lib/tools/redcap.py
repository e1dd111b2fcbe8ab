"""The study's data dictionary for import into REDCap, and the profile that reads it back."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from prrt_lib.base.paths import write_text
from prrt_lib.declare.dictionary import Column, dictionary
from prrt_lib.declare.layout.redcap import COLUMNS
from prrt_lib.declare.layout.template import HOW_TO

RECORD_ID = "record_id"
NUMBERS = {"integer": "integer", "number": "number"}
PROFILE_HEAD = """\
# Made from the data dictionary: a REDCap project built from redcap-dictionary.csv, exported raw.
# Written by `python -m prrt_lib.tools.redcap`; edit the dictionary, not this file.
name: redcap
label: A REDCap project built from the study's data dictionary
source: redcap
dictionary: redcap-dictionary.csv
sheets:
"""


def write_dictionary(path: Path) -> Path:
    """Writes REDCap's data dictionary of the study to ``path`` and returns the path."""
    write_text(Path(path), redcap_dictionary())
    return Path(path)


def redcap_dictionary() -> str:
    """The file's text: the record id, then one field per abstracted column, a form per table.

    Forms with several records per patient have to be marked as repeating instruments in REDCap;
    its data dictionary cannot say so.
    """
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerow(_line(RECORD_ID, "patients", "text", "Study id", note=HOW_TO["id"]))
    writer.writerows(_field(column) for column in _abstracted())
    return buffer.getvalue()


def _abstracted() -> Iterator[Column]:
    for table in dictionary().tables.values():
        yield from (column for column in table.columns.values() if column.kind != "id")


def field_name(column: Column) -> str:
    """Name of a column's field, unique in the project: the column's, or with its table before."""
    counts = Counter(one.name for one in _abstracted())
    return column.name if counts[column.name] == 1 else f"{column.table}_{column.name}"


def _field(column: Column) -> list[str]:
    low, high = ("" if end is None else str(end) for end in column.range or (None, None))
    validation = NUMBERS.get(column.kind, "date_ymd" if column.kind == "date" else "")
    kind = _type(column)
    if kind != "text":
        validation = low = high = ""
    label = f"{column.label} ({column.unit})" if column.unit else column.label
    return _line(
        field_name(column), column.table, kind, label,
        choices="" if kind in ("text", "notes", "yesno") else choices(column.allowed),
        note=HOW_TO.get(column.kind, "") if kind == "text" else "",
        validation=validation, low=low if validation else "", high=high if validation else "",
        identifier="y" if column.identifying else "", required="y" if column.required else "",
    )  # fmt: skip


def _type(column: Column) -> str:
    """Quantities and partial dates stay text: bounds, ranges and units can be written as found."""
    if column.kind == "yes_no":
        return "yesno"
    if column.free_text:
        return "notes"
    if not column.allowed or column.open:
        return "text"
    return "checkbox" if column.multiple else "dropdown"


def choices(allowed: tuple[str, ...]) -> str:
    """REDCap's choices of a vocabulary: numbers stand for themselves, words are counted.

    >>> choices(("female", "male")), choices(("0", "1"))
    ('1, female | 2, male', '0, 0 | 1, 1')
    """
    numbers = all(word.isdigit() for word in allowed)
    codes = allowed if numbers else [str(at) for at in range(1, len(allowed) + 1)]
    return " | ".join(f"{code}, {word}" for code, word in zip(codes, allowed, strict=True))


def _line(name: str, form: str, kind: str, label: str, **given: str) -> list[str]:
    places = {"choices": 5, "note": 6, "validation": 7, "low": 8, "high": 9, "identifier": 10,
              "required": 12}  # fmt: skip
    line = [name, form, "", kind, label, *[""] * (len(COLUMNS) - 5)]
    for part, text in given.items():
        line[places[part]] = text
    return line


def redcap_profile() -> str:
    """YAML text of params/profiles/redcap.yaml."""
    lines = []
    for table in dictionary().tables.values():
        lines += [f"  - sheet: {table.name}", f"    id: {RECORD_ID}", "    records:",
                  f"      - table: {table.name}", "        columns:"]  # fmt: skip
        for column in table.columns.values():
            entry = field_name(column)
            if column.unit and column.kind != "activity":
                entry = f"{{header: {entry}, unit: {json.dumps(column.unit)}}}"
            if column.kind != "id":
                lines.append(f"          {column.name}: {entry}")
    return PROFILE_HEAD + "\n".join(lines) + "\n"


if __name__ == "__main__":
    from prrt_lib.declare.layout.profiles import PROFILES

    write_dictionary(PROFILES / "redcap-dictionary.csv")
    write_text(PROFILES / "redcap.yaml", redcap_profile())

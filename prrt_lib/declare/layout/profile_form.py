"""The form of a profile: its keys, declared once; checked by hand and as JSON Schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from prrt_lib.base.errors import Problem
from prrt_lib.declare.dictionary import dictionary
from prrt_lib.declare.parameters import unknown_name

TEXT, WHOLE, FLAG, TEXTS, MAP = "text", "whole number", "true or false", "list", "map"
WORDS = "map of header to word or list of words"
DATE_ORDERS = ("MDY", "DMY")
EPOCHS = ("1900", "1904")
SOURCES = ("xlsx", "redcap")

READING = {
    "date_order": (TEXT, "order of numeric text dates: MDY or DMY; without it they are ambiguous"),
    "locale": (TEXT, "decimal sign and month names, such as en-US or de-DE"),
    "epoch": (TEXT, "first year of Excel's serial dates, 1900 or 1904; default: the workbook's"),
    "zero_unknown": (FLAG, "a day or month of 0 means that it is not known; else it is no date"),
}
FORM: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "profile": {
        "name": (TEXT, "name of the profile; the file's stem"),
        "label": (TEXT, "what kind of workbook it describes"),
        "source": (TEXT, "xlsx, or redcap for a CSV export of REDCap; default xlsx"),
        "dictionary": (TEXT, "REDCap's data dictionary (CSV), from the profile's folder"),
        "centre": (TEXT, "centre of record of every patient in the workbook"),
        "units": (MAP, "table.column -> unit, for columns whose header and cells name none"),
        "absent": (TEXTS, "columns that were never abstracted, such as death_date; not looked for"),
        "sheets": ("sheets", "the sheets to read; all others are left alone"),
        **READING,
    },
    "sheet": {
        "sheet": (TEXT, "name of the sheet"),
        "header_row": (WHOLE, "row of the column headers; default 1"),
        "group_row": (WHOLE, "row of group captions above the header; default none"),
        "skip_rows": (TEXTS, "rows below the header that hold no records, such as a row of units"),
        "id": (TEXT, "header of the study id"),
        "ignore": (TEXTS, "headers knowingly not used"),
        "ignore_rows": (WORDS, "rows knowingly not used: header -> words its cell holds in them"),
        "records": ("records", "one block per table that a row of this sheet yields records of"),
        **READING,
    },
    "records": {
        "table": (TEXT, "canonical table"),
        "group": (TEXT, "caption in the group row; {column} stands for a number"),
        "columns": ("columns", "canonical column -> header, or -> header, unit and more"),
        "constants": (MAP, "canonical column -> value that holds for all records of this block"),
        "needs": (TEXTS, "a record exists only where one of these columns is filled"),
        "only": (WORDS, "header -> words: only rows whose cell holds one of them yield records"),
        "latest": (TEXT, "date column: of several rows of a patient only the latest counts"),
        "spread": (FLAG, "copy the row's values to every record the patient has in that table"),
    },
    "column": {
        "header": (TEXT, "header text; {column} stands for a number"),
        "group": (TEXT, "caption in the group row, where it differs from the block's"),
        "unit": (TEXT, "unit of cells that name none"),
        "unit_header": (TEXT, "header of the column that names each cell's unit"),
        "codebook": (MAP, "code -> meaning"),
        "month": (TEXT, "header of the month, where a date has three columns; header is the year"),
        "day": (TEXT, "header of the day, where a date has three columns"),
        "kind": (TEXT, "kind of cell, where it differs from the dictionary's"),
        **READING,
    },
}
REQUIRED = {
    "profile": ("sheets",),
    "sheet": ("sheet", "id", "records"),
    "records": ("table",),
    "column": ("header",),
}
Path = tuple[Any, ...]


def kinds() -> list[str]:
    """The kinds of cell that the dictionary uses."""
    tables = dictionary().tables.values()
    return sorted({column.kind for table in tables for column in table.columns.values()})


def problems(content: Any, at: Any) -> list[Problem]:
    """Everything wrong with a profile's content; ``at(path)`` names the file and line."""
    if not isinstance(content, dict):
        return [Problem(at(()), "no mapping", "name: value lines", "see params/profiles")]
    return list(_profile(content, at))


def _profile(content: Mapping[str, Any], at: Any) -> Iterator[Problem]:
    yield from _level("profile", content, (), at)
    for address in content.get("units") or {}:
        yield from _known(address, _addresses(), at(("units", address)))
    for place, name in enumerate(_items(content.get("absent"))):
        known = [address if "." in str(name) else address.split(".")[1] for address in _addresses()]
        yield from _known(name, known, at(("absent", place)))
    for number, sheet in enumerate(_items(content.get("sheets"))):
        path: Path = ("sheets", number)
        yield from _level("sheet", sheet, path, at)
        for place, block in enumerate(_items(sheet.get("records") if _map(sheet) else None)):
            yield from _block(block, (*path, "records", place), at)
    if content.get("source") == "redcap" and not content.get("dictionary"):
        where = at(("source",))
        yield Problem(
            where, "no dictionary", "a line dictionary: FILE.csv", "export it from REDCap"
        )
    yield from _required_columns(content, at)


def _block(block: Any, path: Path, at: Any) -> Iterator[Problem]:
    yield from _level("records", block, path, at)
    if not _map(block):
        return
    tables = dictionary().tables
    name = block.get("table")
    if name not in tables:
        yield from _known(str(name), list(tables), at((*path, "table")))
        return
    for part in ("columns", "constants", "needs"):
        for column in block.get(part) or ():
            yield from _known(column, list(tables[name].columns), at((*path, part, column)))
    if block.get("latest") and block["latest"] not in (block.get("columns") or {}):
        yield from _known(block["latest"], list(block.get("columns") or {}), at((*path, "latest")))
    for column, entry in (block.get("columns") or {}).items():
        if _map(entry):
            yield from _level("column", entry, (*path, "columns", column), at)
        elif not isinstance(entry, str):
            yield Problem(at((*path, "columns", column)), "no header", "a header", "name it")


def _level(level: str, content: Any, path: Path, at: Any) -> Iterator[Problem]:
    form = FORM[level]
    if not _map(content):
        yield Problem(at(path), "no mapping", f"keys {', '.join(form)}", "see params/profiles")
        return
    for key in REQUIRED[level]:
        if not content.get(key):
            yield Problem(at(path), f"no {key}", f"a line {key}: ...", "add it")
    for key, value in content.items():
        if key not in form:
            yield unknown_name(key, list(form), at((*path, key)))
        elif value is not None:
            yield from _typed(key, value, form[key][0], at((*path, key)))


def _typed(key: str, value: Any, expected: str, where: str) -> Iterator[Problem]:
    fits = {
        TEXT: isinstance(value, str),
        MAP: _map(value),
        WORDS: _map(value) and all(isinstance(v, (str, list)) and v for v in value.values()),
        "columns": _map(value),
        WHOLE: isinstance(value, str) and value.isdigit() and int(value) > 0,
        FLAG: value in ("true", "false"),
    }.get(expected, isinstance(value, list))
    if not fits:
        yield Problem(where, f"another form of {key}", f"a {expected}", "correct the profile")
        return
    allowed = choices().get(key)
    if allowed and value not in allowed:
        yield from _known(value, list(allowed), where)


def choices() -> dict[str, tuple[str, ...] | list[str]]:
    """Key of the form -> the values it may have."""
    return {"date_order": DATE_ORDERS, "epoch": EPOCHS, "kind": kinds(), "source": SOURCES}


def _required_columns(content: Mapping[str, Any], at: Any) -> Iterator[Problem]:
    given = {("patients", "patient_id"): False}
    for table in dictionary().tables.values():
        given |= {
            (table.name, c.name): False
            for c in table.columns.values()
            if c.required and c.kind != "id"
        }
    for sheet in _items(content.get("sheets")):
        for block in filter(_map, _items(sheet.get("records") if _map(sheet) else None)):
            table = block.get("table")
            if table == "patients":
                given[("patients", "patient_id")] = True
            for column in block.get("columns") or ():
                given[(table, column)] = True
    for (table, column), found in given.items():
        if not found:
            yield Problem(
                at(()),
                f"no entry for {table}.{column}",
                "one entry in a records block",
                "name the header that holds it",
            )


def _known(name: str, names: list[str], where: str) -> Iterator[Problem]:
    if name not in names:
        yield unknown_name(name, names, where)


def _addresses() -> list[str]:
    tables = dictionary().tables.values()
    return [column.address for table in tables for column in table.columns.values()]


def _map(value: Any) -> bool:
    return isinstance(value, Mapping)


def _items(value: Any) -> list:
    return value if isinstance(value, list) else []

"""A CSV export of REDCap -> a workbook with one sheet per instrument.

Cells keep the address they have when the export is opened in a spreadsheet program.

REDCap exports the same records in two ways: raw (names and codes) or with labels, in the cells
alone or in the header too. A label may look like a code (ECOG "1, 0 | 2, 1"): which of the two a
file holds is decided for the whole file, never cell by cell.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from prrt_lib.base.errors import Problem, WorkbookError
from prrt_lib.declare.layout.profiles import Block, Profile, Source
from prrt_lib.declare.layout.redcap import CHECKBOX, STRUCTURE, Field, fields
from prrt_lib.read.sheets.headers import compared, pattern
from prrt_lib.read.workbook.excel import Cell, Sheet, letters, same_name
from prrt_lib.read.workbook.gate import Limits

DELIMITERS = ",;\t|^"
# Never data: captions, uploaded files, signatures.
NOT_READ = ("descriptive", "file", "signature")
SHOWN = 12
# Columns that belong to no instrument, and ticks, as an export with labels calls them.
LABELLED = {
    "event name": "redcap_event_name",
    "repeat instrument": "redcap_repeat_instrument",
    "repeat instance": "redcap_repeat_instance",
    "data access group": "redcap_data_access_group",
    "survey identifier": "redcap_survey_identifier",
    "survey timestamp": "survey_timestamp",
    "complete?": "form_complete",
}
TICKS = {"checked": "1", "unchecked": "0"}


def declared(profile: Profile) -> Profile:
    """The profile with the codes of the data dictionary as its codebooks; any other unchanged."""
    if profile.dictionary is None:
        return profile
    known = fields(profile.dictionary)
    structure = [name for name in LABELLED.values() if name.startswith("redcap_")]

    def coded(source: Source) -> Source:
        """A column's own codebook goes before the data dictionary's; that of a checkbox field has
        given its meanings when the ticks were read."""
        named = pattern(source.header)
        for one in known:
            if one.choices and named.fullmatch(compared(one.name)):
                if one.type == "checkbox":
                    return replace(source, codebook={})
                return source if source.codebook else replace(source, codebook=one.choices)
        return source

    def in_codes(block: Block) -> Block:
        return replace(block, columns={name: coded(s) for name, s in block.columns.items()})

    sheets = tuple(
        replace(
            sheet, records=tuple(map(in_codes, sheet.records)), ignore=(*sheet.ignore, *structure)
        )
        for sheet in profile.sheets
    )
    return replace(profile, sheets=sheets)


def own_meanings(profile: Profile) -> dict[str, Mapping[str, str]]:
    """Field, as it is compared -> what the profile itself says that its codes mean."""
    sources = (s for sheet in profile.sheets for b in sheet.records for s in b.columns.values())
    return {compared(source.header): source.codebook for source in sources if source.codebook}


@dataclass(frozen=True)
class Export:
    """An export as if it were a workbook: one sheet per instrument, read when asked for."""

    path: Path
    header: Sequence[str]
    lines: Sequence[Sequence[str]]
    known: Sequence[Field]
    own: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    epoch: int = 1900

    @property
    def sheet_names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(one.form for one in self.known))

    def __contains__(self, name: str) -> bool:
        return same_name(name) in map(same_name, self.sheet_names)

    def __getitem__(self, name: str) -> Sheet:
        form = next(form for form in self.sheet_names if same_name(form) == same_name(name))
        return _instrument(form, self)


def open_export(
    path: Path,
    dictionary: Path,
    limits: Limits | None = None,
    own: Mapping[str, Mapping[str, str]] | None = None,
) -> Export:
    """The export at ``path``, checked against the data dictionary of its project.

    An export with labels for codes, or for field names too, is taken back to codes and names.
    ``own``: the profile's meanings of codes, by field. Raises WorkbookError for a file that is no
    CSV export of that project, holds codes and labels together, or is too large.
    """
    known = fields(dictionary)
    lines = _lines(Path(path), limits or Limits())
    header = with_names([name.strip() for name in lines[0]], known)
    _check(path, header, lines, known)
    try:
        lines = with_codes(header, lines, known)
    except ValueError as mixed:
        todo = "export the records again: CSV, raw data"
        raise _refused(path, str(mixed), todo) from None
    return Export(Path(path), header, lines, known, own or {})


def _lines(path: Path, limits: Limits) -> list[list[str]]:
    if not path.is_file():
        raise _refused(path, "no such file", "check the name and the folder")
    if path.stat().st_size > limits.file_bytes:
        raise _refused(path, f"more than {limits.file_bytes} bytes", "export fewer fields")
    try:
        text = path.read_bytes().decode("utf-8-sig")
        first = text.split("\n", 1)[0]
        delimiter = max(DELIMITERS, key=first.count)
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        lines = []
        for line in reader:
            # Refused at the first line beyond a limit: memory is never spent on the rest.
            lines.append(line)
            if len(lines) > limits.rows or len(line) > limits.columns:
                most = f"at most {limits.rows} rows and {limits.columns} columns"
                found = f"row {len(lines)} of {len(line)} columns"
                raise _refused(path, found, f"export {most}")
    except (UnicodeDecodeError, csv.Error):
        raise _refused(path, "a file that is not CSV in UTF-8") from None
    if not lines:
        raise _refused(path, "an empty file")
    return lines


def _check(
    path: Path, header: Sequence[str], lines: Sequence[list[str]], known: Sequence[Field]
) -> None:
    problems = []
    names = {one.name for one in known}
    if known[0].name not in header:
        problems.append(_problem(path, f"no column {known[0].name}, the record id"))
    odd = [
        name
        for name, ticked in zip(header, map(CHECKBOX.fullmatch, header), strict=True)
        if not STRUCTURE.fullmatch(name) and (ticked["name"] if ticked else name) not in names
    ]
    if odd:
        found = f"columns that the data dictionary does not have: {', '.join(odd[:SHOWN])}"
        problems.append(_problem(path, found))
    ragged = [str(row) for row, line in enumerate(lines, 1) if line and len(line) != len(header)]
    if ragged:
        rows = ", ".join(ragged[:SHOWN])
        problems.append(_problem(path, f"rows of another length than the header: {rows}"))
    if problems:
        raise WorkbookError(problems)


def _instrument(form: str, export: Export) -> Sheet:
    """The rows of one instrument: those with something in one of its fields, and of the first
    instrument one row of each record at least."""
    header, lines, known = export.header, export.lines, export.known
    own = [one for one in known if one.form == form and one.type not in NOT_READ]
    places = {one: _columns(one, header) for one in own if one is not known[0]}
    places = {one: columns for one, columns in places.items() if columns}
    # Columns that every instrument shows: the record id, event and instance.
    fixed = [
        at
        for at, name in enumerate(header, 1)
        if name == known[0].name or name.startswith("redcap_")
    ]
    rows = {1: {c: Cell(form, 1, c, header[c - 1]) for c in fixed}}
    rows[1] |= {min(at): Cell(form, 1, min(at), one.name) for one, at in places.items()}
    identity = header.index(known[0].name)
    filled = {
        row: cells
        for row, line in enumerate(lines[1:], start=2)
        if (cells := dict(_cells(form, row, line, places, export.own)))
    }
    if form == known[0].form:
        # A record that has nothing in the first instrument is a patient too: its first row.
        met = {lines[row - 1][identity] for row in filled}
        for row, line in enumerate(lines[1:], start=2):
            if line and line[identity] not in met:
                met.add(line[identity])
                filled[row] = {}
    for row, cells in sorted(filled.items()):
        line = lines[row - 1]
        rows[row] = {c: Cell(form, row, c, line[c - 1]) for c in fixed if line[c - 1].strip()}
        rows[row] |= cells
    return Sheet(name=form, rows={row: dict(sorted(cells.items())) for row, cells in rows.items()})


def _columns(one: Field, header: Sequence[str]) -> dict[int, str]:
    """Column -> code of a checkbox's columns; one column without a code for any other field."""
    if one.type != "checkbox":
        return {at: "" for at, name in enumerate(header, 1) if name == one.name}
    ticked = ((at, CHECKBOX.fullmatch(name)) for at, name in enumerate(header, 1))
    return {at: found["code"] for at, found in ticked if found and found["name"] == one.name}


def _cells(
    form: str,
    row: int,
    line: Sequence[str],
    places: Mapping[Field, Mapping[int, str]],
    own: Mapping[str, Mapping[str, str]],
) -> Iterator[tuple[int, Cell]]:
    if not line:
        return
    for one, columns in places.items():
        if one.type == "checkbox":
            # The ticked choices by the profile's meanings, else by their labels.
            meant = own.get(compared(one.name), {})
            labels = {_in_header(code): meant.get(code, label)
                      for code, label in one.choices.items()}  # fmt: skip
            ticked = [labels.get(code, code) for at, code in columns.items() if line[at - 1] == "1"]
            value = "; ".join(filter(None, ticked))
        else:
            value = line[min(columns) - 1]
        if value.strip():
            yield min(columns), Cell(form, row, min(columns), _typed(one, value))


def _typed(one: Field, text: str) -> str | float:
    """A number where REDCap guarantees one, and no codebook gives it another meaning."""
    if not one.numeric or one.choices:
        return text
    try:
        return float(text.replace(",", ".") if one.decimal_comma else text)
    except ValueError:
        return text


def _problem(path: Path, found: str) -> Problem:
    todo = "export the records again: CSV, raw data, with the data dictionary of the same project"
    return Problem(str(path), found, "a raw CSV export of REDCap", todo)


def _refused(path: Path, found: str, todo: str = "") -> WorkbookError:
    known = _problem(path, found)
    return WorkbookError(replace(known, todo=todo) if todo else known)


def with_names(header: Sequence[str], known: Sequence[Field]) -> list[str]:
    """The header by field names: labels are replaced where the record id stands by its label.

    Fields that share a label are told apart by their order, which an export keeps; a label that
    stands more or less often than there are such fields stays, and is refused as unknown.
    """
    if known[0].name in header or compared(known[0].label) not in map(compared, header):
        return list(header)
    fields: dict[str, list[str]] = {}
    for one in known:
        if one.type == "checkbox":
            for code, label in one.choices.items():
                name = f"{one.name}___{_in_header(code)}"
                fields.setdefault(compared(f"{one.label} (choice={label})"), []).append(name)
        elif one.type not in NOT_READ:
            fields.setdefault(compared(one.label), []).append(one.name)
    places: dict[str, list[int]] = {}
    for at, text in enumerate(header):
        places.setdefault(compared(text), []).append(at)
    found = [LABELLED.get(compared(text), text) for text in header]
    for label, own in fields.items():
        if len(places.get(label, ())) == len(own):
            for at, name in zip(places[label], own, strict=True):
                found[at] = name
    return found


def _in_header(code: str) -> str:
    """A code as REDCap writes it in a header: in small letters, - as _."""
    return code.lower().replace("-", "_")


def with_codes(
    header: Sequence[str], lines: Sequence[list[str]], known: Sequence[Field]
) -> Sequence[list[str]]:
    """The lines with codes in place of labels; as they are where the file holds codes.

    Raises ValueError, naming a cell of each, where some cells can only be codes and others only
    labels.
    """
    # Place of a coded column -> (its codes, label as it is compared -> code).
    meanings: dict[int, tuple[frozenset[str], dict[str, str]]] = {}
    fields = {one.name: one for one in known}
    for at, name in enumerate(header):
        if CHECKBOX.fullmatch(name):
            meanings[at] = frozenset(TICKS.values()), TICKS
        elif (one := fields.get(name)) and one.choices:
            back = {compared(label): code for code, label in reversed(one.choices.items())}
            meanings[at] = frozenset(one.choices), back
    as_code = as_label = ""
    for row, line in enumerate(lines[1:], start=2):
        for at, (own, back) in meanings.items():
            cell = line[at].strip() if at < len(line) else ""
            code, label = cell in own, compared(cell) in back
            if cell and code != label:
                place = f"{letters(at + 1)}{row}"
                as_code, as_label = (as_code or place * code), (as_label or place * label)
    if as_code and as_label:
        found = f"codes and labels in one file: a code in {as_code}, a label in {as_label}"
        raise ValueError(found)
    if not as_label:
        return lines
    told = [list(line) for line in lines]
    for line in told[1:]:
        for at, (_, back) in meanings.items():
            if at < len(line):
                line[at] = back.get(compared(line[at]), line[at])
    return told

"""Exports of REDCap with labels -> the field names and codes of a raw export.

REDCap exports the same records in two ways: raw (names and codes) or with labels, in the cells
alone or in the header too. A label may look like a code (ECOG "1, 0 | 2, 1"): which of the two a
file holds is decided for the whole file, never cell by cell.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prrt_lib.declare.layout.redcap import CHECKBOX, Field
from prrt_lib.read.sheets.headers import compared
from prrt_lib.read.workbook.excel import letters

STRUCTURE = {
    "event name": "redcap_event_name",
    "repeat instrument": "redcap_repeat_instrument",
    "repeat instance": "redcap_repeat_instance",
    "data access group": "redcap_data_access_group",
    "survey identifier": "redcap_survey_identifier",
    "survey timestamp": "survey_timestamp",
    "complete?": "form_complete",
}
TICKS = {"checked": "1", "unchecked": "0"}


def names(header: Sequence[str], known: Sequence[Field]) -> list[str]:
    """The header by field names: labels are replaced where the record id stands by its label.

    Fields that share a label are told apart by their order, which an export keeps; a label that
    stands more or less often than there are such fields stays, and is refused as unknown.
    """
    if known[0].name in header or compared(known[0].label) not in map(compared, header):
        return list(header)
    fields: dict[str, list[str]] = {}
    for one in known:
        for name, label in _columns(one):
            fields.setdefault(compared(label), []).append(name)
    places: dict[str, list[int]] = {}
    for at, text in enumerate(header):
        places.setdefault(compared(text), []).append(at)
    found = [STRUCTURE.get(compared(text), text) for text in header]
    for label, own in fields.items():
        if len(places.get(label, ())) == len(own):
            for at, name in zip(places[label], own, strict=True):
                found[at] = name
    return found


def _columns(one: Field) -> Iterator[tuple[str, str]]:
    """(name, label) of every column that a field has in an export."""
    if one.type == "checkbox":
        for code, label in one.choices.items():
            name = f"{one.name}___{code.lower().replace('-', '_')}"
            yield name, f"{one.label} (choice={label})"
    elif one.type not in ("descriptive", "file", "signature"):
        yield one.name, one.label


def codes(
    header: Sequence[str], lines: Sequence[list[str]], known: Sequence[Field]
) -> Sequence[list[str]]:
    """The lines with codes in place of labels; as they are where the file holds codes.

    Raises ValueError, naming a cell of each, where some cells can only be codes and others only
    labels.
    """
    meanings = dict(_coded(header, known))
    as_code = as_label = ""
    for row, line in enumerate(lines[1:], start=2):
        for at, (own, back) in meanings.items():
            cell = line[at].strip() if at < len(line) else ""
            code, label = cell in own, compared(cell) in back
            if cell and code != label:
                place = f"{letters(at + 1)}{row}"
                as_code, as_label = (as_code or place * code), (as_label or place * label)
    if as_code and as_label:
        raise ValueError(
            f"codes and labels in one file: a code in {as_code}, a label in {as_label}"
        )
    if not as_label:
        return lines
    told = [list(line) for line in lines]
    for line in told[1:]:
        for at, (_, back) in meanings.items():
            if at < len(line):
                line[at] = back.get(compared(line[at]), line[at])
    return told


def _coded(
    header: Sequence[str], known: Sequence[Field]
) -> Iterator[tuple[int, tuple[frozenset[str], dict[str, str]]]]:
    """Place of a coded column -> (its codes, label as it is compared -> code)."""
    fields = {one.name: one for one in known}
    for at, name in enumerate(header):
        if CHECKBOX.fullmatch(name):
            yield at, (frozenset(TICKS.values()), TICKS)
        elif (one := fields.get(name)) and one.choices:
            back: dict[str, str] = {}
            for code, label in one.choices.items():
                back.setdefault(compared(label), code)
            yield at, (frozenset(one.choices), back)

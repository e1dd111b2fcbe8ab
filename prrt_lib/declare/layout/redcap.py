"""REDCap's data dictionary: its 18 columns, and the fields that such a file declares."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from prrt_lib.base.errors import Problem, ProfileError

COLUMNS = (
    "Variable / Field Name", "Form Name", "Section Header", "Field Type", "Field Label",
    "Choices, Calculations, OR Slider Labels", "Field Note",
    "Text Validation Type OR Show Slider Number", "Text Validation Min", "Text Validation Max",
    "Identifier?", "Branching Logic (Show field only if...)", "Required Field?",
    "Custom Alignment", "Question Number (surveys only)", "Matrix Group Name", "Matrix Ranking?",
    "Field Annotation",
)  # fmt: skip
NAME, FORM, TYPE, LABEL, CHOICES, VALIDATION = (COLUMNS[at] for at in (0, 1, 3, 4, 5, 7))
CODED = ("radio", "dropdown", "checkbox")
FIXED_CHOICES = {"yesno": {"1": "yes", "0": "no"}, "truefalse": {"1": "true", "0": "false"}}
# Columns of an export that belong to no instrument.
STRUCTURE = re.compile(
    r"redcap_(event_name|repeat_instrument|repeat_instance|data_access_group|survey_identifier)"
    r"|.+_(timestamp|complete)"
)
CHECKBOX = re.compile(r"(?P<name>[a-z0-9_]+?)___(?P<code>.+)")


# Compared by identity, so that fields can be keys.
@dataclass(frozen=True, eq=False)
class Field:
    """One field of a REDCap project: where it stands and what its codes mean."""

    name: str
    form: str
    type: str
    label: str = ""
    choices: Mapping[str, str] = field(default_factory=dict)
    validation: str = ""

    @property
    def numeric(self) -> bool:
        """Whether REDCap itself lets only numbers into the field."""
        return self.type in ("calc", "slider") or self.validation.startswith(("number", "integer"))

    @property
    def decimal_comma(self) -> bool:
        return "comma_decimal" in self.validation


def fields(path: Path) -> tuple[Field, ...]:
    """The fields of a data dictionary file, in order; the first one is the record id.

    Raises ProfileError where the file is none, or names a field twice.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
        rows = list(csv.DictReader(io.StringIO(text, newline="")))
    except (OSError, UnicodeDecodeError, csv.Error):
        raise _refused(path, "a file that cannot be read") from None
    missing = [
        name for name in (NAME, FORM, TYPE, LABEL, CHOICES) if not rows or name not in rows[0]
    ]
    if missing:
        raise _refused(path, f"no column {', '.join(missing)}")
    found = tuple(_field(row) for row in rows if row[NAME])
    names = [one.name for one in found]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise _refused(path, f"fields declared twice: {', '.join(twice)}")
    return found


def _field(row: Mapping[str, str]) -> Field:
    kind = (row[TYPE] or "").strip()
    coded = kind in CODED
    return Field(
        name=row[NAME].strip(),
        form=(row[FORM] or "").strip(),
        type=kind,
        label=(row[LABEL] or "").strip(),
        choices=choices(row[CHOICES] or "") if coded else FIXED_CHOICES.get(kind, {}),
        validation=(row.get(VALIDATION) or "").strip(),
    )


def choices(text: str) -> dict[str, str]:
    """Code -> label of "1, female | 2, male".

    >>> choices("1, yes, unspecified | 0, no")
    {'1': 'yes, unspecified', '0': 'no'}
    """
    parts = [part.partition(",") for part in text.split("|") if part.strip()]
    return {code.strip(): label.strip() for code, _, label in parts}


def _refused(path: Path, found: str) -> ProfileError:
    todo = "download it under Project Setup, Data Dictionary, and name it in the profile"
    return ProfileError(Problem(str(path), found, "a REDCap data dictionary (CSV)", todo))

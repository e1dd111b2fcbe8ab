"""Headers as they are compared while a profile is drafted: short forms written out."""

from __future__ import annotations

import re
from functools import cache

from prrt_lib.read.cells.text import folded

BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
SHORT = {
    "f/u": "followup", "fu": "followup", "follow up": "followup", "follow-up": "followup",
    "dx": "diagnosis", "ki-67": "ki67", "ki 67": "ki67", "mib-1": "mib1", "mib 1": "mib1",
    "@": " at ", "tumor": "tumour", "dt": "date", "dat": "date", "datum": "date", "jour": "day",
    "pts": "patients", "chromogranine": "chromogranin", "mitosis": "mitoses", "1st": "first",
    "2nd": "second", "premier": "first", "fecha": "date", "data": "date", "pct": "percent",
}  # fmt: skip
# Words that tell nothing about what a column holds.
EMPTY = frozenset({
    "of", "the", "for", "a", "an", "in", "on", "de", "des", "du", "d", "la", "le", "les", "l",
    "der", "die", "das", "am", "bei", "und", "and", "with", "mit", "to", "au", "aux", "del", "di",
    "no", "nr", "yes", "j", "n", "y", "percent", "jj", "mm", "aaaa",
})  # fmt: skip
UNITS = frozenset({
    "ng", "ml", "ug", "pg", "mci", "gbq", "mbq", "nmol", "l", "u", "mg", "dl", "years", "yrs",
    "hpf", "10hpf", "10", "per", "mm2", "ngml", "ugl",
})  # fmt: skip
# Two words written as one: BIRTHDT, SCANDATE, AETERM.
JOINED = re.compile(r"(birth|dx|death|last|prrt|scan|onset|sample|ae|prog|consent)(dt|date|term)")
NUMBERED = {
    "prrt_cycles": "prrt|cycle|cyc|cure|zyklus|course|treatment|tx|therapy|injection|dose|lu",
    "adverse_events": "ae|event|adverse event|toxicity|nebenwirkung|uaw|ei|sae",
    "imaging": "scan|imaging|imagerie|bildgebung|ct|restaging|image",
}
ORDINAL = {"first": "1", "second": "2", "third": "3", "fourth": "4"}


@cache
def canonical(text: str) -> str:
    """A header's words in lower case without accents, brackets and marks, short forms written out.

    >>> canonical("Date @ Dx (m/d/y)"), canonical("BIRTHDT"), canonical("Last f/u")
    ('date at diagnosis', 'birth date', 'last followup')
    """
    plain = BRACKETS.sub(" ", folded(text).replace("_", " "))
    plain = JOINED.sub(r"\1 \2", plain)
    for short, full in SHORT.items():
        plain = re.sub(rf"(?<![a-z0-9]){re.escape(short)}(?![a-z0-9])", full, plain)
    return " ".join(re.findall(r"[a-z0-9]+", plain))


@cache
def content(text: str) -> frozenset[str]:
    """The words of a header that tell what its column holds."""
    words = canonical(text).split()
    return frozenset(w for w in words if w not in EMPTY) or frozenset(words)


def without_units(text: str) -> str:
    """The canonical header without the words of a unit."""
    words = [word for word in canonical(text).split() if word not in UNITS]
    return " ".join(words) or canonical(text)


def numbered_part(text: str) -> tuple[str, str]:
    """(table, rest) of a header that numbers one of its rows, such as "PRRT2 isotope"; ("", "").

    >>> numbered_part("AE 1 grade"), numbered_part("1st scan type"), numbered_part("Sex")
    (('adverse_events', 'grade'), ('imaging', 'type'), ('', ''))
    """
    plain = canonical(text)
    for table, words in NUMBERED.items():
        for pattern in (
            rf"\b(?:{words}) ?(?:no )?(\d+)\b",
            rf"\b(?:{'|'.join(ORDINAL)}) (?:{words})\b(?! date)",
        ):
            if re.search(pattern, plain):
                return table, " ".join(re.sub(pattern, " ", plain).split())
    return "", ""

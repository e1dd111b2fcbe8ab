"""What a header may mean: places in the data dictionary, and how certain that is."""

from __future__ import annotations

import difflib
import re
from functools import cache
from pathlib import Path

from prrt_lib.declare.layout.template import template_layout
from prrt_lib.declare.yaml_files import load_words
from prrt_lib.read.cells.text import folded

VOCABULARY = load_words(Path(__file__).with_name("vocabulary.yaml"))
SHORT, NUMBERED, DATED = (VOCABULARY[name] for name in ("short", "numbered", "dated"))
BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
# Two words written as one: BIRTHDT, SCANDATE, AETERM.
JOINED = re.compile(r"(birth|dx|death|last|prrt|scan|onset|sample|ae|prog|consent)(dt|date|term)")
WORDS = Path(__file__).with_name("header_words.yaml")
CERTAIN, POSSIBLE = 0.95, 0.8
# Shorter words resemble too many others.
SHORTEST = 5
Guess = tuple[str, float]
NOTHING: Guess = ("", 0.0)


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
    return frozenset(w for w in words if w not in VOCABULARY["empty"]) or frozenset(words)


def without_units(text: str) -> str:
    """The canonical header without the words of a unit."""
    words = [word for word in canonical(text).split() if word not in VOCABULARY["units"]]
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
            rf"\b(?:{VOCABULARY['ordinals']}) (?:{words})\b(?! date)",
        ):
            if re.search(pattern, plain):
                return table, " ".join(re.sub(pattern, " ", plain).split())
    return "", ""


@cache
def _known() -> dict[str, list[str]]:
    """Canonical header -> the places it may mean."""
    known: dict[str, list[str]] = {}
    for place, texts in load_words(WORDS).items():
        for text in texts:
            known.setdefault(canonical(str(text)), []).append(place)
    for table, columns in template_layout().items():
        for header, column in columns:
            if column != "patient_id":
                known.setdefault(canonical(header), []).append(f"{table}.{column}")
    return known


def table_of(text: str) -> str:
    """The table that a sheet's name or a caption speaks of; "" where none."""
    words = canonical(re.sub(r"\d+", " ", text))
    rules = VOCABULARY["tables"].items()
    hits = [name for name, rule in rules if re.search(rf"\b(?:{rule})\b", words)]
    return hits[0] if len(hits) == 1 else ""


@cache
def _contents() -> frozenset[frozenset[str]]:
    return frozenset(map(content, _known()))


@cache
def is_header(text: str) -> bool:
    """Whether a text is a header without any doubt, as cells below a header seldom are."""
    if content(text) in _contents() or content(without_units(text)) in _contents():
        return True
    return bool(_marker(text, "") or numbered_part(text)[0] or content(text) == {"date"})


@cache
def guess(text: str, favourite: str, caption: str = "") -> Guess:
    """(place, certainty) of a header; the favourite table's columns win, a caption may say more."""
    plain = re.sub(r"\s\d+$", "", canonical(text))
    marker = _marker(text, "") or _marker(plain, caption)
    if marker:
        return marker
    if plain in ("date", "date of event", "event date") and favourite in DATED:
        return f"{favourite}.{DATED[favourite]}", CERTAIN
    if plain in ("grade", "grad") and favourite == "adverse_events":
        return "adverse_events.grade", 1.0
    if plain in VOCABULARY["results"] and favourite in VOCABULARY["result_of"]:
        return f"{favourite}.{VOCABULARY['result_of'][favourite]}", CERTAIN
    table, rest = numbered_part(text)
    if table and plain not in _known():
        return _numbered(table, rest, plain)
    likely = [_listed(plain, favourite), _listed(without_units(plain), favourite)]
    place, score = max(likely, key=lambda found: found[1])
    return place, min(score, POSSIBLE) if plain in VOCABULARY["doubtful"] else score


def _numbered(table: str, rest: str, plain: str) -> Guess:
    """A header that numbers a row of ``table``: what its other words mean there."""
    alone = {"prrt_cycles": "cycle_date", "imaging": "scan_date"}.get(table, "term_verbatim")
    if content(rest) <= {"after", "prrt", "date", "post"} and table != "adverse_events":
        return f"{table}.{alone}", CERTAIN if "date" in rest else POSSIBLE
    if not rest:
        return f"{table}.{alone}", CERTAIN
    kind = {"imaging": {"type": "modality", "result": "response_raw"}}.get(table, {}).get(rest)
    if kind:
        return f"{table}.{kind}", CERTAIN
    if table == "adverse_events" and rest in ("grade", "date"):
        return f"{table}.{'grade' if rest == 'grade' else 'onset_date'}", CERTAIN
    found = _listed(without_units(rest), table)
    return found if found[0].startswith(f"{table}.") else _listed(plain, table)


def _listed(plain: str, favourite: str) -> Guess:
    """The known header most like ``plain``: the same, the same telling words, or similar."""
    words, best = content(plain), NOTHING
    short = len(plain) < SHORTEST
    near = difflib.SequenceMatcher(None, "", plain)
    for known, places in _known().items():
        near.set_seq1(known)
        if known == plain:
            score = 1.0
        elif content(known) == words:
            score = 0.97
        elif short or near.real_quick_ratio() < POSSIBLE or near.quick_ratio() < POSSIBLE:
            continue
        else:
            score = min(near.ratio(), 0.94)
        for place in places:
            own = bool(favourite) and place.startswith(f"{favourite}.")
            value = score + (0.02 if own else 0.0)
            if value > best[1]:
                best = (place, value)
    return best


def _marker(text: str, caption: str) -> Guess | None:
    """A header, or a header below a caption, that names a marker and perhaps a time point."""
    words = canonical(f"{caption} {text}" if caption else text)
    for analyte, rule in VOCABULARY["markers"].items():
        if not re.match(rf"(?:date (?:of )?)?(?:serum |plasma )?(?:{rule})\b", words):
            continue
        constant = f"analyte={analyte}"
        if point := time_point(words):
            constant += f", timepoint_label={point}"
        column = "uln" if re.search(VOCABULARY["limit"], words) else "value"
        if re.search(r"\bdate\b", words):
            column = "sample_date"
        return f"biomarkers.{column} {constant}", CERTAIN
    return None


def time_point(text: str) -> str:
    """The time point that a header or caption names; "" where none or more than one."""
    words = canonical(text)
    hits = [one for one, rule in VOCABULARY["timepoints"].items() if re.search(rule, words)]
    return hits[0] if hits else ""

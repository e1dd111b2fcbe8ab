"""The therapeutic nuclide of a PRRT, however its mass number and ligand are written."""

from __future__ import annotations

import re

from prrt_lib.declare.yaml_files import load_words
from prrt_lib.read.cells.notes import words_of
from prrt_lib.read.cells.parsed import Parsed, ambiguous, invalid, ok
from prrt_lib.read.cells.text import SPELLINGS
from prrt_lib.read.cells.vocabulary import Opening, unknown

NUCLIDES = load_words(SPELLINGS / "nuclides.yaml")
ELEMENTS = {name: symbol for symbol, told in NUCLIDES.items() for name in told["names"]}
SYMBOL = "|".join(sorted([*ELEMENTS, *NUCLIDES], key=len, reverse=True))
NUCLIDE = re.compile(
    rf"[\[(]?\b(?P<mass>\d{{2,4}} ?m?)[- ]?[\])]?\[?(?P<after>{SYMBOL})(?:\b|(?=dota))\]?"
    rf"(?:(?P=after)\b)?|"
    rf"\[?\b(?P<before>{SYMBOL})(?:[-_./]| )?\(?(?P<number>\d{{2,4}}m?)(?:\b|(?=dota))\)?\]?|"
    rf"\b(?P<joined>lu|y)(?=[- ]?dota)|\b(?P<bare>lutetium|yttrium|lutecium|lutezio|lutecio|itrio|"
    rf"ittrio|ytrium|lu)\b|"
    rf"(?P<brand>\blu(?:ta|tha|te)th?era\b|\blutate\b|\blu-?tate\b|\blutetium oxodotreotide\b)"
)
LIGANDS = ("dotatate", "dotatoc", "octreotate", "edotreotide", "oxodotreotide", "lutathera")
LIGAND = re.compile(
    r"\bno[ -]carrier[ -]added\b|\bn\.?c\.?a\b\.?|\bha-(?=dota)|\bmibg\b|"
    r"\[dota0?, ?tyr3\]-?(?=octreot)|"
    r"\b(?:dota-?0?-?)?(?:\(?tyr3\)?-?)?(?:octreotate|octreotide|oxodotreotide|edotreotide|"
    r"pentetreotide)\b|"
    r"\bdotamtate\b|\bdota[- ]lm3\b|\bsartate\b|"
    r"\bdota[- ]?(?:tate|toc|noc)\b|\bdotatate\b|\bdotatoc\b|\bdotanoc\b|\bdota\b|\btate\b|"
    r"\btoc\b|\bprrt\b"
)
JOINED = re.compile(
    r"\+|&|\band\b|\bund\b|\bet\b|\by\b|\be\b|\btandem\b|\bcombined\b|\bcombination\b|\bmixed\b|"
    r"\bplus\b|\bwith\b|\bcocktail\b"
)
# What a cell of the nuclide may also name: the activity, the cycle, the route.
BESIDE = re.compile(
    r",? ?\(?(?:\b\d{1,4}(?:\.\d{1,2})? ?(?:gbq|mbq|mci)\b|\b(?:cycle|prrt) ?[1-9]\b|"
    r"\bi\.?v\b\.?)\)?$"
)
# "Lu - 177": one nuclide, its dash between blanks.
SPACED = re.compile(r"(?<=[a-z]) - (?=[0-9]{2,3}\b)")
THERAPY_WITH = re.compile(r"^(?:prrt|therapy|treatment) (?:with|using) ")
SYMBOLS_ALONE = re.compile(
    r"\b(?:lu/y|y/lu)(?= tandem)|(?<=tandem )(?:lu/y|y/lu)\b|^(?:lu ?\+ ?y|y ?\+ ?lu)$"
)
REST = re.compile(r"[\s/,;:()\[\]-]*")


@Opening("isotope", words=words_of([*ELEMENTS, *LIGANDS]), unmarked=re.compile(""))
def read_isotope(text: str) -> Parsed:
    """Lu-177, Y-90, Lu-177+Y-90, or another therapeutic nuclide by its own name."""
    text = SPACED.sub("-", THERAPY_WITH.sub("", text.replace("^", "")))
    text = SYMBOLS_ALONE.sub("lu-177 + y-90", BESIDE.sub("", text) or text)
    found = [_named(match) for match in NUCLIDE.finditer(text)]
    if None in found:
        return invalid("no-therapeutic-nuclide")
    rest = LIGAND.sub(" ", NUCLIDE.sub(" ", text))
    together = bool(JOINED.search(rest))
    if not found or not REST.fullmatch(JOINED.sub(" ", rest)):
        return unknown(text)
    kinds = sorted(set(found))
    if len(kinds) == 1:
        return ambiguous("half-a-tandem") if together else ok(kinds[0], "nuclide")
    if kinds == ["Lu-177", "Y-90"] and together:
        return ok("Lu-177+Y-90", "tandem")
    return ambiguous("several-nuclides")


def _named(match: re.Match) -> str | None:
    """The nuclide of one match; None where element and mass number make no therapeutic one."""
    if match["brand"]:
        return "Lu-177"
    element = match["after"] or match["before"] or match["joined"] or match["bare"]
    element = ELEMENTS.get(element, element)
    mass = (match["mass"] or match["number"] or "").strip() or {"lu": "177", "y": "90"}.get(element)
    if mass not in NUCLIDES[element]["masses"]:
        return None
    return f"{element.capitalize()}-{mass}"

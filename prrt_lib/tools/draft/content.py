"""What the cells of a column show, and what a codebook sheet says of its codes."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterable, Mapping

from prrt_lib.declare.dictionary import DATE_KINDS, Column, dictionary
from prrt_lib.declare.layout.profiles import Source
from prrt_lib.read.cells.reader import CellReader, text_of
from prrt_lib.read.cells.text import absent
from prrt_lib.read.sheets.columns import NUMERIC_DATE
from prrt_lib.read.workbook.excel import Sheet
from prrt_lib.tools.draft.headers import (
    BRACKETS,
    CERTAIN,
    NOTHING,
    POSSIBLE,
    VOCABULARY,
    Guess,
    canonical,
)

# Columns that a few words of their own betray, whatever the header says.
TELLING = (
    ("prrt_cycles", "isotope"), ("imaging", "response_raw"), ("imaging", "modality"),
    ("adverse_events", "related_prrt"), ("tumour", "primary_site"), ("followup", "vital_status"),
    ("patients", "sex"), ("biomarkers", "analyte"),
)  # fmt: skip
WORDED = ("category", "sex", "smoking", "response", "relatedness", "yes_no", "isotope", "grade",
          "stage")  # fmt: skip
NUMERIC = ("activity", "percent_or_range", "mitoses", "lab_value", "age", "number", "integer")
DECIMAL_COMMA = re.compile(r"\s*[<>~]?\s*\d+,\d{1,2}\s*%?\s*")
MOST_WORDS, LONGEST = 12, 30
# So many cells tell what a column holds.
SAMPLE = 500
PAIR = re.compile(r"\s*(-?\w+)\s*(?:=|:|,)\s*(.+?)\s*")
EQUAL = re.compile(r"(-?\w+)\s*[=:]\s*([^;|,\n=:]+?)\s*(?=[;|,\n]|$)")
Codebooks = Mapping[str, Mapping[str, str]]


def says_whether(cells: list) -> bool:
    """Whether cells answer yes or no and so are no dates."""
    words = {text_of(c).strip().casefold() for c in cells}
    return bool(words) and words <= {*VOCABULARY["yes"], *VOCABULARY["no"], "0", "1", "2"}


def fits(column: Column, cells: list) -> bool:
    """Whether half of the cells can be what the column holds; True where there are none."""
    cells = [cell for cell in cells[:SAMPLE] if absent(cell) is None]
    if not cells:
        return True
    if column.kind in DATE_KINDS:
        # "No" beside dates says that there was no such day.
        told = [cell for cell in cells if not says_whether([cell])]
        return bool(told) and sum(map(_like_date, told)) * 2 >= len(told)
    if sum(isinstance(cell, dt.date) for cell in cells) * 2 >= len(cells):
        return False
    digits = sum(any(c.isdigit() for c in str(cell)) for cell in cells)
    return column.kind not in NUMERIC or digits * 2 >= len(cells)


def _like_date(cell: object) -> bool:
    """A true date, or a text or year that some order of day and month makes one."""
    if isinstance(cell, dt.date) or (isinstance(cell, str) and NUMERIC_DATE.fullmatch(cell)):
        return True
    column = dictionary().tables["tumour"].columns["diagnosis_date"]
    orders = ("DMY", "MDY")
    reads = [CellReader(column, Source("", date_order=o), 1900).read(cell) for o in orders]
    return any(read.status in ("ok", "imputed-partial", "missing") for read in reads)


def checked(found: Guess, cells: list) -> Guess:
    """The guess after a look at the cells: "death" with 0 and 1 is no date."""
    place, score = found
    table, _, name = place.partition(" ")[0].partition(".")
    if not name or score < POSSIBLE:
        return by_content(cells)
    if fits(dictionary().tables[table].columns[name], cells):
        told = by_content(cells) if score < CERTAIN else NOTHING
        return found if told == NOTHING else told
    if name == "death_date" and says_whether(cells):
        return "followup.vital_status", POSSIBLE
    return by_content(cells)


def by_content(cells: list) -> Guess:
    """The column whose words the cells are, at most possible; nothing where they tell nothing."""
    words = {cell.strip() for cell in cells if isinstance(cell, str) and cell.strip()}
    if len(words) < 2 or len(words) > 2 * MOST_WORDS or says_whether(cells):
        return NOTHING
    for table, name in TELLING:
        column = dictionary().tables[table].columns[name]
        reader = CellReader(column, Source(""), 1900)
        known = [word for word in words if reader.read(word).status == "ok"]
        if len(known) * 3 >= len(words) * 2 and not all(len(word) == 1 for word in words):
            return f"{table}.{name}", POSSIBLE
    return NOTHING


def unread_words(column: Column, cells: list) -> list[str]:
    """Repeated words that the column's own vocabulary does not know, the most frequent first.

    A word that occurs once stays a question: it may say something about one patient.
    """
    if column.kind not in WORDED or column.open:
        return []
    counts = Counter(cell.strip() for cell in cells if isinstance(cell, str) and cell.strip())
    reader = CellReader(column, Source(""), 1900)
    unread = [
        (word, count)
        for word, count in counts.most_common()
        if len(word) <= LONGEST and reader.read(word).status in ("ambiguous", "invalid")
    ]
    # A few odd cells among many that are read are questions, no language of their own.
    if sum(count for _, count in unread) * 10 < len(cells):
        return []
    return [word for word, count in unread if count > 1][:MOST_WORDS]


def known_words(column: Column, cells: list) -> dict[str, str]:
    """Word -> what the column's own vocabulary takes it for: a codebook must be complete."""
    reader = CellReader(column, Source(""), 1900)
    reads = {w.strip(): reader.read(w.strip()) for w in cells if isinstance(w, str) and w.strip()}
    known = {word: read for word, read in reads.items() if read.status == "ok"}
    return {word: str(read.values[0][column.value_column]) for word, read in known.items()}


def vital_words(cells: list) -> dict[str, str]:
    """Meaning of yes and no below a header that asks whether the patient is dead."""
    words = dict.fromkeys(text_of(c).strip() for c in cells)
    return {
        word: "dead" if word.casefold() in VOCABULARY["yes"] else "alive" for word in words if word
    }


def proved_order(columns: Iterable[list]) -> Mapping[str, int]:
    """Order of day and month -> how many numeric text dates can be read in that one only."""
    proofs: Counter[str] = Counter()
    for cell in (c for cells in columns for c in cells if isinstance(c, str)):
        if found := NUMERIC_DATE.fullmatch(cell):
            first, second = int(found.group(1)), int(found.group(2))
            if (first > 12) != (second > 12):
                proofs["DMY" if first > 12 else "MDY"] += 1
            else:
                proofs["either"] += 1
    return proofs


def has_decimal_comma(columns: Iterable[list]) -> bool:
    """Whether a text such as 2,5 stands among the cells."""
    texts = (c for cells in columns for c in cells if isinstance(c, str))
    return any(DECIMAL_COMMA.fullmatch(text) for text in texts)


def by_codebook(found: Guess, codes: Mapping[str, str]) -> Guess:
    """The guess after a look at the meanings of the codes: they tell isotopes from scans."""
    table, _, name = found[0].partition(" ")[0].partition(".")
    worded = bool(name) and dictionary().tables[table].columns[name].kind in WORDED
    if worded and found[1] >= CERTAIN:
        return found
    told = by_content(list(codes.values()))
    return found if worded and told == NOTHING else told


def read_as(column: Column, meaning: str) -> str:
    """A meaning of a codebook as the column reads it: without what stands in brackets."""
    reader, bare = CellReader(column, Source(""), 1900), BRACKETS.sub("", meaning).strip()
    understood = reader.read(meaning).status != "ambiguous"
    return meaning if understood or reader.read(bare).status == "ambiguous" else bare


def codebooks(sheets: Mapping[str, Sheet]) -> dict[str, dict[str, str]]:
    """Variable as it is compared -> code -> meaning, from every sheet that is a codebook."""
    found: dict[str, dict[str, str]] = {}
    for sheet in sheets.values():
        for row in sorted(sheet.rows)[:10]:
            heads = {
                canonical(str(cell.value)): column
                for column, cell in sheet.rows[row].items()
                if isinstance(cell.value, str)
            }
            if own := _codebook(sheet, row, heads):
                found |= own
                break
    return found


def _codebook(sheet: Sheet, row: int, heads: Mapping[str, int]) -> dict[str, dict[str, str]]:
    """The codebook below the headers of ``row``; empty where they are no headers of one.

    It has a row per code, with the variable on each row or on the first of its codes; or a row
    per variable with all its codes in one cell: "1=male; 2=female", "1, M | 2, F".
    """

    def place(kind: str, but: tuple[int, ...] = ()) -> int:
        words = VOCABULARY[kind]
        return next((c for text, c in heads.items() if text in words and c not in but), 0)

    name, code, choices = place("names"), place("codes"), place("choices")
    meaning = place("meanings", but=(name, code))
    below = [number for number in sorted(sheet.rows) if number > row]

    def texts(column: int) -> list[str]:
        return [text_of(sheet.cell(number, column).value).strip() for number in below]

    found: dict[str, dict[str, str]] = {}
    if name and code and meaning:
        current = ""
        for variable, one, words in zip(texts(name), texts(code), texts(meaning), strict=True):
            current = variable or current
            if current and one and words:
                found.setdefault(canonical(current), {})[one] = words
    if name and choices and not found:
        for variable, listed in zip(texts(name), texts(choices), strict=True):
            parts = [PAIR.fullmatch(part) for part in re.split(r"[|;\n]", listed) if part.strip()]
            pairs = {p.group(1): p.group(2) for p in parts if p} if all(parts) else {}
            if variable and (pairs := dict(EQUAL.findall(listed)) or pairs):
                found[canonical(variable)] = pairs
    return found


def codes_in(header: str) -> dict[str, str]:
    """Code -> meaning that a header spells out, as "Sex (1=m, 2=f)" or "(m=1, f=2)" do."""
    bracket = re.search(r"[(\[]([^()\[\]]*=[^()\[\]]*)[)\]]", header)
    pairs = EQUAL.findall(bracket.group(1)) if bracket else []
    return {a: b for a, b in pairs if a.isdigit()} or {b: a for a, b in pairs if b.isdigit()}

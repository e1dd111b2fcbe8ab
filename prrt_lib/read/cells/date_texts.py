"""The parts of a date as written: year, month, day, or a refusal."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from prrt_lib.declare.yaml_files import load_words
from prrt_lib.read.cells.notes import WORD, bare, respelt
from prrt_lib.read.cells.numbers import approximate, plain
from prrt_lib.read.cells.parsed import Ambiguous, Invalid, Missing, Refused
from prrt_lib.read.cells.text import ROMAN, SPELLINGS

WORDS = load_words(SPELLINGS / "date_words.yaml")
MONTHS = {word: int(number) for number, words in WORDS["months"].items() for word in words}
WEEKDAYS = {word: int(number) for number, words in WORDS["weekdays"].items() for word in words}
LONG_MONTHS = frozenset(word for word in MONTHS if word.isascii())


def _any(words) -> str:
    return "|".join(re.escape(str(word)) for word in sorted(map(str, words), key=len, reverse=True))


MONTH = rf"(?P<word>{_any(MONTHS)})(?![a-z])\.?"
UNKNOWN = rf"(?:{_any(WORDS['unknown'])})"
YEAR = r"(?P<year>[0-9]{4})"
SHORT = r"(?P<year>[0-9]{4}|['’]?[0-9]{2})"
APOSTROPHE = r"(?P<year>['’][0-9]{2})"
DAY = r"(?P<day>[0-9]{1,2})(?:st|nd|rd|th|er|ers|o|°|:e)?\.?"
GAP = r"(?: ?[-/.,] ?| )?"
OF = r"(?:of |de |del |den |d')?"
SOURCE = re.compile(rf" \((?:{_any(WORDS['sources'])})\)$|(?<=[0-9])\^[1-9]$|(?<=[0-9])[.,;]$")
NO_DAY = re.compile(
    r"[ ,]*\(?(?:exact |the )?(?:day|date|month|month and day|day and month|day/month)"
    r" (?:is )?(?:unknown|unk\.?|not known|unclear)\)?$"
)
WEEKDAY = re.compile(rf"(?:(?P<name>{_any(WEEKDAYS)})\.?,? )(?=[0-9a-z].*[0-9])")
ARTICLE = re.compile(
    r"^(?:the|on|le|den|el|il|am) (?=[0-9])|^(?:in|im|en|i|nel) (?=[a-z0-9])|"
    r"^(?:year|jahr|annee|ano|anno|jaar|ar|born|geboren|geb\.?|\*) ?(?=[0-9])"
)
LETTER = re.compile(r"[a-z]")
AROUND_MARK = re.compile(r" ?([-/.]) ?(?=[0-9?])")
DOUBTED = re.compile(r"(?<![-/.?])(?:\?|\?\?|\(\?\))$")
DOUBTED_BEFORE = re.compile(r"\?+(?=[a-z0-9])")
CLOCK = re.compile(
    r"(?:t|,? |, )(?:at |um |kl\.? |a |@ ?)?"
    r"(?:(?:[01]?[0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.,][0-9]{1,9})?)?|"
    r"[01]?[0-9](?= ?[ap]\.?m))"
    r"(?: ?[ap]\.?m\.?| ?uhr| ?h)?(?: ?(?:z|utc|gmt|[+-][0-9]{2}:?[0-9]{2}))?$"
)
YMD = re.compile(
    rf"{YEAR}(?P<mark> ?[-/.] ?| )(?P<month>[0-9]{{1,2}})(?P=mark)(?P<day>[0-9]{{1,2}})\.?"
)
COMPACT = re.compile(r"(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})")
COMPACT_MONTH = re.compile(r"(?P<year>(?:19|20)[0-9]{2})(?P<month>0[1-9]|1[0-2])")
NAMED = tuple(
    re.compile(form)
    for form in (
        rf"{DAY}{GAP}{OF}{MONTH}{GAP}{OF}{SHORT}",
        rf"{MONTH}{GAP}{DAY}(?: ?, ?| |[-/] ?)(?P<year>[0-9]{{4}}|['’][0-9]{{2}})",
        rf"{YEAR}{GAP}{MONTH}{GAP}{DAY}",
        rf"{UNKNOWN}{GAP}{MONTH}{GAP}{OF}{YEAR}",
        rf"{MONTH}{GAP}{OF}{YEAR}",
        rf"{MONTH}{GAP}{APOSTROPHE}",
        rf"{YEAR}{GAP}{MONTH}",
        rf"{YEAR}{GAP}{MONTH}{GAP}{UNKNOWN}",
        rf"{MONTH}(?: ?[-/.,] ?| ){UNKNOWN}(?:, ?| |[-/] ?){YEAR}",
    )
)
# Roman numerals of the month stand between the two other parts only.
ROMAN_MONTH = re.compile(
    r"(?P<day>[0-9]{1,2})(?P<mark>[./ -]) ?(?P<roman>[ivx]{1,4})(?P=mark) ?(?P<year>[0-9]{4})\.?"
)
NUMERIC = re.compile(
    r"(?P<one>[0-9]{1,2})(?P<mark> ?[/.-] ?| )(?P<two>[0-9]{1,2})(?P=mark)"
    r"(?P<year>[0-9]{4}|['’]?[0-9]{2})\.?"
)
# Eight digits with the year at their end, where the order of day and month is declared.
EIGHT = re.compile(r"(?P<one>[0-9]{2})(?P<mark>)(?P<two>[0-9]{2})(?P<year>(?:19|20)[0-9]{2})")
MARK = r"(?P<mark>[/.-]| )"
MONTH_YEAR = re.compile(r"(?P<month>[0-9]{1,2}) ?[/.-] ?(?P<year>[0-9]{4})")
# "2014.1" may be a number that lost the zero of October.
YEAR_MONTH = re.compile(
    rf"{YEAR}(?P<mark>[-/.])(?P<month>[0-9]{{2}}|(?<!\.)[0-9])(?:(?P=mark)(?:{UNKNOWN}|-{{1,2}}))?"
)
DAYLESS = re.compile(rf"(?:{UNKNOWN}|--?(?=[/.])){MARK}(?P<month>[0-9]{{1,2}})(?P=mark){YEAR}")
MONTH_FIRST = re.compile(rf"(?P<month>[0-9]{{1,2}}){MARK}{UNKNOWN}(?P=mark){YEAR}")
ONLY_YEAR = (
    re.compile(rf"(?:{UNKNOWN}{MARK}(?:{UNKNOWN}(?P=mark))?)?{YEAR}"),
    re.compile(rf"{YEAR}{MARK}{UNKNOWN}(?:(?P=mark){UNKNOWN})?"),
)
NO_PART = re.compile(
    rf"{UNKNOWN}[/. -]{UNKNOWN}(?:[/. -](?:{UNKNOWN}|unk|unkn|xxxx|\?\?\?\?|0000))?"
)


@dataclass(frozen=True, slots=True)
class Written:
    """Parts as numbers; ``short`` where the year has two digits; ``about`` where it is a guess."""

    year: int
    month: int | None = None
    day: int | None = None
    short: bool = False
    about: bool = False
    weekday: int | None = None


@lru_cache(maxsize=65536)
def written(raw: str, date_order: str | None = None) -> Written:
    """The parts of a date that fills the cell; raises Refused on everything else."""
    text = SOURCE.sub("", bare(plain(raw), "date", marked=False))
    if text in WORDS["absent"] or NO_PART.fullmatch(text):
        raise Missing("said-unknown")
    if DOUBTED.search(text) or DOUBTED_BEFORE.match(text):
        raise Ambiguous("doubted")
    text, about = approximate(text)
    text, without_day = NO_DAY.sub("", text), bool(NO_DAY.search(text))
    text = CLOCK.sub("", text)
    text = ARTICLE.sub("", text)
    named = WEEKDAY.match(text)
    text = ARTICLE.sub("", text[named.end() :]) if named else text
    try:
        parts = _parts(text, date_order)
    except Refused:
        # Read again with the one month that a misspelt word can mean.
        mended = respelt(text, LONG_MONTHS)
        words = {word for fixed in mended for word in WORD.findall(fixed)}
        if len({MONTHS[word] for word in words if word in MONTHS}) != 1:
            raise
        parts = _parts(mended[0], date_order)
    if without_day and "day" in parts:
        raise Ambiguous("contradicts-itself")
    return Written(**parts, about=about, weekday=WEEKDAYS[named["name"]] if named else None)


def _parts(text: str, date_order: str | None) -> dict:
    if not LETTER.search(text):
        text = AROUND_MARK.sub(r"\1", text)
    found = YMD.fullmatch(text) or COMPACT.fullmatch(text)
    year_last = EIGHT.fullmatch(text) if date_order else None
    if year_last and not 1900 <= int(found["year"]) <= 2100:
        return _numeric(year_last, date_order)
    if found and int(found["day"]):
        return {name: int(found[name]) for name in ("year", "month", "day")}
    for pattern in NAMED:
        if found := pattern.fullmatch(text):
            year, day = found["year"].lstrip("'’"), found.groupdict().get("day")
            parts = {"year": int(year), "month": MONTHS[found["word"]], "short": len(year) == 2}
            return parts | {"day": int(day)} if day and int(day) else parts
    found = ROMAN_MONTH.fullmatch(text)
    if found and found["roman"] in ROMAN:
        month = ROMAN[found["roman"]]
        return {"year": int(found["year"]), "month": month, "day": int(found["day"])}
    found = NUMERIC.fullmatch(text)
    if found and not DAYLESS.fullmatch(text) and not MONTH_FIRST.fullmatch(text):
        return _numeric(found, date_order)
    return _partial(text, date_order)


def _numeric(found: re.Match, date_order: str | None) -> dict:
    one, two, year = int(found["one"]), int(found["two"]), found["year"]
    marked = year[0] in "'’"
    year = year.lstrip("'’")
    short = len(year) == 2
    year_first = "-" in found["mark"] and int(year) <= 31 and not marked
    if short and (year_first or not date_order):
        raise Ambiguous("two-digit-year")
    if date_order is None and one <= 12 and two <= 12 and one != two:
        raise Ambiguous("day-or-month-first")
    day_first = date_order == "DMY" or (date_order is None and two <= 12)
    day, month = (one, two) if day_first else (two, one)
    return {"year": int(year), "month": month, "day": day, "short": short}


def _partial(text: str, date_order: str | None) -> dict:
    for pattern in ONLY_YEAR:
        if found := pattern.fullmatch(text):
            return {"year": int(found["year"])}
    found = YEAR_MONTH.fullmatch(text)
    if found:
        year, month = int(found["year"]), int(found["month"])
        if found["mark"] == "/" and len(text) == 7 and month == (year + 1) % 100:
            raise Ambiguous("month-or-next-year")
        return {"year": year, "month": month}
    found = COMPACT_MONTH.fullmatch(text) or MONTH_YEAR.fullmatch(text) or DAYLESS.fullmatch(text)
    if found and not (found.re is DAYLESS and date_order == "MDY"):
        return {"year": int(found["year"]), "month": int(found["month"])}
    found = MONTH_FIRST.fullmatch(text)
    if found and date_order == "MDY":
        return {"year": int(found["year"]), "month": int(found["month"])}
    raise Ambiguous("unread-date") if re.search(r"[0-9]{2}", text) else Invalid("not-a-date")

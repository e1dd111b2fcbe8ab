"""A reviewer's file: what each entry must hold, and the check that nobody changed it by hand."""

from __future__ import annotations

import datetime as dt
import json
import re
import zlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from prrt_lib.base.errors import InputError, Problem

FORMAT, VERSION = "prrt-sign-off", 1
VERDICTS = ("agree", "question", "reject")
LONGEST_COMMENT = 4000
LARGEST_FILE = 5_000_000
FIELD, ENTRY = "\x1f", "\x1e"
SAVE_AGAIN = "save it again from the pages, where the verdicts are still kept"
# Field -> what it must look like, in words and as a pattern.
FORMS = {
    "item": ("page/name of a table or figure", r"[a-z_]+/(table|figure)-[a-z0-9-]{0,300}"),
    "title": ("the title of that table or figure", r"[^\x00-\x1f]{0,500}"),
    "digest": ("64 hexadecimal digits", r"[0-9a-f]{64}"),
    "verdict": (" or ".join(VERDICTS), "|".join(VERDICTS)),
    "initials": ("one to five letters", r"[^\W\d_]{1,5}"),
    "date": ("a date such as 2026-11-30", r"\d{4}-\d{2}-\d{2}"),
    "comment": (f"text of at most {LONGEST_COMMENT} characters", rf"(?s:.{{0,{LONGEST_COMMENT}}})"),
}


@dataclass(frozen=True)
class Entry:
    """One reviewer's verdict on one item, with the digest of the rows it was given on."""

    item: str
    title: str
    digest: str
    verdict: str
    initials: str
    date: str
    comment: str


def checksum(scenario: str, entries: Iterable[Entry]) -> str:
    """CRC-32 over all fields: tells a file changed by hand, protects from nobody."""
    texts = [FIELD.join(asdict(entry).values()) for entry in entries]
    joined = ENTRY.join([scenario, *texts])
    return f"{zlib.crc32(joined.encode('utf-8', 'replace')):08x}"


def as_text(scenario: str, entries: Iterable[Entry]) -> str:
    """The file that holds ``entries``."""
    kept = list(entries)
    content = {
        "format": FORMAT, "version": VERSION, "scenario": scenario,
        "entries": [asdict(entry) for entry in kept], "checksum": checksum(scenario, kept),
    }  # fmt: skip
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def load(path: Path, scenario: str) -> list[Entry]:
    """The entries of a reviewer's file for ``scenario``.

    Raises InputError with everything that is wrong with it; no message quotes the file.
    """

    def refused(
        found: str, expected: str = "a sign-off file", todo: str = SAVE_AGAIN
    ) -> InputError:
        return InputError(Problem(str(path), found, expected, todo))

    if not path.is_file():
        raise refused("no file", todo="check the name")
    if path.stat().st_size > LARGEST_FILE:
        raise refused(f"more than {LARGEST_FILE // 1_000_000} MB")
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except (UnicodeDecodeError, ValueError, RecursionError):
        raise refused("a file that is no JSON") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise refused("another kind of file")
    if content.get("version") != VERSION:
        raise refused("another version of the format", f"version {VERSION}")
    if content.get("scenario") != scenario:
        raise refused("the file of another scenario", scenario, "name the scenario it belongs to")
    odd = set(content) ^ {"format", "version", "scenario", "entries", "checksum"}
    if odd or not isinstance(content["entries"], list):
        raise refused("missing or additional parts", "entries and a checksum")
    problems = [
        problem
        for number, one in enumerate(content["entries"], 1)
        for problem in _wrong(f"{path}, entry {number}", one)
    ]
    if problems:
        raise InputError(problems)
    entries = [Entry(**one) for one in content["entries"]]
    if checksum(scenario, entries) != content["checksum"]:
        raise refused("entries that do not fit the file's checksum",
                      "a file as the pages saved it, not changed by hand")  # fmt: skip
    return entries


def _wrong(where: str, given: Any) -> list[Problem]:
    """What an entry holds that it must not, or lacks."""
    if not isinstance(given, dict) or set(given) != set(FORMS):
        return [Problem(where, "missing or additional fields", ", ".join(FORMS), SAVE_AGAIN)]
    problems = [
        Problem(f"{where}, {name}", "something else", words, SAVE_AGAIN)
        for name, (words, pattern) in FORMS.items()
        if not isinstance(given[name], str) or not re.fullmatch(pattern, given[name])
    ]
    if problems:
        return problems
    try:
        dt.date.fromisoformat(given["date"])
    except ValueError:
        words = FORMS["date"][0]
        return [Problem(f"{where}, date", "no day of the calendar", words, SAVE_AGAIN)]
    return []

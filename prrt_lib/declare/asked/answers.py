"""The answers of abstractors: a file beside the workbook, one row per question ever asked."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from prrt_lib.base.errors import Problem, WorkbookError
from prrt_lib.declare.quoting import plain, safe


@dataclass(frozen=True)
class Answer:
    """One question and what was answered.

    ``key`` names the question by what it asks and by the content of its cells (a hash), so that
    rows may move. ``corrected`` is a value that replaces the cell's, an override; ``number``
    says whether it was typed as a number. ``content`` is the hash of the cell it replaces.
    """

    key: str
    finding_id: str = ""
    rule: str = ""
    table: str = ""
    column: str = ""
    record: str = ""
    sheet: str = ""
    cell: str = ""
    content: str = ""
    first_seen: str = ""
    last_seen: str = ""
    cuts: str = "0"
    state: str = "open"
    answer: str = ""
    confirmed: str = ""
    corrected: str = ""
    number: str = ""
    initials: str = ""
    date: str = ""
    comment: str = ""

    @property
    def answered_state(self) -> str:
        """open, answered or confirmed, by what was written."""
        if self.confirmed == "yes" and not self.corrected:
            return "confirmed"
        return "answered" if self.answer or self.corrected or self.comment else "open"

    @property
    def refusal(self) -> str:
        """Why the corrected value may not replace the cell; "" where it may."""
        if not (self.initials and self.date):
            return "no initials or no date"
        if self.confirmed == "yes":
            return "also confirmed as written"
        return "" if self.content else "a question that is not about one cell"

    @property
    def value(self) -> str | float:
        """The corrected value as it was typed."""
        return float(self.corrected) if self.number else self.corrected


COLUMNS = tuple(item.name for item in fields(Answer))
# What an abstractor writes.
WRITTEN = ("answer", "confirmed", "corrected", "number", "initials", "date", "comment")


def beside(workbook: Path | str) -> Path:
    """The answers file of a workbook: registry.xlsx -> registry.answers.csv."""
    return Path(workbook).with_suffix(".answers.csv")


def load(path: Path) -> tuple[Answer, ...]:
    """The answers in a file; none when there is no such file."""
    if not Path(path).exists():
        return ()
    try:
        text = Path(path).read_text(encoding="utf-8")
        rows = list(csv.DictReader(io.StringIO(text, newline="")))
        return tuple(Answer(**{name: plain(row[name] or "") for name in COLUMNS}) for row in rows)
    except (UnicodeDecodeError, csv.Error, KeyError):
        raise WorkbookError(
            Problem(
                str(path),
                "no file of answers",
                f"columns {', '.join(COLUMNS)}",
                "write it with `python -m prrt_lib answers`, not by hand",
            )
        ) from None


def text_of(answers: Iterable[Answer]) -> str:
    """The file's text, sorted by record, rule and key: the same answers, the same bytes."""
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for answer in sorted(answers, key=lambda a: (a.record, a.rule, a.column, a.key)):
        writer.writerow({name: safe(text) for name, text in asdict(answer).items()})
    return buffer.getvalue()

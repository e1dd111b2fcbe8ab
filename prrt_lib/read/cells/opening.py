"""What every kind of word does first, once: refusals, codebook, codes, notes, slips of typing."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from prrt_lib.read.cells.notes import bare, unlabelled
from prrt_lib.read.cells.number_formats import shown
from prrt_lib.read.cells.respelt import respelt
from prrt_lib.read.cells.vocabulary import (
    as_text,
    coded,
    letter,
    missing_number,
    number_of,
    settled,
    through_codebook,
    unknown,
)
from prrt_lib.read.context import EMPTY, Context
from prrt_lib.read.parsed import Parsed, ambiguous, invalid, ok

Reader = Callable[[Any, Context], Parsed]
# "PR (partial response)", "SD - stable", "no, never": two wordings of one answer.
TWICE = re.compile(r"(.+?)(?: ?\((.+)\)| - (.+)|[,;:=] (.+))")


@dataclass(frozen=True)
class Opening:
    """How one kind of word begins: what a boolean is, which numbers are values, its long words."""

    kind: str
    boolean: Parsed | Callable[[bool, Context], Parsed] = field(
        default_factory=lambda: invalid("boolean")
    )
    # Whole number -> value, and the two reasons; without them a number is an unexplained code.
    numbers: Mapping[str, str] = field(default_factory=dict)
    number_reasons: tuple[str, str] = ("", "")
    words: frozenset[str] = frozenset()
    # Where a note needs no bracket, comma or dash before it: "grade 3 thrombocytopenia", but
    # "2 liver mets" is no grade.
    unmarked: re.Pattern = re.compile(r"$^")
    # Spellings of values that elsewhere mean that nothing is known.
    values: frozenset[str] = frozenset()

    def __call__(self, read: Callable[[str], Parsed]) -> Reader:
        """A reader of cells out of ``read``, which reads folded text."""

        def answered(raw: Any, context: Context) -> Parsed:
            if isinstance(raw, bool):
                return self.boolean(raw, context) if callable(self.boolean) else self.boolean
            refused = settled(raw, context)
            known = as_text(raw) in self.values or coded(raw, context) is not None
            if refused and not known:
                return refused
            through = through_codebook(raw, context, lambda text: answered(text, EMPTY))
            if through:
                return through
            single = letter(self.kind, as_text(raw), context.locale)
            if single:
                return single
            number = number_of(raw)
            if (
                number is not None
                and not isinstance(raw, str)
                and (shown(context.number_format).percent)
            ):
                return ambiguous("number-format")
            return self._text(as_text(raw), read) if number is None else self._code(raw, number)

        answered.__doc__ = read.__doc__
        return answered

    def _code(self, raw: Any, number: float) -> Parsed:
        value = self.numbers.get(f"{number:g}")
        if value is not None:
            return ok(value, self.number_reasons[0])
        if self.number_reasons[1]:
            return missing_number(raw) or invalid(self.number_reasons[1])
        return missing_number(raw) or ambiguous("code-without-codebook")

    def _text(self, text: str, read: Callable[[str], Parsed]) -> Parsed:
        """What ``read`` makes of the text, else of the text without its notes or its slip."""
        found = read(text)
        if found.reason != "unknown-word":
            return found
        twice = self._twice(unlabelled(text, self.kind), read)
        if twice:
            return twice
        shorter = bare(text, self.kind, not self.unmarked.match(text))
        found = read(shorter) if shorter != text else found
        if found.reason != "unknown-word":
            return found
        return self._twice(shorter, read) or self._respelt(shorter, read) or unknown(text)

    def _twice(self, text: str, read: Callable[[str], Parsed]) -> Parsed | None:
        parts = TWICE.fullmatch(text)
        if parts is None:
            return None
        one = read(parts[1])
        two = read(next(part for part in parts.groups()[1:] if part))
        if one.status != "ok" or two.status != "ok":
            return None
        same = (one.value, one.high) == (two.value, two.high)
        return replace(one, reason="said-twice") if same else ambiguous("contradicts-itself")

    def _respelt(self, text: str, read: Callable[[str], Parsed]) -> Parsed | None:
        """The value of the one word that was meant; None where two meanings are near."""
        found = [read(meant) for meant in respelt(text, self.words)]
        found = [one for one in found if one.status == "ok"]
        values = {(one.value, one.high) for one in found}
        return replace(found[0], reason="misspelt") if found and len(values) == 1 else None

"""How an adverse event is related, on the investigator's scale."""

from __future__ import annotations

import re

from prrt_lib.read.cells.opening import Opening
from prrt_lib.read.cells.respelt import words_of
from prrt_lib.read.cells.vocabulary import looked_up, spellings, unknown
from prrt_lib.read.context import Context
from prrt_lib.read.parsed import Parsed, ok

# The column asks about PRRT: naming it again behind a degree adds nothing.
TREATMENT = r"(?:prrt|lu|lu-177|lutathera|(?:the )?(?:study )?(?:treatment|drug|therapy))"
TO_PRRT = re.compile(
    rf"(?<=related) to {TREATMENT}$|"
    rf"(?<=ble|ite|ely|bly) (?:(?:related|relationship|relation|due|attributable) )?"
    rf"(?:to |- )?{TREATMENT}(?:[- ]related)?$"
)


def _boolean(raw: bool, context: Context) -> Parsed:
    return ok("related" if raw else "unrelated", "boolean")


@Opening("relatedness", _boolean, words=words_of(spellings("relatedness")))
def read_relatedness(text: str) -> Parsed:
    """unrelated, unlikely, possible, probable, definite, related, disease or other."""
    known = looked_up("relatedness", text) or looked_up("relatedness", TO_PRRT.sub("", text))
    return known or unknown(text)

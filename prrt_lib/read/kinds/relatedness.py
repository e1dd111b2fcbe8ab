"""How an adverse event is related, on the investigator's scale."""

from __future__ import annotations

import re
from typing import Any

from prrt_lib.read.context import EMPTY, Context
from prrt_lib.read.kinds.vocabulary import (
    as_text,
    looked_up,
    missing_number,
    number_of,
    settled,
    through_codebook,
    unknown,
)
from prrt_lib.read.parsed import Parsed, ambiguous, ok

# The column asks about PRRT: naming it again behind a degree adds nothing.
TO_PRRT = re.compile(r"(?<=ible|able|nite|kely)(?: ?\((?:prrt|lu|lu-177)\)| - prrt)$")


def read_relatedness(raw: Any, context: Context) -> Parsed:
    """unrelated, unlikely, possible, probable, definite, related, disease or other."""
    if isinstance(raw, bool):
        return ok("related" if raw else "unrelated", "boolean")
    refused = settled(raw, context)
    if refused:
        return refused
    through = through_codebook(raw, context, lambda text: read_relatedness(text, EMPTY))
    if through:
        return through
    if number_of(raw) is not None:
        return missing_number(raw) or ambiguous("code-without-codebook")
    text = TO_PRRT.sub("", as_text(raw))
    return looked_up("relatedness", text) or unknown(text)

"""Cells that nobody typed on purpose: mutations and mixtures of the cells of both case tables."""

from __future__ import annotations

import datetime as dt
import json
from functools import cache

from test_parse_cases import MAKE, TABLES, cases, outcome, read

from prrt_lib.read.parsing import VALUED

CHARACTERS = "0123456789.,-–/ <>~?%+()[]xXoOlI'*\xa0\u202f½²GgMmTtNnPpRrDd:;=&#\n"
NOTES = (
    " (path)",
    " IV",
    "*",
    "?",
    " (2016)",
    " approx",
    " later",
    " on CT",
    " H",
    " / NA",
    " (a)",
)
JOINERS = (", ", "; ", " / ", " or ", " -> ", " then ", " and ", " | ", "\n", " later ", " vs ")
CONTEXTS = (
    {}, {}, {}, {"locale": "de-DE"}, {"locale": "en-US"}, {"date_order": "DMY"}, {"epoch": 1900},
    {"date_order": "MDY", "cutoff": "2020-06-30"}, {"role": "treatment"},
    {"role": "birth", "cutoff": "2020-06-30"}, {"number_format": "0%"}, {"number_format": "d-mmm"},
)  # fmt: skip
OTHER_CELLS = (
    True, False, -99, 999, 0, 42431, 2016, 1e300, float("nan"), float("inf"), -0.0, 20160315,
    dt.datetime(2016, 3, 2), dt.date(2016, 5, 10), dt.time(2, 30), dt.timedelta(hours=30),
)  # fmt: skip


@cache
def seeds(kind):
    """(raw text, context, whether it is a value) of the kind's text cases."""
    found = []
    for name in TABLES:
        for case in cases(kind, name):
            if case["raw_type"] == "str" and case["raw"]:
                context = json.loads(case["context"] or "{}")
                found.append((case["raw"], context, case["status"] in VALUED))
    return found


@cache
def exact_values(kind):
    """(raw text, context, Parsed) of the text cases that are read exactly, without a codebook."""
    found = []
    for name in TABLES:
        for case in cases(kind, name):
            context = json.loads(case["context"] or "{}")
            if case["raw_type"] == "str" and case["status"] in VALUED and "codebook" not in context:
                parsed = read(case)
                if outcome(case, parsed) == "exact":
                    found.append((MAKE["str"](case["raw"]), context, parsed))
    return found


def cell(kind, rng):
    """A raw cell and its context."""
    raw, context, _ = rng.choice(seeds(kind))
    if rng.random() < 0.03:
        return rng.choice(OTHER_CELLS), context
    if rng.random() < 0.3:
        context = context | rng.choice(CONTEXTS)
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        raw = rng.choice(MUTATIONS)(raw, kind, rng)
    return raw, context


def _insert(raw, kind, rng):
    at = rng.randint(0, len(raw))
    return raw[:at] + rng.choice(CHARACTERS) + raw[at:]


def _delete(raw, kind, rng):
    at = rng.randint(0, max(len(raw) - 1, 0))
    return raw[:at] + raw[at + 1 :]


def _replace(raw, kind, rng):
    at = rng.randint(0, max(len(raw) - 1, 0))
    return raw[:at] + rng.choice(CHARACTERS) + raw[at + 1 :]


def _swap_marks(raw, kind, rng):
    return raw.translate(str.maketrans(".,", ",."))


def _note(raw, kind, rng):
    return raw + rng.choice(NOTES)


def _join(raw, kind, rng):
    return raw + rng.choice((*JOINERS, " ", "-", "")) + rng.choice(seeds(kind))[0]


def _double(raw, kind, rng):
    at = rng.randint(0, max(len(raw) - 1, 0))
    return raw[: at + 1] + raw[at:]


def _case(raw, kind, rng):
    return rng.choice((raw.upper(), raw.lower(), raw.title()))


def _move(raw, kind, rng):
    words = raw.split(" ")
    rng.shuffle(words)
    return " ".join(words)


MUTATIONS = (_insert, _delete, _replace, _swap_marks, _note, _join, _double, _case, _move)

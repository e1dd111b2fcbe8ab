"""Mutated cells: always an answer, quickly, and a value only where it can be written again."""

import math
import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parse_mutations import JOINERS, cell, exact_values
from written_values import write_value

from prrt_lib.read.cells.notes import bare
from prrt_lib.read.cells.numbers import WORDS
from prrt_lib.read.cells.text import folded
from prrt_lib.read.cells.vocabulary import spellings
from prrt_lib.read.parsing import KINDS, REFUSED, VALUED, parse

# One drawn seed makes this many cells: 100,000 a kind under make fuzz (3,000 seeds).
BATCH = 34
SECONDS = 0.5
# Their value is the text itself, or what the codebook says of it.
TEXTS = ("id", "text", "category")
WORD_KINDS = ("yes_no", "sex", "relatedness", "ctcae_grade", "response", "smoking")
SEEDS = st.integers(0, 2**63)


@pytest.mark.parametrize("kind", sorted(KINDS))
@given(seed=SEEDS)
def test_a_mutated_cell_is_answered_and_its_value_can_be_written_again(kind, seed):
    rng = random.Random(seed)
    for _ in range(BATCH):
        raw, context = cell(kind, rng)
        found, slow = timed(kind, raw, context)
        # The first cell of a kind loads its words: only what is slow again is slow.
        assert not (slow and timed(kind, raw, context)[1]), (raw, context)
        assert found.status in VALUED + REFUSED and found.reason, (raw, context)
        if found.status in REFUSED:
            assert (found.value, found.high, found.unit) == (None, None, None), (raw, context)
        else:
            assert_written_again(kind, raw, context, found)


def timed(kind, raw, context):
    started = time.process_time()
    found = parse(kind, raw, **context)
    return found, time.process_time() - started >= SECONDS


def assert_written_again(kind, raw, context, found):
    text = write_value(kind, found)
    needed = {"category": ("cutoff", "codebook"), "number": ("cutoff", "column_unit")}.get(
        kind, ("cutoff",)
    )
    again = parse(kind, text, **{name: context[name] for name in needed if name in context})
    assert shown(again) == shown(found), (raw, context, text)
    if isinstance(found.value, float):
        ends = [found.value] if found.high is None else [found.value, found.high]
        assert all(math.isfinite(end) for end in ends) and ends == sorted(ends), (raw, context)


def shown(parsed):
    return parsed.status, parsed.value, parsed.high, parsed.unit, parsed.precision


@pytest.mark.parametrize("kind", sorted(set(KINDS) - set(TEXTS)))
@given(seed=SEEDS)
def test_two_values_in_one_cell_are_never_one_value(kind, seed):
    rng = random.Random(seed)
    for _ in range(BATCH):
        (one, context, first), (two, _, second) = rng.sample(exact_values(kind), 2)
        # In the one context of the cell both may say the same: 7,400 GBq and 7.400 MBq (de-DE).
        same = shown(first) in (shown(second), shown(parse(kind, two, **context)))
        if same or legal_pair(kind, first, second):
            continue
        raw = one + rng.choice(JOINERS) + two
        found = parse(kind, raw, **context)
        assert found.status in REFUSED, (raw, context, found)


def legal_pair(kind, first, second):
    """Two different values that make one: both nuclides, both ends, a status and pack-years."""
    values = {first.value, second.value}
    if kind == "isotope":
        return values <= {"Lu-177", "Y-90", "Lu-177+Y-90"}
    if kind == "age":  # 62 y, 6 months
        return second.value < 1
    if kind == "activity":  # one activity in two units, each rounded
        return abs(first.value - second.value) <= 0.01 * first.value
    if kind == "stage":  # M1 beside IVA
        return "IV" in values and all(value[:2] == "IV" for value in values)
    if kind == "smoking":
        return len(values) == 1
    return kind == "grade" and values == {"3", "NEC"}


@pytest.mark.parametrize("kind", sorted(set(KINDS) - set(TEXTS)))
@given(seed=SEEDS)
def test_a_denial_a_doubt_or_an_unknown_word_leaves_no_value(kind, seed):
    rng = random.Random(seed)
    for _ in range(BATCH):
        raw, context, parsed = rng.choice(exact_values(kind))
        changed = rng.choice(("not {}", "{} ?", "{} xyz", "{} zz 3", "{}??", "no {}", "{} (not)"))
        text = changed.format(raw)
        if is_a_phrase_of_its_own(kind, text) or (changed[:2] == parsed.value == "no"):
            continue
        found = parse(kind, text, **context)
        assert found.status in REFUSED, (text, context, found)


def is_a_phrase_of_its_own(kind, text):
    """ "not related" and "not more than 5 %" say something themselves."""
    known = spellings(kind) if kind in WORD_KINDS else ()
    without_note = bare(folded(text).strip(" ."), kind) if known else ""
    bounds = [word for group in ("upper", "lower") for word in WORDS[group]]
    denying = tuple(word for word in bounds if word.startswith(("no ", "not ")))
    return {folded(text).strip(" ."), without_note} & set(known) or folded(text).startswith(
        ("no mitos", *denying)
    )

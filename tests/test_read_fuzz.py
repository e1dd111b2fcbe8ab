"""Spoilt workbooks read or are refused in one message: no crash, no hang, nothing written."""

from __future__ import annotations

import time
import warnings
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mutated_workbooks import CANARY, MUTATIONS, Parts, mutated, original
from small_workbooks import profile

from prrt_lib.base.errors import WorkbookError
from prrt_lib.read.reading import Reading, read_workbook
from prrt_lib.read.workbook.gate import Limits

# A bomb of 40 MB is one under these limits, and a small thing to make.
LIMITS = Limits(unpacked_bytes=20 << 20, seconds=20)
# Of a word of a cell not even a part may show; the sound one is `make test`, the long one
# `make fuzz`.
EXAMPLES = 48 if settings.default.max_examples <= 100 else 2000
SECONDS = 20


@cache
def parts() -> Parts:
    return original()


def outcome(seed: int, folder: Path) -> tuple[str, str]:
    """Mutation and "read" or the message of the refusal; fails on anything else."""
    name, content = mutated(parts(), seed)
    path = folder / "spoilt.xlsx"
    path.write_bytes(content)
    declared = profile(folder)
    before = sorted(folder.iterdir())
    begun = time.monotonic()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            read = read_workbook(path, declared, LIMITS)
        said, result = words(read), "read"
    except WorkbookError as error:
        said = result = str(error)
        assert error.problems and "spoilt.xlsx" in said or "sheet " in said, said
    assert time.monotonic() - begun < SECONDS, name
    assert CANARY.casefold() not in said.casefold(), name
    assert sorted(folder.iterdir()) == before and path.read_bytes() == content
    return name, result


def words(read: Reading) -> str:
    """Everything a finding says to people."""
    return "\n".join(
        read.findings[["message", "how_to_resolve", "sheet", "cell"]].agg(" ".join, axis=1)
    )


@settings(max_examples=EXAMPLES)
@given(seed=st.integers(0, 10**9))
def test_a_spoilt_workbook_reads_or_is_refused(seed, tmp_path_factory):
    outcome(seed, tmp_path_factory.mktemp("fuzz", numbered=True))


@pytest.mark.parametrize("seed", range(len(MUTATIONS)))
def test_every_mutation_is_tried_at_least_once(seed, tmp_path):
    name, _ = outcome(seed, tmp_path)
    assert name == MUTATIONS[seed].__name__


def test_the_unspoilt_workbook_reads(tmp_path):
    from mutated_workbooks import packed

    path = tmp_path / "sound.xlsx"
    path.write_bytes(packed(parts()))
    read = read_workbook(path, profile(tmp_path))
    assert len(read.tables["patients"]) == 2
    assert CANARY in read.lineage["raw"].str.cat()  # lineage keeps raws; messages never do


def many(count: int, folder: Path) -> Counter:
    """How each mutation ended, over the seeds below ``count``."""
    ends = Counter()
    for seed in range(count):
        name, result = outcome(seed, folder)
        ends[name, "read" if result == "read" else "refused"] += 1
    return ends

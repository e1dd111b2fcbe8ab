"""Every reason of a reading is declared: its meaning, and for a refusal what to do about it."""

import ast
import re
from pathlib import Path

import pytest
from test_parse_cases import TABLES, cases, read

import prrt_lib.read.cells as cells
from prrt_lib.read.parsing import KINDS, REFUSED, reasons

FOLDER = Path(cells.__file__).parent
SOURCES = [*FOLDER.glob("*.py"), FOLDER.parent / "parsing.py"]
REFUSERS = {"Ambiguous", "Invalid", "Missing", "ambiguous", "invalid", "missing"}
REASON = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def used_in(source):
    """Reason ids that the source hands to a refusal, or as second argument to ok."""
    for call in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        name = getattr(getattr(call, "func", None), "id", None) if isinstance(call, ast.Call) else 0
        if name in REFUSERS:
            handed = call.args
        elif name in ("ok", "Amount", "Parsed"):
            handed = call.args[1:][-1:] if name == "ok" else call.args[-1:]
            handed = [*handed, *(k.value for k in call.keywords if k.arg == "reason")]
        else:
            continue
        for part in handed:
            for leaf in ast.walk(part):
                if isinstance(leaf, ast.Constant) and isinstance(leaf.value, str):
                    yield leaf.value


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_every_reason_in_the_source_is_declared(source):
    found = {word for word in used_in(source) if REASON.fullmatch(word)}
    statuses = {"ok", "missing", "ambiguous", "invalid", "y", "years", "high"}
    assert found - statuses - set(reasons()) == set()


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_case_gets_a_declared_reason_and_refusals_say_what_to_do(kind):
    for name in TABLES:
        for case in cases(kind, name):
            found = read(case)
            assert found.reason in reasons(), (case["id"], found.reason)
            if found.status in REFUSED:
                assert reasons()[found.reason].resolve, found.reason


def test_explanations_are_sentences_without_a_closing_point():
    for name, reason in reasons().items():
        assert reason.means[0].isupper() or reason.means[0].isdigit() or name == "months-or-male"
        assert not reason.means.endswith(".") and not reason.resolve.endswith(".")

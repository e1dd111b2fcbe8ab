"""Sign-off: what a reviewer said of a table counts until the rows beneath it change."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from prrt_lib import cli as commands
from prrt_lib.base.errors import InputError
from prrt_lib.base.paths import Places
from prrt_lib.declare.rows import result_rows
from prrt_lib.declare.sign_off import digest, item_name
from prrt_lib.draw.tables import Cell, Table
from prrt_lib.tools import sign_off
from prrt_lib.tools.sign_off.entries import Entry, as_text, checksum, load
from prrt_lib.tools.sign_off.items import items
from prrt_lib.tools.sign_off.state import GONE, OUTDATED, SCRIPT, summary

KEY = "quality/table-findings"
SECRET = "patient Jane Roe died <script>alert(1)</script>"


def rows(estimate: float = 3.0):
    return result_rows([{"statistic": "count", "level": "a", "estimate": estimate, "n": estimate},
                        {"statistic": "count", "level": "b", "estimate": 5.0}])  # fmt: skip


def run(root: Path, estimate: float = 3.0, words: str = "as typed") -> Places:
    """A finished run of one page: a table of two rows, the same title again, one of words."""
    places = Places("s", root)
    made = rows(estimate)
    places.results.mkdir(parents=True, exist_ok=True)
    places.reports.mkdir(parents=True, exist_ok=True)
    made.to_csv(places.results / "quality.csv", index=False, float_format="%.17g")
    shown = [Cell(f"{value:g}", (row,)) for value, row in zip(made["estimate"], made["row_id"],
                                                              strict=True)]  # fmt: skip
    tables = [Table("Findings", ["", "n"], [[Cell("a"), shown[0]], [Cell("b"), shown[1]]]),
              Table("Findings", ["", "n"], [[Cell("b"), shown[1]]]),
              Table("Steps", ["", "what"], [[Cell("first"), Cell(words)]])]  # fmt: skip
    outputs = [{"data": {"text/html": table._repr_html_()}} for table in tables]
    cells = [{"cell_type": "code", "source": "", "metadata": {}, "outputs": outputs}]
    (places.reports / "quality.ipynb").write_text(json.dumps({"cells": cells}))
    return places


def entry(places: Places, item: str = KEY, **changed: str) -> Entry:
    known = {one.key: one for one in items(places)}[item]
    given = {"verdict": "agree", "initials": "AB", "date": "2026-11-20", "comment": "", **changed}
    return Entry(item, known.title, known.digest, **given)


def signed(places: Places, *entries: Entry, name: str = "sign-off.json") -> Path:
    path = places.reports / name
    path.write_text(as_text(places.scenario, entries), encoding="utf-8")
    return path


def test_each_table_has_a_name_of_its_own(tmp_path):
    keys = [item.key for item in items(run(tmp_path))]
    assert keys == [KEY, f"{KEY}-2", "quality/table-steps"]
    assert item_name("table", "Findings by rule (n/N)") == "table-findings-by-rule-n-n"


def test_the_digest_is_of_the_rows_at_nine_digits_in_any_order():
    a, b = rows().to_dict("records")
    assert digest([a, b]) == digest([b, a])
    assert digest([{**a, "estimate": 3.0 + 1e-12}, b]) == digest([a, b])
    assert digest([{**a, "estimate": 3.0 + 1e-7}, b]) != digest([a, b])
    assert digest([a]) != digest([a, b])
    assert digest([{**a, "low": -0.0}]) == digest([{**a, "low": 0.0}])


def test_a_verdict_counts_until_its_rows_change(tmp_path):
    places = run(tmp_path)
    signed(places, entry(places), entry(places, f"{KEY}-2", verdict="reject", comment="why?"))
    assert dict(summary(places).counts) == {"agree": 1, "reject": 1, "open": 1}
    changed = summary(run(tmp_path, estimate=4.0))
    # The second table shows only the row that stayed.
    assert [one.state for one in changed.entries] == [OUTDATED, "counts"]
    assert dict(changed.counts) == {"outdated": 1, "reject": 1, "open": 1}
    assert "1 outdated: rows changed since" in changed.sentence


def test_a_table_of_words_is_outdated_when_its_words_change(tmp_path):
    places = run(tmp_path)
    signed(places, entry(places, "quality/table-steps"))
    assert summary(places).of("quality/table-steps") == "agree"
    assert summary(run(tmp_path, words="as corrected")).of("quality/table-steps") == "outdated"


def test_the_gravest_verdict_of_several_reviewers_is_the_state(tmp_path):
    places = run(tmp_path)
    signed(places, entry(places), entry(places, initials="CD", verdict="question"))
    assert summary(places).of(KEY) == "question"


def test_an_item_that_is_gone_is_said(tmp_path):
    places = run(tmp_path)
    old = entry(places)
    signed(places, Entry("cox/table-old", *list(vars(old).values())[1:]))
    assert summary(places).entries[0].state == GONE
    assert "no longer on a page" in summary(places).sentence


def test_files_of_several_reviewers_become_one_and_the_last_word_counts(tmp_path):
    places = run(tmp_path)
    first = signed(places, entry(places), name="one.json")
    other = entry(places, initials="CD", verdict="question", comment=SECRET)
    later = entry(places, verdict="reject", date="2026-11-21")
    second = signed(places, other, later, name="two.json")
    earlier = signed(places, entry(places, date="2026-11-19", verdict="question"), name="old.json")
    sign_off.merge([first, second, earlier], places)
    kept = {(one.initials, one.verdict, one.date) for one in load(
        places.reports / "sign-off.json", "s")}  # fmt: skip
    assert kept == {("AB", "reject", "2026-11-21"), ("CD", "question", "2026-11-20")}
    before = (places.reports / "sign-off.json").read_bytes()
    sign_off.merge([places.reports / "sign-off.json"], places)
    assert (places.reports / "sign-off.json").read_bytes() == before


def spoilt(content: dict, how: str) -> dict:
    one = content["entries"][0]
    changes = {
        "verdict": {**content, "entries": [{**one, "verdict": "reject"}]},
        "gone": {**content, "entries": []},
        "unknown verdict": {**content, "entries": [{**one, "verdict": "fine"}]},
        "no day": {**content, "entries": [{**one, "date": "2026-02-31"}]},
        "initials": {**content, "entries": [{**one, "initials": SECRET}]},
        "number": {**content, "entries": [{**one, "comment": 7}]},
        "field": {**content, "entries": [{**one, "more": "x"}]},
        "scenario": {**content, "scenario": "other"},
        "version": {**content, "version": 2},
        "format": {**content, "format": "x"},
        "parts": {**content, "more": 1},
        "list": [content],
    }
    return changes[how]


HOW = ["verdict", "gone", "unknown verdict", "no day", "initials", "number", "field", "scenario",
       "version", "format", "parts", "list"]  # fmt: skip


@pytest.mark.parametrize("how", HOW)
def test_a_file_changed_by_hand_is_refused_and_nothing_is_written(tmp_path, how, capsys):
    places = run(tmp_path)
    good = signed(places, entry(places, comment=SECRET), name="good.json")
    bad = places.reports / "bad.json"
    bad.write_text(json.dumps(spoilt(json.loads(good.read_text()), how)))
    given = ["sign-off", str(good), str(bad), "--scenario", "s", "--out", str(tmp_path)]
    assert commands.main(given) == 2
    said = capsys.readouterr()
    assert "bad.json" in said.err and "What to do" in said.err
    assert "Jane" not in said.err + said.out
    assert not (places.reports / "sign-off.json").exists()


@pytest.mark.parametrize("text", ["", "{", "\xff\xfe", "[" * 100_000, "null"])
def test_a_file_that_is_no_sign_off_file_is_refused(tmp_path, text):
    places = run(tmp_path)
    path = places.reports / "sign-off.json"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(InputError, match="expected a sign-off file"):
        load(path, "s")
    told = summary(places)
    assert told.sentence.startswith("The sign-off file is not used. reports/s/sign-off.json")
    assert str(tmp_path) not in told.sentence and set(told.counts) == {"open"}


def test_the_command_tells_the_state_and_never_a_comment(tmp_path, capsys):
    places = run(tmp_path)
    path = signed(places, entry(places, comment=SECRET), name="mine.json")
    run(tmp_path, estimate=4.0)
    given = ["sign-off", str(path), "--scenario", "s", "--out", str(tmp_path)]
    assert commands.main(given) == 0
    said = capsys.readouterr().out
    assert "1 outdated" in said and f"{KEY}: AB, 2026-11-20: {OUTDATED}" in said
    assert "Jane" not in said


def test_without_a_run_nothing_is_signed(tmp_path, capsys):
    given = ["sign-off", "x.json", "--scenario", "s", "--out", str(tmp_path)]
    assert commands.main(given) == 2
    assert "make SCENARIO=s" in capsys.readouterr().err


def test_a_run_never_touches_the_reviewers_file(tmp_path):
    places = run(tmp_path)
    before = signed(places, entry(places, comment=SECRET)).read_bytes()
    (script,) = sign_off.write_items(places)
    assert script.name == SCRIPT and (places.reports / "sign-off.json").read_bytes() == before
    text = script.read_text(encoding="utf-8")
    assert text.startswith("window.PRRT") and "<script" not in text and "<\\u002f" not in text


def test_comments_are_text_on_the_start_page(tmp_path):
    places = run(tmp_path)
    signed(places, entry(places, comment=SECRET))
    shown = summary(places).table.html(signed=False)
    assert "&lt;script&gt;" in shown and "<script>" not in shown


def test_the_checksum_is_the_published_one():
    # CRC-32 of "123456789", the check value of its definition (IEEE 802.3).
    assert checksum("123456789", []) == "cbf43926"

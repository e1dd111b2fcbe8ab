"""Questions from one workbook to the next: which are the same, how old, which have gone."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

import pandas as pd

from prrt_lib.declare.asked.answers import Answer

OVERRIDDEN = "value-overridden"


def fingerprint(raw: str) -> str:
    """Hash of a cell's text: tells whether it is still the same without holding it."""
    return hashlib.sha256(f"cell\t{raw}".encode()).hexdigest()[:12]


def asked(findings: pd.DataFrame, lineage: pd.DataFrame) -> list[Answer]:
    """Each finding as a question not yet answered, in the order of ``findings``.

    The key is the hash of rule, table, record, column and the content of the cells concerned;
    equal ones take a running number. A question about other content is another question.
    """
    raws = _raws(findings, lineage)
    seen: Counter[str] = Counter()
    questions = []
    for row in findings.to_dict("records"):
        own = raws.get((row["sheet"], row["cell"]))
        others = [raws.get(_place(place), "") for place in row["related_cells"].split("; ")]
        text = "\t".join(
            [row["rule"], row["table"], row["record"], row["column"], own or "", *others]
        )
        seen[text] += 1
        key = hashlib.sha256(f"{text}\t{seen[text]}".encode()).hexdigest()[:12]
        single = own is not None and row["column"]
        names = ("finding_id", "rule", "table", "column", "record", "sheet", "cell", "first_seen")
        given = {name: row[name] for name in names}
        questions.append(Answer(key, **given, content=fingerprint(own) if single else ""))
    return questions


def _raws(findings: pd.DataFrame, lineage: pd.DataFrame) -> dict[tuple[str, str], str]:
    """(sheet, cell) -> text of every cell that a finding names."""
    places = {(row.sheet, row.cell) for row in findings.itertuples(index=False)}
    for text in findings["related_cells"]:
        places |= {_place(place) for place in text.split("; ")}
    near = lineage[lineage["cell"].isin({cell for _, cell in places})]
    cells = near[~near["source"].isin(["constant", "caption"])]
    found = zip(cells["sheet"], cells["cell"], cells["raw"], strict=True)
    return {(sheet, cell): raw for sheet, cell, raw in found if (sheet, cell) in places}


def _place(text: str) -> tuple[str, str]:
    sheet, _, cell = text.rpartition("!")
    return sheet, cell


def matched(questions: Sequence[Answer], known: Iterable[Answer]) -> list[Answer]:
    """Each question with what is known of it: what was written, first seen, age.

    The note about an override stands for the question that the override answered. A question
    whose cell has changed takes over the age of the one it replaces, never its answer.
    """
    known = list(known)
    by_key = {answer.key: answer for answer in known}
    overrides = {_about(a): a for a in known if a.corrected and a.content}
    present = {question.key for question in questions}
    gone = {_same(a): a for a in known if a.key not in present and a.state != "closed"}
    result = []
    for question in questions:
        old = by_key.get(question.key)
        if question.rule == OVERRIDDEN:
            old = overrides.get(_about(question), old)
        if old is None:
            before = gone.get(_same(question))
            age = {"first_seen": before.first_seen, "last_seen": before.last_seen,
                   "cuts": before.cuts} if before else {}  # fmt: skip
            result.append(replace(question, **age))
        else:
            now = {"sheet": question.sheet, "cell": question.cell,
                   "finding_id": question.finding_id}  # fmt: skip
            result.append(replace(old, **now, state=old.answered_state))
    return result


def _same(answer: Answer) -> tuple[str, ...]:
    return (answer.rule, answer.table, answer.record, answer.column)


def _about(answer: Answer) -> tuple[str, ...]:
    return (answer.table, answer.record, answer.column, answer.content)


def with_states(
    findings: pd.DataFrame, lineage: pd.DataFrame, known: Sequence[Answer]
) -> pd.DataFrame:
    """``findings`` with the state and the first data cut of every question already known."""
    if not known or findings.empty:
        return findings
    now = matched(asked(findings, lineage), known)
    seen = [min(filter(None, (a.first_seen, b)), default="")
            for a, b in zip(now, findings["first_seen"], strict=True)]  # fmt: skip
    return findings.assign(state=[answer.state for answer in now], first_seen=seen)


def at_cut(now: Sequence[Answer], known: Iterable[Answer], cut: str) -> list[Answer]:
    """All questions after the data cut ``cut``: those of now one cut older, the others closed.

    Asking again at the same or an earlier cut ages nothing.
    """
    aged = {
        answer.key: replace(
            answer,
            first_seen=min(filter(None, (answer.first_seen, cut))),
            last_seen=max(answer.last_seen, cut),
            cuts=str(int(answer.cuts) + (cut > answer.last_seen)),
        )
        for answer in now
    }
    rest = [
        answer if answer.state == "closed" else replace(answer, state="closed", last_seen=cut)
        for answer in known
        if answer.key not in aged
    ]
    return [*aged.values(), *rest]

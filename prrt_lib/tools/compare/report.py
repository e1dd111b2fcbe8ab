"""A comparison as people read it: the summary for the terminal, and a page in one file."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from prrt_lib.base.paths import write_text
from prrt_lib.declare import numbers
from prrt_lib.declare.dictionary import dictionary
from prrt_lib.declare.rows import ROLES
from prrt_lib.run.notebook_form import STORY
from prrt_lib.tools.compare.attribution import Attribution
from prrt_lib.tools.compare.changes import NUMBERS, Moved, Row
from prrt_lib.tools.compare.comparison import Comparison
from prrt_lib.tools.compare.edits import Edit, effective
from prrt_lib.tools.compare.sides import Side

ARROW = "->"
SHOWN = 12
COUNTS = ("n", "total", "events", "at_risk", "p")
TEMPLATE = Path(__file__).with_name("comparison.jinja")


def row_name(row: Row) -> str:
    """A row's key as words: what, of whom, for which group, at which time."""
    label = dictionary().label
    level = f"{label(row['variable'])}: {row['level']}" if row["level"] else label(row["variable"])
    time = row["time"]
    parts = [
        row["label"] or row["analysis"], row["model"], row["setting"].replace("_", " "),
        row["population"].replace("_", " "), row["stratum"],
        f"{label(row['group'])}: {row['group_level']}" if row["group"] else row["group_level"],
        level, f"against {row['reference']}" if row["reference"] else "",
        "" if math.isnan(time) else f"day {time:g}", row["statistic"].replace("_", " "),
    ]  # fmt: skip
    return " · ".join(dict.fromkeys(part for part in parts if part))


def value(row: Row | None) -> str:
    """A row's number as people read it."""
    if row is None:
        return "no such row"
    shown = numbers.estimate(row)
    unit = numbers.unit(row) if row["state"] == "ok" and shown and "%" not in shown else ""
    return f"{shown} {unit}".strip() or "no estimate"


def change(moved: Moved) -> str:
    """Old -> new; numbers that look alike when rounded are shown in full."""
    old, new = value(moved.before), value(moved.after)
    shown = [f"{old} {ARROW} {new}"] if old != new else []
    told = "; ".join([*shown, *([detail(moved)] if detail(moved) else [])])
    return told or f"{old}, {', '.join(moved.columns)} changed"


def detail(moved: Moved) -> str:
    """Counts and p before and after; what the rounded numbers hide, in full."""
    if moved.before is None or moved.after is None:
        return ""
    names = [name for name in COUNTS if name in moved.columns]
    if value(moved.before) == value(moved.after):
        names = [*(n for n in NUMBERS if n in moved.columns and n not in names), *names]
    told = []
    for name in names:
        old, new = moved.before[name], moved.after[name]
        digits = ".15g" if f"{old:.6g}" == f"{new:.6g}" else ".6g"
        told.append(f"{name} {old:{digits}} {ARROW} {new:{digits}}")
    return "; ".join(told)


def edit(one: Edit) -> str:
    """Where, what, old -> new."""
    place = f"{one.sheet}!{one.cell}" if one.cell else one.sheet or "no cell known"
    was = f" (was {one.was})" if one.was else ""
    what = f"{one.table}.{one.column}" if one.column else one.table
    if one.kind == "question":
        return f"{place} {what}: another question, values alike"
    if one.kind == "renamed":
        return f"the same rows under the id {one.after}: {one.cell}"
    if one.kind in ("changed", "respelt"):
        texts = f"{one.before or 'blank'} {ARROW} {one.after or 'blank'}"
        same = ", the same value" if one.kind == "respelt" else ""
        return f"{place}{was} {what}: {texts}{same}"
    return f"{place} {what}, {one.kind}: {one.before or one.after}"


def by_notebook(moved: Iterable[Moved]) -> str:
    """How many rows of which notebook."""
    counted = Counter(one.row["notebook"] for one in moved)
    return ", ".join(f"{name} {count}" for name, count in counted.most_common()) or "none"


def about(one: Side) -> str:
    """A run in one line."""
    record, known = one.record, one.record["about"]
    workbook = record.get("workbook", {})
    return (
        f"{one.scenario}: {known['patients']} patients, cut-off {one.parameters['cutoff']}, "
        f"{workbook.get('name', 'workbook unknown')} ({workbook.get('sha256', '')[:8]}), "
        f"prrt_lib {record.get('prrt_lib', 'unknown')}"
    )


def summary(found: Comparison) -> str:
    """The comparison for a terminal."""
    rows, asked = found.rows, found.questions
    lines = [f"A  {about(found.before)}", f"B  {about(found.after)}", *found.notes]
    for title, differing in (("parameter", found.parameters), ("version", found.versions)):
        lines += [f"{title} {name}: {old} {ARROW} {new}" for name, old, new in differing]
    changed, here, there, worded = rows.counts().values()
    lines.append(
        f"rows: {rows.same} same, {changed} changed, {here} only in A, {there} only in B "
        f"(tolerance {found.tolerance:g}, relative); {worded} in words only"
    )
    if rows.moved:
        lines.append(f"  by notebook: {by_notebook(rows.moved)}")
    lines.append(f"headline (numbers of the start page): {len(found.headline)} moved")
    lines += _first(f"  {row_name(one.row)}: {change(one)}" for one in found.headline)
    lines.append(
        f"findings: {len(asked.opened)} opened, {len(asked.closed)} closed, "
        f"{len(asked.still)} still open or answered, {len(asked.answered)} with another state"
    )
    for word, items in (("opened", asked.opened), ("closed", asked.closed)):
        lines += _first(f"  {word}: {question(item)}" for item in items)
    if found.edits is not None:
        by_record = effective(found.edits)
        respelt = sum(one.kind == "respelt" for one in found.edits)
        lines.append(
            f"edits: {sum(map(len, by_record.values()))} in {len(by_record)} patients; "
            f"{respelt} cells spelt otherwise with the same value"
        )
        edited = (f"  {record}  {edit(one)}" for record, own in by_record.items() for one in own)
        lines += _first(edited, 3 * SHOWN)
    if found.attribution:
        lines += _attributed(found.attribution)
    if found.nothing_differs:
        lines.append("nothing differs")
    return "\n".join(lines)


def question(item: dict) -> str:
    """Rule, record and place of a question."""
    place = f"{item['sheet']}!{item['cell']}" if item["cell"] else item["sheet"]
    return " ".join(filter(None, (item["rule"], item["record"], place)))


def _attributed(found: Attribution) -> Iterator[str]:
    yield "attribution (each alone, applied to A):"
    for step in found.steps:
        words = step.failed or f"moves {len(step.moved)} rows ({by_notebook(step.moved)})"
        yield f"  {step.who}  {words}"
        plain = [one for one in step.moved if one.row["setting"] == "" and one.row["role"]]
        first = sorted(plain, key=lambda one: ROLES.index(one.row["role"]))[:3]
        yield from (f"    {row_name(one.row)}: {change(one)}" for one in first)
    yield f"  joint: {len(found.joint)} rows whose move no edit and no sum of edits explains"
    if found.others:
        yield (
            f"  {found.others} rows of A come out otherwise with the code and versions installed "
            "here; what they moved counts as joint"
        )


def _first(lines: Iterable[str], most: int = SHOWN) -> list[str]:
    kept = list(lines)
    rest = len(kept) - most
    return [*kept[:most], *([f"  and {rest} more: --out FILE.html lists all"] if rest > 0 else [])]


def write_page(found: Comparison, target: Path) -> Path:
    """``target``, holding the whole comparison; every text of a cell stands there escaped."""
    import jinja2

    environment = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    words = (about, by_notebook, detail, edit, effective, question, row_name, value)
    environment.globals.update({one.__name__: one for one in words}, story=STORY)
    template = environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
    synthetic = all(side.record["about"].get("synthetic") for side in (found.before, found.after))
    stamps = ["SYNTHETIC", "INTERNAL"] if synthetic else ["INTERNAL"]
    target = Path(target)
    write_text(target, template.render(found=found, stamps=stamps))
    return target

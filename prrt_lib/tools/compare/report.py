"""A comparison as people read it: the summary for the terminal, and a page in one file."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

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
    return "; ".join(f"{name} {_full(moved, name)}" for name in names)


def _full(moved: Moved, name: str) -> str:
    old, new = (f"{row[name]:.6g}" for row in (moved.before, moved.after))
    if old == new:
        old, new = (f"{row[name]:.15g}" for row in (moved.before, moved.after))
    return f"{old} {ARROW} {new}"


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
    return "\n".join(_lines(found))


def _lines(found: Comparison) -> Iterator[str]:
    yield f"A  {about(found.before)}"
    yield f"B  {about(found.after)}"
    yield from found.notes
    for title, differing in (("parameter", found.parameters), ("version", found.versions)):
        yield from (f"{title} {name}: {old} {ARROW} {new}" for name, old, new in differing)
    rows = found.rows
    yield (
        f"rows: {rows.same} same, {len(rows.changed())} changed, {len(rows.here())} only in A, "
        f"{len(rows.there())} only in B (tolerance {found.tolerance:g}, relative); "
        f"{len(rows.worded)} in words only"
    )
    if rows.moved:
        yield f"  by notebook: {by_notebook(rows.moved)}"
    yield f"headline (numbers of the start page): {len(found.headline)} moved"
    yield from _first([f"  {row_name(one.row)}: {change(one)}" for one in found.headline])
    asked = found.questions
    yield (
        f"findings: {len(asked.opened)} opened, {len(asked.closed)} closed, "
        f"{len(asked.still)} still open or answered, {len(asked.answered)} with another state"
    )
    for word, items in (("opened", asked.opened), ("closed", asked.closed)):
        yield from _first([f"  {word}: {question(item)}" for item in items])
    yield from _edited(found.edits)
    yield from _attributed(found.attribution)
    if found.nothing_differs:
        yield "nothing differs"


def question(item: dict) -> str:
    place = f"{item['sheet']}!{item['cell']}" if item["cell"] else item["sheet"]
    words = [item["rule"], item["record"], place]
    return " ".join(word for word in words if word)


def _edited(found: list[Edit] | None) -> Iterator[str]:
    if found is None:
        return
    by_record = effective(found)
    respelt = sum(one.kind == "respelt" for one in found)
    yield (
        f"edits: {sum(map(len, by_record.values()))} in {len(by_record)} patients; "
        f"{respelt} cells spelt otherwise with the same value"
    )
    lines = [f"  {record}  {edit(one)}" for record, own in by_record.items() for one in own]
    yield from _first(lines, 3 * SHOWN)


def _attributed(found: Attribution | None) -> Iterator[str]:
    if found is None:
        return
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


def _first(lines: Sequence[str], most: int = SHOWN) -> list[str]:
    rest = len(lines) - most
    return [*lines[:most], *([f"  and {rest} more: --out FILE.html lists all"] if rest > 0 else [])]


def write_page(found: Comparison, target: Path) -> Path:
    """``target``, holding the whole comparison; every text of a cell stands there escaped."""
    import jinja2

    environment = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    template = environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
    target = Path(target)
    write_text(target, template.render(**content(found)))
    return target


def content(found: Comparison) -> dict[str, Any]:
    """What the template shows, in words."""
    rows = found.rows
    synthetic = [side.record["about"].get("synthetic") for side in (found.before, found.after)]
    edited = None if found.edits is None else list(effective(found.edits).items())
    return {
        "stamps": [*(["SYNTHETIC"] if all(synthetic) else []), "INTERNAL"],
        "sides": [about(found.before), about(found.after)],
        "names": [found.before.scenario, found.after.scenario], "notes": found.notes,
        "parameters": found.parameters, "versions": found.versions,
        "tolerance": f"{found.tolerance:g}", "same": rows.same,
        "counts": {
            "changed": len(rows.changed()), "only in A": len(rows.here()),
            "only in B": len(rows.there()), "in words only": len(rows.worded),
        },
        "population": found.after.headline.replace("_", " "),
        "headline": _listed(found.headline), "notebooks": _by_notebook(rows.moved),
        "worded": _by_notebook(rows.worded), "questions": found.questions,
        "question": question, "edits": edited, "edit": edit,
        "respelt": [one for one in found.edits or [] if one.kind == "respelt"],
        "attribution": _attribution(found.attribution),
    }  # fmt: skip


def _listed(moved: Iterable[Moved]) -> list[dict[str, str]]:
    return [
        {
            "id": one.row_id,
            "name": row_name(one.row),
            "before": value(one.before),
            "after": value(one.after),
            "detail": detail(one),
        }
        for one in moved
    ]


def _by_notebook(moved: list[Moved]) -> list[tuple[str, list[dict[str, str]]]]:
    parts = {name: [one for one in moved if one.row["notebook"] == name] for name in STORY}
    return [(name.replace("_", " "), _listed(own)) for name, own in parts.items() if own]


def _attribution(found: Attribution | None) -> dict[str, Any] | None:
    if found is None:
        return None
    steps = [
        {
            "who": step.who, "failed": step.failed, "count": len(step.moved),
            "where": by_notebook(step.moved), "rows": _by_notebook(step.moved),
        }
        for step in found.steps
    ]  # fmt: skip
    rest = [
        {
            "id": one.moved.row_id, "name": row_name(one.moved.row),
            "before": value(one.moved.before), "after": value(one.moved.after),
            "rest": "no difference of numbers" if math.isnan(one.rest) else f"{one.rest:.6g}",
        }
        for one in found.joint
    ]  # fmt: skip
    return {"steps": steps, "joint": rest, "others": found.others}

"""The page of a comparison: one self-contained file that asks nothing of any network."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from prrt_lib.base.paths import write_text
from prrt_lib.run.notebook_form import STORY
from prrt_lib.tools.compare import words
from prrt_lib.tools.compare.attribution import Attribution
from prrt_lib.tools.compare.comparison import Comparison
from prrt_lib.tools.compare.edits import effective
from prrt_lib.tools.compare.row_changes import Moved

TEMPLATE = Path(__file__).with_name("comparison.jinja")


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
    return {
        "stamps": _stamps(found), "sides": [words.about(found.before), words.about(found.after)],
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
        "question": words.question, "edits": _edits(found), "edit": words.edit,
        "respelt": [one for one in found.edits or [] if one.kind == "respelt"],
        "attribution": _attributed(found.attribution),
    }  # fmt: skip


def _stamps(found: Comparison) -> list[str]:
    """SYNTHETIC where both workbooks say so; the page shows texts of cells, so it is internal."""
    marks = [side.record["about"].get("synthetic") for side in (found.before, found.after)]
    return [*(["SYNTHETIC"] if all(marks) else []), "INTERNAL"]


def _listed(moved: Iterable[Moved]) -> list[dict[str, str]]:
    return [
        {
            "id": one.row_id,
            "name": words.row_name(one.row),
            "before": words.value(one.before),
            "after": words.value(one.after),
            "detail": words.detail(one),
        }
        for one in moved
    ]


def _by_notebook(moved: list[Moved]) -> list[tuple[str, list[dict[str, str]]]]:
    parts = {name: [one for one in moved if one.row["notebook"] == name] for name in STORY}
    return [(name.replace("_", " "), _listed(own)) for name, own in parts.items() if own]


def _edits(found: Comparison) -> list[tuple[str, list]] | None:
    return None if found.edits is None else list(effective(found.edits).items())


def _attributed(found: Attribution | None) -> dict[str, Any] | None:
    if found is None:
        return None
    steps = [
        {
            "who": step.who, "failed": step.failed, "count": len(step.moved),
            "where": words.by_notebook(step.moved), "rows": _by_notebook(step.moved),
        }
        for step in found.steps
    ]  # fmt: skip
    rest = [
        {
            "id": one.moved.row_id, "name": words.row_name(one.moved.row),
            "before": words.value(one.moved.before), "after": words.value(one.moved.after),
            "rest": "no difference of numbers" if math.isnan(one.rest) else f"{one.rest:.6g}",
        }
        for one in found.joint
    ]  # fmt: skip
    return {"steps": steps, "joint": rest, "others": found.others}

"""Files of several reviewers made one: a reviewer's last word on each item."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from prrt_lib.base.errors import InputError, Problem
from prrt_lib.base.paths import Places
from prrt_lib.run.manifest import write_text
from prrt_lib.tools.sign_off.entries import Entry, as_text, load
from prrt_lib.tools.sign_off.items import write_items
from prrt_lib.tools.sign_off.state import FILE, Summary, summary


def merge(files: Sequence[Path], places: Places) -> Summary:
    """What is signed once ``files`` are checked and merged into the run's own file.

    Of one reviewer and item the later date counts; of the same date the file named later, and
    any of them before what the run already has. Raises InputError and changes nothing when a
    file is refused.
    """
    if not places.results.is_dir():
        raise InputError(
            Problem(str(places.processed), "no finished run", "a scenario that was run",
                    f"make SCENARIO={places.scenario}")
        )  # fmt: skip
    own = places.reports / FILE
    known = [load(own, places.scenario)] if own.exists() else []
    given = [load(path, places.scenario) for path in files if path.resolve() != own.resolve()]
    if given:
        write_text(own, as_text(places.scenario, last_words([*known, *given])))
    write_items(places)
    return summary(places)


def last_words(files: Iterable[Iterable[Entry]]) -> list[Entry]:
    """Each reviewer's last entry on each item, by item and initials."""
    kept: dict[tuple[str, str], Entry] = {}
    for entries in files:
        for entry in entries:
            key = (entry.item, entry.initials)
            if key not in kept or entry.date >= kept[key].date:
                kept[key] = entry
    return [kept[key] for key in sorted(kept)]

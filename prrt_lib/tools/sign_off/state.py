"""What has been signed of a run, whether it still counts, and reviewers' files made one."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from prrt_lib.base.errors import InputError, Problem
from prrt_lib.base.paths import Places, write_text
from prrt_lib.draw.tables import Cell, Table
from prrt_lib.tools.sign_off.entries import Entry, as_text, load
from prrt_lib.tools.sign_off.items import Item, items

FILE, SCRIPT = "sign-off.json", "sign-off-items.js"
COUNTS, OUTDATED, GONE = "counts", "outdated: rows changed since", "no longer on a page"
# An item has the gravest of its verdicts.
GRAVEST = ("reject", "question", "agree")
WORDS = {"agree": "agreed", "question": "questioned", "reject": "rejected",
         "outdated": "outdated: rows changed since", "open": "not reviewed"}  # fmt: skip


@dataclass(frozen=True)
class Signed:
    """An entry, and whether it counts."""

    entry: Entry
    state: str


@dataclass(frozen=True)
class Summary:
    """Items and entries of a run; ``problem`` says why the reviewers' file was refused."""

    items: list[Item]
    entries: list[Signed]
    problem: str = ""

    def of(self, key: str) -> str:
        """agree, question, reject, outdated or open: the state of one item."""
        own = [one for one in self.entries if one.entry.item == key]
        given = {one.entry.verdict for one in own if one.state == COUNTS}
        gravest = next((verdict for verdict in GRAVEST if verdict in given), "")
        return gravest or ("outdated" if own else "open")

    @property
    def counts(self) -> Counter[str]:
        """State -> how many items have it."""
        return Counter(self.of(item.key) for item in self.items)

    @property
    def sentence(self) -> str:
        """The state in one line."""
        if self.problem:
            return f"The sign-off file is not used. {self.problem}"
        if not self.entries:
            return f"None of the {len(self.items)} tables and figures has been reviewed."
        found = self.counts
        told = ", ".join(f"{found[state]} {words}" for state, words in WORDS.items())
        by = ", ".join(sorted({one.entry.initials for one in self.entries}))
        gone = sum(one.state == GONE for one in self.entries)
        left = f" {gone} entries are about items no longer on a page." if gone else ""
        return f"Of {len(self.items)} tables and figures: {told}. Reviewers: {by}.{left}"

    @property
    def report(self) -> str:
        """Lines for the command: the state and each outdated item, never a comment."""
        old = [f"  {one.entry.item}: {one.entry.initials}, {one.entry.date}: {one.state}"
               for one in self.entries if one.state != COUNTS]  # fmt: skip
        return "\n".join([self.sentence, *old, "run the scenario again to show it on its pages"])

    @property
    def table(self) -> Table:
        """Every entry, what needs an answer first; comments are shown as text only."""
        ordered = sorted(
            self.entries,
            key=lambda one: (one.state == COUNTS, GRAVEST.index(one.entry.verdict), one.entry.item),
        )
        body = [
            [Cell(one.entry.title or one.entry.item),
             Cell(one.entry.item.partition("/")[0], page=one.entry.item.partition("/")[0]),
             Cell(one.entry.verdict), Cell("" if one.state == COUNTS else one.state),
             Cell(one.entry.initials), Cell(one.entry.date), Cell(one.entry.comment)]
            for one in ordered
        ]  # fmt: skip
        header = ["table or figure", "page", "verdict", "state", "initials", "date", "comment"]
        return Table("Sign-off", header, body)


def summary(places: Places) -> Summary:
    """The state of sign-off of a finished run; a refused file is a problem told, no error."""
    known = items(places)
    path = places.reports / FILE
    if not path.exists():
        return Summary(known, [])
    try:
        entries = load(path, places.scenario)
    except InputError as error:
        first, more = str(error.problems[0]), len(error.problems) - 1
        problem = first.replace(str(path), f"reports/{places.scenario}/{FILE}")
        return Summary(known, [], problem + (f" And {more} more." if more else ""))
    digests = {item.key: item.digest for item in known}
    states = (
        GONE if one.item not in digests else COUNTS if digests[one.item] == one.digest else OUTDATED
        for one in entries
    )  # fmt: skip
    return Summary(known, [Signed(*pair) for pair in zip(entries, states, strict=True)])


def write_items(places: Places) -> list[Path]:
    """The script file that tells pages their items and what has been signed."""
    now = summary(places)
    content = {
        "scenario": places.scenario,
        "items": {item.key: {"title": item.title, "digest": item.digest} for item in now.items},
        "entries": [
            {"item": one.entry.item, "verdict": one.entry.verdict, "initials": one.entry.initials,
             "date": one.entry.date, "comment": one.entry.comment, "state": one.state}
            for one in now.entries
        ],
    }  # fmt: skip
    # What could end the script element is escaped; the pages show every text as text.
    text = json.dumps(content, indent=0, sort_keys=True).replace("<", "\\u003c")
    target = places.reports / SCRIPT
    write_text(target, f"window.PRRT = window.PRRT || {{}};\nPRRT.signOff = {text};\n")
    return [target]


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
        last: dict[tuple[str, str], Entry] = {}
        for entry in (entry for entries in (*known, *given) for entry in entries):
            key = (entry.item, entry.initials)
            if key not in last or entry.date >= last[key].date:
                last[key] = entry
        write_text(own, as_text(places.scenario, [last[key] for key in sorted(last)]))
    write_items(places)
    return summary(places)

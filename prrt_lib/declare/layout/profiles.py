"""A profile: how one centre's sheets and headers map onto the data dictionary."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from prrt_lib.base.errors import Problem, ProfileError
from prrt_lib.base.paths import PROJECT
from prrt_lib.declare.layout import profile_form
from prrt_lib.declare.layout.profile_schema import json_schema
from prrt_lib.declare.parameters import unknown_name
from prrt_lib.declare.yaml_files import TextLoader, load_text

__all__ = ["Block", "Profile", "Sheet", "Source", "dictionary_of", "json_schema", "load", "shipped"]

PROFILES = PROJECT / "params" / "profiles"
TODO = "TODO"


@dataclass(frozen=True)
class Source:
    """Where the cells of one column stand, and how they are to be read."""

    header: str
    group: str = ""
    unit: str = ""
    unit_header: str = ""
    date_order: str = ""
    locale: str = ""
    epoch: str = ""
    zero_unknown: str = ""
    kind: str = ""
    month: str = ""
    day: str = ""
    codebook: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Block:
    """The records of one table that each row of a sheet yields."""

    table: str
    columns: Mapping[str, Source] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    spread: bool = False
    only: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    latest: str = ""


@dataclass(frozen=True)
class Sheet:
    """One sheet: where its header stands and which records its rows yield."""

    name: str
    id: str
    records: tuple[Block, ...]
    header_row: int = 1
    group_row: int = 0
    skip_rows: tuple[int, ...] = ()
    ignore: tuple[str, ...] = ()
    ignore_rows: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Profile:
    """A whole workbook layout."""

    name: str
    label: str
    sheets: tuple[Sheet, ...]
    centre: str = ""
    path: Path | None = None
    dictionary: Path | None = None


def shipped() -> list[str]:
    """Names of the profiles in params/profiles."""
    return sorted(path.stem for path in PROFILES.glob("*.yaml"))


def load(name: str | Path) -> Profile:
    """The profile of that name in params/profiles, or in the file of that path.

    Raises ProfileError with every problem at once: unknown keys, tables and columns (with the
    nearest declared name), missing entries, and each choice still marked TODO.
    """
    path = _find(str(name))
    content = load_text(path)
    if TODO in path.read_text(encoding="utf-8") or profile_form.problems(content, str):
        at = _Lines.of(path)
        problems = [*_todos(at), *profile_form.problems(content, at)]
        if problems:
            raise ProfileError(list(dict.fromkeys(problems)))
    return _profile(content, path)


def _find(name: str) -> Path:
    candidates = [Path(name), PROJECT / name, PROFILES / f"{name}.yaml"]
    for path in candidates:
        if path.suffix in (".yaml", ".yml") and path.is_file():
            return path
    if "/" in name or name.endswith((".yaml", ".yml")):
        raise ProfileError(Problem(name, "no such file", "a profile", "check name and folder"))
    raise ProfileError(unknown_name(name, shipped(), "profile"))


def dictionary_of(path: Path) -> Path | None:
    """The REDCap data dictionary that the profile at ``path`` names; None where it names none."""
    text = path.read_text(encoding="utf-8")
    return _dictionary(load_text(path), path) if "redcap" in text else None


def _dictionary(content: Any, path: Path) -> Path | None:
    name = content.get("dictionary") if isinstance(content, dict) else None
    if not name or content.get("source") != "redcap":
        return None
    return next(
        (p for p in (path.parent / name, PROJECT / name) if p.is_file()), path.parent / name
    )


class _Lines:
    """Calling it with the path of an entry gives the file and line where it stands."""

    def __init__(self, path: Path):
        self.path = path
        self.scalars: dict[tuple, tuple[int, str]] = {}
        self.lines: dict[tuple, int] = {}

    @classmethod
    def of(cls, path: Path) -> _Lines:
        """The lines of a file that was loaded without error."""
        lines = cls(path)
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=TextLoader)
        if node is not None:
            lines._walk(node, ())
        return lines

    def _walk(self, node: yaml.Node, path: tuple) -> None:
        self.lines.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                self.lines[(*path, key.value)] = key.start_mark.line + 1
                self._walk(value, (*path, key.value))
        elif isinstance(node, yaml.SequenceNode):
            for number, value in enumerate(node.value):
                self._walk(value, (*path, number))
        else:
            self.scalars[path] = (node.start_mark.line + 1, node.value)

    def __call__(self, path: tuple) -> str:
        while path and path not in self.lines:
            path = path[:-1]
        return f"{self.path}, line {self.lines.get(path, 1)}"


def _todos(at: _Lines) -> Iterator[Problem]:
    for path, (line, value) in at.scalars.items():
        if value.strip().startswith(TODO):
            yield Problem(
                f"{at.path}, line {line}",
                f"{path[-1]} is still {TODO}",
                "a choice made by a person",
                "decide, or remove the line",
            )


def _profile(content: Mapping[str, Any], path: Path) -> Profile:
    defaults = {key: content[key] for key in profile_form.READING if content.get(key)}
    units, absent = content.get("units") or {}, frozenset(content.get("absent") or ())
    return Profile(
        name=content.get("name") or path.stem,
        label=content.get("label") or path.stem,
        sheets=tuple(_sheet(sheet, defaults, units, absent) for sheet in content["sheets"]),
        centre=content.get("centre") or "",
        path=path,
        dictionary=_dictionary(content, path),
    )


def _sheet(
    spec: Mapping[str, Any], defaults: Mapping, units: Mapping, absent: Collection[str]
) -> Sheet:
    defaults = {**defaults, **{k: spec[k] for k in profile_form.READING if spec.get(k)}}
    return Sheet(
        name=spec["sheet"],
        id=spec["id"],
        records=tuple(_block(block, defaults, units, absent) for block in spec["records"]),
        header_row=int(spec.get("header_row") or 1),
        group_row=int(spec.get("group_row") or 0),
        skip_rows=tuple(int(row) for row in spec.get("skip_rows") or ()),
        ignore=tuple(spec.get("ignore") or ()),
        ignore_rows=_words(spec.get("ignore_rows")),
    )


def _block(
    spec: Mapping[str, Any], defaults: Mapping, units: Mapping, absent: Collection[str]
) -> Block:
    table, group = spec["table"], spec.get("group") or ""
    columns = {}
    for name, entry in (spec.get("columns") or {}).items():
        if {name, f"{table}.{name}"} & set(absent):
            continue
        own = {"header": entry} if isinstance(entry, str) else dict(entry)
        unit = {"unit": units.get(f"{table}.{name}", "")}
        columns[name] = Source(**{"group": group, **unit, **defaults, **own})
    return Block(
        table=table,
        columns=columns,
        constants=dict(spec.get("constants") or {}),
        needs=tuple(spec.get("needs") or ()),
        spread=spec.get("spread") == "true",
        only=_words(spec.get("only")),
        latest=spec.get("latest") or "",
    )


def _words(spec: Mapping[str, Any] | None) -> dict[str, tuple[str, ...]]:
    """Header -> words, one word or several."""
    given = (spec or {}).items()
    return {head: (words,) if isinstance(words, str) else tuple(words) for head, words in given}

"""Content keys: what a stage depends on, as hashes. Standard library only: it starts fast."""

from __future__ import annotations

import ast
import hashlib
import json
import re
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from prrt_lib.base.paths import PROJECT

LOCK = PROJECT / "requirements.lock"
# Python 3.11 counts the depth of a syntax tree for all threads together: two parses at the same
# time end in a SystemError.
PARSING = threading.Lock()
DATA_NAME = re.compile(r"[\w.-]+\.(?:yaml|csv|css|j2)")


def digest(value: Any) -> str:
    """SHA-256 of any JSON value, keys in order."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes; "" when there is no such file."""
    try:
        with open(path, "rb") as handle:
            return hashlib.file_digest(handle, "sha256").hexdigest()
    except FileNotFoundError:
        return ""


def environment_key() -> str:
    """Hash of the lock and the Python version."""
    return digest([file_digest(LOCK), sys.version_info[:3]])


@cache
def imported_names(source: str) -> frozenset[str]:
    """Dotted names of this library that ``source`` imports, at any depth of the code."""
    return frozenset(name for name in all_imports(source) if name.split(".")[0] == "prrt_lib")


@cache
def all_imports(source: str) -> frozenset[str]:
    """Dotted names that ``source`` imports, of whatever library."""
    names: set[str] = set()
    for node in _statements(parsed(source).body):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(names)


def packages(names: Iterable[str]) -> frozenset[str]:
    """Top-level modules of other libraries that importing ``names`` can import."""
    closure = (file.read_text("utf-8") for file in import_closure(names) if file.suffix == ".py")
    found = {name.split(".")[0] for text in closure for name in all_imports(text)}
    return frozenset(found - set(sys.stdlib_module_names) - {"prrt_lib"})


def parsed(source: str) -> ast.Module:
    """The syntax tree of ``source``, one at a time over all threads."""
    with PARSING:
        return ast.parse(source)


def _statements(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    for node in nodes:
        yield node
        for part in ("body", "orelse", "finalbody", "handlers"):
            yield from _statements(getattr(node, part, ()))


@cache
def module_files(name: str, project: Path) -> tuple[Path, ...]:
    """Files that importing ``name`` runs: the module and the packages around it."""
    parts = name.split(".")
    stems = [project.joinpath(*parts[: depth + 1]) for depth in range(len(parts))]
    both = [(stem / "__init__.py", stem.with_suffix(".py")) for stem in stems]
    return tuple(path for pair in both for path in pair if path.exists())


def import_closure(names: Iterable[str]) -> list[Path]:
    """Every file of the library that importing ``names`` can run, with the data these name."""
    todo, seen, data = list(names), set(), _data_files(PROJECT)
    while todo:
        for file in module_files(todo.pop(), PROJECT):
            if file not in seen:
                text = file.read_text(encoding="utf-8")
                seen.add(file)
                seen.update(*(data.get(name, ()) for name in data_names(text)))
                todo += imported_names(text)
    return sorted(seen)


@cache
def data_names(text: str) -> frozenset[str]:
    """Names of data files that ``text`` holds."""
    return frozenset(DATA_NAME.findall(text))


@cache
def _data_files(project: Path) -> Mapping[str, list[Path]]:
    """File name -> data files of the library; a module names in full those that it reads."""
    found: dict[str, list[Path]] = {}
    for path in (project / "prrt_lib").rglob("*"):
        if DATA_NAME.fullmatch(path.name):
            found.setdefault(path.name, []).append(path)
    return found


def code_key(names: Iterable[str]) -> str:
    """Hash of the import closure of ``names``, by path and content."""
    files = import_closure(names)
    return digest([(str(path.relative_to(PROJECT)), file_digest(path)) for path in files])

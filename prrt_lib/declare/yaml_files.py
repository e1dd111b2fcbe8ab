"""YAML read without its surprises: `no` stays a word, 0017 keeps its zeros, keys occur once."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from prrt_lib.base.errors import ParameterError, Problem


class _Unique:
    """Refuses a mapping that holds the same key twice (YAML would keep the last, silently)."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict:
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"key {key.value!r} occurs twice", key.start_mark
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep)


class TextLoader(_Unique, yaml.SafeLoader):
    """Every scalar is the text that was typed; an empty value is None."""


class WordLoader(_Unique, yaml.SafeLoader):
    """Numbers are numbers, only true and false are booleans, dates and yes/no stay text."""


_NULL = ("tag:yaml.org,2002:null", re.compile(r"^(?:~|null|)$"), ["~", "n", ""])
_TRUE_FALSE = ("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), ["t", "f"])


def _resolvers(*rules: tuple) -> dict:
    table: dict[str, list] = {}
    for tag, pattern, firsts in rules:
        for first in firsts:
            table.setdefault(first, []).append((tag, pattern))
    return table


TextLoader.yaml_implicit_resolvers = _resolvers(_NULL)
WordLoader.yaml_implicit_resolvers = {
    first: [(tag, rule) for tag, rule in rules if tag.rsplit(":", 1)[-1] in ("int", "float")]
    for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
for _first, _rules in _resolvers(_NULL, _TRUE_FALSE).items():
    WordLoader.yaml_implicit_resolvers.setdefault(_first, []).extend(_rules)


def load_text(path: Path) -> Any:
    """Content of a file that a person wrote, all scalars as text."""
    return _load(path, TextLoader)


def load_words(path: Path) -> Any:
    """Content of a data file of the library: numbers typed, words kept as words."""
    return _load(path, WordLoader)


def _load(path: Path, loader: type) -> Any:
    try:
        return yaml.load(Path(path).read_text(encoding="utf-8"), Loader=loader)
    except FileNotFoundError:
        raise ParameterError(
            Problem(str(path), "no such file", "a YAML file", "check the name and the folder")
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}, line {mark.line + 1}" if mark else str(path)
        found = getattr(error, "problem", None) or "text that is not UTF-8"
        raise ParameterError(
            Problem(where, found, "well-formed YAML with unique keys", "correct that line")
        ) from None

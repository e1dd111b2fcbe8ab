"""The parts of a workbook that all sheets share: names, strings, number formats, epoch."""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from xml.etree import ElementTree

from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format, is_timedelta_format

ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
TRUE = ("1", "true")


@dataclass(frozen=True)
class Style:
    """What a cell's format says: the number format, whether its text is struck through, and
    the colour it is filled with ("" for none)."""

    number_format: str = "General"
    is_date: bool = False
    is_elapsed: bool = False
    struck: bool = False
    fill: str = ""


@dataclass(frozen=True)
class SheetPart:
    """A sheet's title, where it lies in the archive, and whether it is shown."""

    title: str
    part: str
    visible: bool


@dataclass(frozen=True)
class Archive:
    """An open workbook file, read part by part."""

    file: zipfile.ZipFile

    @cached_property
    def _book(self) -> ElementTree.Element:
        return ElementTree.fromstring(self.file.read("xl/workbook.xml"))

    @cached_property
    def epoch(self) -> int:
        """The first year of serial dates."""
        settings = next(_named(self._book, "workbookPr"), None)
        return 1904 if settings is not None and settings.get("date1904") in TRUE else 1900

    @cached_property
    def sheets(self) -> list[SheetPart]:
        """All sheets that hold cells, in the order of their tabs."""
        targets = self.targets("xl/workbook.xml")
        found = []
        for sheet in _named(self._book, "sheet"):
            key = next(value for name, value in sheet.items() if name.endswith("}id"))
            kind, part = targets.get(key, ("", ""))
            if kind == "worksheet" and part in self.file.namelist():
                shown = sheet.get("state", "visible") == "visible"
                found.append(SheetPart(sheet.get("name", ""), part, shown))
        return found

    def targets(self, part: str) -> dict[str, tuple[str, str]]:
        """Id -> (kind, part) of what a part refers to inside the file."""
        folder, name = posixpath.split(part)
        relations = f"{folder}/_rels/{name}.rels"
        if relations not in self.file.namelist():
            return {}
        found = {}
        for item in ElementTree.fromstring(self.file.read(relations)):
            if item.get("TargetMode") != "External":
                target = item.get("Target", "")
                inside = target[1:] if target.startswith("/") else posixpath.join(folder, target)
                kind = item.get("Type", "").rsplit("/", 1)[-1]
                found[item.get("Id", "")] = (kind, posixpath.normpath(inside))
        return found

    @cached_property
    def _shared(self) -> dict[str, str]:
        return {kind: part for kind, part in self.targets("xl/workbook.xml").values()}

    @cached_property
    def strings(self) -> list[str]:
        """The texts that cells refer to by number."""
        part = self._shared.get("sharedStrings")
        if part not in self.file.namelist():
            return []
        texts = []
        with self.file.open(part) as stream:
            for _, element in ElementTree.iterparse(stream):
                if _local(element) == "si":
                    texts.append(unescaped("".join(_runs(element))))
                    element.clear()
        return texts

    @cached_property
    def styles(self) -> list[Style]:
        """The formats that cells refer to by number."""
        part = self._shared.get("styles")
        if part not in self.file.namelist():
            return [Style()]
        root = ElementTree.fromstring(self.file.read(part))
        formats = {f.get("numFmtId"): f.get("formatCode", "") for f in _named(root, "numFmt")}
        fonts = [any(mark.get("val", "1") in TRUE for mark in _named(font, "strike"))
                 for group in root if _local(group) == "fonts" for font in group]  # fmt: skip
        fills = [_colour(fill) for group in root if _local(group) == "fills" for fill in group]
        found = []
        for xf in (xf for group in root if _local(group) == "cellXfs" for xf in group):
            number = xf.get("numFmtId", "0")
            code = formats.get(number) or BUILTIN_FORMATS.get(int(number), "General")
            font, fill = int(xf.get("fontId", "0")), int(xf.get("fillId", "0"))
            found.append(
                Style(
                    code,
                    bool(is_date_format(code)),
                    bool(is_timedelta_format(code)),
                    fonts[font] if font < len(fonts) else False,
                    fills[fill] if fill < len(fills) else "",
                )
            )
        return found or [Style()]

    def commented(self, part: str) -> frozenset[str]:
        """Addresses of a sheet's cells that carry a comment."""
        found = set()
        for kind, target in self.targets(part).values():
            if kind in ("comments", "threadedComment") and target in self.file.namelist():
                root = ElementTree.fromstring(self.file.read(target))
                names = ("comment", "threadedComment")
                found |= {e.get("ref", "") for e in root.iter() if _local(e) in names}
        return frozenset(found)


def unescaped(text: str) -> str:
    """Text in which _x000D_ is the character it stands for."""
    return ESCAPED.sub(lambda m: chr(int(m.group(1), 16)), text) if "_x" in text else text


def _colour(fill: ElementTree.Element) -> str:
    """What tells this fill from others; "" where it has no colour of its own."""
    for pattern in _named(fill, "patternFill"):
        if pattern.get("patternType", "none") in ("none", "gray125"):
            return ""
    marks = [(e.tag, *sorted(e.items())) for e in fill.iter() if _local(e) in ("fgColor", "color")]
    return str(marks) if marks else ""


def _runs(item: ElementTree.Element) -> Iterator[str]:
    """Pieces of a text; the phonetic hints beside it are none."""
    for element in item:
        name = _local(element)
        if name == "t":
            yield element.text or ""
        elif name == "r":
            yield from _runs(element)


def _named(root: ElementTree.Element, name: str) -> Iterator[ElementTree.Element]:
    """Elements of that local name; strict and transitional files differ in their namespaces."""
    return (element for element in root.iter() if _local(element) == name)


def _local(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]

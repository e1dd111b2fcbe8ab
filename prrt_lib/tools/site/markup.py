"""Pieces of HTML for the site; every text from a workbook or a parameter is escaped here."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from typing import Any

STYLE = re.compile(r"<style.*?</style>", re.DOTALL)
TABLE = re.compile(r"<table\b.*?</table>", re.DOTALL)
CAPTION = re.compile(r"<caption>(.*?)</caption>", re.DOTALL)
# A cell of a whole sentence keeps room for some words on a line.
LONG = re.compile(r'<td(?: class="([^"]*)")?([^>]*)>([^<]{50,})</td>')
TAG = re.compile(r"<[^>]+>")
PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
# A column without a title still has one for who hears the page instead of seeing it.
NAMELESS = '<th scope="col"><span class="prrt-unseen">what</span></th>'


def words(value: Any) -> str:
    """A parameter's value as people read it."""
    if isinstance(value, (list, tuple)):
        return ", ".join(str(item) for item in value) or "none"
    if isinstance(value, dict):
        return "; ".join(f"{name}: {words(item)}" for name, item in value.items()) or "none"
    return "none" if value in (None, "") else str(value)


def in_markdown(text: str) -> str:
    """``text`` as Markdown that shows it letter by letter, on one line."""
    return PUNCTUATION.sub(r"\\\1", " ".join(text.split()))


def element(tag: str, text: str, **attributes: str) -> str:
    """One element that holds ``text``; ``_`` at the end of an attribute's name is dropped."""
    given = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{html.escape(value)}"'
        for name, value in attributes.items()
    )
    return f"<{tag}{given}>{html.escape(text)}</{tag}>"


def facts(lines: Iterable[tuple[str, str]], title: str) -> str:
    """Names and values below each other, as a table in its box."""
    body = "".join(
        f"<tr>{element('th', name, scope='row')}{element('td', value)}</tr>"
        for name, value in lines
    )
    caption = element("caption", title)
    return boxed(f'<table class="prrt-table prrt-facts">{caption}<tbody>{body}</tbody></table>')


def table(title: str, header: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """A table of texts in its box."""
    head = "".join(element("th", name, scope="col") for name in header)
    body = "".join(
        f"<tr>{element('th', line[0], scope='row')}"
        f"{''.join(element('td', cell) for cell in line[1:])}</tr>"
        for line in lines
    )
    caption = element("caption", title)
    return boxed(
        f'<table class="prrt-table">{caption}<thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table>"
    )


def boxed(text: str) -> str:
    """HTML without its own style sheets, every table in a box that scrolls sideways."""

    def long(cell: re.Match) -> str:
        kind = " ".join(filter(None, (cell[1], "long")))
        return f'<td class="{kind}"{cell[2]}>{cell[3]}</td>'

    def box(found: re.Match) -> str:
        caption = CAPTION.search(found[0])
        name = html.escape(html.unescape(TAG.sub("", caption[1] if caption else "Table")))
        # The words of a title stay in sight while a wide table is scrolled.
        text = CAPTION.sub(r"<caption><span>\1</span></caption>", LONG.sub(long, found[0]))
        text = text.replace('<th scope="col"></th>', NAMELESS).replace("<th></th>", "<td></td>")
        return f'<div class="prrt-box" role="group" aria-label="{name}">{text}</div>'

    return TABLE.sub(box, STYLE.sub("", text))


def raw(text: str) -> str:
    """A Markdown block that puts HTML into a page; no text inside can end the block."""
    return f"`````{{raw}} html\n{text.replace('`', '&#96;')}\n`````\n"

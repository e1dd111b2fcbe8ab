"""Executed notebooks as the site takes them: folded code, boxed tables, named pictures."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from typing import Any

from prrt_lib.run.notebook_form import declared, source
from prrt_lib.tools.site.markup import boxed, table, words

PICTURE = re.compile(r'src="data:image/(png|svg\+xml|jpeg);base64,([^"]+)"')
IMAGE = re.compile(r"<img [^>]*>")
HEADING = re.compile(r"^#+ +(.*)$", re.MULTILINE)
SUFFIX = {"png": "png", "svg+xml": "svg", "jpeg": "jpg"}
EMPTY = re.compile(r"^\s*<(div|p)[^>]*>\s*</\1>\s*$")

Cell = dict[str, Any]
Pictures = dict[str, bytes]


def markdown(text: str) -> Cell:
    """A cell of Markdown."""
    return {"cell_type": "markdown", "metadata": {}, "source": text}


def shown(outputs: list[dict], text: str = "") -> Cell:
    """A cell of code with its outputs; without ``text`` only the outputs are on the page."""
    # A cell without any source is left out together with its outputs.
    tags, text = (["hide-input"], text) if text else (["remove-input"], "...")
    return {
        "cell_type": "code", "metadata": {"tags": tags}, "source": text, "execution_count": None,
        "outputs": outputs,
    }  # fmt: skip


def html_output(text: str) -> dict:
    """An output that is a piece of HTML."""
    data = {"text/html": text}
    return {"output_type": "execute_result", "metadata": {}, "data": data, "execution_count": None}


def document(cells: list[Cell]) -> dict:
    """A whole notebook of ``cells``."""
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    language = {"name": "python", "pygments_lexer": "ipython3"}
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    metadata = {"kernelspec": kernel, "language_info": language}
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def prepared(
    name: str, notebook: Mapping[str, Any], given: Mapping[str, Any], pictures: Pictures
) -> dict:
    """The page of an executed notebook; pictures inside its HTML are added to ``pictures``."""
    cells, question, settings = [], "", ""
    for cell in notebook["cells"]:
        text, tags = source(cell), cell["metadata"].get("tags", [])
        if cell["cell_type"] == "markdown":
            question = [question, *HEADING.findall(text)][-1]
            cells.append(markdown(text))
        elif "parameters" in tags:
            settings = text
            cells.append(shown([html_output(used(name, given))], text))
        elif "injected-parameters" in tags:
            cells[-1]["source"] = f"{settings}\n\n{text}".rstrip()
        else:
            cells.append(one(cell, question, pictures))
    return document(cells)


def used(name: str, given: Mapping[str, Any]) -> str:
    """The parameters a notebook ran with and their meaning; a default where it was not used."""
    lines = []
    for item in declared(name):
        value, default = words(given.get(item.name, item.default)), words(item.default)
        changed = "" if value == default else f" (default: {default})"
        lines.append((item.name, value + changed, item.meaning))
    return table("Parameters of this page", ("name", "value", "meaning"), lines)


def one(cell: Mapping[str, Any], question: str, pictures: Pictures) -> Cell:
    """A cell of code, its outputs made ready; ``question`` names a picture without a name."""
    kept = [output(item, question, pictures) for item in cell.get("outputs", [])]
    made = shown([item for item in kept if item], source(cell))
    names = [item["metadata"]["alt"] for item in made["outputs"] if item.get("metadata")]
    if names:
        made["metadata"]["mystnb"] = {"image": {"alt": names[0]}}
    return made


def output(item: Mapping[str, Any], question: str, pictures: Pictures) -> dict | None:
    """One output in the richest form the page can show; None where there is nothing to see."""
    data = item.get("data", {})
    if "text/html" in data:
        text = "".join(data["text/html"])
        return None if EMPTY.match(text) else html_output(boxed(extracted(text, pictures)))
    if "image/png" in data:
        # The text that stands for a picture, where the notebook wrote one.
        metadata = item.get("metadata", {})
        named = metadata.get("alt") or metadata.get("image/png", {}).get("alt", "")
        alt = named or f"Figure: {question}"
        kept = {"image/png": data["image/png"]}
        return {"output_type": "execute_result", "execution_count": None, "data": kept,
                "metadata": {"alt": " ".join(alt.split())}}  # fmt: skip
    if "text/plain" in data:
        plain = {"text/plain": data["text/plain"]}
        return {**item, "metadata": {}, "data": plain, "execution_count": None}
    # What goes to the error stream names folders of the machine; it stays in the notebook.
    return dict(item) if item.get("name") == "stdout" else None


def extracted(text: str, pictures: Pictures) -> str:
    """``text`` with every picture inside it as a file of its own, in a box that scrolls."""

    def file(found: re.Match) -> str:
        content = base64.b64decode(found[2])
        name = f"{hashlib.sha256(content).hexdigest()}.{SUFFIX[found[1]]}"
        pictures[name] = content
        return f'src="_images/{name}"'

    return IMAGE.sub(r'<div class="prrt-picture">\g<0></div>', PICTURE.sub(file, text))

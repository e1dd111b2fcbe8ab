"""The form of every notebook: a thin narrative that anyone can run and change."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

from prrt_lib.run.notebook_form import declared

NOTEBOOKS = sorted((Path(__file__).resolve().parents[1] / "notebooks").glob("*.ipynb"))
LINES = 10
IMPORTS = 20
# Code cells that may share one question.
SAME_QUESTION = 3
# Words that may carry a digit in a heading: fixed names, not results.
FIXED = ("PRRT 1", "PRRT 2", "Table 1", "1/2/3/5/7")
PARAMETER = re.compile(r"^[a-z_]+: [a-z]+(\[[a-z]+\])? = .+  # \S.*$")
LOADERS = re.compile(r"\bread_\w+\s*\(|\bopen\s*\(|\.parquet|\.csv|\.xlsx|\bPath\s*\(")
FORBIDDEN = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.For, ast.While, ast.Lambda,
             ast.ListComp, ast.DictComp, ast.SetComp, ast.GeneratorExp)  # fmt: skip


def content(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


def source(cell: dict) -> str:
    return "".join(cell["source"])


def code_cells(path: Path) -> list[tuple[int, str]]:
    """(number, source) of the code cells after the parameters and the imports."""
    cells = content(path)["cells"]
    return [(n, source(c)) for n, c in enumerate(cells) if c["cell_type"] == "code" and n > 1]


def test_there_are_notebooks():
    assert NOTEBOOKS


notebooks = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


@notebooks
def test_it_is_notebook_format_4_5_without_outputs_or_run_metadata(path):
    notebook = content(path)
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    assert set(notebook["metadata"]) <= {"kernelspec"}
    for number, cell in enumerate(notebook["cells"]):
        assert cell["id"] == f"cell-{number}"
        assert set(cell["metadata"]) <= {"tags"}
        if cell["cell_type"] == "code":
            assert cell["outputs"] == [] and cell["execution_count"] is None


@notebooks
def test_it_opens_with_a_title_and_what_it_asks_defines_reads_and_writes(path):
    first = content(path)["cells"][0]
    lines = [line for line in source(first).splitlines() if line.strip()]
    assert first["cell_type"] == "markdown" and lines[0].startswith("# ")
    assert 3 <= len(lines) - 1 <= 6


@notebooks
def test_the_second_cell_is_the_only_parameters_cell(path):
    tagged = [n for n, cell in enumerate(content(path)["cells"]) if cell["metadata"].get("tags")]
    assert tagged == [1]
    assert content(path)["cells"][1]["metadata"]["tags"] == ["parameters"]


@notebooks
def test_every_parameter_is_a_name_a_type_a_default_and_a_meaning(path):
    lines = source(content(path)["cells"][1]).splitlines()
    assert all(PARAMETER.match(line) for line in lines), lines
    assert declared(path.stem)[0].name == "scenario"


@notebooks
def test_it_defines_nothing_loops_over_nothing_and_reads_no_file(path):
    for number, text in code_cells(path):
        found = [
            type(node).__name__ for node in ast.walk(ast.parse(text)) if isinstance(node, FORBIDDEN)
        ]
        assert not found, f"cell {number}: {found}"
        assert not LOADERS.search(text), f"cell {number} reads a file"


@notebooks
def test_a_cell_is_short_and_ends_in_one_value(path):
    for number, text in code_cells(path):
        most = IMPORTS if text.startswith("from ") else LINES
        assert len(text.splitlines()) <= most, f"cell {number} is long"
        assert isinstance(ast.parse(text).body[-1], ast.Expr), f"cell {number} ends without a value"
        assert not text.rstrip().endswith(";"), f"cell {number} hides its value"


@notebooks
def test_a_heading_stands_above_every_code_cell_after_the_imports(path):
    cells = content(path)["cells"]
    for number, _ in code_cells(path)[1:]:
        above = [n for n in range(number) if cells[n]["cell_type"] == "markdown"][-1]
        assert above > 2 and source(cells[above]).startswith("## "), f"cell {number}: no question"
        assert number - above <= SAME_QUESTION, f"cell {number} is far from its question"


@notebooks
def test_no_number_is_typed_in_prose(path):
    for cell in content(path)["cells"]:
        if cell["cell_type"] == "markdown":
            text = source(cell)
            for name in FIXED:
                text = text.replace(name, "")
            assert not re.search(r"\d", text), text


@notebooks
def test_it_saves_its_rows_under_its_own_name(path):
    text = "\n".join(text for _, text in code_cells(path))
    assert re.search(rf"results\.save\(.*\"{path.stem}\",\s*scenario\s*\)", text, re.S)

"""The layers of the library, and the size of its rooms, hold."""

import ast
import re
from pathlib import Path

import pytest

LAYERS = ("base", "declare", "read", "study", "estimate", "analyse", "draw", "topics", "run",
          "tools")  # fmt: skip
MOST_FILES = {}
ROOT = Path(__file__).parents[1] / "prrt_lib"
FILES = sorted(path for path in ROOT.rglob("*.py") if path.parent != ROOT)


def layer_of(path: Path) -> str:
    return path.relative_to(ROOT).parts[0]


def imported_layers(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: imports are written in full, not relative"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        found |= {name.split(".")[1] for name in names if name.startswith("prrt_lib.")}
    return found & set(LAYERS)


def tool_of(dotted: str) -> str:
    """Name of the tool that a module belongs to; "" where it is no tool."""
    parts = dotted.split(".")
    return parts[2] if parts[:2] == ["prrt_lib", "tools"] and len(parts) > 2 else ""


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_imports_only_from_its_own_layer_and_those_before_it(path):
    allowed = set(LAYERS[: LAYERS.index(layer_of(path)) + 1])
    assert imported_layers(path) <= allowed


def test_tools_do_not_import_each_other():
    for path in sorted((ROOT / "tools").rglob("*.py")):
        own = tool_of(".".join(path.relative_to(ROOT.parent).with_suffix("").parts))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                others = {tool_of(f"{node.module}.{alias.name}") for alias in node.names}
                assert others <= {"", own}, path.relative_to(ROOT)


def test_the_invented_patients_stand_beside_the_library():
    dotted = re.compile(r"^\s*(?:from|import) (demo|prrt_lib)\b\.?(\w*)", re.MULTILINE)
    for path in sorted((ROOT.parent / "demo").glob("*.py")):
        rooms = {room for top, room in dotted.findall(path.read_text("utf-8")) if top != "demo"}
        assert rooms <= {"base", "declare"}, path.name
    for path in FILES:
        assert "demo" not in {top for top, _ in dotted.findall(path.read_text("utf-8"))}, path


def test_statistics_know_nothing_of_the_study():
    words = ("prrt", "patient", "cohort")
    for path in sorted((ROOT / "estimate").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                assert not any(word in node.name.lower() for word in words), (path.name, node.name)
    for path in (ROOT / "estimate").rglob("*.py"):
        assert imported_layers(path) <= {"base", "declare", "estimate"}, path.name


def test_what_is_drawn_comes_from_result_rows():
    for path in sorted([*(ROOT / "draw").glob("*.py"), *(ROOT / "topics/report").glob("*.py")]):
        assert not imported_layers(path) & {"read", "study", "analyse"}, path.name


def test_topics_do_not_import_each_other():
    for path in sorted((ROOT / "topics").glob("*/*.py")):
        text = path.read_text(encoding="utf-8")
        others = {name for name in re.findall(r"prrt_lib\.topics\.(\w+)", text)}
        assert others <= {path.parent.name, "opening"}, path


def test_a_folder_shows_what_a_person_takes_in_at_a_glance():
    for folder in sorted({path.parent for path in FILES}):
        own = len(list(folder.glob("*.py"))) - 1
        assert own <= MOST_FILES.get(str(folder.relative_to(ROOT)), 16), (folder, own)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_holds_one_idea_in_at_most_400_lines(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


@pytest.mark.parametrize(
    ("room", "unknown"),
    [
        ("workbook", ("sheets", "cells", "checks", "reading", "records")),
        ("cells", ("workbook", "sheets", "checks", "reading", "records")),
        ("sheets", ("checks", "reading")),
        ("checks", ("workbook", "sheets", "reading")),
    ],
)
def test_a_room_of_reading_knows_nothing_of_what_comes_after_it(room, unknown):
    for path in sorted((ROOT / "read" / room).glob("*.py")):
        text = path.read_text(encoding="utf-8")
        assert not [name for name in unknown if f"prrt_lib.read.{name}" in text], path.name


def test_a_room_of_reading_is_taken_in_at_a_glance():
    for folder in (ROOT / "read", *(ROOT / "read").glob("*/")):
        assert len(list(folder.glob("*.py"))) <= 16, folder.name


def test_there_is_no_drawer_for_everything():
    names = {path.stem for path in FILES}
    assert not names & {"utils", "helpers", "misc", "common", "tools"}

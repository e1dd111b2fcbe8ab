"""How large the library is to own: lines, files, functions, helpers called once, folders, circles.

``python scripts/house.py`` prints one line per measure; ``make house`` runs it.
"""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[1]
LIBRARY = ROOT / "prrt_lib"


def measures() -> dict[str, str]:
    """Name of each measure and its value today."""
    texts = {path: path.read_text(encoding="utf-8") for path in sorted(LIBRARY.rglob("*.py"))}
    trees = {path: ast.parse(text) for path, text in texts.items()}
    functions = [node.name for tree in trees.values() for node in ast.walk(tree)
                 if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]  # fmt: skip
    folders = Counter(path.parent for path in texts if path.name != "__init__.py")
    folder, most = folders.most_common(1)[0]
    return {
        "Python lines": f"{lines_of(LIBRARY):,}",
        "Python lines beside it, in demo/": f"{lines_of(ROOT / 'demo'):,}",
        "files": f"{len(texts):,}",
        "functions": f"{len(functions):,}",
        "private helpers called once": f"{sum(map(called_once, trees.values())):,}",
        "files directly in one folder": f"{most} ({folder.relative_to(ROOT)})",
        "import circles": f"{len(circles(trees))}",
    }  # fmt: skip


def lines_of(folder: Path) -> int:
    """Lines of Python in ``folder`` and below it."""
    return sum(len(path.read_text("utf-8").splitlines()) for path in folder.rglob("*.py"))


def called_once(tree: ast.Module) -> int:
    """Private functions of a module that it names once beside their definition."""
    private = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)
               and node.name.startswith("_") and not node.name.startswith("__")}  # fmt: skip
    uses = Counter(getattr(node, "id", getattr(node, "attr", "")) for node in ast.walk(tree)
                   if isinstance(node, (ast.Name, ast.Attribute)))  # fmt: skip
    return sum(uses[name] == 1 for name in private)


def circles(trees: dict[Path, ast.Module]) -> set[frozenset[str]]:
    """Pairs of modules that import each other, within functions too."""
    names = {_dotted(path): path for path in trees}
    imports = {name: set() for name in names}
    for name, path in names.items():
        for node in ast.walk(trees[path]):
            if isinstance(node, ast.ImportFrom) and node.module:
                both = (node.module, *(f"{node.module}.{alias.name}" for alias in node.names))
                imports[name] |= {one for one in both if one in names and one != name}
    return {frozenset((a, b)) for a in names for b in imports[a] if a in imports[b]
            if "__init__" not in (names[a].name, names[b].name)}  # fmt: skip


def _dotted(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


if __name__ == "__main__":
    for what, value in measures().items():
        print(f"{what:34} {value}")

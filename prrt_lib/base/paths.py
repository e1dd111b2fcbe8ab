"""Where things are, anchored to the project and to one output root."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Places:
    """The folders of one scenario under one output root (the project root by default)."""

    scenario: str
    root: Path = PROJECT

    @property
    def processed(self) -> Path:
        return self.root / "data" / "processed" / self.scenario

    @property
    def tables(self) -> Path:
        return self.processed / "tables"

    @property
    def results(self) -> Path:
        return self.processed / "results"

    @property
    def figures(self) -> Path:
        return self.root / "figures" / self.scenario

    @property
    def reports(self) -> Path:
        return self.root / "reports" / self.scenario


def places(scenario: str) -> Places:
    """Folders of ``scenario`` under ``PRRT_OUT``, or under the project when that is unset."""
    return Places(scenario, Path(os.environ.get("PRRT_OUT") or PROJECT).resolve())


def write_text(path: Path, text: str) -> None:
    """``text`` at ``path``, replaced in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{path.name}.part")
    half.write_text(text, encoding="utf-8")
    os.replace(half, path)

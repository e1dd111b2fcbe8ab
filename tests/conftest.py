"""What every test may ask for: the project's folder and the material that is not in git."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from browsing import browser, phone, reports, visit  # noqa: F401
from hypothesis import settings

PROJECT = Path(__file__).resolve().parents[1]

# make test draws the same examples every time; make fuzz draws new ones, and many more.
settings.register_profile("house", deadline=None, derandomize=True, database=None)
settings.register_profile("fuzz", deadline=None, derandomize=False, max_examples=3000)
settings.load_profile("house")


@pytest.fixture(scope="session")
def project() -> Path:
    """The project's root folder."""
    return PROJECT


@pytest.fixture(scope="session")
def external() -> Path:
    """The folder of shared material outside the repository; skips where there is none."""
    folder = Path(os.environ.get("PRRT_EXTERNAL_DATA") or PROJECT.parent / "shared")
    if not (folder / "examples").is_dir():
        pytest.skip("shared material not found: set PRRT_EXTERNAL_DATA to its folder")
    return folder

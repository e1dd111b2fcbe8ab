"""The demonstration's pages in a browser: fixtures that tests/conftest.py makes known."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from small_project import finished_demo

CHROMIUM = next((path for name in ("chromium", "chromium-browser", "google-chrome")
                 if (path := shutil.which(name))), None)  # fmt: skip
PHONE, WIDE = {"width": 390, "height": 844}, {"width": 1400, "height": 900}


@pytest.fixture(scope="session")
def reports(tmp_path_factory) -> Path:
    """The pages of the finished demonstration."""
    return finished_demo(tmp_path_factory) / "reports" / "demo"


@pytest.fixture(scope="session")
def browser(tmp_path_factory) -> Iterator:
    """A browser that keeps its own files in a folder of the tests."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not CHROMIUM:
        pytest.skip("no Chromium on this machine")
    with playwright.sync_playwright() as driver:
        folder = str(tmp_path_factory.mktemp("browser"))
        own = {**os.environ, "XDG_CONFIG_HOME": folder, "XDG_CACHE_HOME": folder}
        opened = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"], env=own)
        yield opened
        opened.close()


class Visit:
    """A page with everything it complained of or asked for outside its folder."""

    def __init__(self, page, folder: Path):
        self.page, self.folder, self.wrong = page, folder, []
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("request", self._asked)
        page.on("requestfailed", self._failed)

    def _said(self, message) -> None:
        if message.type in ("error", "warning"):
            self.wrong.append(message.text)

    def _failed(self, request) -> None:
        # A script that was still being read when the reader went on is no fault.
        if request.failure != "net::ERR_ABORTED":
            self.wrong.append(f"failed {request.url}: {request.failure}")

    def _asked(self, request) -> None:
        if not request.url.startswith((self.folder.as_uri(), "data:", "blob:")):
            self.wrong.append(f"asked for {request.url}")

    def open(self, name: str):
        self.page.goto(f"{self.folder.as_uri()}/{name}")
        return self.page


def _visited(browser, reports: Path, viewport: dict[str, int]) -> Iterator[Visit]:
    context = browser.new_context(viewport=viewport)
    one = Visit(context.new_page(), reports)
    yield one
    context.close()
    assert one.wrong == []


@pytest.fixture
def visit(browser, reports) -> Iterator[Visit]:
    yield from _visited(browser, reports, WIDE)


@pytest.fixture
def phone(browser, reports) -> Iterator[Visit]:
    yield from _visited(browser, reports, PHONE)

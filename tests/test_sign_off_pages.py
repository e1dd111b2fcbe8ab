"""Sign-off in a browser: verdicts typed beneath a table, kept, saved as a file, and shown again."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from test_sign_off import KEY, run

from prrt_lib.tools import sign_off
from prrt_lib.tools.sign_off.entries import load
from prrt_lib.tools.sign_off.state import OUTDATED

STATIC = Path(sign_off.__file__).parents[1] / "site" / "static"
COMMENT = '=1+1 <img src=x onerror="window.bad=1"> é'


@pytest.fixture
def site(tmp_path):
    """The page of a run as the site shows it, opened from a folder."""
    places = run(tmp_path)
    static = places.reports / "_static"
    static.mkdir()
    for path in STATIC.glob("sign_off.*"):
        shutil.copy(path, static)
    return places


def written(places) -> str:
    """The address of the page that shows the run's outputs as they are now."""
    cells = json.loads((places.reports / "quality.ipynb").read_text())["cells"]
    body = "".join(out["data"]["text/html"] for cell in cells for out in cell["outputs"])
    page = places.reports / "quality.html"
    page.write_text(
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>t</title>'
        '<link rel="stylesheet" href="_static/sign_off.css"><script src="_static/sign_off.js">'
        f"</script></head><body><article>{body}</article></body></html>",
        encoding="utf-8",
    )
    sign_off.write_items(places)
    return page.as_uri()


@pytest.fixture
def page(browser):
    context = browser.new_context(accept_downloads=True, locale="en-GB")
    opened = context.new_page()
    opened.noise = []
    opened.on("console", lambda said: opened.noise.append(said.text))
    opened.on("pageerror", lambda error: opened.noise.append(str(error)))
    opened.on("request", lambda asked: asked.url.startswith(("file:", "blob:", "data:"))
              or opened.noise.append(asked.url))  # fmt: skip
    yield opened
    assert opened.noise == [] and opened.evaluate("window.bad") is None
    context.close()


def sign(page, number: int, verdict: str, initials: str = "AB", comment: str = "") -> None:
    """Types a verdict beneath the item ``number``, by keyboard alone up to the choice."""
    box = page.locator(".prrt-review").nth(number)
    box.locator("summary").focus()
    page.keyboard.press("Enter")
    box.locator(f"input[value={verdict}]").check()
    box.get_by_label("Initials").fill(initials)
    box.get_by_label("Date").fill("2026-11-22")
    box.get_by_label("Comment").fill(comment)
    box.get_by_role("button", name="Keep this verdict").click()


def saved(page, folder: Path) -> Path:
    with page.expect_download() as waited:
        page.get_by_role("button", name="Save sign-off file").click()
    assert waited.value.suggested_filename == "sign-off.json"
    target = folder / "downloaded.json"
    waited.value.save_as(target)
    return target


def heads(page) -> list[str]:
    return page.locator(".prrt-review > summary").all_inner_texts()


def test_a_verdict_is_typed_kept_saved_checked_and_shown_until_the_rows_change(
    site, page, tmp_path
):
    page.goto(written(site))
    page.wait_for_selector(".prrt-review")
    assert heads(page) == ["Review: not reviewed"] * 3
    assert page.locator(".prrt-review-bar").is_hidden()
    sign(page, 0, "question", comment=COMMENT)
    sign(page, 1, "agree")
    page.reload()
    page.wait_for_selector(".prrt-review")
    assert heads(page)[:2] == ["Review: question, not saved", "Review: agree, not saved"]
    file = saved(page, tmp_path)
    entries = load(file, "s")
    assert [(one.item, one.verdict) for one in entries] == [
        (KEY, "question"), (f"{KEY}-2", "agree")]  # fmt: skip
    assert entries[0].comment == COMMENT and entries[0].date == "2026-11-22"
    page.on("dialog", lambda asked: asked.accept())
    page.get_by_role("button", name="Forget these verdicts").click()
    assert heads(page) == ["Review: not reviewed"] * 3

    sign_off.merge([file], site)
    run(tmp_path, estimate=4.0)
    page.goto(written(site))
    page.wait_for_selector(".prrt-review")
    assert heads(page)[:2] == [f"Review: {OUTDATED}", "Review: agree"]
    page.locator(".prrt-review > summary").first.click()
    told = page.locator(".prrt-review li").first.inner_text()
    assert told == f"AB, 2026-11-22: question ({OUTDATED}). {COMMENT}"


def test_a_draft_made_on_other_rows_is_outdated_too(site, page, tmp_path):
    page.goto(written(site))
    page.wait_for_selector(".prrt-review")
    sign(page, 0, "agree")
    run(tmp_path, estimate=4.0)
    page.goto(written(site))
    page.wait_for_selector(".prrt-review")
    assert heads(page)[0] == f"Review: {OUTDATED}, not saved"
    assert sign_off.merge([saved(page, tmp_path)], site).of(KEY) == "outdated"


def test_an_incomplete_verdict_is_not_kept_and_says_what_is_missing(site, page):
    page.goto(written(site))
    page.wait_for_selector(".prrt-review")
    sign(page, 0, "agree", initials="A1")
    assert "initials" in page.locator(".prrt-said").inner_text()
    assert heads(page)[0] == "Review: not reviewed"


def test_without_scripts_the_page_shows_its_tables(site, browser):
    context = browser.new_context(java_script_enabled=False)
    opened = context.new_page()
    opened.goto(written(site))
    assert opened.locator("table").count() == 3 and not opened.locator(".prrt-review").count()
    context.close()

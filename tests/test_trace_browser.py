"""A reviewer clicks a number and reads its cells, in a browser, from a folder."""

from __future__ import annotations

import csv
import re

import pytest

SHOWN = ".trace-panel:not([hidden])"
# Every label of the page's data becomes a text that would run if it were taken for markup.
SPOIL = """(text) => {
  const index = PRRT.data.index;
  for (const key in index.labels) index.labels[key] = text;
  index.derived.forEach((one) => { one.label = text; });
}"""
WITHIN = 100  # milliseconds from the click to the panel, once the page has settled


def rows_of(reports, name: str) -> dict[str, dict[str, str]]:
    folder = reports.parents[1] / "data" / "processed" / "demo" / "results"
    with open(folder / f"{name}.csv", encoding="utf-8", newline="") as handle:
        return {row["row_id"]: row for row in csv.DictReader(handle)}


def settled(page):
    """The page once the small data files have come, as they do while a reader reads."""
    for _ in range(100):
        if page.evaluate("() => Boolean(window.PRRT && PRRT.data.index && PRRT.data.rows)"):
            return page
        page.wait_for_timeout(50)
    raise AssertionError("the data files of the page did not come")


def median_cell(page):
    """A number of the table of medians and rates."""
    caption = page.locator("caption", has_text="Survival and progression")
    table = page.locator("table.prrt-table", has=caption).first
    return table.locator("td.trace-number", has_text="(").first


def fact(page, name: str) -> str:
    """What the panel says beside ``name``."""
    exactly = re.compile(f"^{name}$")
    return page.locator(f"{SHOWN} dt", has_text=exactly).first.evaluate(
        "(dt) => dt.nextElementSibling.textContent"
    )


def test_a_click_on_a_number_says_what_it_is_and_shows_its_cells(visit, reports):
    page = settled(visit.open("survival.html"))
    rows = rows_of(reports, "survival")
    median = next(key for key, row in rows.items() if row["endpoint"] == "os_prrt"
                  and row["statistic"] == "median" and row["population"] == "gep"
                  and not any(row[name] for name in ("group", "setting", "model")))  # fmt: skip
    page.locator(f'td[data-rows~="{median}"]:visible').first.click()
    page.locator(SHOWN).wait_for()
    assert page.locator("#trace-title").inner_text() == "Overall survival from first PRRT"
    assert fact(page, "Time zero") == "first_prrt"
    assert fact(page, "Event") == "death of any cause"
    assert float(fact(page, "n")) == float(rows[median]["n"])
    assert fact(page, "Estimate") == f"{float(rows[median]['estimate']):.6g}"
    records = page.locator(f"{SHOWN} .trace-records details")
    assert records.count() >= float(rows[median]["n"])
    records.first.locator("summary").click()
    cells = page.locator(f"{SHOWN} .trace-records table").first
    cells.wait_for()
    texts = cells.inner_text()
    assert "followup!" in texts and "prrt_cycles!" in texts and "Vital status" in texts


@pytest.mark.parametrize("name", ["characteristics", "survival", "adverse_events"])
def test_the_panel_opens_within_a_tenth_of_a_second(name, visit):
    page = settled(visit.open(f"{name}.html"))
    number = page.locator("table .trace-number:visible").nth(5)
    times = []
    for _ in range(5):
        number.click()
        page.locator(SHOWN).wait_for()
        times.append(int(page.locator(".trace-panel").get_attribute("data-milliseconds")))
        page.keyboard.press("Escape")
        assert page.locator(".trace-panel").is_hidden()
    assert sorted(times)[2] < WITHIN


def test_the_keyboard_goes_from_number_to_number_and_the_focus_comes_back(visit):
    page = settled(visit.open("characteristics.html"))
    first = page.locator("table .trace-number[tabindex='0']:visible").first
    before = first.get_attribute("data-rows")
    first.focus()
    page.keyboard.press("ArrowRight")
    focused = page.evaluate("document.activeElement.dataset.rows")
    assert focused and focused != before
    page.keyboard.press("Enter")
    page.locator(SHOWN).wait_for()
    assert page.evaluate("document.activeElement.className") == "trace-panel"
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.dataset.rows") == focused


def test_records_are_filtered_by_what_they_say(visit):
    page = settled(visit.open("survival.html"))
    median_cell(page).click()
    records = page.locator(f"{SHOWN} .trace-records details")
    everybody = records.count()
    page.locator(f"{SHOWN} input[type=search]").fill("Died: yes")
    assert 0 < records.count() < everybody


def test_a_cell_leads_to_the_numbers_that_rest_on_it(visit):
    page = settled(visit.open("index.html"))
    page.get_by_role("button", name="from a cell to its numbers").click()
    page.locator(f"{SHOWN} select").select_option("patients")
    page.locator(f"{SHOWN} input").fill("i4")
    page.locator(f"{SHOWN} form button").click()
    page.locator(f"{SHOWN} .trace-found table").wait_for()
    assert "patients!I4" in page.locator(f"{SHOWN} .trace-found table").inner_text()
    group = page.locator(f"{SHOWN} .trace-found details", has_text="characteristics").first
    group.locator("summary").click()
    group.locator("a").first.click()
    page.wait_for_url("**/characteristics.html#row=*")
    page.locator(SHOWN).wait_for()
    assert page.locator(".trace-here").count() == 1


@pytest.mark.parametrize("text", [
    "patients!i4", "'patients'!$I$4", "[demo.xlsx]patients!I4", "=$Patients.$I$4", "$I$4",
])  # fmt: skip
def test_a_cell_is_taken_as_people_copy_it(text, visit):
    page = settled(visit.open("index.html"))
    page.get_by_role("button", name="from a cell to its numbers").click()
    chosen = "patients" if text == "$I$4" else "imaging"
    page.locator(f"{SHOWN} select").select_option(chosen)
    page.locator(f"{SHOWN} input").fill(text)
    page.locator(f"{SHOWN} form button").click()
    page.locator(f"{SHOWN} .trace-found table").wait_for()
    assert "patients!I4" in page.locator(f"{SHOWN} .trace-found table").inner_text()
    assert page.locator(f"{SHOWN} select").input_value() == "patients"


def test_a_cell_that_was_not_read_is_said_to_be_so(visit):
    page = settled(visit.open("index.html"))
    page.get_by_role("button", name="from a cell to its numbers").click()
    page.locator(f"{SHOWN} input").fill("A1")
    page.locator(f"{SHOWN} form button").click()
    assert page.get_by_text("No value of a patient was read").wait_for() is None


def test_on_a_phone_the_panel_keeps_to_the_page(phone):
    page = settled(phone.open("survival.html"))
    page.locator("table .trace-number:visible").first.click()
    page.locator(SHOWN).wait_for()
    box = page.locator(SHOWN).bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 390.5


def test_text_of_a_cell_is_shown_as_text(visit):
    page = settled(visit.open("survival.html"))
    evil = "<img src=x onerror='window.bad = 1'>"
    page.evaluate(SPOIL, evil)
    median_cell(page).click()
    page.locator(f"{SHOWN} .trace-records summary").first.click()
    page.locator(f"{SHOWN} .trace-records table").first.wait_for()
    assert evil in page.locator(f"{SHOWN} .trace-records").inner_text()
    assert page.evaluate("window.bad") is None and page.locator(".trace-panel img").count() == 0

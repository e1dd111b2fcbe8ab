"""The demonstration's site in a browser, opened from a folder as a reviewer opens it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from browsing import PHONE
from small_project import PROJECT

from prrt_lib.run.notebook_form import STORY
from prrt_lib.tools.site import contents

PAGES = ["index", *STORY, "findings", "facts", *contents.reference()]

# Elements beyond the right edge of the page that no scrolling box holds.
BEYOND = """() => {
  const width = document.documentElement.clientWidth;
  const boxes = '.prrt-box, .table-wrapper, .prrt-scroll, .prrt-picture, .highlight,' +
    '.sidebar-drawer, .toc-drawer';
  const out = [...document.querySelectorAll('body *')].filter((element) => {
    const place = element.getBoundingClientRect();
    return place.width && place.height && place.right > width + 1 && !element.closest(boxes);
  });
  return [document.documentElement.scrollWidth - width, out.map((e) => e.outerHTML.slice(0, 80))];
}"""

# Text whose contrast with the ground behind it is below AA, 4.5 (3 for large or bold text).
PALE = """() => {
  const parts = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
  const light = (c) => c.slice(0, 3).map((v) => v / 255)
    .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const c = parts(getComputedStyle(e).backgroundColor);
      if (c.length === 3 || c[3] === 1) return c;
    }
    return [255, 255, 255];
  };
  const found = new Set();
  for (const element of document.querySelectorAll('body *')) {
    const own = [...element.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    const place = element.getBoundingClientRect();
    if (!own || !place.width || !place.height || element.closest('.highlight')) continue;
    const style = getComputedStyle(element), size = parseFloat(style.fontSize);
    if (style.visibility === 'hidden' || style.opacity === '0') continue;
    const [a, b] = [light(parts(style.color)), light(ground(element))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (contrast < (large ? 3 : 4.5)) {
      found.add(`${element.tagName}.${element.className} ${contrast.toFixed(2)}`);
    }
  }
  return [...found];
}"""


def test_every_page_opens_at_both_widths_without_complaint_request_or_overflow(visit, phone):
    for name in (*PAGES, "search"):
        for one in (visit, phone):
            page = one.open(f"{name}.html")
            wider, beyond = page.evaluate(BEYOND)
            assert wider <= 0 and beyond == [], (name, one.page.viewport_size)


def test_folded_parts_do_not_overflow_when_opened(phone):
    for name in ("survival", "index"):
        page = phone.open(f"{name}.html")
        page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
        wider, beyond = page.evaluate(BEYOND)
        assert wider <= 0 and beyond == [], name


def test_text_stands_out_from_its_ground(visit):
    for name in ("index", "survival", "findings", "parity", "search"):
        assert visit.open(f"{name}.html").evaluate(PALE) == [], name


def test_the_rules_of_accessibility_are_kept(browser, reports):
    place = os.environ.get("PRRT_AXE") or PROJECT / "node_modules/axe-core/axe.min.js"
    if not Path(place).is_file():
        pytest.skip("axe-core not found: npm install axe-core, or set PRRT_AXE to axe.min.js")
    rules = Path(place).read_text(encoding="utf-8")
    context = browser.new_context(viewport=PHONE, bypass_csp=True)
    page, broken = context.new_page(), []
    for name in ("index", "survival", "characteristics", "findings", "sign-off", "search"):
        page.goto(f"{reports.as_uri()}/{name}.html")
        page.evaluate(rules)
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
        broken += [(name, one["id"], one["nodes"][0]["html"][:120]) for one in found]
    context.close()
    assert broken == []


def test_the_navigation_leads_from_the_start_to_every_page_and_back(visit):
    page = visit.open("index.html")
    links = page.locator(".sidebar-tree a.reference").evaluate_all(
        "(all) => all.map((a) => a.getAttribute('href'))"
    )
    assert {f"{name}.html" for name in PAGES if name != "index"} <= set(links)
    page.get_by_role("link", name="Survival after PRRT").first.click()
    page.wait_for_url("**/survival.html")
    page.locator(".toc-tree a", has_text="medians and the yearly rates").click()
    page.wait_for_url("**/survival.html#*")
    # By the keyboard: a click may miss a link while the page still scrolls to its section.
    page.locator(".sidebar-tree a", has_text="Start").press("Enter")
    page.wait_for_url("**/index.html*")
    assert page.locator("h1").inner_text().startswith("Demonstration on synthetic patients")


def test_the_search_finds_pages_by_their_words(visit):
    page = visit.open("index.html")
    page.locator("input[name=q]").first.fill("myelodysplastic")
    page.keyboard.press("Enter")
    page.locator("ul.search li a").first.wait_for()
    found = page.locator("ul.search li a").evaluate_all("(all) => all.map((a) => a.href)")
    assert any("adverse_events.html" in link for link in found)
    page.locator("ul.search li a[href*=adverse_events]").first.click()
    page.wait_for_url("**/adverse_events.html*")


def column(page, caption: str, number: int) -> list[str]:
    rows = page.locator("table", has=page.locator("caption", has_text=caption)).first
    return rows.locator("tbody tr:not([hidden])").evaluate_all(
        "(all, n) => all.map((row) => row.cells[n].textContent)", number
    )


def test_a_table_sorts_up_and_down_with_the_keyboard(visit):
    page = visit.open("findings.html")
    table = page.locator("table", has=page.locator("caption", has_text="Questions by rule")).first
    head = table.locator("th", has_text="questions")
    head.get_by_role("button").focus()
    page.keyboard.press("Enter")
    assert head.get_attribute("aria-sort") == "ascending"
    up = [int(text) for text in column(page, "Questions by rule", 2)]
    assert up == sorted(up) and len(set(up)) > 3
    page.keyboard.press("Space")
    assert head.get_attribute("aria-sort") == "descending"
    down = [int(text) for text in column(page, "Questions by rule", 2)]
    assert down == sorted(up, reverse=True)
    assert table.locator("th[aria-sort=none]").count() == 4


def test_headings_inside_a_table_keep_their_rows_when_it_is_sorted(visit):
    page = visit.open("characteristics.html")
    before = column(page, "Table 1", 0)
    heads = page.locator("table", has=page.locator("caption", has_text="Table 1")).first
    heads.locator("thead button").nth(1).click()
    after = column(page, "Table 1", 0)
    sections = heads.locator("tr.section th").all_inner_texts()
    assert after != before and sorted(after) == sorted(before)

    def block(rows: list[str], head: str) -> set[str]:
        start = rows.index(head) + 1
        stops = [n for n in range(start, len(rows)) if rows[n] in sections]
        return set(rows[start : (stops or [len(rows)])[0]])

    assert all(block(before, head) == block(after, head) for head in sections)


def test_a_table_filters_by_words(visit):
    page = visit.open("findings.html")
    everything = len(column(page, "Every question", 0))
    field = page.locator("input[type=search]").nth(1)
    field.fill("note imputed-partial")
    rules = column(page, "Every question", 4)
    assert set(rules) == {"cell-imputed-partial"} and len(rules) < everything
    said = page.locator(".prrt-filter output").nth(1).inner_text()
    assert said == f"{len(rules)} of {everything} rows"
    field.fill("")
    assert len(column(page, "Every question", 0)) == everything


def test_the_menu_of_a_phone_leads_to_another_page(phone):
    page = phone.open("index.html")
    page.locator(".mobile-header .nav-overlay-icon").click()
    page.locator(".sidebar-tree a", has_text="Adverse events").click()
    page.wait_for_url("**/adverse_events.html")
    assert page.locator("h1").is_visible()


def test_pictures_say_what_they_show_and_are_there(visit):
    for name in ("index", "survival", "biomarkers"):
        page = visit.open(f"{name}.html")
        found = page.locator("article img").evaluate_all(
            "(all) => all.map((i) => [i.alt, i.complete && i.naturalWidth > 100])"
        )
        assert found and all(len(alt) > 10 and loaded for alt, loaded in found), name


def test_everything_can_be_read_with_scripts_switched_off(browser, reports):
    context = browser.new_context(viewport=PHONE, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{reports.as_uri()}/index.html")
    assert page.locator(".prrt-stamp").first.inner_text() == "SYNTHETIC"
    # Eight headline numbers, deaths without a date, and one contradictory vital status.
    assert page.locator(".prrt-tile").count() == 10
    page.goto(f"{reports.as_uri()}/survival.html")
    assert page.get_by_text("How long do patients live, counted from diagnosis?").first.is_visible()
    assert page.locator("table.prrt-table").first.is_visible()
    code = page.locator("div.cell details.hide").first
    assert not code.locator(".cell_input").is_visible()
    code.locator("summary").click()
    assert code.locator(".cell_input").is_visible()
    context.close()


def test_the_whole_site_is_small(reports):
    size = sum(path.stat().st_size for path in reports.rglob("*") if path.is_file())
    assert size < 15e6

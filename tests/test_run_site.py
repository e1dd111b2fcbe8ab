"""The reviewer's site of a small made-up run: what it shows, and what never gets into it."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from small_project import copied, run

from prrt_lib.base.errors import Problem
from prrt_lib.base.paths import Places
from prrt_lib.declare.parameters import Parameters
from prrt_lib.declare.rows import COLUMNS
from prrt_lib.declare.yaml_files import load_words
from prrt_lib.draw.tables import Cell, Table
from prrt_lib.run.notebook_form import STORY, cells, source
from prrt_lib.tools.site import (
    WORK,
    Site,
    contents,
    generator,
    markup,
    notebooks,
    run_facts,
    start,
    trace_data,
)

SITE = Site(signing="prrt_lib.tools.sign_off")
BAD = "<script>window.bad = 1</script><img src=x onerror='window.bad = 1'>"
FORMULA = "=HYPERLINK(\"http://example.org\", 'x')"
FENCE = "`````\n\n# Broken out {{ 7 * 7 }}\n\n`````"
# One white pixel.
PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mP8/x8AAwMCAO+ip1sAAAAASUVORK5CYII="
)
PARAMETERS = Parameters(
    scenario="s", workbook="w.xlsx", profile="p", cutoff="2020-01-31", title=f"Study {BAD} *x*",
    amendments=[f"2020-01-01: {FENCE} {BAD}"],
)  # fmt: skip
DONE = ("quality", "survival")
STOPPED = Problem(
    "notebooks/cox.ipynb, cell 4", "KeyError", "every cell to complete",
    "open reports/s/cox.failed.ipynb and look at that cell",
)  # fmt: skip


def executed(name: str) -> dict:
    """A finished notebook with a table of spoilt texts and a picture."""
    table = Table(
        "Sites", ["site", "n"], [[Cell(BAD), Cell(FORMULA, ("abc",))], [Cell(FENCE), Cell("2")]]
    )
    outputs = [
        [{"output_type": "execute_result", "metadata": {}, "data": data}]
        for data in ({"text/html": table._repr_html_()}, {"image/png": PIXEL})
    ]
    code = [
        {"cell_type": "code", "metadata": {"tags": tags}, "source": text, "outputs": out}
        for tags, text, out in (
            (["parameters"], 'scenario: str = "demo"  # folder', []),
            (["injected-parameters"], '# Parameters\nscenario = "s"', []),
            ([], "tables.listing(sites)", outputs[0]),
            ([], "figures.survival_curve(from_diagnosis, scenario)", outputs[1]),
        )
    ]
    words = {"cell_type": "markdown", "metadata": {}, "source": f"# {name}\n## How long?"}
    return {"cells": [words, *code], "metadata": {}}


def record(*done: str) -> dict:
    """A manifest in which the notebooks ``done`` are complete."""
    file = {"name": f"w {BAD}.xlsx", "sha256": "0123456789abcdef" * 4}
    key = {"notebook": "1" * 64, "given": {"scenario": "s"}}
    return {
        "workbook": file, "profile": {"name": "p", "sha256": "f" * 64}, "prrt_lib": "0.1.0",
        "about": {"synthetic": True, "headline": "gep", "rows": {"patients": 3}},
        "versions": {"python": "3.11.7"}, "lock": "2" * 64, "code": "3" * 64,
        "source": {"commit": "c" * 40, "tree": "changed"},
        "schema_version": "1", **{f"notebook {name}": {"key": key} for name in done},
    }  # fmt: skip


FINDING = {
    "rule": "cell-invalid", "severity": "warning", "record": BAD, "column": "site",
    "sheet": FENCE.replace("\n", " "), "cell": "B2", "message": FORMULA, "state": "open",
    "how_to_resolve": "Correct the cell. Here: write a date.",
}  # fmt: skip
ROW = {
    "row_id": "abc", "population": "gep", "endpoint": "os_prrt", "statistic": "median",
    "estimate": "3652.5", "low": "365.25", "high": "", "n": "20", "total": "20", "events": "7",
    "unit": "days", "state": "ok",
}  # fmt: skip


def run_of(root: Path, *done: str) -> Places:
    """The folders of a run whose notebooks ``done`` left their products."""
    places = Places("s", root)
    for folder in (places.reports, places.results):
        folder.mkdir(parents=True, exist_ok=True)
    for name in done:
        text = json.dumps(executed(name))
        (places.reports / f"{name}.ipynb").write_text(text, encoding="utf-8")
    with open(places.processed / "findings.csv", "w", encoding="utf-8", newline="") as handle:
        lines = csv.DictWriter(handle, list(FINDING))
        lines.writeheader()
        lines.writerow(FINDING)
    line = ",".join(ROW.get(name, "") for name in COLUMNS)
    text = f"{','.join(COLUMNS)}\n{line}\n"
    (places.results / "survival.csv").write_text(text, encoding="utf-8")
    return places


@pytest.fixture(scope="module", autouse=True)
def without_traces():
    """No lineage stands behind the made-up numbers."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trace_data, "write_trace", lambda places, notebooks=None: [])
        yield


@pytest.fixture(scope="module")
def spoilt(tmp_path_factory) -> Path:
    """Pages of a run with spoilt texts everywhere; Cox stopped, so the report was not made."""
    places = run_of(tmp_path_factory.mktemp("site"), *DONE, "report")
    SITE.build(PARAMETERS, record(*DONE, "report"), places, [STOPPED])
    return places.reports


def page(folder: Path, name: str) -> str:
    return (folder / f"{name}.html").read_text(encoding="utf-8")


PAGES = ["index", *STORY, "findings", "facts", *contents.reference(), "search"]


@pytest.mark.parametrize("name", PAGES)
def test_a_spoilt_text_is_text_on_every_page(spoilt, name):
    text = page(spoilt, name)
    assert "<script>window.bad" not in text
    assert not re.search(r"<img[^>]*(onerror|src=.?x\b)", text)
    assert "<h1>Broken out" not in text and "<h2>Broken out" not in text
    assert re.search(r"<title>[^<]*&lt;script&gt;[^<]*</title>", text)
    assert "49" not in re.findall(r"Broken out [^<]{0,12}", text)


def test_a_spoilt_text_is_readable_where_it_stood(spoilt):
    shown = "&lt;script&gt;window.bad = 1&lt;/script&gt;"
    for name in ("index", "survival", "findings", "facts"):
        assert shown in page(spoilt, name), name
    assert "=HYPERLINK(" in page(spoilt, "survival")
    assert "{{ 7 * 7 }}" in page(spoilt, "survival")


def test_the_search_index_is_data_whose_words_are_free_of_markup(spoilt):
    text = (spoilt / "searchindex.js").read_text(encoding="utf-8")
    content = json.loads(text.removeprefix("Search.setIndex(").removesuffix(")"))
    words = {*content["terms"], *content["titleterms"]}
    assert "hyperlink" in words and not [word for word in words if set(word) & set("<>&=\"'")]


def test_no_spoilt_text_runs_in_a_browser_nor_in_the_search(spoilt, browser):
    tab = browser.new_page()
    for name in ("index", "survival", "findings", "facts", "search"):
        tab.goto(f"{spoilt.as_uri()}/{name}.html")
        assert tab.evaluate("window.bad === undefined"), name
    tab.goto(f"{spoilt.as_uri()}/search.html?q=study")
    tab.locator("ul.search li a").first.wait_for()
    assert "<script>window.bad" in " ".join(tab.locator("ul.search a").all_inner_texts())
    assert tab.evaluate("window.bad === undefined")
    tab.close()


@pytest.mark.parametrize("name", PAGES)
def test_the_bar_of_every_page_says_whose_numbers_these_are(spoilt, name):
    text = page(spoilt, name)
    bar = text[text.index('class="prrt-bar"') : text.index('<div class="page">')]
    for part in (">SYNTHETIC<", ">INTERNAL<", "scenario <b>s<", "2020-01-31", "01234567<",
                 "p ffffffff<", "0.1.0", "20190628", 'href="facts.html"'):  # fmt: skip
        assert part in bar, part
    assert "1 notebook stopped" in bar


def test_the_facts_name_the_commit_of_the_code_and_that_it_was_changed_since(spoilt):
    for name in ("index", "facts"):
        assert "c" * 40 + ", with changes that are not committed" in page(spoilt, name)
    assert run_facts.commit({}) == "unknown"


def test_a_notebook_that_stopped_is_named_and_shows_nothing_of_an_earlier_run(spoilt):
    start_page, cox, report = (page(spoilt, name) for name in ("index", "cox", "report"))
    assert "notebooks/cox.ipynb, cell 4: found KeyError" in start_page
    assert "This notebook stopped" in cox and "found KeyError" in cox
    # The report's file of an earlier run is there, but it read rows that are no longer so.
    assert "because another notebook stopped" in report
    assert "prrt-table" not in cox.split("<article")[1].split("</article")[0]
    assert "prrt-table" not in report.split("<article")[1].split("</article")[0]
    assert "tables.docx" not in start_page


def test_headline_numbers_carry_their_row(spoilt):
    found = re.search(r'<dd data-rows="abc"><b>(.*?)</b> <span>(.*?)</span>', page(spoilt, "index"))
    # 3652.5 days are 120 months; 365.25 are 12.
    assert found[1] == "120.0 months"
    assert found[2] == "median; 95 % limits 12.0 to not reached; 7 events in 20 patients"


def test_a_number_of_a_notebook_that_stopped_is_no_headline(tmp_path):
    places = run_of(tmp_path)
    plan = [{"name": "OS", "page": "survival", "results": "survival", "endpoint": "os_prrt",
             "statistic": "median"}]  # fmt: skip
    assert start.tiles(plan, places, "gep", {"survival": {}})
    assert start.tiles(plan, places, "gep", {"quality": {}}) == ""
    assert start.tiles(plan, places, "all_treated", {"survival": {}}) == ""


def test_code_is_folded_without_scripts_and_parameters_are_open(spoilt):
    text = page(spoilt, "survival")
    assert text.count("<details") >= 3 and "<summary" in text
    table = re.search(r"Parameters of this page.*?</table>", text, re.DOTALL)[0]
    assert '<th scope="row">scenario</th><td>s (default: demo)</td>' in table


def test_a_picture_is_a_file_of_its_own_and_says_what_it_shows(spoilt):
    found = re.search(r'<img alt="([^"]*)" src="(_images/[^"]+)"', page(spoilt, "survival"))
    assert found[1] == "Figure: How long?"
    assert (spoilt / found[2]).is_file()
    assert len(list((spoilt / "_images").glob("*.png"))) == 1 + coverage_pictures()


def coverage_pictures() -> int:
    text = (contents.DOCS / "coverage.md").read_text(encoding="utf-8")
    return len(re.findall(r"!\[", text))


def test_questions_are_counted_by_rule_and_listed_by_cell(spoilt):
    text = page(spoilt, "findings")
    counted, listed = text.split("Every question")[0], text.split("Every question")[-1]
    assert '<td class="long">' not in counted
    assert "<td>Correct the cell.</td>" in counted
    assert "B2" in listed and "write a date" in listed


def test_only_pages_and_what_they_need_are_left(spoilt):
    kinds = {path.suffix for path in spoilt.rglob("*") if path.is_file()}
    assert kinds <= {".html", ".js", ".css", ".png", ".svg", ".ipynb", ".map", ".txt"}
    assert not [path for path in spoilt.rglob("*") if path.name.startswith(".")]


OUTSIDE = re.compile(
    r"""(?:\bsrc\s*=\s*|<link\b[^>]*\bhref\s*=\s*|url\(\s*|@import\s+)["']?\s*(?:https?:)?//"""
)


def test_nothing_names_an_address_that_a_browser_would_ask(spoilt):
    for path in spoilt.rglob("*"):
        if path.suffix in (".html", ".css"):
            assert not OUTSIDE.search(path.read_text(encoding="utf-8")), path.name


def test_equal_runs_are_equal_bytes_and_a_killed_build_leaves_the_pages(tmp_path, monkeypatch):
    places = run_of(tmp_path, "quality")
    made = SITE.build(PARAMETERS, record("quality"), places, [])
    before = {path: path.read_bytes() for path in made}
    # What a process that was killed while it built has left.
    half = places.reports / WORK / "html"
    half.mkdir(parents=True)
    (half / "index.html").write_text("half")

    def stop(*given):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(generator, "generate", stop)
        with pytest.raises(KeyboardInterrupt):
            SITE.build(PARAMETERS, record("quality"), places, [])
    assert {path: path.read_bytes() for path in made} == before
    again = SITE.build(PARAMETERS, record("quality"), places, [])
    assert not (places.reports / WORK).exists()
    assert {path: path.read_bytes() for path in again} == before
    SITE.remove(places)
    assert [path.name for path in places.reports.iterdir()] == ["quality.ipynb"]


def test_the_generator_has_nothing_to_warn_about(tmp_path, monkeypatch):
    said = []
    whole = generator.generate

    def generate(*given):
        pages, warnings = whole(*given)
        said.append(warnings)
        return pages, warnings

    monkeypatch.setattr(generator, "generate", generate)
    places = run_of(tmp_path, *DONE)
    SITE.build(PARAMETERS, record(*DONE), places, [])
    assert said == [""]


def test_the_site_is_built_again_when_something_it_shows_changes(tmp_path):
    places = run_of(tmp_path, *DONE)
    base = SITE.key(PARAMETERS, record(*DONE), places, [])
    assert SITE.key(PARAMETERS, {**record(*DONE), "site": {"key": "x"}}, places, []) == base
    assert SITE.key(PARAMETERS, record(*DONE), places, [STOPPED]) != base
    assert SITE.key(PARAMETERS, record("quality"), places, []) != base
    (places.reports / "sign-off.json").write_text("{}", encoding="utf-8")
    assert SITE.key(PARAMETERS, record(*DONE), places, []) != base


def test_the_start_page_names_the_parameters_that_were_changed(spoilt):
    assert run_facts.changed(PARAMETERS) == "all at their defaults"
    other = replace(PARAMETERS, conf_level=0.9, primary=["os_prrt"])
    assert run_facts.changed(other) == "primary = os_prrt; conf_level = 0.9"
    assert "all at their defaults" in page(spoilt, "index")


def test_every_piece_of_the_start_page_is_in_a_notebook():
    for part in load_words(start.PLAN)["sections"]:
        for piece in part["pieces"]:
            code = [
                source(cell) for cell in cells(piece["notebook"]) if cell["cell_type"] == "code"
            ]
            assert sum(piece["cell"] in text for text in code) == 1, piece


def test_every_notebook_has_its_place_in_the_navigation():
    pages = [name for names in contents.sections().values() for name in names]
    assert set(STORY) < set(pages) and len(pages) == len(set(pages))


def test_later_titles_of_a_page_of_docs_go_down_a_level():
    text = "# One\n\n## a\n\n# Two\n\n## b\n"
    assert contents.one_title(text) == "# One\n\n## a\n\n## Two\n\n### b\n"


def test_text_in_markdown_and_html_is_shown_letter_by_letter():
    assert markup.in_markdown("a *b*\n# c") == r"a \*b\* \# c"
    assert markup.element("td", "<b>", class_="x") == '<td class="x">&lt;b&gt;</td>'
    assert "`" not in markup.raw("x `````\ny").split("\n", 1)[1].rsplit("\n", 2)[0]


def test_a_picture_inside_html_becomes_a_file():
    kept: dict[str, bytes] = {}
    text = notebooks.extracted(f'<img alt="a" src="data:image/png;base64,{PIXEL}">', kept)
    (name,) = kept
    assert text == f'<div class="prrt-picture"><img alt="a" src="_images/{name}"></div>'
    assert kept[name].startswith(b"\x89PNG")


def test_a_run_with_a_notebook_that_fails_still_has_a_readable_site(tmp_path):
    project = copied(tmp_path / "project")
    path = project / "notebooks/exposure.ipynb"
    content = json.loads(path.read_text(encoding="utf-8"))
    place = max(n for n, cell in enumerate(content["cells"]) if cell["cell_type"] == "code")
    content["cells"][place]["source"] = ["{}['no such key']"]
    path.write_text(json.dumps(content), encoding="utf-8")
    done = run(project, "small", tmp_path / "out", site=True)
    assert done.returncode == 3, done.stderr
    reports = tmp_path / "out/reports/small"
    assert "This notebook stopped" in page(reports, "exposure")
    assert "notebooks/exposure.ipynb, cell" in page(reports, "index")
    assert "Table 1" in page(reports, "characteristics")
    again = run(project, "small", tmp_path / "out", site=True)
    assert "  site" not in again.stdout

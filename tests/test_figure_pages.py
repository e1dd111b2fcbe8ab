"""The figures of the demonstration's pages: each told, tabled, to take away, and to be signed."""

from __future__ import annotations

import io
import json
import re
from html import unescape
from pathlib import Path
from urllib.parse import unquote

import pandas as pd
import pytest
from small_project import finished_demo

from prrt_lib.base.paths import Places
from prrt_lib.declare import results
from prrt_lib.run.notebook_form import STORY
from prrt_lib.tools.sign_off import summary

LARGEST = 15_000_000
# Figures of single patients, and the flow: nothing of them is a result row.
WITHOUT_ROWS = ("swimmer", "waterfall", "intervals", "cga", "pancreastatin", "activity", "flow")


@pytest.fixture(scope="module")
def places(tmp_path_factory) -> Places:
    return Places("demo", finished_demo(tmp_path_factory))


@pytest.fixture(scope="module")
def drawn(places) -> dict[str, str]:
    """Name of a figure on its page -> its HTML."""
    found = {}
    for page in STORY:
        content = json.loads((places.reports / f"{page}.ipynb").read_text(encoding="utf-8"))
        for cell in content["cells"]:
            for output in cell.get("outputs", []):
                assert "image/png" not in output.get("data", {}), page
                text = "".join(output.get("data", {}).get("text/html", ""))
                for name in re.findall(r'data-item="figure-([^"]+)"', text):
                    found[f"{page}/{name}"] = text
    return found


def test_every_figure_has_words_with_numbers_values_and_a_file(drawn):
    assert len(drawn) > 25
    for name, text in drawn.items():
        words = unescape(re.search(r'<img alt="([^"]*)"', text)[1])
        assert re.search(r"\d", words) or "Nothing" in words or "not est" in words, (name, words)
        link = re.search(r'<a download="\w+\.csv" href="data:text/csv[^,]*,([^"]*)"', text)[1]
        file = pd.read_csv(io.StringIO(unquote(unescape(link))))
        table = text[text.index("<details>") :]
        assert table.count("<tr") - 1 == len(file), name


def test_every_number_of_a_figure_leads_to_a_stored_row(places, drawn):
    stored = pd.concat([results.read(path) for path in places.results.glob("*.csv")])
    known = set(stored["row_id"])
    for name, text in drawn.items():
        ids = set(" ".join(re.findall(r'data-rows="([^"]*)"', text)).split())
        assert ids <= known, name
        assert ids or "<td" not in text or any(word in name for word in WITHOUT_ROWS), name


def test_no_curve_of_any_page_is_drawn_where_fewer_than_five_are_at_risk(drawn):
    seen = 0
    for name, text in drawn.items():
        for link in re.findall(r'href="data:text/csv[^,"]*,([^"]*)"', text):
            values = pd.read_csv(io.StringIO(unquote(unescape(link))))
            if "at risk" in values and "estimate, %" in values:
                seen += 1
                assert values["at risk"].min() >= 5, name
                assert "Curves end where fewer than 5 are at risk" in unescape(text), name
    assert seen >= 10


CURVES = {"os_dx_delayed": "survival-os-dx-delayed", "os_prrt": "survival-os-prrt",
          "ttp": "survival-ttp", "pfs": "survival-pfs",
          "cif_progression": "survival-cif-progression"}  # fmt: skip


@pytest.mark.parametrize("endpoint", CURVES)
def test_card_sentence_table_and_figure_show_the_same_n_and_events(endpoint, places, drawn):
    stored = results.read(places.results / "survival.csv")
    row = stored[(stored["endpoint"] == endpoint) & (stored["population"] == "gep")
                 & (stored[["setting", "group", "model"]] == "").all(axis=1)]  # fmt: skip
    row = row.loc[row["events"].idxmax()]
    n, events = int(row["n"]), int(row["events"])
    figure = next(text for name, text in drawn.items()
                  if name.endswith(CURVES[endpoint]) and name.startswith("survival"))  # fmt: skip
    assert f"{n} patients, {events} events" in unescape(figure)
    at_start = stored[(stored["row_id"] != "") & (stored["endpoint"] == endpoint)
                      & (stored["population"] == "gep") & (stored["state"] == "ok")
                      & stored["statistic"].isin(["survival", "cumulative_incidence"])
                      & (stored[["setting", "group", "model"]] == "").all(axis=1)]  # fmt: skip
    first = at_start.sort_values("time").iloc[0]
    page = (places.reports / "survival.html").read_text(encoding="utf-8")
    page = page[page.index('aria-label="Survival and progression"') :]
    lines = [re.sub("(<[^>]+>)+", "|", line) for line in page.split("<tr")[:8]]
    table = next(line for line in lines if f"|{row['label']} (gep)|" in unescape(line))
    assert f"|{n}|{first['at_risk']:g}" in table and f"|{events}|" in table
    if endpoint != "cif_progression":
        for where in ("index.html", "report.html"):
            text = (places.reports / where).read_text(encoding="utf-8")
            assert f"{events} events in {n} patients" in text, where


def test_every_table_and_figure_can_be_signed_under_a_name_of_its_own(places, drawn):
    state = summary(places)
    keys = [item.key for item in state.items]
    assert len(keys) == len(set(keys)) and all(item.title for item in state.items)
    assert {f"{key.replace('/', '/figure-', 1)}" for key in drawn} <= set(keys)
    assert state.counts == {"open": len(keys)} and not state.problem


def test_the_whole_site_is_small(places):
    assert sum(path.stat().st_size for path in Path(places.reports).rglob("*")) < LARGEST

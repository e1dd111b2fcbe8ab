"""The generated pages of docs/ say what the declarations say now."""

from __future__ import annotations

import json
import re

import jsonschema
import pytest
import yaml

from prrt_lib.tools.docs import pages

PAGES = pages()


@pytest.mark.parametrize("name", list(PAGES))
def test_a_generated_page_is_up_to_date(project, name):
    path = project / "docs" / name
    assert path.is_file(), "make docs"
    assert path.read_text(encoding="utf-8") == PAGES[name], "stale: make docs"


@pytest.mark.parametrize("name", [name for name in PAGES if name.endswith(".md")])
def test_the_lines_of_a_table_have_equally_many_cells(name):
    tables = re.findall(r"(?:^\|.*\n)+", PAGES[name], re.MULTILINE)
    assert tables
    for table in tables:
        widths = {len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}
        assert len(widths) == 1, table[:80]


def test_the_main_analysis_is_named_among_the_settings_of_an_endpoint():
    lines = [line for line in PAGES["endpoints.md"].splitlines() if "settings |" in line]
    assert lines and all(line.startswith("| settings | (main), ") for line in lines)
    assert not re.search(r"(\||:) ?,|, ?,", PAGES["endpoints.md"])


def test_links_between_the_pages_lead_somewhere(project):
    for path in [project / "README.md", *sorted((project / "docs").glob("*.md"))]:
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", path.read_text(encoding="utf-8")):
            assert (path.parent / target).exists(), f"{path.name}: {target}"


@pytest.mark.parametrize("scenario", ["demo", "demo_wide"])
def test_shipped_scenarios_fit_the_published_schema(project, scenario):
    schema = json.loads(PAGES["schemas/scenario.schema.json"])
    text = (project / f"params/{scenario}.yaml").read_text(encoding="utf-8")
    content = yaml.load(text, Loader=yaml.BaseLoader)
    jsonschema.validate(content, schema)


def test_the_published_schema_refuses_a_misspelt_parameter():
    schema = json.loads(PAGES["schemas/scenario.schema.json"])
    content = {"workbook": "w.xlsx", "profile": "p", "cutoff": "2020-01-01", "horizon": 60}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(content, schema)

"""Every benchmark writes its own part of docs/benchmarks.md and leaves the others as they are."""

from __future__ import annotations

import re

from benchmarks import bench_reading, page


def test_a_part_is_replaced_and_the_others_stay(tmp_path):
    path = tmp_path / "benchmarks.md"
    page.put(path, "truth", "# Truth\nnothing wrong")
    page.put(path, "speed", "# Speed\nfirst")
    page.put(path, "speed", "# Speed\n\nsecond\n\n")
    lines = [line for line in path.read_text().splitlines() if line and "<!--" not in line]
    assert lines == ["# Speed", "second", "# Truth", "nothing wrong"]


def test_the_page_of_the_docs_has_its_three_parts(project, tmp_path):
    text = (project / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    assert re.findall(r"<!-- Made by `make bench`: (\w+) -->", text) == list(page.ORDER)
    copy = tmp_path / "benchmarks.md"
    copy.write_text(text, encoding="utf-8")
    page.put(copy, "reading", page._parts(text)["reading"])
    assert copy.read_text(encoding="utf-8") == text


def test_ratios_are_those_of_the_seconds():
    seconds = dict.fromkeys(bench_reading.READERS, (1.0, 50.0)) | {
        bench_reading.ALONE: (2.0, 60.0), bench_reading.HOUSE: (3.0, 70.0),
        "openpyxl, normal mode": (30.0, 500.0),
    }  # fmt: skip
    lines = bench_reading.table(seconds).splitlines()
    assert lines[1].endswith("| 3.0 | 70 | calamine, values | 1.50 | 2 |")
    assert lines[2].endswith("| openpyxl, normal mode | 0.10 | 0.5 |")

"""The start page and the ten lines at the end of a run. Reads result rows as plain text: fast."""

from __future__ import annotations

import csv
import html
from collections import Counter
from pathlib import Path
from typing import Any

from prrt_lib.base.errors import Problem
from prrt_lib.base.paths import Places
from prrt_lib.declare.parameters import Parameters, months
from prrt_lib.edges.manifest import write_text
from prrt_lib.edges.notebook_form import STORY
from prrt_lib.edges.pages import HERE, header, heading
from prrt_lib.edges.reference import REFERENCE

HEADLINE = ("os_dx_delayed", "os_prrt", "ttp", "pfs")


def _rows(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    with open(path, encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def _main(row: dict[str, str], population: str) -> bool:
    empty = ("setting", "stratum", "group", "group_level", "model")
    return row["population"] == population and not any(row[name] for name in empty)


def _median(row: dict[str, str]) -> str:
    if row["state"] != "ok":
        return row["state"]
    value, low, high = (
        f"{months(float(row[name])):.1f}" if row[name] else "not reached"
        for name in ("estimate", "low", "high")
    )
    return f"median {value} months ({low} to {high})"


def headline(parameters: Parameters, record: dict[str, Any], places: Places) -> list[str]:
    """About ten lines: patients, events, medians, findings by severity."""
    population = record.get("about", {}).get("headline") or parameters.population
    lines = []
    for row in _rows(places.processed / "flow.csv"):
        if row.get("rule") == "population":
            lines.append(f"  {row['step']:<28} n = {row['n_after']}")
    for row in _rows(places.results / "survival.csv"):
        if row["statistic"] == "median" and row["endpoint"] in HEADLINE and _main(row, population):
            counts = f"{_whole(row['events'])} events of {_whole(row['n'])}"
            lines.append(f"  {row['endpoint']:<16} {counts:<20} {_median(row)}")
    severity = Counter(row["severity"] for row in _rows(places.processed / "findings.csv"))
    counted = ", ".join(f"{severity[level]} {level}s" for level in ("error", "warning", "note"))
    return [*lines, f"  findings: {counted}"]


def _whole(text: str) -> str:
    return str(int(float(text))) if text else "?"


def write_index(
    parameters: Parameters, record: dict[str, Any], places: Places, failures: list[Problem]
) -> Path:
    """The start page in the order of a paper."""
    about = record.get("about", {})
    failed = "".join(f'<p class="failed">{html.escape(str(item))}</p>' for item in failures)
    body = [failed, _pages(places), _figure(places), _numbers(parameters, record, places),
            _facts(parameters, record), _reference(places)]  # fmt: skip
    style = (HERE / "page.css").read_text(encoding="utf-8")
    title = html.escape(parameters.title or parameters.scenario)
    text = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<style>{style}</style></head><body class="prrt-index">'
        f"{header('index', parameters, about)}<main><h1>{title}</h1>{''.join(body)}</main>"
        "</body></html>\n"
    )
    target = places.reports / "index.html"
    if not target.exists() or target.read_text(encoding="utf-8") != text:
        write_text(target, text)
    return target


def _pages(places: Places) -> str:
    items = "".join(
        f'<li><a href="{name}.html">{html.escape(heading(name))}</a></li>'
        for name in STORY
        if (places.reports / f"{name}.html").exists()
    )
    files = "".join(
        f'<li><a href="{name}">{name}</a></li>'
        for name in ("tables.docx", "tables.xlsx", "tables.tex")
        if (places.reports / name).exists()
    )
    tables = f"<h2>Tables for the manuscript</h2><ul>{files}</ul>" if files else ""
    return f"<h2>Pages</h2><ol>{items}</ol>{tables}"


def _reference(places: Places) -> str:
    items = "".join(
        f'<li><a href="{name}.html">{html.escape(title)}</a></li>'
        for name, title in REFERENCE.items()
        if (places.reports / f"{name}.html").exists()
    )
    return f"<h2>Reference</h2><ul>{items}</ul>"


def _figure(places: Places) -> str:
    import base64

    picture = places.figures / "survival_os_dx_delayed.png"
    if not picture.exists():
        return ""
    data = base64.b64encode(picture.read_bytes()).decode()
    words = "Overall survival from diagnosis, delayed entry at first PRRT"
    return (
        f'<h2>Headline</h2><figure><img alt="{words}; numbers below and on the survival page" '
        f'src="data:image/png;base64,{data}"><figcaption>{words}</figcaption></figure>'
    )


def _numbers(parameters: Parameters, record: dict[str, Any], places: Places) -> str:
    lines = "".join(
        f"<li>{html.escape(line.strip())}</li>" for line in headline(parameters, record, places)
    )
    return f"<h2>In numbers</h2><ul>{lines}</ul>"


def _facts(parameters: Parameters, record: dict[str, Any]) -> str:
    shown = {
        "data cut-off": parameters.cutoff,
        "horizon": f"{parameters.horizon_months:g} months after first PRRT",
        "workbook": f"{record['workbook']['name']}, SHA-256 {record['workbook']['sha256']}",
        "profile": f"{record['profile']['name']}, SHA-256 {record['profile']['sha256']}",
        "software": ", ".join(f"{name} {value}" for name, value in record["versions"].items()),
        "prrt_lib": record["prrt_lib"],
        "seed": str(parameters.seed),
        "amendments": "; ".join(parameters.amendments) or "none",
    }
    rows = "".join(
        f'<tr><th scope="row">{html.escape(name)}</th><td>{html.escape(value)}</td></tr>'
        for name, value in shown.items()
    )
    return f"<h2>This run</h2><table>{rows}</table>"

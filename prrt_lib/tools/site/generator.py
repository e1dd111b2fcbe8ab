"""The site's generator: Sphinx with MyST-NB and Furo, offline and always the same bytes."""

from __future__ import annotations

import html
import io
import os
import re
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
STATIC = HERE / "static"
# Blue and grey of the figures; each pair of text and ground has a contrast above 4.5.
COLOURS = {
    "color-brand-primary": "#0b5394",
    "color-brand-content": "#0b5394",
    "color-brand-visited": "#0b5394",
    "color-foreground-primary": "#1b2733",
    "color-foreground-secondary": "#40505f",
    "color-foreground-muted": "#52616f",
    "color-link--visited": "#0b5394",
    "color-link-underline": "#8aa4bd",
}
FOLDER = "_downloads"
# The link to the values that every figure has; the vector file has the same name.
VALUES = re.compile(r'<a download="([A-Za-z0-9_]+)\.csv" href="data:[^"]*">[^<]*</a>')
# Folders that belong to the site alone: what a new site does not have is removed from them.
OWN = ("_static", "_images", "_downloads")


def settings(title: str, bar: str) -> dict[str, Any]:
    """Sphinx's settings for a site of this title with this bar on every page."""
    shown = html.escape(title)
    scripts, styles = (
        sorted(path.name for path in STATIC.glob(f"*.{kind}")) for kind in ("js", "css")
    )
    return {
        "extensions": ["myst_nb"], "project": shown, "html_title": shown, "language": "en",
        "html_theme": "furo", "templates_path": [str(HERE / "templates")],
        "html_static_path": [str(STATIC)], "html_js_files": scripts, "html_css_files": styles,
        "html_theme_options": {"announcement": bar, "light_css_variables": COLOURS,
                               "top_of_page_buttons": []},
        # A page opened from a folder can fetch nothing: no summaries of search results.
        "html_show_search_summary": False,
        "html_copy_source": False, "html_show_sourcelink": False, "html_use_index": False,
        "html_show_sphinx": False, "html_show_copyright": False, "html_last_updated_fmt": None,
        "nb_execution_mode": "off", "nb_ipywidgets_js": {}, "myst_enable_extensions": [],
        "myst_heading_anchors": 3, "nb_code_prompt_show": "Code", "nb_code_prompt_hide": "Code",
        "smartquotes": False,
    }  # fmt: skip


def generate(source: Path, work: Path, title: str, bar: str) -> tuple[Path, str]:
    """The folder of finished pages below ``work``, and what the generator warned about."""
    from sphinx.application import Sphinx
    from sphinx.util.docutils import docutils_namespace, patch_docutils

    warnings, target = io.StringIO(), work / "html"
    with patch_docutils(), docutils_namespace():
        app = Sphinx(
            srcdir=source, confdir=None, outdir=target, doctreedir=work / "doctrees",
            buildername="html", confoverrides=settings(title, bar), status=None, warning=warnings,
            freshenv=True,
        )  # fmt: skip
        app.build(force_all=True)
    for name in (".buildinfo", "objects.inv"):
        (target / name).unlink(missing_ok=True)
    return target, warnings.getvalue()


def add_vectors(pages: Path, figures: Path) -> None:
    """Links in ``pages`` to the PDF of each figure that has one in ``figures``, copied there."""

    def with_vector(link: re.Match) -> str:
        source, target = figures / f"{link[1]}.pdf", pages / FOLDER / f"{link[1]}.pdf"
        if not source.exists():
            return link[0]
        if not target.exists():
            target.parent.mkdir(exist_ok=True)
            shutil.copyfile(source, target)
        return f'{link[0]}<a download href="{FOLDER}/{target.name}">Vector figure (PDF)</a>'

    for page in sorted(pages.glob("*.html")):
        text = page.read_text(encoding="utf-8")
        linked = VALUES.sub(with_vector, text)
        if linked != text:
            page.write_text(linked, encoding="utf-8")


def place(pages: Path, reports: Path) -> list[Path]:
    """The files of the site in ``reports``, moved there from ``pages``."""

    def order(name: Path) -> tuple[bool, bool, str]:
        """What pages need comes before the pages, the page that leads to all others last."""
        return (name.suffix == ".html", name.name == "index.html", str(name))

    files = (path.relative_to(pages) for path in pages.rglob("*") if path.is_file())
    names = sorted(files, key=order)
    for name in names:
        (reports / name).parent.mkdir(parents=True, exist_ok=True)
        os.replace(pages / name, reports / name)
    placed = [reports / name for name in names]
    for folder in OWN:
        for path in (reports / folder).rglob("*"):
            if path.is_file() and path not in placed:
                path.unlink()
    return placed


def remove(reports: Path, pages: Iterable[str]) -> None:
    """Takes the site away: its pages would show what is no longer so."""
    for name in ("index", *pages, "search"):
        (reports / f"{name}.html").unlink(missing_ok=True)
    for name in (*OWN, "trace"):
        shutil.rmtree(reports / name, ignore_errors=True)
    for name in ("searchindex.js", "sign-off-items.js"):
        (reports / name).unlink(missing_ok=True)

"""The site's generator: Sphinx with MyST-NB and Furo, offline and always the same bytes."""

from __future__ import annotations

import html
import io
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

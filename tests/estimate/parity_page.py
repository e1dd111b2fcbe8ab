"""The parity page: how far every estimator agrees with R, from the committed comparison."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import yaml

from prrt_lib.tools.docs import table

MAPPINGS = ("statistics_survival.csv", "statistics_cox.csv")
OUT_OF_SCOPE = ("outside the methods", "outside the scope")

# Names in the mapping file that stand for a call on a fit -> the public name.
PUBLIC = {
    "cox.zph": "CoxFit.zph", "cox.residuals": "CoxFit.residuals", "cox+splines": "spline_effect",
    "cox.imputed": "cox",
}  # fmt: skip

HEAD = """<!-- Made by python -m tests.estimate.parity_table, not by hand. -->
# Agreement with R

{reached:,} of the {all:,} reference values are reproduced ({files} lines below); {scope} are
outside the methods of this study and {missed} inside them are not reproduced, each with its reason.
The values are R's on public data sets; `tests/golden/README.md` says which versions made them,
whose data they are and under which licence. Which call gives which value: `statistics.csv` beside
this page.

*digits*: the fewest digits of agreement of any row of the line, -log10(|a - b| / max(1, |b|)),
rounded down to a half, 16 when equal; p values below 1e-12 are compared by their logarithms.
Asked are 8. Where fewer are shown, R's own value holds no more (root finders, Fisher limits).

"""


def family(analysis: str) -> str:
    """The part of a golden analysis name that names the method: before the first bar."""
    name = analysis.split("|")[0]
    return re.sub(r"^(mi\.cox)\.imp\d+$", r"\1.imp", name)


def mapping(golden: Path) -> pd.DataFrame:
    """dataset, analysis, stat -> function, arguments, result-row statistic, notes; both halves."""
    parts = [pd.read_csv(golden / name, dtype=str, keep_default_na=False) for name in MAPPINGS]
    rows = pd.concat(parts, ignore_index=True)
    rows["function"] = [PUBLIC.get(name, name) for name in rows["function"]]
    return rows


def parity_page(golden: Path) -> str:
    """docs/parity.md, from golden.csv, the mapping files, parity.csv and conventions.yaml."""
    golden = Path(golden)
    lines = pd.read_csv(golden / "parity.csv", dtype=str)
    values = pd.read_csv(golden / "golden.csv", dtype=str, keep_default_na=False)
    rows = values.merge(mapping(golden), how="left", on=["dataset", "analysis", "stat"])
    left = rows[rows["function"] == ""].assign(family=lambda rows: rows["analysis"].map(family))
    outside = left["notes"].str.startswith(OUT_OF_SCOPE)
    head = HEAD.format(
        reached=len(rows) - len(left), all=len(rows), files=len(lines), scope=int(outside.sum()),
        missed=int((~outside).sum()),
    )  # fmt: skip
    said = yaml.safe_load((golden / "conventions.yaml").read_text(encoding="utf-8"))
    shown = ([*line, _convention(line[0], said)] for line in lines.itertuples(index=False))
    header = ["analysis", "dataset", "rows", "digits", "worst of", "convention"]
    return "".join([
        head, table(header, shown),
        "\n## Inside the scope, not reproduced\n\n", _listed(left[~outside]),
        "\n## Outside the scope\n\n", _listed(left[outside]),
    ])  # fmt: skip


def _convention(name: str, said: dict[str, str]) -> str:
    """The convention of the longest prefix of ``name`` that has one."""
    fitting = [prefix for prefix in said if name.startswith(prefix)]
    return said[max(fitting, key=len)] if fitting else ""


def _listed(rows: pd.DataFrame) -> str:
    groups = rows.groupby(["family", "notes"], sort=False)
    lines = [
        [name, ", ".join(sorted(set(part["dataset"]))), ", ".join(dict.fromkeys(part["stat"])),
         len(part), notes]
        for (name, notes), part in groups
    ]  # fmt: skip
    return table(["analysis", "dataset", "statistics", "rows", "why"], lines)

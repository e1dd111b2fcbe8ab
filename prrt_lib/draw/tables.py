"""Tables from result rows: a small neutral structure that renders to HTML, numbers traceable."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from prrt_lib.declare import numbers
from prrt_lib.declare.dictionary import dictionary
from prrt_lib.declare.parameters import BRACKETED, BRACKETS
from prrt_lib.declare.rows import KEY
from prrt_lib.declare.sign_off import item_name
from prrt_lib.draw.alike import once_each

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Cell:
    """Text of a cell, the result rows it shows, and the page it leads to."""

    text: str
    row_ids: tuple[str, ...] = ()
    page: str = ""


EMPTY = [[Cell("nothing to show")]]


@dataclass(frozen=True)
class Table:
    """Header, body and notes of a table; ``sections`` are the body rows that head a block.

    A line with fewer cells than the header, such as one that says why there is nothing to show,
    is filled up with empty ones.
    """

    title: str
    header: list[str]
    body: list[list[Cell]]
    notes: list[str] = field(default_factory=list)
    sections: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        wide = len(self.header)
        filled = [[*line, *[Cell("")] * (wide - len(line))] for line in self.body]
        object.__setattr__(self, "body", filled)

    def frame(self) -> pd.DataFrame:
        """The table's texts as a frame."""
        texts = [[cell.text for cell in line] for line in self.body]
        return pd.DataFrame(texts, columns=self.header)

    def _repr_html_(self) -> str:
        return self.html()

    def html(self, signed: bool = True) -> str:
        """The table as a page shows it; ``signed``: a reviewer signs it as an item of its own."""
        item = f' data-item="{item_name("table", self.title)}"' if signed else ""
        head = "".join(f'<th scope="col">{html.escape(text)}</th>' for text in self.header)
        lines = "".join(self._line(number, line) for number, line in enumerate(self.body))
        notes = "".join(f"<div>{html.escape(note)}</div>" for note in self.notes)
        return (
            f'{TABLE}<table class="prrt-table"{item}><caption>{html.escape(self.title)}</caption>'
            f"<thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table>"
            f'<div class="prrt-notes">{notes}</div>'
        )

    def _line(self, number: int, line: Sequence[Cell]) -> str:
        kind = ' class="section"' if number in self.sections else ""
        # Browsers drop the blanks that set a level below its variable.
        level = ' class="level"' if line[0].text.startswith(" ") else ""
        first = f'<th scope="row"{level}>{html.escape(line[0].text)}</th>'
        return f"<tr{kind}>{first}{''.join(_td(cell) for cell in line[1:])}</tr>"

    def __repr__(self) -> str:
        return f"{self.title}\n{self.frame().to_string(index=False)}"


@dataclass(frozen=True)
class Folded:
    """A table that a page shows when it is opened; the result rows are there all the same."""

    table: Table

    def _repr_html_(self) -> str:
        count = len(self.table.body)
        head = html.escape(f"{self.table.title}: {count} {'line' if count == 1 else 'lines'}")
        return f"<details><summary>{head}</summary>{self.table.html()}</details>"

    def __repr__(self) -> str:
        return repr(self.table)


def _td(cell: Cell) -> str:
    ids = f' data-rows="{" ".join(cell.row_ids)}"' if cell.row_ids else ""
    text = html.escape(cell.text)
    shown = f'<a href="{html.escape(cell.page)}.html">{text}</a>' if cell.page else text
    return f'<td class="num"{ids}>{shown}</td>'


def cell(row: Row | None, text: Callable[[Row], str] = numbers.estimate) -> Cell:
    """The cell that shows one result row; empty when there is none."""
    if row is None:
        return Cell("")
    return Cell(text(row), (row["row_id"], *row.get("between_ids", ())))


def bracketed(rows: pd.DataFrame) -> pd.DataFrame:
    """``rows`` with what stands in place of medians and rates that deaths without a date leave not
    estimable (:func:`between`), and without the readings that it is made from.
    """
    if "between" in rows or not (rows["method"] == BRACKETED).any():
        return rows
    reading = rows["setting"].isin(BRACKETS)
    readings, main = rows[reading].to_dict("records"), rows[~reading]
    told = [between(row, readings) for row in main.to_dict("records")]
    return main.assign(**{name: [item[name] for item in told] for name in told[0]})


def between(row: Mapping[str, Any], rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """``between`` and ``between_ids``: "48.2 to 60.1", the shortest and longest reading of ``row``.

    Empty unless deaths without a date leave ``row`` not estimable (decision 26). ``rows`` hold the
    readings: result rows with the same key but for their setting.
    """
    if row["method"] != BRACKETED:
        return {"between": "", "between_ids": ()}
    key = {name: row[name] for name in KEY if name != "setting" and not numbers.missing(row[name])}
    found = {
        other["setting"]: other
        for other in rows
        if other["setting"] in BRACKETS and all(other[name] == key[name] for name in key)
    }
    texts = [
        numbers.scaled(found[name], found[name]["estimate"]) or numbers.NOT_OK[found[name]["state"]]
        for name in BRACKETS
        if name in found
    ]
    ids = tuple(other["row_id"] for other in found.values())
    return {"between": f"between {' and '.join(texts)}" if texts else "", "between_ids": ids}


def first(rows: pd.DataFrame, **key: Any) -> Row | None:
    """The first result row that matches ``key``; None when there is none."""
    kept = rows
    for name, value in key.items():
        kept = kept[kept[name] == value]
    return None if kept.empty else kept.iloc[0].to_dict()


def warnings(rows: pd.DataFrame) -> list[str]:
    """Each kind of warning that the rows carry, once, in order; numbers that differ as a range."""
    return once_each(dict.fromkeys(rows["warning"]))


def levels(rows: pd.DataFrame, column: str = "group_level") -> list[str]:
    """Levels in the order in which the rows bring them."""
    return list(dict.fromkeys(rows[column]))


def characteristics(rows: pd.DataFrame, title: str) -> Table:
    """Table 1: variables and levels down, groups across; n/N (%) or median (IQR)."""
    groups = levels(rows)
    body, sections = [], set()
    for variable in levels(rows, "variable"):
        of_variable = rows[rows["variable"] == variable]
        plain = of_variable[of_variable["level"] == ""]
        summaries = [_quantiles(plain[plain["group_level"] == group]) for group in groups]
        sections.add(len(body))
        label = next((text for text in of_variable["label"] if text), dictionary().label(variable))
        counted = of_variable[of_variable["statistic"].isin(["proportion", "count"])]
        bare = counted[(counted["level"] == "") & (counted["state"] != "ok")]
        if len(bare):
            summaries = [cell(first(bare, group_level=group)) for group in groups]
            counted = counted.drop(bare.index)
        body.append([Cell(label), *summaries])
        for level in levels(counted, "level"):
            cells = [cell(first(counted, group_level=group, level=level)) for group in groups]
            body.append([Cell(f"   {level}" if level else "   n"), *cells])
        middles = of_variable[(of_variable["statistic"] == "median") & (of_variable["level"] != "")]
        for level, stratum in dict.fromkeys(zip(middles["level"], middles["stratum"], strict=True)):
            own = of_variable[(of_variable["level"] == level) & (of_variable["stratum"] == stratum)]
            cells = [_quantiles(own[own["group_level"] == group]) for group in groups]
            body.append([Cell("   " + ", ".join(filter(None, (level, stratum)))), *cells])
    header = ["", *(group or "All" for group in groups)]
    return Table(title, header, body, warnings(rows), frozenset(sections))


def _quantiles(rows: pd.DataFrame) -> Cell:
    parts = [first(rows, statistic=name) for name in ("median", "q25", "q75")]
    if parts[0] is None:
        return Cell("")
    if parts[0]["state"] != "ok" and not numbers.interval(parts[0]):
        return cell(parts[0])
    middle, low, high = (number(part) if part else "" for part in parts)
    unit = numbers.unit(parts[0])
    counted = f"; n = {numbers.plain(parts[0]['n'], 0)}"
    ids = tuple(part["row_id"] for part in parts if part)
    return Cell(f"{middle} ({low} to {high}) {unit}".strip() + counted, ids)


def number(row: Row) -> str:
    """The estimate alone, without limits, or the word that says why there is none."""
    return numbers.scaled(row, row["estimate"]) if row["state"] == "ok" else numbers.estimate(row)


def p_said(value: float) -> str:
    """What stands behind the letter p: "= 0.034" or "<0.001"."""
    text = numbers.p_value(value)
    return text if text.startswith("<") else f"= {text}"


def grid(
    rows: pd.DataFrame, title: str, down: str = "level", across: str = "group_level",
    text: Callable[[Row], str] = numbers.estimate, corner: str = "",
) -> Table:  # fmt: skip
    """Any rows laid out by two of their key columns, one row per cell."""
    if rows.empty:
        return Table(title, [corner], EMPTY)
    columns, body = levels(rows, across), []
    for name in levels(rows, down):
        line = [cell(first(rows, **{down: name, across: column}), text) for column in columns]
        body.append([Cell(str(name)), *line])
    header = [corner, *(str(column) or "All" for column in columns)]
    return Table(title, header, body, warnings(rows))


def survival(rows: pd.DataFrame, title: str, years: Mapping[float, str]) -> Table:
    """Medians and rates: one line per curve, n, at risk at its start, events, median with limits,
    S(t) at ``years``. A rate beyond the end of the drawn curve shows how many are at risk."""
    rows, small = _of_enough(bracketed(rows))
    body, beyond = [], False
    for key, part in rows.groupby(["population", "endpoint", "setting", "group", "group_level",
                                   "model"], sort=False):  # fmt: skip
        middle = first(part, statistic="median")
        steps = part[part["statistic"].isin(RATES)]
        counts = middle or part.sort_values("events", na_position="first").iloc[-1].to_dict()
        begin = steps[steps["state"] == "ok"].sort_values("time").head(1).to_dict("records")
        few = set(steps.loc[~drawn(part, steps), "row_id"])
        shown = [cell(first(steps, time=time), lambda row, few=few: _rate(row, few))
                 for time in years]  # fmt: skip
        late = late_median(part)
        middle_cell = cell(middle, lambda row, late=late: numbers.estimate(row) + late)
        beyond |= any("at risk]" in one.text for one in (*shown, middle_cell))
        own = part["label"].iloc[0] or key[1]
        level = f"{dictionary().label(key[3])}: {key[4]}" if key[3] and key[4] else key[4]
        name = " · ".join(text for text in (own, key[2].replace("_", " "), level) if text)
        body.append([
            Cell(f"{name} ({key[0]})"), cell(counts, lambda row: numbers.plain(row["n"], 0)),
            cell(begin[0] if begin else None, _at_start),
            cell(counts, lambda row: numbers.plain(row["events"], 0)), middle_cell, *shown,
        ])  # fmt: skip
    header = ["endpoint", "n", "at risk at the start", "events", "median, months (95 % limits)",
              *(f"{label}, % (95 % limits)" for label in years.values())]  # fmt: skip
    limit = rows.loc[rows["statistic"] == "at_risk", "method"].head(1)
    told = [f"[at risk]: {text}, and this number lies beyond the end" for text in limit if beyond]
    # Why n are not at risk at the start stands beside each number, not in a note of them all.
    noted = warnings(rows.assign(warning=rows["warning"].map(_without_start)))
    nothing = EMPTY if small and not body else []
    return Table(title, header, body or nothing, [*told, *small, *noted])


def _of_enough(rows: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """``rows`` without groups too small to estimate anything of, and a note that names them."""
    told = rows["warning"].str.extract(r"(fewer than \d+ patients at risk): not estimated")[0]
    out = (rows["group_level"] != "") & told.notna()
    key = ["endpoint", "population", "setting", "group", "group_level"]
    small = rows.loc[out, key].drop_duplicates()
    left = rows.merge(small, on=key, how="left", indicator="kept")["kept"].eq("left_only")
    named: dict[str, list[str]] = {}
    sizes = rows[out].groupby(["group", "group_level"], sort=False)["n"].agg(["min", "max"])
    for (group, level), (least, most) in sizes.iterrows():
        count = f"{least:g}" if least == most else f"{least:g} to {most:g}"
        named.setdefault(dictionary().label(group), []).append(f"{level} (n = {count})")
    which = "; ".join(f"{group}: {', '.join(names)}" for group, names in named.items())
    return rows[left.to_numpy()], [f"{which}: {told[out].iloc[0]}, not estimated"] if named else []


START = re.compile(r"n = \d+, at risk at day [^;]*: \d+ (\([^;]*\))")
RATES = ("survival", "cumulative_incidence")


def drawn(rows: pd.DataFrame, steps: pd.DataFrame) -> pd.Series:
    """Which of the ``steps`` of one curve lie before its end, where its ``rows`` name one."""
    end = first(rows, statistic="at_risk")
    return steps["time"].notna() if end is None else steps["time"] <= end["time"]


def late_median(rows: pd.DataFrame) -> str:
    """ " [too few at risk]" where the median of one curve lies beyond its end."""
    end, middle = first(rows, statistic="at_risk"), first(rows, statistic="median")
    late = end and middle and middle["state"] == "ok" and not middle["estimate"] <= end["time"]
    return " [too few at risk]" if late else ""


def _at_start(row: Row) -> str:
    """ "41 (2 enter later)": who is at risk at the start, and why that is not n."""
    reason = START.search(row["warning"])
    return numbers.plain(row["at_risk"], 0) + (f" {reason.group(1)}" if reason else "")


def _without_start(warning: str) -> str:
    return "; ".join(part for part in warning.split("; ") if not START.match(part))


def _rate(row: Row, few: set[str]) -> str:
    """A rate with limits, and the number at risk where that is too few to draw the curve on."""
    text = numbers.estimate(row)
    marked = row["row_id"] in few and row["state"] == "ok"
    return f"{text} [{numbers.plain(row['at_risk'], 0)} at risk]" if marked else text


def models(rows: pd.DataFrame, title: str, names: Sequence[str] = ()) -> Table:
    """Hazard ratios: variables and levels down, one column of ratio and p per model."""
    ratios = rows[rows["statistic"].isin(numbers.LOG_SCALE)]
    names, body = names or levels(ratios, "model"), []
    for (variable, level), part in ratios.groupby(["variable", "level"], sort=False):
        line = [Cell(named({"variable": variable, "level": level}))]
        for name in names:
            row = first(part, model=name)
            line += [cell(row, ratio), cell(row, lambda item: numbers.p_value(item["p"]))]
        body.append(line)
    header = ["", *(text for name in names for text in (f"{name}: hazard ratio", "p"))]
    whole = rows[(rows["level"] == "") & rows["total"].notna()]
    if (whole["n"] < whole["total"]).any():
        body.insert(0, [Cell("patients"), *(one for name in names for one in _sizes(whole, name))])
    return Table(title, header, body, warnings(rows))


def _sizes(whole: pd.DataFrame, model: str) -> list[Cell]:
    """ "71 of 88" where all rows of the model are of the same patients, else nothing; no p."""
    own = whole[whole["model"] == model]
    told = first(own) if len(own[["n", "total"]].drop_duplicates()) == 1 else None
    return [cell(told, lambda row: f"{row['n']:.0f} of {row['total']:.0f}"), Cell("")]


def models_by_endpoint(rows: pd.DataFrame, title: str) -> Table:
    """Hazard ratios of several endpoints, one block under the other."""
    names = levels(rows[rows["statistic"].isin(numbers.LOG_SCALE)], "model")
    parts = {label: models(part, title, names) for label, part in rows.groupby("label", sort=False)}
    body, sections, notes = [], set(), []
    for label, part in parts.items():
        sections.add(len(body))
        body += [[Cell(label)], *part.body]
        notes += part.notes
    header = next((part.header for part in parts.values()), [""])
    return Table(title, header, body, list(dict.fromkeys(notes)), frozenset(sections))


def models_by_setting(rows: pd.DataFrame, title: str) -> Table:
    """Hazard ratios of the model of all covariates, a column per setting, endpoints as blocks."""
    together = rows[rows["model"] == "multivariable"]
    names = together["setting"].where(together["setting"] != "", "main").str.replace("_", " ")
    return models_by_endpoint(together.assign(model=names), title)


def diagnostics(rows: pd.DataFrame, title: str) -> Table:
    """Events per coefficient, model tests, concordance: one line per row that is no coefficient."""
    kept = rows[rows["statistic"].isin(["events_per_parameter", "chi2", "concordance"])]
    body = []
    for row in kept.to_dict("records"):
        what = " ".join(filter(None, (row["variable"], row["reference"])))
        body.append([
            Cell(row["label"]), Cell(row["stratum"] or row["model"]),
            Cell(f"{row['statistic']} {what}".replace("_", " ")), cell(row),
            cell(row, lambda row: numbers.plain(row["df"], 0)),
            cell(row, lambda row: numbers.p_value(row["p"])),
        ])  # fmt: skip
    return Table(title, ["endpoint", "model", "what", "value", "df", "p"], body, warnings(rows))


def named(row: Row) -> str:
    """The covariate of a row, with its level: "Grade: G2"."""
    label = dictionary().label(row["variable"])
    return f"{label}: {row['level']}" if row["level"] else label


def ratio(row: Row) -> str:
    """A hazard ratio with limits; the reference level says so."""
    own = row["reference"] and row["level"] == row["reference"]
    return "reference" if own else numbers.estimate(row)


TABLE = (
    "<style>.prrt-table{border-collapse:collapse;font-size:.92em;margin:.4em 0}"
    ".prrt-table caption{caption-side:top;text-align:left;font-weight:600;padding:.2em 0}"
    ".prrt-table th,.prrt-table td,.jp-RenderedHTMLCommon .prrt-table td,"
    ".jp-RenderedHTMLCommon .prrt-table th{padding:.22em .8em .22em 0;text-align:left;"
    "vertical-align:top;border-bottom:1px solid #d5dde5;white-space:normal}"
    ".prrt-table thead th{border-bottom:2px solid #1b2733}"
    ".prrt-table td.num{font-variant-numeric:tabular-nums}"
    ".prrt-table th.level{padding-left:1.2em!important;font-weight:normal}"
    ".prrt-table tr.section th{padding-top:.6em}.prrt-notes{font-size:.85em;color:#52616f}</style>"
)

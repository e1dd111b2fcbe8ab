"""``python -m benchmarks.bench_reading``: CPU time and memory of reading, beside two libraries.

Writes an invented registry of 20,000 patients in five sheets (about 200,000 rows) and reads it as
values alone (calamine), as values and formats (openpyxl, and the house reader), and as a whole
(typed tables, findings, lineage).
"""

from __future__ import annotations

import argparse
import datetime as dt
import random
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from benchmarks import page

PROJECT = Path(__file__).parents[1]

HEADERS = {
    "Patients": ["Study ID", "Sex", "Date of birth", "Date of diagnosis", "Primary site", "Stage",
                 "Ki-67 (%)", "Vital status", "Date of last contact"],
    "PRRT cycles": ["Study ID", "Cycle", "Treatment date", "Isotope", "Activity (mCi)", "Center"],
    "Biomarkers": ["Study ID", "Time point", "Date", "Chromogranin A (ng/mL)",
                   "Pancreastatin (pg/mL)"],
    "Imaging": ["Study ID", "Scan date", "Modality", "Response"],
    "Adverse events": ["Study ID", "Adverse event", "CTCAE grade", "Onset", "Related", "Serious"],
}  # fmt: skip
ROWS_OF = {"Patients": 1, "PRRT cycles": 3, "Biomarkers": 3, "Imaging": 2, "Adverse events": 1}
ALONE, HOUSE = "calamine, values", "house reader, values and formats"
READERS = {
    ALONE: "import python_calamine as p\nbegin()\n"
    "b = p.CalamineWorkbook.from_path(path)\n"
    "for n in b.sheet_names: b.get_sheet_by_name(n).to_python()",
    HOUSE: "from prrt_lib.read.workbook.excel import sheets_of\nbegin()\n"
    "with sheets_of(path) as b:\n    for n in b.sheet_names: b[n]",
    "gate, in its child process": "from prrt_lib.read.workbook.gate import admit\nbegin()\n"
    "admit(path)",
    "openpyxl, normal mode": "import openpyxl\nbegin()\nopenpyxl.load_workbook(path)",
    "read_workbook, everything": "from prrt_lib.read.reading import read_workbook\nbegin()\n"
    "read_workbook(path, 'sheets')",
}
# What takes a second is measured in turn this many times, what takes longer once.
ROUNDS = {ALONE: 5, HOUSE: 5, "gate, in its child process": 5}
RUN = """\
import resource, sys
path, code = sys.argv[1:3]
used = lambda: [resource.getrusage(w) for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
start = []
def begin(): start.extend(used())
exec(code)
end = used()
print(sum(u.ru_utime + u.ru_stime for u in end) - sum(u.ru_utime + u.ru_stime for u in start),
      max(u.ru_maxrss for u in end) / 1024)
"""
HEAD = """# Reading

{patients:,} invented patients in five sheets, {rows:,} rows. Seconds of CPU without imports, the
short ones medians of five taken in turn; every reader in a process of its own. One pass of the
house reader gives the values together with formats, formulas, hidden rows, marks and addresses, in
the form that the rest uses: there is no other values pass. The gate runs before it.

| reader | CPU, s | peak memory, MB | against | ratio | asked |
|---|---|---|---|---|---|
"""


def write(path: Path, patients: int) -> int:
    """Rows of an invented registry written to ``path``."""
    import xlsxwriter

    draw, rows = random.Random(20), 0
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        form = book.add_format({"num_format": "yyyy-mm-dd"})
        for name, headers in HEADERS.items():
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, headers)
            at = 0
            for patient in range(patients):
                for number in range(ROWS_OF[name]):
                    at += 1
                    _row(sheet, at, headers, patient, number, draw, form)
            rows += at
    return rows


def _row(sheet, at: int, headers, patient: int, number: int, draw, form) -> None:
    for column, header in enumerate(headers):
        value = _value(header, patient, number, draw)
        if isinstance(value, dt.date):
            sheet.write_datetime(at, column, value, form)
        else:
            sheet.write(at, column, value)


def _value(header: str, patient: int, number: int, draw):
    if header == "Study ID":
        return f"NET-{patient:05d}"
    if "ate" in header and header not in ("CTCAE grade", "Related") or header == "Onset":
        year = {"Date of birth": 1950, "Date of diagnosis": 2010}.get(header, 2012 + number)
        return dt.datetime(year, 1, 1) + dt.timedelta(days=draw.randrange(300))
    words = {
        "Sex": "FM", "Primary site": ("Pancreas", "Ileum"), "Stage": ("IV", "IIIB"),
        "Vital status": ("Alive",), "Isotope": ("Lu-177",), "Center": ("Basel",),
        "Time point": ("Diagnosis", "Before PRRT 1", "After PRRT 1"), "Modality": ("CT", "MRI"),
        "Response": ("SD", "PR"), "Adverse event": ("Nausea", "Anemia"), "Related": ("Yes", "No"),
        "Serious": ("No",),
    }  # fmt: skip
    if header in words:
        return draw.choice(words[header])
    return number + 1 if header == "Cycle" else draw.randrange(1, 4 if "grade" in header else 200)


def measured(path: Path) -> dict[str, tuple[float, float]]:
    """Reader -> seconds of CPU and megabytes at the peak, medians where taken more than once."""
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in READERS}
    for turn in range(max(ROUNDS.values())):
        for name, code in READERS.items():
            if turn < ROUNDS.get(name, 1):
                command = [sys.executable, "-c", RUN, str(path), code]
                done = subprocess.run(command, cwd=PROJECT, stdout=subprocess.PIPE, check=True)
                spent, peak = map(float, done.stdout.split())
                taken[name].append((spent, peak))
                print(f"{name:34} {spent:7.1f} s CPU {peak:7.0f} MB", flush=True)
    return {name: tuple(map(median, zip(*pairs, strict=True))) for name, pairs in taken.items()}


def table(figures: dict[str, tuple[float, float]]) -> str:
    """The readers as lines of a table, with the ratios that are asked."""
    other = "openpyxl, normal mode"
    lines = []
    for name, (spent, peak) in figures.items():
        against, asked = {HOUSE: (ALONE, "2")}.get(name, ("", ""))
        ratio = f"{spent / figures[against][0]:.2f}" if against else ""
        lines.append([name, f"{spent:.1f}", f"{peak:.0f}", against, ratio, asked])
    ratio = f"{figures[HOUSE][0] / figures[other][0]:.2f}"
    lines.insert(2, [HOUSE, "", "", other, ratio, "0.5"])
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def main() -> None:
    """Measures and writes the part of docs/benchmarks.md about reading."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--patients", type=int, default=20_000)
    asked.add_argument("--docs", type=Path, default=PROJECT / "docs")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "registry.xlsx"
        rows = write(path, given.patients)
        text = HEAD.format(patients=given.patients, rows=rows) + table(measured(path))
    page.put(given.docs / "benchmarks.md", "reading", text)
    print(text)


if __name__ == "__main__":
    main()

"""``python -m benchmarks.bench_reading``: CPU time and memory of reading, beside two libraries.

Writes an invented registry of 20,000 patients in five sheets (about 200,000 rows) and reads it as
values alone (calamine), as values and formats (openpyxl, and the house reader), and as a whole
(typed tables, findings, lineage). Each reader runs in a process of its own.
"""

from __future__ import annotations

import argparse
import datetime as dt
import random
import subprocess
import sys
import tempfile
from pathlib import Path

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
READERS = {
    "calamine, values": "import python_calamine as p\nb = p.CalamineWorkbook.from_path(path)\n"
    "for n in b.sheet_names: b.get_sheet_by_name(n).to_python()",
    "openpyxl, normal mode": "import openpyxl\nopenpyxl.load_workbook(path)",
    "house reader, values and formats": "from prrt_lib.read.workbook import sheets_of\n"
    "with sheets_of(path) as b:\n    for n in b.sheet_names: b[n]",
    "read_workbook, everything": "from prrt_lib.read.reading import read_workbook\n"
    "read_workbook(path, 'sheets')",
}
RUN = """\
import resource, sys, time
path, code = sys.argv[1:3]
begun = time.process_time()
exec(code)
spent = time.process_time() - begun
print(spent, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
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


def main() -> None:
    """Prints seconds of CPU and peak memory of every reader."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--patients", type=int, default=20_000)
    asked.add_argument("--skip", action="append", default=[], help="a reader not to run")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "registry.xlsx"
        print(f"{given.patients} patients, {write(path, given.patients)} rows", flush=True)
        for name, code in READERS.items():
            if name not in given.skip:
                command = [sys.executable, "-c", RUN, str(path), code]
                done = subprocess.run(command, capture_output=True, text=True, check=True)
                spent, peak = map(float, done.stdout.split())
                print(f"{name:34} {spent:7.1f} s CPU {peak:7.0f} MB", flush=True)


if __name__ == "__main__":
    main()

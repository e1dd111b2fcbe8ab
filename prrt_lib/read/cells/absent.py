"""The many ways in which a cell says that nothing is known."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

from prrt_lib.read.cells.text import folded
from prrt_lib.read.parsed import Parsed, invalid, missing

EXCEL_ERRORS = {
    "#n/a", "#ref!", "#value!", "#name?", "#div/0!", "#num!", "#null!", "#n/v", "#getting_data",
    "#spill!", "#calc!",
}  # fmt: skip
WORDS = {
    "", "na", "n/a", "n.a.", "n.a", "n a", ".", "..", "...", "-", "--", "---", "?", "??", "???",
    "/", "x", "unk", "unk.", "unknown", "ukn", "unkn", "uk", "u", "null", "none recorded", "nan",
    "nil recorded", "missing", "not available", "not applicable", "not done", "not performed",
    "not recorded", "nr", "not reported", "not stated", "not specified", "not documented",
    "not known", "not tested", "not assessed", "not measured", "not obtained", "not given",
    "not provided", "not found", "no data", "no record", "no information", "no info", "no result",
    "not evaluated", "n/r", "n.r.", "n/k", "nk", "n.k.", "n/d", "pending", "tbd", "tbc",
    "to be determined", "to follow", "awaited", "awaiting", "awaiting result", "awaiting report",
    "result pending", "results pending", "see notes", "undetermined", "indeterminate",
    "unavailable", "unspecified", "not yet", "not yet available", "unbekannt", "nicht bekannt",
    "keine angabe", "k.a.", "k. a.", "k.a", "ka", "fehlt", "ausstehend", "nicht gemacht",
    "nicht durchgefuhrt", "inconnu", "inconnue", "non connu", "non fait", "nc", "n.c.",
    "non disponible", "manquant", "en attente", "non precise", "desconocido", "desconocida",
    "no consta", "no disponible", "pendiente", "no realizado", "sin datos", "sconosciuto",
    "sconosciuta", "non noto", "non nota", "non eseguito", "non disponibile", "in attesa",
    "onbekend", "niet bekend", "niet gedaan", "okand", "okant", "ej gjort", "uppgift saknas",
    "saknas", "ukendt", "ukjent", "ikke kendt", "ikke oplyst", "desconhecido", "desconhecida",
    "sem dados", "nao realizado",
}  # fmt: skip
# Sentinels that no clinical value in this study can be; 99, 999 and 9999 are left to each kind.
NEGATIVE = {-9.0, -99.0, -999.0, -9999.0, -1.0, -8.0, -88.0, -888.0}


def absent(raw: Any) -> Parsed | None:
    """The refusal of a cell that holds no information or an Excel error; None otherwise."""
    if raw is None:
        return missing()
    if isinstance(raw, float) and math.isnan(raw):
        return missing("not-a-number")
    if isinstance(raw, str):
        word = folded(raw)
        if word in EXCEL_ERRORS:
            return invalid("excel-error")
        if word in WORDS or word.strip("().[] ") in WORDS:
            return missing("said-unknown" if word else "blank")
    return None


def is_date(raw: Any) -> bool:
    """A true date or time: in any other kind of column Excel made it out of something else."""
    return isinstance(raw, (dt.date, dt.time, dt.timedelta))


def sentinel(number: float) -> bool:
    """A negative code for missing, such as -99."""
    return number in NEGATIVE

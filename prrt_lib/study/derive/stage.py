"""AJCC 8 stage of pancreatic and jejunal or ileal tumours, from TNM and known metastases."""

from __future__ import annotations

import re

import pandas as pd

NOT_DERIVABLE = "not derivable"
SITES = {"pancreas": "pancreas", "jejunum": "jejunum/ileum", "ileum": "jejunum/ileum"}
EDITION = 8

# One category each of T, N and M, as reports write them: "pT3 pN1 cM0", "T2(m)N0Mx", "T3N1".
# Post-treatment, recurrence and autopsy categories (y, r, a) are of another moment: no match.
WORDS = re.compile(
    r"(?:(?:ajcc|uicc|tnm)(?:[\s:]+(?:v|ed(?:ition)?)?\.?\s*(?P<edition>[6-9])"
    r"(?:th)?(?:\s*ed(?:ition)?\.?)?)?[\s:,]*)?"
    r"(?:[pc]?t\s?(?P<t>[0-4]|x)[a-d]?(?:\s?\((?:m|\d+)\))?[\s,;/]*"
    r"[pc]?n\s?(?P<n>[0-2]|x)[a-c]?(?:\s?\(\d+/\d+\))?[\s,;/]*)?"
    r"(?:[pc]?m\s?(?P<m>[01]|x)[a-c]?)?"
)
METASTASES = {"yes": "1", "no": "0"}

FROM_TNM, FROM_METASTASES = "TNM", "distant metastases at diagnosis"
OTHER_SITE = "no AJCC 8 table of this site is used here"
CARCINOMA = "poorly differentiated: staged as a carcinoma"
GRADE_OPEN = "differentiation not known in a G3 tumour"
CONTRADICTION = "TNM and metastases at diagnosis contradict each other"
OTHER_EDITION = "TNM of another or an unknown edition"
INCOMPLETE = "TNM incomplete or not readable"


def tnm(text: str | None) -> dict[str, str | None]:
    """``t``, ``n``, ``m`` and ``edition`` as written, None where the text does not say.

    Everything is None for a text that says more, or something else, than one TNM.
    """
    plain = " ".join(str(text or "").lower().replace("\xa0", " ").split())
    found = WORDS.fullmatch(plain)
    return dict(found.groupdict()) if found else dict.fromkeys(("t", "n", "m", "edition"))


def stages(tumour: pd.DataFrame, grade: pd.Series) -> pd.DataFrame:
    """``stage_ajcc8`` (I to IV, or "not derivable") and ``stage_ajcc8_basis`` of each row.

    None where neither a TNM nor metastases at diagnosis nor the site were abstracted. M1 is
    stage IV whatever the edition; every other stage needs a TNM that names edition 8.
    """
    records = [
        _stage(*row)
        for row in zip(
            tumour["primary_site"], tumour["tnm_raw"], tumour["ajcc_edition"],
            tumour["metastases_at_dx"], tumour["differentiation"], grade, strict=True,
        )
    ]  # fmt: skip
    names = ["stage_ajcc8", "stage_ajcc8_basis"]
    return pd.DataFrame(records, columns=names, index=tumour.index, dtype=object)


def _stage(site, text, edition, metastases, differentiation, grade):
    if pd.isna(site) or (pd.isna(text) and pd.isna(metastases)):
        return None, None
    if site not in SITES:
        return NOT_DERIVABLE, OTHER_SITE
    if differentiation == "poor" or grade == "NEC":
        return NOT_DERIVABLE, CARCINOMA
    if grade == "undetermined (G3/NEC)":
        return NOT_DERIVABLE, GRADE_OPEN
    written = tnm(None if pd.isna(text) else text)
    told = METASTASES.get(metastases)
    distant = written["m"] if written["m"] in ("0", "1") else told
    if told and distant != told:
        return NOT_DERIVABLE, CONTRADICTION
    if distant == "1":
        return "IV", FROM_TNM if written["m"] == "1" else FROM_METASTASES
    return _without_metastases(SITES[site], written, edition, distant)


def _without_metastases(site: str, written: dict, edition: float, distant: str | None):
    editions = {int(value) for value in (written["edition"], edition) if pd.notna(value)}
    stage = _group(site, written["t"], written["n"]) if distant == "0" else None
    if stage is None:
        return NOT_DERIVABLE, INCOMPLETE
    return (stage, FROM_TNM) if editions == {EDITION} else (NOT_DERIVABLE, OTHER_EDITION)


def _group(site: str, t: str | None, n: str | None) -> str | None:
    """Prognostic group without distant metastases: AJCC Cancer Staging Manual, 8th ed. (2017).

    Pancreas: I T1 N0; II T2-3 N0; III T4 N0 or any T N1. Jejunum and ileum: the same, with N2
    beside N1. N2 does not exist in the pancreas.
    """
    if n == "1" or (n == "2" and site == "jejunum/ileum"):
        return "III"
    return {"1": "I", "2": "II", "3": "II", "4": "III"}.get(t or "") if n == "0" else None

"""TNM of the invented tumours, as reports write it, and the edition that was in force."""

from __future__ import annotations

import numpy as np
import pandas as pd

ABSTRACTED = 0.72
# Share of T1 to T4, and of N0, N1, N2 and Nx: N2 exists in the jejunum and ileum alone.
T_SHARES = (0.10, 0.28, 0.42, 0.20)
N_SHARES = {"jejunum": (0.12, 0.48, 0.32, 0.08), "ileum": (0.12, 0.48, 0.32, 0.08)}
N_OTHERS = (0.30, 0.58, 0.0, 0.12)
# First year of diagnosis in which an edition was in force (AJCC: 2003, 2010, 2018).
EDITIONS = ((2018, 8.0), (2010, 7.0), (0, 6.0))
FORMS = ("T{t}N{n}M{m}", "T{t} N{n} M{m}", "pT{t} pN{n} cM{m}", "pT{t}pN{n}cM{m}")


def with_tnm(tumour: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """``tumour`` with ``tnm_raw`` and ``ajcc_edition``; M agrees with metastases at diagnosis."""
    n = len(tumour)
    draws = rng.random((n, 4))
    known = draws[:, 0] < ABSTRACTED
    year = tumour["diagnosis_date"].dt.year.to_numpy()
    edition = np.select([year >= start for start, _ in EDITIONS], [name for _, name in EDITIONS])
    texts = [
        _text(site, metastases, *row[1:]) if told else None
        for site, metastases, told, row in zip(
            tumour["primary_site"], tumour["metastases_at_dx"], known, draws, strict=True
        )
    ]
    return tumour.assign(tnm_raw=np.array(texts, dtype=object),
                         ajcc_edition=np.where(known, edition, np.nan))  # fmt: skip


def _text(site: str, metastases: str, t: float, n: float, form: float) -> str:
    shares = N_SHARES.get(site, N_OTHERS)
    return FORMS[int(form * len(FORMS))].format(
        t=1 + np.searchsorted(np.cumsum(T_SHARES)[:-1], t, side="right"),
        n="012x"[np.searchsorted(np.cumsum(shares)[:-1], n, side="right")],
        m=1 if metastases == "yes" else 0,
    )

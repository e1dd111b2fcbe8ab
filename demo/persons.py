"""The one-row-per-patient records: patients, tumour with its TNM, follow-up, joined lists."""

from __future__ import annotations

import numpy as np
import pandas as pd

from demo.adverse import MDS
from demo.population import whole_days

SYMPTOMS = {"flushing": 0.26, "diarrhoea": 0.30, "wheeze": 0.03, "abdominal pain": 0.36,
            "obstruction": 0.10, "bleeding": 0.06, "weight loss": 0.17, "hypoglycaemia": 0.02,
            "jaundice": 0.03}  # fmt: skip
PRIOR = {"surgery": 0.62, "somatostatin analog": 0.80, "chemotherapy": 0.22, "everolimus": 0.16,
         "sunitinib": 0.04, "liver-directed therapy": 0.24,
         "external beam radiotherapy": 0.08}  # fmt: skip
SPREAD = {"node": 0.55, "bone": 0.24, "peritoneum": 0.14, "lung": 0.07}
FEMALE_MALE = np.array(["female", "male"], dtype=object)
ABSTRACTED = 0.72
# Share of T1 to T4, and of N0, N1, N2 and Nx: N2 exists in the jejunum and ileum alone.
T_SHARES = (0.10, 0.28, 0.42, 0.20)
N_SHARES = {"jejunum": (0.12, 0.48, 0.32, 0.08), "ileum": (0.12, 0.48, 0.32, 0.08)}
N_OTHERS = (0.30, 0.58, 0.0, 0.12)
# First year of diagnosis in which an edition was in force (AJCC: 2003, 2010, 2018).
EDITIONS = ((2018, 8.0), (2010, 7.0), (0, 6.0))
FORMS = ("T{t}N{n}M{m}", "T{t} N{n} M{m}", "pT{t} pN{n} cM{m}", "pT{t}pN{n}cM{m}")


def some(names: list[str], shares: list[float], n: int, rng: np.random.Generator) -> np.ndarray:
    """``n`` draws of one of ``names``."""
    return rng.choice(np.array(names, dtype=object), n, p=shares)


def yes_no(share: float | np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """``n`` draws of "yes" with probability ``share``, else "no"."""
    return np.where(rng.random(n) < share, "yes", "no").astype(object)


def patients(people: pd.DataFrame, centres: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    """One row per patient."""
    n = len(people)
    diagnosis = people["diagnosis"].to_numpy("datetime64[D]")
    birth = diagnosis - whole_days(people["age"] * 365.25)
    consent = np.where(people["prospective"], people["enrolled"].to_numpy("datetime64[D]"),
                       np.datetime64("NaT", "ns"))  # fmt: skip
    smoking = some(["never", "former", "current"], [0.52, 0.33, 0.15], n, rng)
    packs = np.where(smoking == "never", np.nan, np.rint(rng.gamma(2.0, 10.0, n)) + 1)
    syndrome = np.where(people["primary_group"] == "small bowel", 0.42, 0.12)
    return pd.DataFrame({
        "patient_id": people["patient_id"], "centre": centres,
        "record_source": np.where(people["prospective"], "registry_prospective",
                                  "chart_retrospective").astype(object),
        "consent_date": consent, "enrolment_date": consent,
        "consent_prrt": "yes",
        "birth_date": birth,
        "age_at_diagnosis": np.floor((diagnosis - birth).astype(int) / 36.525) / 10,
        "sex": FEMALE_MALE[people["male"].to_numpy(int)],
        "smoking_status": smoking, "pack_years": packs,
        "alcohol_use": some(["none", "social", "moderate", "heavy", "former"],
                            [0.36, 0.40, 0.12, 0.05, 0.07], n, rng),
        "carcinoid_syndrome": yes_no(syndrome, n, rng),
        "functioning": yes_no(syndrome + 0.05, n, rng),
        "ecog": some([0.0, 1.0, 2.0], [0.48, 0.42, 0.10], n, rng).astype(float),
        "ppi_use": yes_no(0.24, n, rng),
        "egfr_base": np.clip(np.rint(rng.normal(82, 18, n)), 32, 135), "egfr_unit": "mL/min/1.73m2",
    })  # fmt: skip


def tumour(people: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """One row per patient: the pathology follows from the grade."""
    n, grade = len(people), people["grade_group"].to_numpy()
    year = people["diagnosis"].dt.year.to_numpy()
    poor = (grade == "G3/NEC") & (rng.random(n) < 0.3)
    proliferation, mitoses = indices(grade, poor, rng)
    by_mib1 = rng.random(n) < 0.15
    spread = np.where(grade == "G1", 0.55, 0.72)
    return pd.DataFrame({
        "patient_id": people["patient_id"], "diagnosis_date": people["diagnosis"],
        "diagnosis_basis": some(["pathology", "imaging", "clinical"], [0.93, 0.05, 0.02], n, rng),
        "primary_site": people["primary_site"],
        "specimen_site": some(["primary", "liver metastasis", "node"], [0.55, 0.38, 0.07], n, rng),
        "differentiation": np.where(poor, "poor", "well").astype(object),
        "grade_reported": np.where(poor, "NEC", np.where(grade == "G1", "1", np.where(
            grade == "G2", "2", "3"))).astype(object),
        "grade_system": np.select(
            [year < 2011, year < 2018, year < 2020], ["WHO2000", "WHO2010", "WHO2017"], "WHO2019"
        ).astype(object),
        "mitoses_value": np.where(rng.random(n) < 0.68, mitoses, np.nan),
        "ki67": np.where(by_mib1, np.nan, proliferation),
        "mib1": np.where(by_mib1, proliferation, np.nan),
        "necrosis": some(["absent", "focal", None], [0.62, 0.08, 0.30], n, rng),
        "stage_reported": some(["IV", "IIIB", "IIIA", "IIB"], [0.9, 0.05, 0.03, 0.02], n, rng),
        "metastases_at_dx": yes_no(spread, n, rng),
        "sstr_imaging": "yes",
        "krenning": some([2.0, 3.0, 4.0], [0.1, 0.45, 0.45], n, rng).astype(float),
    })  # fmt: skip


def indices(
    grade: np.ndarray, poor: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Ki-67 in percent and mitoses per 2 mm2, both inside the grade's bounds."""
    n = len(grade)
    proliferation = np.select(
        [grade == "G1", grade == "G2", poor],
        [rng.choice([0.5, 1.0, 1.5, 2.0, 2.5], n, p=[0.1, 0.4, 0.1, 0.35, 0.05]),
         np.rint(np.clip(np.exp(rng.normal(1.95, 0.55, n)), 3, 20)),
         np.rint(rng.uniform(45, 95, n))],
        np.rint(np.clip(np.exp(rng.normal(3.4, 0.3, n)), 21, 60)))  # fmt: skip
    mitoses = np.select(
        [grade == "G1", grade == "G2"],
        [rng.choice([0.0, 1.0], n), rng.choice([1.0, 2, 3, 5, 8, 12], n)], 25.0
    ) + np.where(grade == "G3/NEC", np.rint(rng.gamma(2, 8, n)), 0)  # fmt: skip
    return proliferation, mitoses


def lists(people: pd.DataFrame, rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    """Symptoms, prior therapies and metastatic sites: one row per patient, a tuple in each."""
    n, ids = len(people), people["patient_id"]
    symptoms = rng.random((n, len(SYMPTOMS))) < np.array(list(SYMPTOMS.values()))
    spread = rng.random((n, len(SPREAD))) < np.array(list(SPREAD.values()))
    liver = rng.random(n) < 0.86
    therapies = rng.random((n, len(PRIOR))) < np.array(list(PRIOR.values()))
    return {
        "symptoms": pd.DataFrame({"patient_id": ids, "symptom": _tuples(SYMPTOMS, symptoms)}),
        "prior_therapies": pd.DataFrame({"patient_id": ids, "therapy": _tuples(PRIOR, therapies)}),
        "metastases": pd.DataFrame({
            "patient_id": ids,
            "metastasis_site": _tuples(["liver", *SPREAD], np.column_stack([liver, spread])),
        }),
    }  # fmt: skip


def _tuples(names, flags: np.ndarray) -> list[tuple[str, ...]]:
    return [tuple(n for n, flag in zip(names, row, strict=True) if flag) or ("none",)
            for row in flags]  # fmt: skip


def followup(people: pd.DataFrame, events: pd.DataFrame, progressed: pd.Series,
             rng: np.random.Generator) -> pd.DataFrame:  # fmt: skip
    """One row per patient: vital status, dates, and myelodysplasia."""
    n, died = len(people), people["died"].to_numpy()
    never = np.datetime64("NaT", "ns")
    end = people["end"].to_numpy("datetime64[D]")
    mds = events[events["term"] == MDS].groupby("who")["onset_date"].min()
    cause = some(["NET", "cardiac", "other cancer", "other"], [0.78, 0.08, 0.05, 0.09], n, rng)
    status = np.where(died, "dead", np.where(people["lost"], "lost", "alive"))
    worse = progressed.notna().to_numpy()
    return pd.DataFrame({
        "patient_id": people["patient_id"], "vital_status": status.astype(object),
        "death_date": np.where(died, end, never),
        "cause_of_death": np.where(died, cause, None).astype(object),
        "last_contact_date": end,
        "last_contact_source": some(["clinic", "telephone", "referring physician"],
                                    [0.6, 0.25, 0.15], n, rng),
        "disease_status_last": np.where(worse, "PD", "SD").astype(object),
        "lost_date": np.where(~died & people["lost"], end, never),
        "mds_al_date": mds.reindex(np.arange(n)).to_numpy(),
        "abstraction_date": np.datetime64("2026-07-15"),
    })  # fmt: skip


def with_tnm(tumour: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """``tumour`` with ``tnm_raw`` and ``ajcc_edition``; M agrees with metastases at diagnosis."""
    n = len(tumour)
    draws = rng.random((n, 4))
    known = draws[:, 0] < ABSTRACTED
    year = tumour["diagnosis_date"].dt.year.to_numpy()
    edition = np.select([year >= start for start, _ in EDITIONS], [name for _, name in EDITIONS])
    texts = [
        _tnm(site, metastases, *row[1:]) if told else None
        for site, metastases, told, row in zip(
            tumour["primary_site"], tumour["metastases_at_dx"], known, draws, strict=True
        )
    ]
    return tumour.assign(tnm_raw=np.array(texts, dtype=object),
                         ajcc_edition=np.where(known, edition, np.nan))  # fmt: skip


def _tnm(site: str, metastases: str, t: float, n: float, form: float) -> str:
    shares = N_SHARES.get(site, N_OTHERS)
    return FORMS[int(form * len(FORMS))].format(
        t=1 + np.searchsorted(np.cumsum(T_SHARES)[:-1], t, side="right"),
        n="012x"[np.searchsorted(np.cumsum(shares)[:-1], n, side="right")],
        m=1 if metastases == "yes" else 0,
    )

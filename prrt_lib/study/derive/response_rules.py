"""What one scan says: its class, and whether it shows progression (decision 19)."""

from __future__ import annotations

import numpy as np
import pandas as pd

ANY_RESPONSE = "response of any magnitude"
MIXED, STABLE, PROGRESSION = "mixed", "stable", "progression"
NED, NOT_EVALUABLE = "no evidence of disease", "not evaluable"
CLASSES = (NED, ANY_RESPONSE, MIXED, STABLE, PROGRESSION, NOT_EVALUABLE)

YES, NO, UNKNOWN = 1, 0, -1
FLAGS = ("any_lesion_decrease", "any_lesion_increase", "new_lesions")

RESPONSE_WORDS = ("CR", "PR", "any response")
# What a class word says of (decrease, increase, new lesion), where the flag itself is unknown.
IMPLIED = {
    **dict.fromkeys(RESPONSE_WORDS, (YES, NO, NO)),
    "SD": (NO, NO, NO),
    "NED": (UNKNOWN, NO, NO),
    "mixed": (YES, UNKNOWN, UNKNOWN),
    "PD": (UNKNOWN, UNKNOWN, UNKNOWN),
}
GROWTH_WORDS = ("PD", "mixed")


def classify(scans: pd.DataFrame) -> pd.DataFrame:
    """``response_class``, ``progression``, ``size_only_mixed``, ``basis``, ``disagrees`` per scan.

    A recorded flag always wins. A class word speaks where flags are unknown: "PD" and "mixed"
    mean an increase or a new lesion unless both flags say no. ``progression`` is yes | no |
    unknown: any yes is yes, else any unknown is unknown. A class that cannot be told is "not
    evaluable". ``size_only_mixed``: mixed without a new lesion on record. ``basis``: flags |
    word | "".
    """
    flags = {name: _coded(scans[name]) for name in FLAGS}
    word = scans["response_word"].astype(object).to_numpy()
    recorded = np.any([codes != UNKNOWN for codes in flags.values()], axis=0)
    decrease, increase, new = (
        _filled(codes, word, place) for place, codes in enumerate(flags.values())
    )
    grown = (increase == YES) | (new == YES)
    told = np.isin(word, GROWTH_WORDS) & ((increase == UNKNOWN) | (new == UNKNOWN))
    progression = np.select(
        [grown | told, (increase == NO) & (new == NO)], ["yes", "no"], "unknown"
    )
    ned = (word == "NED") & (progression == "no") & (flags[FLAGS[0]] != NO)
    classes = _classes(progression, decrease, ned)
    return pd.DataFrame(
        {
            "response_class": classes.astype(object),
            "progression": progression.astype(object),
            "size_only_mixed": (classes == MIXED) & (new != YES),
            "basis": np.where(recorded, "flags", np.where(pd.notna(word), "word", "")).astype(
                object
            ),
            "disagrees": recorded & _disagree(word, classes),
        },
        index=scans.index,
    )


def _coded(flag: pd.Series) -> np.ndarray:
    return flag.map({"yes": YES, "no": NO}).fillna(UNKNOWN).astype("int64").to_numpy()


def _filled(codes: np.ndarray, word: np.ndarray, place: int) -> np.ndarray:
    implied = {name: values[place] for name, values in IMPLIED.items()}
    spoken = pd.Series(word, dtype=object).map(implied).fillna(UNKNOWN).astype("int64").to_numpy()
    return np.where(codes == UNKNOWN, spoken, codes)


def _classes(progression: np.ndarray, decrease: np.ndarray, ned: np.ndarray) -> np.ndarray:
    yes, no = progression == "yes", progression == "no"
    return np.select(
        [ned, yes & (decrease == YES), yes, no & (decrease == YES), no & (decrease == NO)],
        [NED, MIXED, PROGRESSION, ANY_RESPONSE, STABLE],
        NOT_EVALUABLE,
    )


def _disagree(word: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Where the word alone would have given another class than the flags did."""
    alone = {**dict.fromkeys(RESPONSE_WORDS, ANY_RESPONSE), "SD": STABLE, "NED": NED,
             "mixed": MIXED, "PD": PROGRESSION}  # fmt: skip
    spoken = pd.Series(word, dtype=object).map(alone)
    return (spoken.notna() & (spoken != classes) & (classes != NOT_EVALUABLE)).to_numpy()

"""Where the tumour began: the GEP population and the printed group."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pandas as pd

from prrt_lib.declare.yaml_files import load_words

SOURCE = Path(__file__).with_name("sites.yaml")


@cache
def sites() -> Mapping[str, Mapping[str, str]]:
    """Primary site -> {"gep", "group"}."""
    return load_words(SOURCE)


def _mapped(primary_site: pd.Series, fact: str) -> pd.Series:
    table = {name: facts[fact] for name, facts in sites().items()}
    return primary_site.map(table).astype(object).where(primary_site.notna(), None)


def gep_primary(primary_site: pd.Series) -> pd.Series:
    """yes | no | unknown (decision 9): an unknown primary is "no", a blank cell "unknown"."""
    return _mapped(primary_site, "gep").fillna("unknown").astype(object)


def primary_group(primary_site: pd.Series) -> pd.Series:
    """The group that tables print; None where the site was not abstracted."""
    return _mapped(primary_site, "group")

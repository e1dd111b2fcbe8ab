"""The first lines of a page: which patients are shown first, and until when they were seen."""

from __future__ import annotations

import html
from dataclasses import dataclass

from prrt_lib.declare.rows import row_id
from prrt_lib.draw.clinical_tables import POPULATIONS
from prrt_lib.study.data import Study
from prrt_lib.study.flow import END, row_keys

TREATED = "all_treated"


@dataclass(frozen=True)
class Lines:
    """A few sentences, as a paragraph on a page and as text elsewhere."""

    sentences: tuple[str, ...]
    row_ids: tuple[str, ...] = ()

    def _repr_html_(self) -> str:
        ids = f' data-rows="{" ".join(self.row_ids)}"' if self.row_ids else ""
        return f"<p{ids}>{'<br>'.join(html.escape(text) for text in self.sentences)}</p>"

    def __repr__(self) -> str:
        return "\n".join(self.sentences)


def opening(study: Study) -> Lines:
    """Headline population with its size, data cut-off, and the banner where there is one."""
    shown = len(study.patients())
    treated = len(study.patients(population=TREATED))
    name = POPULATIONS.get(study.headline, study.headline)
    first = f"Headline population: {name}, n = {shown} (all treated: n = {treated})."
    last = f"Data cut-off: {study.parameters.cutoff}."
    banner = study.headline_banner
    flow = study.flow
    ends = flow[(flow["rule"] == END) & flow["population"].isin([study.headline, TREATED])]
    ids = [row_id(key) for step in ends.to_dict("records") for key in row_keys(step)]
    return Lines((first, last, *([f"Note: {banner}."] if banner else [])), tuple(ids))

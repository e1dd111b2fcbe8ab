"""Invented patients with a known truth, as typed tables and as an abstractor's workbooks."""

from prrt_lib.edges.synthetic.anchors import anchors
from prrt_lib.edges.synthetic.cohort import SyntheticCohort, generate
from prrt_lib.edges.synthetic.command import demo_data, write_workbooks
from prrt_lib.edges.synthetic.model import MODELS, Model
from prrt_lib.edges.synthetic.source_truth import true_median, true_survival

__all__ = [
    "MODELS", "Model", "SyntheticCohort", "anchors", "demo_data", "generate", "true_median",
    "true_survival", "write_workbooks",
]  # fmt: skip

"""Invented patients with a known truth, as typed tables and as an abstractor's workbooks."""

from demo.cohort import SyntheticCohort, anchors, generate
from demo.model import MODELS, Model, true_median, true_survival
from demo.workbooks import demo_data, write_workbooks

__all__ = [
    "MODELS", "Model", "SyntheticCohort", "anchors", "demo_data", "generate", "true_median",
    "true_survival", "write_workbooks",
]  # fmt: skip

"""Processor time of the estimators beside plain references, in one run."""
